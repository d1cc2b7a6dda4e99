"""The anomaly stage against a database of its own."""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.anomalies.detect import detect_anomalies
from retailers import WALMART
from warehouse import embedded
from warehouse.environment import library_environment
from warehouse.errors import ShelfcastError
from warehouse.incoming import publish_frame
from warehouse.opening import open_database
from warehouse.settings import load_settings
from warehouse.wording import Wording, speaking

FIRST_WEEK = dt.date(2010, 2, 5)
STORES, DEPTS, WEEKS = 6, 8, 130


@pytest.fixture(scope="module")
def place():
    """Settings and database in a home of this module's own: other suites publish whole tables too."""
    home = Path(tempfile.mkdtemp(prefix="shelfcast-anomalies-"))
    settings = load_settings(home=home)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in library_environment(settings).items():
            patch.setenv(name, value)
        (home / "tmp").mkdir()
        yield settings, open_database(settings)
        embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


def _publish_sales(database):
    rng = np.random.default_rng(21)
    stores = pd.DataFrame({"store_id": range(1, STORES + 1), "store_type": "A", "size_sqft": 90_000, "load_id": "l"})
    publish_frame(database, stores, "raw.store_attributes", ["store_id"], "replace")
    index = pd.MultiIndex.from_product(
        [range(1, STORES + 1), range(1, DEPTS + 1), range(WEEKS)], names=["store_id", "dept_id", "week"]
    )
    sales = index.to_frame(index=False)
    sales["weekly_sales"] = 2_000 * sales["dept_id"] * np.exp(0.1 * rng.standard_normal(len(sales)))
    sales.loc[(sales["store_id"] == 2) & (sales["dept_id"] == 3) & (sales["week"] == 42), "weekly_sales"] *= 5
    sales.loc[(sales["store_id"] == 4) & (sales["dept_id"] == 6) & (sales["week"] == 127), "weekly_sales"] = -40.0
    sales["sale_date"] = [FIRST_WEEK + dt.timedelta(weeks=week) for week in sales["week"]]
    sales = sales.assign(is_holiday=False, load_id="l").drop(columns="week")
    publish_frame(database, sales, "raw.raw_sales", ["store_id", "dept_id", "sale_date"], "replace")


def _publish_forecasts(database):
    """A champion that was backtested on the last eight weeks, from two origins for some of them."""
    origin = FIRST_WEEK + dt.timedelta(weeks=WEEKS - 9)
    sales = database.read_frame(
        "pipeline", "select * from raw.raw_sales where sale_date > %(origin)s", {"origin": origin}
    )
    horizon = [(day - origin).days // 7 for day in sales["sale_date"]]
    errors = sales[["store_id", "dept_id"]].assign(
        origin_date=origin,
        forecast_date=sales["sale_date"],
        horizon_weeks=horizon,
        model_name="prophet",
        fallback="",
        is_holiday=False,
        actual_sales=sales["weekly_sales"],
        predicted_sales=2_000.0 * sales["dept_id"],
        scale_amount=2_000.0 * sales["dept_id"],
        run_id="r",
    )
    later = errors[errors["horizon_weeks"] > 4].assign(origin_date=origin + dt.timedelta(weeks=4))
    later["horizon_weeks"] -= 4
    keys = ["model_name", "origin_date", "store_id", "dept_id", "forecast_date"]
    publish_frame(database, pd.concat([errors, later]), "ml.backtest_errors", keys, "replace")
    champion = pd.DataFrame(
        {
            "forecast_id": ["1-1"],
            "store_id": 1,
            "dept_id": 1,
            "origin_date": origin,
            "forecast_date": origin + dt.timedelta(weeks=9),
            "horizon_weeks": 9,
            "predicted_sales": 1.0,
            "prediction_lower": 1.0,
            "prediction_upper": 1.0,
            "prediction_lower_95": 1.0,
            "prediction_upper_95": 1.0,
            "model_name": "prophet",
            "model_version": "1",
            "is_champion": True,
            "fallback": "",
            "uses_plan": False,
            "plan_effect": 0.0,
            "unit_name": "amount",
            "price_source": "",
            "run_id": "r",
        }
    )
    publish_frame(database, champion, "ml.forecasts", ["forecast_id"], "replace")


def read(database):
    frame = database.read_frame("pipeline", "select * from ml.sales_anomalies")
    return frame.set_index(["store_id", "dept_id", "sale_date"]).sort_index()


def test_without_sales_the_sentence_says_what_to_run(place):
    settings, database = place
    with pytest.raises(ShelfcastError, match=r"no sales yet.*Run `shelfcast ingest` first"):
        detect_anomalies(settings, database, "r0")


def test_planted_weeks_are_written_with_detector_and_reason_and_a_second_run_changes_nothing(place):
    settings, database = place
    _publish_sales(database)
    _publish_forecasts(database)
    with speaking(Wording(WALMART)):
        report = detect_anomalies(settings, database, "r1")
    found = read(database)
    assert 2 <= len(found) == report.rows <= 20
    peak = found.loc[(2, 3, FIRST_WEEK + dt.timedelta(weeks=42))]
    fall = found.loc[(4, 6, FIRST_WEEK + dt.timedelta(weeks=127))]
    assert peak["detector"] == "robust_seasonal"
    assert "it is the week of Thanksgiving Day" in peak["reason"]
    assert fall["detector"] == "forecast_residual"
    assert "$12,000 forecast 2 weeks ahead; returns exceeded sales." in fall["reason"]
    assert fall["score"] < 0 < peak["score"]
    with speaking(Wording(WALMART)):
        assert detect_anomalies(settings, database, "r2").change.total == 0


def test_an_anomaly_that_is_fixed_in_the_data_goes(place):
    settings, database = place
    _publish_sales(database)
    detect_anomalies(settings, database, "r3")
    with database.connect("pipeline") as connection:
        connection.execute("update raw.raw_sales set weekly_sales = 12000 where store_id = 4 and weekly_sales < 0")
    assert detect_anomalies(settings, database, "r4").change.deleted == 1
