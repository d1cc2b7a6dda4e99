"""Exports of forecasts after a finished run: the published ones, those of pairs, and those of a date."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from flows.exports.forecasts import COLUMNS, ForecastOptions, Wanted, forecast_rows
from ml.forecasting.cold_start import NOT_SOLD
from ml.forecasting.forecast_job import history_as_of, version_of_the_time
from ml.forecasting.panel import read_panel
from warehouse.conventions import BASELINE
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.opening import open_database

EDGES = ["lo95", "lo80", "yhat", "hi80", "hi95"]


@pytest.fixture(scope="module")
def warehouse(finished_run) -> Database:
    return open_database(finished_run)


def test_the_latest_export_is_the_champion_s_published_forecasts(finished_run, warehouse) -> None:
    made = forecast_rows(finished_run, warehouse, ForecastOptions().checked())
    mart = warehouse.read_frame(
        "pipeline", "select * from marts.latest_forecasts order by store_id, dept_id, forecast_date"
    )
    assert tuple(made.columns) == COLUMNS
    assert made["yhat"].tolist() == mart["predicted_sales"].tolist()
    assert made["hi95"].tolist() == mart["prediction_upper_95"].tolist()
    assert made["model"].unique().tolist() == mart["model_name"].unique().tolist()
    fewer = forecast_rows(finished_run, warehouse, ForecastOptions(horizon=3).checked())
    assert len(fewer) == len(made) * 3 // 8


def test_the_rows_of_a_file_are_forecast_in_its_order(finished_run, warehouse, tmp_path) -> None:
    latest = forecast_rows(finished_run, warehouse, ForecastOptions().checked())
    known = latest.iloc[[5, 2]]
    file = tmp_path / "test.csv"
    rows = known[["store_code", "product_code", "date"]].set_axis(["Store", "Dept", "Date"], axis=1)
    rows = rows.assign(IsHoliday="FALSE")
    pd.concat([rows, rows.iloc[:1].assign(Dept=98)]).to_csv(file, index=False)
    made = forecast_rows(finished_run, warehouse, ForecastOptions(pairs=file).checked())
    assert made["yhat"].tolist()[:2] == pytest.approx(known["yhat"].tolist())
    assert made["lo80"].tolist()[:2] == pytest.approx(known["lo80"].tolist())
    assert made["model"].tolist()[2] == NOT_SOLD


def test_a_forecast_as_of_a_date_is_what_the_backtest_knew_then_and_changes_no_table(finished_run, warehouse) -> None:
    before = (
        warehouse.read_frame("pipeline", "select count(*) as n, max(created_at) as at from ml.forecasts")
        .loc[0]
        .tolist()
    )
    origin = warehouse.read_frame("pipeline", "select max(origin_date) as day from ml.backtest_errors").loc[0, "day"]
    asked = Wanted(as_of=origin + dt.timedelta(days=3), horizon=8, model=BASELINE)
    made = forecast_rows(finished_run, warehouse, asked)
    tested = warehouse.read_frame(
        "pipeline",
        "select store_id::text as store_code, dept_id::text as product_code, forecast_date as date, predicted_sales "
        "from ml.backtest_errors "
        "where origin_date = %(origin)s and model_name = %(model)s",
        {"origin": origin, "model": BASELINE},
    )
    both = tested.merge(made, on=["store_code", "product_code", "date"])
    assert len(both) == len(tested)
    assert both["yhat"].tolist() == both["predicted_sales"].tolist()
    assert set(made["cutoff"]) == {origin}
    assert (np.diff(made[EDGES].to_numpy(), axis=1) >= 0).all()
    after = (
        warehouse.read_frame("pipeline", "select count(*) as n, max(created_at) as at from ml.forecasts")
        .loc[0]
        .tolist()
    )
    assert after == before


def test_forecasts_published_from_the_same_data_and_code_are_not_made_again(finished_run, warehouse) -> None:
    history = history_as_of(read_panel(warehouse), dt.date(2011, 6, 3))
    mark = {"origin": history.origin, "version": version_of_the_time(finished_run, history)}
    with warehouse.connect("pipeline") as connection:
        connection.execute(
            "insert into ml.forecasts (forecast_id, store_id, dept_id, origin_date, forecast_date, horizon_weeks, "
            "predicted_sales, prediction_lower, prediction_upper, prediction_lower_95, prediction_upper_95, "
            "model_name, model_version, is_champion, run_id) select 'kept', store_id, dept_id, %(origin)s, "
            "%(origin)s::date + 7, 1, 4321, 4000, 5000, 3000, 6000, 'blend', %(version)s, true, 'kept' "
            "from ml.forecasts limit 1",
            mark,
        )
    try:
        made = forecast_rows(finished_run, warehouse, Wanted(as_of=dt.date(2011, 6, 5), horizon=8))
        assert made["yhat"].tolist() == [4321.0]
    finally:
        with warehouse.connect("pipeline") as connection:
            connection.execute("delete from ml.forecasts where run_id = 'kept'")


@pytest.mark.parametrize(
    ("asked", "kind", "sentence"),
    [
        (Wanted(dt.date(2009, 1, 2), 8), UsageError, "No forecast can be made as of 2009-01-02"),
        (Wanted(dt.date(2030, 1, 4), 8), UsageError, "No forecast can be made as of 2030-01-04"),
        (Wanted(None, 8, model="oracle"), UsageError, "There is no model 'oracle'"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_one_sentence(finished_run, warehouse, asked, kind, sentence) -> None:
    with pytest.raises(kind, match=sentence):
        forecast_rows(finished_run, warehouse, asked)


def test_without_forecasts_the_export_says_what_to_run(finished_run, warehouse) -> None:
    with warehouse.connect("pipeline") as connection:
        connection.execute(
            "update ml.forecasts set is_champion = false, run_id = run_id || '-hidden' where is_champion"
        )
    try:
        with pytest.raises(ShelfcastError, match=r"There are no forecasts from .* Run `shelfcast run` first"):
            forecast_rows(finished_run, warehouse, ForecastOptions().checked())
    finally:
        with warehouse.connect("pipeline") as connection:
            connection.execute(
                "update ml.forecasts set is_champion = true, run_id = replace(run_id, '-hidden', '') "
                "where run_id like '%-hidden'"
            )
