"""Metrics asked for with `shelfcast mf`, beside plain SQL over the same marts."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from warehouse.opening import open_database
from warehouse.settings import PROJECT_ROOT

METRICS = {
    "total_sales",
    "average_weekly_sales",
    "sale_count",
    "compared_sales",
    "sales_last_year",
    "sales_growth",
    "wmae",
    "value_added",
    "forecast_bias",
    "coverage_80",
    "coverage_95",
    "model_wmae",
    "model_value_added",
    "department_wmae",
    "department_weighted_error",
    "department_weight",
    "weighted_absolute_error",
    "forecast_weight",
    "baseline_weighted_error",
    "saved_weighted_error",
    "forecast_error",
    "scored_sales",
    "covered_80",
    "covered_95",
    "interval_count",
    "forecast_sales",
    "stockout_risk",
    "expected_stockouts",
    "recommendation_count",
    "critical_pairs",
    "value_at_risk",
    "stock_value",
    "expected_fill",
    "served_demand",
    "filled_demand",
    "open_orders_value",
    "open_orders_cost",
}


@pytest.fixture(scope="module")
def ask(finished_run, shelfcast, tmp_path_factory):
    """Returns the rows of a metrics query, as numbers where they are numbers."""

    def value(text: str) -> Any:
        try:
            return float(text) if text else None
        except ValueError:
            return text

    def query(metrics: str, group_by: str = "", *more: str) -> list[dict[str, Any]]:
        file: Path = tmp_path_factory.mktemp("metrics") / "rows.csv"
        groups = ["--group-by", group_by] if group_by else []
        ended = shelfcast(
            finished_run, "mf", "--", "query", "--quiet", "--metrics", metrics, *groups, *more, "--csv", str(file)
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        with file.open() as handle:
            return [{name: value(text) for name, text in row.items()} for row in csv.DictReader(handle)]

    return query


@pytest.fixture(scope="module")
def by_hand(finished_run):
    """Returns the rows of a plain query, read as the dashboard reads."""
    database = open_database(finished_run)
    return lambda query: database.read_frame("reader", query).to_dict("records")


def same(asked: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(rows, key=lambda row: [str(row[name]) for name in sorted(row) if isinstance(row[name], str)])

    assert len(asked) == len(expected)
    for found, wanted in zip(in_order(asked), in_order(expected), strict=True):
        numbers = {name: float(value) for name, value in wanted.items() if not isinstance(value, str)}
        assert {name: found[name] for name in numbers} == pytest.approx(numbers, rel=1e-9, abs=1e-9)
        assert found == wanted | {name: found[name] for name in numbers}


def test_total_sales_by_store_type_and_month_are_those_of_the_mart(ask, by_hand):
    asked = ask("total_sales", "store__store_type,metric_time__month")
    expected = by_hand(
        "select to_char(week_date, 'YYYY-MM-01 00:00:00') as metric_time__month, store_type as store__store_type, "
        "sum(sales_quantity) as total_sales from marts.fct_weekly_sales inner join marts.dim_stores using (store_id) "
        "group by 1, 2"
    )
    assert len(expected) > 30
    same(asked, expected)


def test_the_champion_s_figures_are_those_of_the_scorecard(ask, by_hand):
    asked = ask("wmae,value_added,forecast_bias,coverage_80,coverage_95")
    same(
        asked,
        by_hand(
            "select wmae_amount as wmae, value_added_rate as value_added, bias_rate as forecast_bias, "
            "coverage_80_rate as coverage_80, coverage_95_rate as coverage_95 "
            "from marts.fct_model_scores where is_champion"
        ),
    )


def test_models_are_compared_on_the_champion_s_rows(ask, by_hand):
    asked = ask("model_wmae,model_value_added", "model")
    same(
        asked,
        by_hand(
            "select model_name as model, wmae_amount as model_wmae, value_added_rate as model_value_added "
            "from marts.fct_model_scores where is_comparable"
        ),
    )


def test_accuracy_by_store_type_and_by_department_is_that_of_the_mart(ask, by_hand):
    for metric, group, level, key in (
        ("wmae", "accuracy__store_type", "store_type", "store_type"),
        ("department_wmae", "department", "department", "dept_id"),
    ):
        same(
            ask(metric, group, "--order", group),
            by_hand(
                f"select {key} as {group}, wmae_amount as {metric} from marts.fct_forecast_accuracy "
                f"where is_champion and slice_name = 'all' and level_name = '{level}' order by 1"
            ),
        )


def test_risk_and_orders_are_those_of_the_latest_decision_week(ask, by_hand):
    asked = ask(
        "stockout_risk,expected_fill,critical_pairs,value_at_risk,stock_value,open_orders_value,open_orders_cost",
        "store__store_type",
    )
    expected = by_hand(
        "select store_type as store__store_type, avg(stockout_probability_rate) as stockout_risk, "
        "sum(average_daily_demand_amount * expected_fill_rate) / sum(average_daily_demand_amount) as expected_fill, "
        "count(*) filter (where recommendations.status = 'critical') as critical_pairs, "
        "sum(value_at_risk_amount) as value_at_risk, sum(current_stock_amount) as stock_value, "
        "sum(orders.effective_order_amount) as open_orders_value, sum(orders.order_cost_amount) as open_orders_cost "
        "from marts.fct_inventory_recommendations as recommendations "
        "inner join marts.fct_orders as orders using (recommendation_id, store_type) "
        "where recommendations.is_latest group by 1"
    )
    same(asked, expected)


def test_every_metric_answers_and_growth_compares_only_weeks_known_in_both_years(ask, by_hand):
    (row,) = ask(",".join(sorted(METRICS)))
    assert {name for name, found in row.items() if found is not None} == METRICS
    (growth,) = by_hand(
        "select sum(sales_quantity) / sum(sales_last_year_quantity) - 1 as rate from marts.fct_weekly_sales "
        "where sales_last_year_quantity is not null"
    )
    assert row["sales_growth"] == pytest.approx(growth["rate"])


def test_the_queries_of_the_readme_and_of_the_makefile_answer(finished_run, shelfcast):
    pages = [(PROJECT_ROOT / name).read_text() for name in ("README.md", "Makefile")]
    queries = re.findall(r'ARGS="(query --metrics [^"]+)"', " ".join(pages))
    assert len(queries) == 3
    for query in queries:
        ended = shelfcast(finished_run, "mf", "--", *query.split())
        assert ended.returncode == 0, ended.stdout
        assert "query completed" in ended.stdout


def test_a_metric_that_does_not_exist_is_an_error_with_suggestions(finished_run, shelfcast):
    ended = shelfcast(finished_run, "mf", "--", "query", "--metrics", "total_sale")
    assert ended.returncode == 1
    assert "total_sales" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_mf_without_a_command_is_answered_with_an_example(finished_run, shelfcast):
    ended = shelfcast(finished_run, "mf")
    assert ended.returncode == 2
    assert "shelfcast mf -- query --metrics total_sales" in ended.stderr
