"""Tools of the inventory agent: the decision, the policy behind it, and what-if reorder points."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agents.marts import about, percent, rounded, rounded_amount, select, week_text
from agents.quoting import safe_name
from agents.records import Facts
from warehouse.conventions import LONGEST_LEAD_TIME_WEEKS
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import load_settings
from warehouse.wording import house

if TYPE_CHECKING:
    from ml.inventory.orders.inputs import DecisionInputs


def query_inventory_recommendation(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the newest inventory decision: stock, reorder point, order, risk and its value, in money."""
    rows = select(
        database,
        """
        select recommendations.*,
            (select count(*) from marts.fct_inventory_recommendations as others
             where others.decision_date = recommendations.decision_date) as ranked_count
        from marts.fct_inventory_recommendations as recommendations
        where recommendations.store_id = %(store_id)s and recommendations.dept_id = %(dept_id)s
            and recommendations.is_latest
        order by recommendations.decision_date desc
        limit 1
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    facts = about(store_id, dept_id, bool(rows))
    return {**facts, **_recommendation(rows[0])} if rows else facts


def _recommendation(row: Mapping[str, Any]) -> Facts:
    money = ("order_quantity", "expected_lost_margin", "holding_cost", "value_at_risk")
    position, weekly = row["stock_position_amount"], 7 * row["average_daily_demand_amount"]
    return {
        "decision_date": week_text(row["decision_date"]),
        "status": safe_name(row["status"]),
        "stock_source": safe_name(row["stock_source"]),
        "review_reason": _reason(row),
        **{f"{name}_amount": rounded_amount(row[f"{name}_amount"]) for name in money},
        "order_quantity_units": rounded(row["order_quantity_pieces"], 2),
        **_stock_facts(row, "amount"),
        **(_stock_facts(row, "units") if house().retailer.is_in_units else {}),
        "cover_weeks": rounded(position / weekly, 1) if weekly > 0 else None,
        "lead_time_weeks": rounded(row["lead_time_weeks"], 2),
        "review_period_weeks": rounded(row["review_period_weeks"], 2),
        "policy_kind": _kind(row),
        "target_kind": safe_name(row["target_kind"]),
        "service_level_percent": percent(row["service_level_rate"]),
        "stockout_in_days": rounded(row["days_until_stockout"], 0),
        "stockout_probability_percent": percent(row["stockout_probability_rate"]),
        "exception_rank": row["exception_rank"],
        "ranked_pair_count": row["ranked_count"],
    }


def _stock_facts(row: Mapping[str, Any], unit: str) -> Facts:
    """Returns stock, levels and demand in money (`amount`) or in pieces (`units`), with the unit behind each name."""
    stocks = ("current_stock", "on_order", "stock_position", "safety_stock", "reorder_point", "order_up_to_level")
    figures = {name: row[f"{name}_{unit}"] for name in stocks}
    daily = row[f"average_daily_demand_{unit}"]
    figures |= {
        "late_order": max(figures["current_stock"] + figures["on_order"] - figures["stock_position"], 0.0),
        "excess_stock": max(figures["stock_position"] - figures["order_up_to_level"], 0.0),
        "mean_daily_demand": daily,
        "mean_weekly_demand": 7 * daily,
        "weekly_demand_deviation": row[f"demand_deviation_{unit}"],
    }
    return {f"{name}_{unit}": rounded_amount(value) for name, value in figures.items()}


def _kind(row: Mapping[str, Any]) -> str:
    from ml.inventory.policy import POLICY_KINDS

    return str(row["policy_kind"]) if row["policy_kind"] in POLICY_KINDS else ""


def _reason(row: Mapping[str, Any]) -> str:
    """Returns why a person should look at the order, a name of `GUARDRAILS`; empty where none needs to."""
    from ml.inventory.orders.guardrails import GUARDRAILS

    return str(row["review_reason"]) if row["review_reason"] in GUARDRAILS else ""


def query_policy(database: Database, store_id: int, dept_id: int) -> Facts:
    """Returns the inventory policy that ruled the pair's newest recommendation."""
    rows = select(
        database,
        """
        select *
        from marts.fct_inventory_recommendations
        where store_id = %(store_id)s and dept_id = %(dept_id)s and is_latest and policy_id is not null
        """,
        {"store_id": store_id, "dept_id": dept_id},
    )
    facts = about(store_id, dept_id, bool(rows))
    return {**facts, **_policy(rows[0])} if rows else facts


def _policy(row: Mapping[str, Any]) -> Facts:
    return {
        "policy_id": safe_name(str(row["policy_id"])),
        "policy_kind": _kind(row),
        "target_kind": safe_name(row["target_kind"]),
        "service_level_percent": percent(row["service_level_rate"]),
        "lead_time_weeks": rounded(row["lead_time_weeks"], 2),
        "lead_time_deviation_weeks": rounded(row["lead_time_deviation_weeks"], 2),
        "review_period_weeks": rounded(row["review_period_weeks"], 2),
        "minimum_order_amount": rounded_amount(row["minimum_order_amount"]),
        "pack_size_amount": rounded_amount(row["pack_size_amount"]),
        "yearly_holding_cost_percent": percent(row["holding_cost_rate"]),
        "ordering_cost_amount": rounded_amount(row["ordering_cost_amount"]),
        "margin_percent": percent(row["margin_rate"]),
        "maximum_stock_weeks": rounded(row["maximum_stock_weeks"], 1),
    }


def calculate_reorder_point(
    database: Database,
    store_id: int,
    dept_id: int,
    lead_time_weeks: float | None = None,
    service_level_percent: float | None = None,
) -> Facts:
    """Returns what the reorder point would be under another lead time or service level, and what it is today.

    Both come from the what-if, so from the code that recommends. Without a lead time the policy's plus one week is
    tried, or less one week where no longer one can be; without a service level the policy's. Where the model's inputs
    may not be read, nothing is found.
    """
    decision = query_inventory_recommendation(database, store_id, dept_id)
    if not decision["is_found"]:
        return about(store_id, dept_id, False)
    tried_weeks = lead_time_weeks or _another_lead_time(decision["lead_time_weeks"])
    tried_weeks = min(max(tried_weeks, 0.15), LONGEST_LEAD_TIME_WEEKS)
    tried_service = min(max(service_level_percent or decision["service_level_percent"], 50.0), 99.9)
    points = _reorder_points(database, decision["decision_date"], store_id, dept_id, tried_weeks, tried_service / 100)
    if points is None:
        return about(store_id, dept_id, False)
    figures: dict[str, float] = {}
    for unit, (today, tried) in points.items():
        figures |= {f"tried_reorder_point_{unit}": tried, f"today_reorder_point_{unit}": today}
        figures[f"difference_{unit}"] = tried - today
    return {
        **about(store_id, dept_id, True),
        "method": "model of demand behind the recommendation",
        "tried_lead_time_weeks": rounded(tried_weeks, 2),
        "today_lead_time_weeks": decision["lead_time_weeks"],
        "tried_service_level_percent": rounded(tried_service, 1),
        "today_service_level_percent": decision["service_level_percent"],
        **{name: rounded_amount(value) for name, value in figures.items()},
    }


def _another_lead_time(weeks: float) -> float:
    return weeks + 1 if weeks + 1 <= LONGEST_LEAD_TIME_WEEKS else weeks - 1


def _reorder_points(
    database: Database, decision_date: str, store_id: int, dept_id: int, lead_time_weeks: float, service_level: float
) -> dict[str, tuple[float, float]] | None:
    """Returns the reorder point today and as tried, by `amount` and, where pieces are forecast, by `units`.

    None where there is nothing to work them out from.
    """
    from ml.inventory.scenarios.what_if import Scenario, rows_of, what_if

    if "reader" not in database.logins:
        return None
    try:
        inputs = _inputs(database, decision_date)
        scenario = Scenario(service_level_rate=service_level, lead_time_weeks=lead_time_weeks)
        found = what_if(inputs, scenario, rows_of(inputs, store_id, dept_id))
    except ShelfcastError:
        return None
    columns = {"amount": "reorder_point"} | ({"units": "reorder_point_units"} if house().retailer.is_in_units else {})
    today, tried = (side.recommendations.iloc[0] for side in (found.before, found.after))
    return {unit: (float(today[column]), float(tried[column])) for unit, column in columns.items()}


_known: dict[tuple[str, int, str, str], "DecisionInputs"] = {}


def _inputs(database: Database, decision_date: str) -> "DecisionInputs":
    """Returns the inputs of the recommendations of a week, read once in a run of the agents."""
    from ml.inventory.orders.inputs import load_decision_inputs

    key = (database.host, database.port, database.name, decision_date)
    if key not in _known:
        _known.clear()
        _known[key] = load_decision_inputs(load_settings(), database, "reader")
    return _known[key]
