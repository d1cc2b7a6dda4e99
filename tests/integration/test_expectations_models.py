"""The audit of forecasts and recommendations, on small tables in a home and a database of its own."""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from expectations.audit import audit_models
from warehouse.errors import ShelfcastError
from warehouse.load import copy_frame
from warehouse.retailer import Retailer
from warehouse.settings import load_settings

LAST_WEEK = dt.date(2012, 8, 31)
PAIRS = [(store, dept) for store in (1, 2) for dept in (1, 2, 3)]


@pytest.fixture(scope="module")
def home():
    from warehouse import embedded
    from warehouse.environment import prepare_environment

    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="shelfcast-audit-")))
    prepare_environment(settings)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(settings.home, ignore_errors=True)


@pytest.fixture(scope="module")
def server(home):
    from warehouse.opening import open_database

    return open_database(home)


@pytest.fixture
def tables(server):
    """The database with a year of published sales and no figures of the models."""
    with server.connect("pipeline") as connection:
        connection.execute(
            "truncate raw.store_attributes, raw.raw_sales, ml.forecasts, ml.inventory_recommendations, "
            "ops.audit_results cascade"
        )
        connection.execute(
            "insert into raw.retailer (retailer_id, settings, load_id) values (1, %s, 'load') on conflict do nothing",
            [Retailer(week_ends_on="Friday").model_dump_json()],
        )
        connection.execute(
            "insert into raw.store_attributes (store_id, store_code, store_type, size_sqft, load_id) "
            "values (1, '1', 'A', 150000, 'load'), (2, '2', 'B', 90000, 'load')"
        )
        connection.execute(
            "insert into raw.raw_sales select store, dept, date '2012-08-31' - 7 * week, 10000 + 100 * week, "
            "false, 'load' from generate_series(1, 2) store, generate_series(1, 3) dept, generate_series(0, 59) week"
        )
    return server


def results(database, run_id):
    return database.read_frame(
        "pipeline",
        "select * from ops.audit_results where run_id = %(run)s order by suite_name, description",
        {"run": run_id},
    )


def failures(database, run_id, severity):
    found = results(database, run_id)
    return list(found[(found["severity"] == severity) & ~found["is_success"]]["description"])


def set_value(table, column, value, rows=slice(0, 3)):
    def change(frames):
        frame = frames[table]
        frame[column] = frame[column].astype(object)
        frame.loc[frame.index[rows], column] = value
        frames[table] = frame.infer_objects()

    return change


def spoil(frames, changes):
    """Applies the changes one after the other and returns the rules that they break."""
    for change, _ in changes.values():
        change(frames)
    return {rule for _, rule in changes.values()}


def good_models():
    forecasts = pd.DataFrame(
        [
            (
                f"{store}-{dept}-{horizon}-{model}",
                store,
                dept,
                LAST_WEEK,
                LAST_WEEK + dt.timedelta(weeks=horizon),
                horizon,
                10_000.0,
                8_000.0,
                12_000.0,
                6_000.0,
                14_000.0,
                model,
                "1",
                model == "lightgbm",
                "",
                False,
                "run",
            )
            for store, dept in PAIRS
            for horizon in range(1, 9)
            for model in ("lightgbm", "seasonal_naive")
        ],
        columns=[
            "forecast_id",
            "store_id",
            "dept_id",
            "origin_date",
            "forecast_date",
            "horizon_weeks",
            "predicted_sales",
            "prediction_lower",
            "prediction_upper",
            "prediction_lower_95",
            "prediction_upper_95",
            "model_name",
            "model_version",
            "is_champion",
            "fallback",
            "uses_plan",
            "run_id",
        ],
    )
    recommendations = pd.DataFrame(
        [
            (
                f"{store}-{dept}",
                store,
                dept,
                LAST_WEEK,
                9_000.0,
                "counted",
                0.0,
                9_000.0,
                1_400.0,
                900.0,
                1.0,
                1.0,
                0.95,
                22_000.0,
                2_000.0,
                30_000.0,
                21_000.0,
                6.0,
                0.2,
                "reorder",
                10.0,
                20.0,
                30.0,
                "",
                "run",
                14_700.0,
                0.97,
                "",
            )
            for store, dept in PAIRS
        ],
        columns=[
            "recommendation_id",
            "store_id",
            "dept_id",
            "recommendation_date",
            "current_stock",
            "stock_source",
            "on_order",
            "stock_position",
            "avg_daily_demand",
            "demand_volatility",
            "lead_time_weeks",
            "review_period_weeks",
            "service_level",
            "reorder_point",
            "safety_stock",
            "order_up_to_level",
            "order_quantity",
            "days_until_stockout",
            "stockout_probability",
            "status",
            "expected_lost_margin",
            "holding_cost",
            "value_at_risk",
            "agent_reasoning",
            "run_id",
            "order_value_cost",
            "expected_fill_rate",
            "review_reason",
        ],
    )
    return {"forecasts": forecasts, "inventory_recommendations": recommendations}


def write_models(database, frames):
    for table, frame in frames.items():
        copy_frame(database, frame, f"ml.{table}")


def test_good_forecasts_and_recommendations_pass(home, tables):
    write_models(tables, good_models())
    report = audit_models(home, tables, "models-run")
    assert (report.failed_critical, report.failed_warning) == (0, 0)
    assert set(results(tables, "models-run")["table_name"]) == {"ml.forecasts", "ml.inventory_recommendations"}


BAD_FIGURES = {
    "a forecast that is not a number": (
        set_value("forecasts", "predicted_sales", float("inf"), slice(0, 1)),
        "No forecast exceeds 10 times the largest sale ever published",
    ),
    "a forecast outside its interval": (
        set_value("forecasts", "predicted_sales", 13_000.0, slice(1, 2)),
        "The point forecast is not above its 80 % interval.",
    ),
    "an interval inside out": (
        set_value("forecasts", "prediction_lower", 5_000.0, slice(2, 3)),
        "The 95 % interval begins at or below the 80 % interval.",
    ),
    "an absurd bound": (
        set_value("forecasts", "prediction_upper_95", 1e9, slice(3, 4)),
        "No upper 95 % bound exceeds 20 times the largest sale ever published",
    ),
    "a ninth week": (set_value("forecasts", "horizon_weeks", 9, slice(4, 5)), "Forecasts reach 1 to 8 weeks ahead."),
    "two champions": (set_value("forecasts", "is_champion", True, slice(5, 6)), "Exactly one model is champion."),
    "stock in a slipped unit": (
        set_value("inventory_recommendations", "current_stock", 1e9),
        "Stock on hand lies between 0 and 100 times",
    ),
    "an order dearer than its sale": (
        set_value("inventory_recommendations", "order_value_cost", 25_000.0),
        "An order costs no more than it sells for.",
    ),
    "levels upside down": (
        set_value("inventory_recommendations", "order_up_to_level", 10.0),
        "The order-up-to level is not below the reorder point.",
    ),
}


def test_each_kind_of_bad_figure_breaks_its_critical_rule(home, tables):
    frames = good_models()
    frames["forecasts"] = frames["forecasts"].sort_values("is_champion", ignore_index=True)
    rules = spoil(frames, BAD_FIGURES)
    write_models(tables, frames)
    with pytest.raises(ShelfcastError, match=r"The audit stopped ml\.\w+: the rule "):
        audit_models(home, tables, "bad-models")
    found = failures(tables, "bad-models", "critical")
    assert [rule for rule in rules if not any(sentence.startswith(rule) for sentence in found)] == []


def test_no_figures_at_all_stop_before_the_marts(home, tables):
    with pytest.raises(ShelfcastError, match="Every active series has a champion forecast"):
        audit_models(home, tables, "no-models")
    assert {"The latest origin has forecasts.", "The latest decision week has recommendations."} <= set(
        failures(tables, "no-models", "critical")
    )


def test_an_active_series_without_a_forecast_stops_before_the_marts(home, tables):
    frames = good_models()
    forecasts = frames["forecasts"]
    is_gone = (forecasts["store_id"] == 2) & (forecasts["dept_id"] == 3) & forecasts["is_champion"]
    frames["forecasts"] = forecasts[~is_gone]
    write_models(tables, frames)
    with pytest.raises(ShelfcastError, match=r"Every active series has a champion forecast .* is broken by 1 row,"):
        audit_models(home, tables, "hole-models")


def test_old_forecasts_only_warn(home, tables):
    frames = good_models()
    for column in ("origin_date", "forecast_date"):
        frames["forecasts"][column] = [day - dt.timedelta(weeks=1) for day in frames["forecasts"][column]]
    write_models(tables, frames)
    assert audit_models(home, tables, "old-models").failed_critical == 0
    assert failures(tables, "old-models", "warning") == ["Forecasts start from the newest published week, 2012-08-31."]
