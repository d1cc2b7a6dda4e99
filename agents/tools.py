"""The agents' tools by name: typed, read-only questions about one pair, answered from the marts.

Their SQL runs under the database role `agent`, which can only select from the marts, with parameters apart from it;
the what-if reads the inputs of the recommendations by the code that recommends. Answers are plain JSON values of
bounded size with the unit of every number at the end of its key; a text that comes from data is marked as a quotation.
An answer that found nothing says `is_found: false`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.forecast_tools import load_model_from_mlflow, prepare_features, query_forecast, query_forecast_accuracy
from agents.inventory_tools import calculate_reorder_point, query_inventory_recommendation, query_policy
from agents.records import Facts
from agents.sales_tools import query_anomalies, query_recent_sales

__all__ = [
    "TOOLS",
    "Tool",
    "calculate_reorder_point",
    "load_model_from_mlflow",
    "prepare_features",
    "query_anomalies",
    "query_forecast",
    "query_forecast_accuracy",
    "query_inventory_recommendation",
    "query_policy",
    "query_recent_sales",
]


@dataclass(frozen=True)
class Tool:
    """A tool as an agent sees it: the pair is given by the run, only `options` are the agent's to choose."""

    function: Callable[..., Facts]
    description: str
    options: dict[str, type] = field(default_factory=dict)


TOOLS: dict[str, Tool] = {
    "query_recent_sales": Tool(
        query_recent_sales,
        "Sales of the last weeks (8 unless `weeks` says otherwise, 26 at most), the weeks before, and last year's.",
        {"weeks": int},
    ),
    "query_anomalies": Tool(query_anomalies, "Unusual weeks of the last year: expected and actual sales, and why."),
    "query_forecast": Tool(
        query_forecast, "The newest forecast by week with 80 % and 95 % intervals; where a plan moved it."
    ),
    "query_forecast_accuracy": Tool(
        query_forecast_accuracy,
        "Backtest record of the model: error, bias, interval coverage, gain over the baseline; drift of late.",
    ),
    "load_model_from_mlflow": Tool(
        load_model_from_mlflow, "Name, version and figures of the model that the registry calls champion."
    ),
    "prepare_features": Tool(
        prepare_features, "The store, level and spread of sales over 4, 13 and 52 weeks, and the next holiday."
    ),
    "query_inventory_recommendation": Tool(
        query_inventory_recommendation, "The newest inventory decision: stock, reorder point, order, risk, money."
    ),
    "query_policy": Tool(
        query_policy, "The inventory policy of the pair: service level, lead time, order rules, costs."
    ),
    "calculate_reorder_point": Tool(
        calculate_reorder_point,
        "What-if reorder point for another `lead_time_weeks` or `service_level_percent`; one week longer by default.",
        {"lead_time_weeks": float, "service_level_percent": float},
    ),
}
