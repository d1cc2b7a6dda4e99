"""A small database whose marts are filled by hand, the dashboard served over it, and a browser that looks at it.

`marts` is the only fixture that knows how the marts came to be: a real run over a small sample can take its place, as
long as it returns settings whose marts are filled.
"""

import datetime as dt
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from warehouse.database import Database
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAST_WEEK = dt.date(2012, 10, 26)
MODELS = {
    "blend": 1320.0,
    "extra_trees": 1345.0,
    "lightgbm": 1350.0,
    "ridge": 1365.0,
    "aligned_seasonal": 1385.0,
    "department_shares": 1430.0,
    "stl_ets": 1570.0,
    "prophet": 1730.0,
    "seasonal_naive": 1890.0,
}
CHAMPION = "blend"
AGENTS = {"report": "report_writer", "anomaly_detection": "anomaly_analyst", "forecasting": "forecaster"}
AGENTS |= {"inventory_optimization": "inventory_planner"}
DECIDED_ON = """
insert into raw.store_attributes (store_id, store_type, size_sqft, load_id)
select store_id, store_type, 1000, 'made up' from marts.dim_stores;
insert into ml.inventory_recommendations
(recommendation_id, store_id, dept_id, recommendation_date, current_stock, stock_source, on_order, avg_daily_demand,
 demand_volatility, lead_time_weeks, review_period_weeks, service_level, reorder_point, safety_stock, order_up_to_level,
 order_quantity, stockout_probability, status, expected_lost_margin, holding_cost, value_at_risk, review_reason, run_id)
select
    recommendation_id, store_id, dept_id, decision_date, current_stock_amount, stock_source, on_order_amount,
    average_daily_demand_amount, demand_deviation_amount, lead_time_weeks, review_period_weeks, service_level_rate,
    reorder_point_amount, safety_stock_amount, order_up_to_level_amount, order_quantity_amount,
    stockout_probability_rate, status, expected_lost_margin_amount, holding_cost_amount, value_at_risk_amount,
    review_reason, 'made up'
from marts.fct_inventory_recommendations;
create or replace view marts.fct_decisions as
select
    decision_id, recommendation_id, store_id, dept_id, recommendation_date as decision_date,
    decision as decision_name, recommended_quantity as recommended_order_amount, snooze_until as snooze_until_date,
    effective_quantity as effective_order_amount,
    reason as reason_text, decided_by, created_at as decided_at,
    decision_id = max(decision_id) over (partition by recommendation_id) as is_current
from ops.decisions;
create or replace view marts.fct_orders as
select
    made.recommendation_id, made.is_latest, made.review_reason, made.decision_date + 7 as expected_delivery_date,
    50.0::float8 as pack_size_amount, coalesce(decisions.decision_name, '') as decision_name,
    decisions.snooze_until_date, coalesce(decisions.reason_text, '') as reason_text,
    coalesce(decisions.decided_by, '') as decided_by, decisions.decided_at,
    coalesce(
        decisions.decision_name || case when decisions.decision_name = 'override' then 'n' else '' end || 'd',
        case when made.review_reason <> '' then 'waiting' else 'automatic' end
    ) as order_state,
    coalesce(
        decisions.effective_order_amount,
        case when made.review_reason <> '' then 0 else made.order_quantity_amount end
    ) as effective_order_amount
from marts.fct_inventory_recommendations as made
left join marts.fct_decisions as decisions
    on decisions.recommendation_id = made.recommendation_id and decisions.is_current;
create or replace view marts.fct_override_scores as
select 0::bigint as decision_id, false as is_scored, 0.0::float8 as value_added_amount where false;
"""
TRIED_ON = """
insert into raw.store_attributes (store_id, store_type, size_sqft, load_id)
select store_id, store_type, 1000, 'made up' from marts.dim_stores on conflict do nothing;
insert into raw.raw_sales (store_id, dept_id, sale_date, weekly_sales, is_holiday, load_id)
select store_id, dept_id, week_date, sales_amount, is_holiday, 'made up' from marts.fct_weekly_sales;
insert into ml.forecasts
(forecast_id, store_id, dept_id, origin_date, forecast_date, horizon_weeks, predicted_sales, prediction_lower,
 prediction_upper, prediction_lower_95, prediction_upper_95, model_name, model_version, is_champion, fallback, run_id)
select
    forecast_id, store_id, dept_id, origin_date, week_date, horizon_weeks, forecast_amount, lower_80_amount,
    upper_80_amount, lower_95_amount, upper_95_amount, model_name, model_version, is_champion, '', 'made up'
from marts.fct_forecasts
where is_champion;
insert into ml.backtest_errors
(store_id, dept_id, origin_date, forecast_date, horizon_weeks, actual_sales, predicted_sales, scale_amount, model_name,
 is_holiday, fallback, run_id)
select
    store_id, dept_id, origin.week_date, sold.week_date, (sold.week_date - origin.week_date) / 7, sold.sales_amount,
    origin.sales_amount, origin.sales_amount, 'blend', sold.is_holiday, '', 'made up'
from marts.fct_weekly_sales as sold
inner join marts.fct_weekly_sales as origin using (store_id, dept_id)
where sold.week_date - origin.week_date between 7 and 56 and origin.week_date >= date '2012-01-06';
create table marts.dim_inventory_policies as
select
    'default' as policy_id, null::text as store_type, null::integer as store_id, null::integer as dept_id,
    '(R,s,S)' as policy_kind, 'cycle_service' as target_kind, 0.95::float8 as service_level_rate,
    2.0::float8 as lead_time_weeks, 0.5::float8 as lead_time_deviation_weeks, 1.0::float8 as review_period_weeks,
    100.0::float8 as minimum_order_amount, 50.0::float8 as pack_size_amount, 0.25::float8 as holding_cost_rate,
    25.0::float8 as ordering_cost_amount, 0.3::float8 as margin_rate, 12.0::float8 as maximum_stock_weeks;
"""
NOW = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def marts() -> Iterator[Settings]:
    """Settings of a database with filled marts; its server is stopped at the end."""
    import shutil

    from warehouse import embedded
    from warehouse.environment import prepare_environment
    from warehouse.opening import open_database

    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; on Debian: apt-get install chromium")
    home = Path(tempfile.mkdtemp(prefix="shelfcast-browser-"))
    settings = load_settings(home=home)
    prepare_environment(settings)
    fill_marts(open_database(settings))
    yield settings
    embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def mart(marts: Settings) -> Callable[..., Any]:
    """Returns the first value of a query over the marts."""
    from warehouse.opening import open_database

    database = open_database(marts)
    return lambda query, **parameters: database.read_frame("reader", query, parameters).iloc[0, 0]


@pytest.fixture(scope="module")
def address(marts: Settings) -> Iterator[str]:
    """Address of the dashboard, served by the command that `shelfcast dashboard` starts."""
    from streamlit_app.serve import command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (marts.home / "logs" / "dashboard.log").open("wb")
    environment = {**os.environ, "SHELFCAST_HOME": str(marts.home)}
    process = subprocess.Popen(command(marts, port), env=environment, cwd=PROJECT_ROOT, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=15)
        log.close()


@pytest.fixture(scope="module")
def browser(marts: Settings) -> Iterator[Any]:
    """A headless Chromium; its temporary files lie under the home of the marts."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any, address: str) -> Iterator[Callable[[str], Any]]:
    """Opens a page of the dashboard and waits until it has drawn itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def go(path: str = "") -> Any:
        page = context.new_page()
        page.goto(f"{address}/{path}")
        settle(page)
        return page

    yield go
    context.close()


def settle(page: Any) -> None:
    """Waits until the script behind a page has ended."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=30_000)


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, f"the dashboard ended with code {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def fill_marts(database: Database, stores: int = 3, departments: int = 4, weeks: int = 120) -> None:
    """Makes every mart that the dashboard reads, at any size, from made-up figures that fit together.

    What people decide is not made up: it is written where the dashboard writes it, and two views stand in for dbt's.
    """
    sales = weekly_sales(stores, departments, weeks)
    level = sales.groupby(["store_id", "dept_id", "store_type"], as_index=False)["sales_amount"].mean()
    scores, ahead = accuracy(level), forecasts(sales)
    totals = forecast_totals(ahead)
    frames = {
        "fct_weekly_sales": sales.drop(columns="store_type"),
        "dim_stores": sales[["store_id", "store_type"]].drop_duplicates(),
        "dim_weeks": year_ago_weeks(sales),
        "fct_forecasts": ahead,
        "fct_forecast_totals": totals,
        "fct_horizon_totals": horizon_totals(totals),
        "fct_forecast_accuracy": scores,
        "fct_model_scores": model_scores(scores),
        "fct_forecast_drift": drift(),
        "fct_sales_anomalies": anomalies(sales),
        "fct_inventory_recommendations": recommendations(level),
        "fct_data_quality": data_quality(),
        "fct_data_quality_scores": data_quality_scores(),
        "fct_load_drift": load_drift(),
        "fct_load_profiles": load_profiles(),
        "fct_pipeline_runs": pipeline_runs(),
        "fct_loads": loads(),
        "fct_rejected_rows": rejected_rows(),
        "fct_restatements": restatements(),
        "fct_agent_reports": agent_reports(level),
    }
    for name, frame in frames.items():
        write_table(database, f"marts.{name}", frame)
    with database.connect("pipeline") as connection:
        connection.execute("alter table marts.fct_weekly_sales add primary key (store_id, dept_id, week_date)")
        connection.execute("create index on marts.fct_forecasts (store_id, dept_id)")
        connection.execute(DECIDED_ON)
        connection.execute(TRIED_ON)


def write_table(database: Database, table: str, frame: pd.DataFrame) -> None:
    columns = ", ".join(f"{name} {postgres_type(frame[name])}" for name in frame.columns)
    with database.connect("pipeline") as connection, connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {table} cascade")
        cursor.execute(f"create table {table} ({columns})")
        with cursor.copy(f"copy {table} from stdin (format csv)") as copy:
            copy.write(frame.to_csv(index=False, header=False))
        for name in (name for name in frame.columns if postgres_type(frame[name]) == "text"):
            cursor.execute(f"update {table} set {name} = '' where {name} is null")


def postgres_type(values: pd.Series) -> str:
    kinds = {"i": "integer", "f": "double precision", "b": "boolean", "M": "timestamptz"}
    if values.dtype.kind in kinds:
        return kinds[values.dtype.kind]
    return "date" if isinstance(values.dropna().iloc[0], dt.date) else "text"


def weekly_sales(stores: int, departments: int, weeks: int) -> pd.DataFrame:
    generator = np.random.default_rng(7)
    days = [LAST_WEEK - dt.timedelta(weeks=weeks - 1 - number) for number in range(weeks)]
    grain = pd.MultiIndex.from_product([range(1, stores + 1), range(1, departments + 1), range(weeks)])
    store, dept, week = grain.to_frame().to_numpy().T
    season = np.array([1 + 0.08 * np.sin(day.timetuple().tm_yday / 58) for day in days])
    season *= np.array([1.45 if (day.month, day.day > 20) in ((11, True), (12, True)) else 1.0 for day in days])
    level = (6 + 28 * ((store * 37 + dept * 91) % 100) / 100) * 1000 * np.where(dept % 7 == 0, 2.4, 1.0)
    amount = level * season[week] * (1 + 0.0004 * week) * generator.normal(1, 0.05, len(week))
    holiday = np.array([(d.month, d.day // 7) in ((2, 1), (9, 1), (11, 3), (12, 4)) and d.day > 6 for d in days])
    frame = pd.DataFrame(
        {
            "store_id": store,
            "dept_id": dept,
            "week_date": np.array(days, dtype=object)[week],
            "sales_amount": amount.round(2),
            "is_holiday": holiday[week],
            "is_return_week": amount < 0,
            "markdown_amount": np.where(week > weeks - 50, 800.0, np.nan),
            "temperature_fahrenheit": 55 + 20 * np.sin(week / 8),
            "store_type": np.array(["A", "B", "C"])[store % 3],
        }
    )
    frame["sales_last_year_amount"] = frame.groupby(["store_id", "dept_id"])["sales_amount"].shift(52)
    return frame


def year_ago_weeks(sales: pd.DataFrame) -> pd.DataFrame:
    days = sorted(sales["week_date"].unique())
    return pd.DataFrame({"week_date": days, "year_ago_date": [day - dt.timedelta(weeks=52) for day in days]})


def forecasts(sales: pd.DataFrame) -> pd.DataFrame:
    year_ago = sales[sales["week_date"] > LAST_WEEK - dt.timedelta(weeks=52)]
    horizon = year_ago["week_date"].map(lambda day: (day - LAST_WEEK).days // 7 + 52)
    rows = year_ago.assign(horizon_weeks=horizon)[horizon <= 8].merge(
        pd.DataFrame({"model_name": list(MODELS)}), how="cross"
    )
    number = rows["model_name"].map(list(MODELS).index)
    point = (rows["sales_amount"] * (1.02 + 0.03 * number * np.sin(rows["horizon_weeks"] + number))).round(2)
    half = point * (0.09 + 0.006 * rows["horizon_weeks"])
    names = [f"{row.store_id}-{row.dept_id}-{row.horizon_weeks}-{row.model_name}" for row in rows.itertuples()]
    return pd.DataFrame(
        {
            "forecast_id": names,
            "store_id": rows["store_id"],
            "dept_id": rows["dept_id"],
            "store_type": rows["store_type"],
            "origin_date": LAST_WEEK,
            "week_date": rows["week_date"] + dt.timedelta(weeks=52),
            "horizon_weeks": rows["horizon_weeks"],
            "model_name": rows["model_name"],
            "model_version": "3",
            "is_champion": rows["model_name"] == CHAMPION,
            "is_latest": True,
            "forecast_amount": point,
            "lower_80_amount": (point - half).round(2),
            "upper_80_amount": (point + half).round(2),
            "lower_95_amount": (point - 1.9 * half).round(2),
            "upper_95_amount": (point + 1.9 * half).round(2),
            "fallback_name": "",
            "uses_plan": False,
            "actual_sales_amount": np.nan,
            "sales_last_year_amount": rows["sales_amount"],
            "created_at": NOW,
        }
    )


def forecast_totals(ahead: pd.DataFrame) -> pd.DataFrame:
    """Sums of the pairs at every level but departments, whose totals no page shows; a tenth more or less."""
    week = ["origin_date", "week_date", "horizon_weeks", "model_name", "model_version", "is_champion", "is_latest"]
    parts = [
        ahead.groupby([*key, *week], as_index=False)
        .agg(
            forecast_amount=("forecast_amount", "sum"),
            sales_last_year_amount=("sales_last_year_amount", "sum"),
            pair_count=("dept_id", "size"),
        )
        .assign(level_name=level)
        for level, key in (("store", ["store_id"]), ("store_type", ["store_type"]), ("chain", []))
    ]
    return pd.concat(parts).assign(
        store_id=lambda frame: frame["store_id"].astype("Int64"),
        miss_80_rate=0.1,
        lower_80_amount=lambda frame: 0.9 * frame["forecast_amount"],
        upper_80_amount=lambda frame: 1.1 * frame["forecast_amount"],
    )


def horizon_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """The weeks of each total together; a twentieth more or less."""
    key = ["level_name", "store_type", "store_id", "origin_date", "model_name", "model_version", "is_champion"]
    rows = totals.groupby([*key, "is_latest"], as_index=False, dropna=False).agg(
        week_count=("week_date", "size"),
        pair_count=("pair_count", "max"),
        forecast_amount=("forecast_amount", "sum"),
        sales_last_year_amount=("sales_last_year_amount", "sum"),
    )
    return rows.assign(
        largest_miss_rate=0.05,
        backtest_count=5,
        lower_amount=0.95 * rows["forecast_amount"],
        upper_amount=1.05 * rows["forecast_amount"],
        growth_rate=rows["forecast_amount"] / rows["sales_last_year_amount"] - 1,
    )


def accuracy(level: pd.DataFrame) -> pd.DataFrame:
    """Every slice of the backtest that a page reads; the first pair was scored too little to have an error of its own.

    Errors are made up by origin, horizon, store type and department; of a total's, half cancel and more above it.
    """
    errors = weekly_errors()
    slices: tuple[tuple[str, str, list[str]], ...] = (
        ("all", "chain", []),
        ("horizon", "chain", ["horizon_weeks"]),
        ("holiday", "chain", ["is_holiday"]),
        ("all", "store_type", ["store_type"]),
        ("horizon", "store_type", ["store_type", "horizon_weeks"]),
        ("all", "department", ["dept_id"]),
    )
    parts = [figures(errors, key, slice_name, name) for slice_name, name, key in slices]
    left = {"chain": 0.2, "store_type": 0.25, "store": 0.3, "department": 0.5}
    parts += [figures(errors, [], "level", name, share) for name, share in left.items()]
    pairs = level[["store_id", "dept_id", "store_type"]].merge(
        errors.head(len(MODELS)).drop(columns=["store_type", "dept_id"]), how="cross"
    )
    worse = 1 + 0.1 * (pairs["store_id"] * 7 + pairs["dept_id"]) % 1
    sums = [name for name in pairs.columns if "error" in name]
    pairs[sums] = pairs[sums].mul(worse, axis=0)
    parts.append(figures(pairs, ["store_type", "store_id", "dept_id"], "all", "pair"))
    rows = pd.concat(parts, ignore_index=True)
    is_thin = (rows["level_name"] == "pair") & (rows["store_id"] == 1) & (rows["dept_id"] == 1)
    keys = {name: rows[name].astype("Int64") for name in ("store_id", "dept_id", "horizon_weeks")}
    keys["is_holiday"] = rows["is_holiday"].astype("boolean")
    return rows.assign(
        **keys, has_enough_weeks=~is_thin, is_champion=rows["model_name"] == CHAMPION, is_comparable=True
    )


def weekly_errors() -> pd.DataFrame:
    """Sums of errors by origin, horizon, store type, department and model."""
    grain = [range(5), range(1, 9), list("ABC"), range(1, 5), list(MODELS)]
    index = pd.MultiIndex.from_product(grain, names=["origin", "horizon_weeks", "store_type", "dept_id", "model_name"])
    frame = index.to_frame(index=False)
    place = frame["store_type"].map("ABC".index)
    count = 900 - 250 * place
    scale = (1.25 - 0.3 * place) * (1 + 0.015 * frame["horizon_weeks"]) * (1 + 0.05 * (frame["origin"] - 2))
    error = frame["model_name"].map(MODELS) * scale
    return frame.assign(
        is_holiday=frame["horizon_weeks"] == 3,
        forecast_count=count,
        absolute_error_amount=error * count,
        naive_error_amount=MODELS["seasonal_naive"] * scale * count,
        squared_error_amount=3.1 * error**2 * count,
        error_amount=0.3 * error * np.sin(2.1 * frame["origin"] + frame["horizon_weeks"]) * count,
        absolute_sales_amount=15_900 * scale * count,
        covered_80_count=(count * (0.79 + 0.004 * frame["horizon_weeks"])).astype(int),
        covered_95_count=(count * 0.948).astype(int),
    )


def figures(errors: pd.DataFrame, key: list[str], slice_name: str, level: str, share: float = 1.0) -> pd.DataFrame:
    """The figures of one slice, of whose absolute errors a share is left in its totals."""
    sums = errors.groupby(["model_name", *key], as_index=False, sort=False).sum(numeric_only=True)
    count, sales = sums["forecast_count"], sums["absolute_sales_amount"]
    kept = sums[
        ["model_name", *key, "forecast_count", "absolute_error_amount", "absolute_sales_amount", "error_amount"]
    ]
    return kept.assign(
        slice_name=slice_name,
        level_name=level,
        origin_count=5,
        total_count=40,
        wmae_amount=sums["absolute_error_amount"] / count,
        mae_amount=sums["absolute_error_amount"] / count,
        rmse_amount=np.sqrt(sums["squared_error_amount"] / count),
        wape_rate=sums["absolute_error_amount"] / sales,
        total_wape_rate=share * sums["absolute_error_amount"] / sales,
        bias_rate=sums["error_amount"] / sales,
        coverage_80_rate=sums["covered_80_count"] / count,
        coverage_95_rate=sums["covered_95_count"] / count,
        mean_width_80_amount=2.6 * sums["absolute_error_amount"] / count,
        interval_score_80_rate=5.2 * sums["absolute_error_amount"] / sales,
        value_added_rate=1 - sums["absolute_error_amount"] / sums["naive_error_amount"],
    )


def model_scores(scores: pd.DataFrame) -> pd.DataFrame:
    chain = scores[(scores["level_name"] == "chain") & (scores["slice_name"] == "all")]
    return chain.assign(store_total_wape_rate=0.3 * chain["wape_rate"]).dropna(axis="columns", how="all")


def drift() -> pd.DataFrame:
    """The champion's last two weeks lie above what was to be expected of its bias."""
    weeks = [LAST_WEEK - dt.timedelta(weeks=7 - number) for number in range(8)]
    bias = np.array([0.01, -0.02, 0.0, 0.03, 0.01, 0.02, 0.08, 0.09])
    return pd.DataFrame(
        {
            "model_name": CHAMPION,
            "week_date": weeks,
            "source_name": "forecast",
            "origin_date": LAST_WEEK - dt.timedelta(weeks=8),
            "forecast_count": 12,
            "wape_rate": 0.08 + bias / 4,
            "bias_rate": bias,
            "expected_week_count": 32,
            "expected_wape_lower_rate": 0.06,
            "expected_wape_upper_rate": 0.12,
            "expected_bias_lower_rate": -0.05,
            "expected_bias_upper_rate": 0.06,
            "is_outside": bias > 0.06,
            "is_drifting": np.arange(8) == 7,
            "is_latest": np.arange(8) == 7,
            "is_champion": True,
            "drift_text": "WAPE 10.3% and bias +9.0%; expected was less.",
        }
    )


def anomalies(sales: pd.DataFrame) -> pd.DataFrame:
    rows = sales[(sales["dept_id"] % 4 == 2) & (sales["week_date"] > LAST_WEEK - dt.timedelta(weeks=20))]
    rows = rows[(rows["store_id"] + rows["week_date"].map(lambda day: day.day)) % 9 == 0]
    expected = (rows["sales_amount"] * np.where(rows["store_id"] % 2, 1.6, 0.7)).round(2)
    deviation = rows["sales_amount"] - expected
    return pd.DataFrame(
        {
            "store_id": rows["store_id"],
            "dept_id": rows["dept_id"],
            "week_date": rows["week_date"],
            "detector_name": "residual",
            "anomaly_score": deviation / (0.08 * expected),
            "expected_amount": expected,
            "actual_amount": rows["sales_amount"],
            "deviation_amount": deviation,
            "reason_text": np.where(
                deviation < 0, "Far below the level of the last 13 weeks.", "Far above last year's week."
            ),
            "is_recent": rows["week_date"] > LAST_WEEK - dt.timedelta(weeks=8),
        }
    )


def recommendations(level: pd.DataFrame) -> pd.DataFrame:
    weekly = level["sales_amount"]
    cover = 0.25 + ((level["store_id"] * 13 + level["dept_id"] * 29) % 50) / 10
    status = np.select([cover < 0.6, cover < 2.2, cover < 3.1], ["critical", "reorder", "monitor"], "adequate")
    stock, reorder_point, up_to = weekly * cover, weekly * 2.2, weekly * 3.4
    lost = np.where(status == "critical", weekly * 0.28, np.where(status == "reorder", weekly * 0.03, 0.0))
    risk = (lost + np.clip(cover - 4.4, 0, None) * weekly * 0.01).round(2)
    frame = pd.DataFrame(
        {
            "recommendation_id": [
                f"{s}-{d}-20121026" for s, d in zip(level["store_id"], level["dept_id"], strict=True)
            ],
            "store_id": level["store_id"],
            "dept_id": level["dept_id"],
            "store_type": level["store_type"],
            "decision_date": LAST_WEEK,
            "is_latest": True,
            "status": status,
            "current_stock_amount": stock.round(2),
            "stock_source": "simulated",
            "on_order_amount": np.where(level["dept_id"] % 3 == 0, weekly * 0.5, 0.0).round(2),
            "average_daily_demand_amount": (weekly / 7).round(2),
            "demand_deviation_amount": (weekly * 0.12).round(2),
            "lead_time_weeks": 1.0,
            "review_period_weeks": 1.0,
            "service_level_rate": 0.95,
            "safety_stock_amount": (weekly * 0.2).round(2),
            "reorder_point_amount": reorder_point.round(2),
            "order_up_to_level_amount": up_to.round(2),
            "order_quantity_amount": np.where(cover < 2.2, up_to - stock, 0.0).round(2),
            "days_until_stockout": np.where(cover < 4, (cover * 7).round(1), np.nan),
            "stockout_probability_rate": np.clip(1.05 - cover / 1.4, 0, 0.99),
            "expected_lost_margin_amount": lost.round(2),
            "holding_cost_amount": (stock * 0.004).round(2),
            "value_at_risk_amount": risk,
            "agent_reasoning": "",
            "created_at": NOW,
            "review_reason": np.where(level["dept_id"] == 2, "large_order", ""),
        }
    )
    rank = frame["value_at_risk_amount"].rank(method="first", ascending=False)
    return frame.assign(exception_rank=rank.astype(int))


def data_quality() -> pd.DataFrame:
    rules = [
        ("sales", "raw_sales", "weekly_sales", "Weekly sales are present in every row.", "critical", True, 0),
        ("sales", "raw_sales", "sale_date", "Every week is dated by its Friday.", "critical", True, 0),
        ("sales", "raw_sales", "weekly_sales", "Negative sales stay below 1% of rows.", "warning", True, 12),
        ("sales", "raw_sales", "", "The file has at most 5% fewer rows than the last.", "warning", False, 1),
        ("stores", "store_attributes", "store_type", "Every store is of type A, B or C.", "critical", True, 0),
        ("forecasts", "forecasts", "predicted_sales", "Every forecast lies inside its bounds.", "critical", True, 0),
        ("forecasts", "forecasts", "prediction_upper", "The 80% interval holds 70% to 90%.", "warning", True, 0),
    ]
    names = ("suite_name", "table_name", "column_name", "description", "severity", "is_success", "unexpected_count")
    frame = pd.DataFrame(rules, columns=names)
    return frame.assign(
        run_id="20261120T093000-aa01",
        expectation_name="expect",
        element_count=421_570,
        observed_value="",
        checked_at=NOW,
        is_latest=True,
        is_new_failure=~frame["is_success"],
    )


def data_quality_scores() -> pd.DataFrame:
    rules = data_quality()["is_success"]
    rows = [
        {
            "run_id": f"2026112{day}T093000",
            "suite_count": 3,
            "rule_count": len(rules),
            "held_count": held,
            "failed_critical_count": 0,
            "failed_warning_count": len(rules) - held,
            "failed_info_count": 0,
            "score_rate": held / len(rules),
            "checked_at": NOW - dt.timedelta(days=-day),
            "is_latest": day == 0,
        }
        for day, held in ((-2, 5), (-1, 7), (0, int(rules.sum())))
    ]
    return pd.DataFrame(rows)


def load_drift() -> pd.DataFrame:
    figures = (
        ("store_rows", "store 2", 6.0, 4.0, 1 / 3, 0.15, "warning", ""),
        ("sales_distribution", "type A", 9_800.0, 9_900.0, 0.03, 0.2, "within", ""),
        ("vanished_pairs", "store 2", 6.0, 2.0, 1 / 3, 0.5, "within", "3, 5"),
    )
    names = ("measure_name", "subject_name", "baseline_value", "incoming_value", "shift_value", "warning_limit_value")
    frame = pd.DataFrame(figures, columns=(*names, "severity", "drift_detail"))
    return frame.assign(
        load_id="20261120T093000-load", part_name="new weeks", critical_limit_value=1.5, measured_at=NOW, is_latest=True
    )


def load_profiles() -> pd.DataFrame:
    columns = (("store_id", 3.0, 2.0, "1", "3"), ("weekly_sales", 15_000.0, 15_981.3, "-4988.94", "693099.36"))
    rows = [
        {
            "load_id": "20261120T093000-load",
            "table_name": "raw_sales",
            "column_name": name,
            "row_count": 421_570,
            "missing_count": 0,
            "missing_rate": 0.0,
            "distinct_count": 1000,
            "mean_value": mean,
            "minimum_value": float(first),
            "p05_value": before,
            "p25_value": before,
            "median_value": before,
            "p75_value": before,
            "p95_value": before,
            "maximum_value": float(last),
            "first_text": first,
            "last_text": last,
            "usual_text": first,
            "previous_load_id": "earlier-load",
            "previous_row_count": 420_000,
            "previous_missing_rate": 0.0,
            "previous_mean_value": before,
            "profiled_at": NOW,
            "is_latest": True,
        }
        for name, before, mean, first, last in columns
    ]
    return pd.DataFrame(rows)


def pipeline_runs() -> pd.DataFrame:
    from warehouse.stages import STAGE_NAMES

    lasting = (24.0, 9.5, 31.0, 14.2, 88.0, 21.0, 17.5, 12.1, 6.0)
    broken = "1 critical rule is broken: every week is dated by its Friday."
    rows = []
    for age, run_id in enumerate(("20261120T093000-aa01", "20261119T060000-bb02", "20261118T060000-cc03")):
        began = NOW - dt.timedelta(days=age)
        for number, (name, seconds) in enumerate(zip(STAGE_NAMES, lasting, strict=True)):
            ended, is_failed = began + dt.timedelta(seconds=seconds), age == 1 and name == "audit"
            status = "failed" if is_failed else "skipped" if age == 2 and number < 3 else "succeeded"
            message = broken if is_failed else f"{name} done"
            rows.append((run_id, name, status, began, ended, seconds, 4210 * (number + 1), message))
            began = ended
            if is_failed:
                break
    columns = ("run_id", "stage_name", "status", "started_at", "ended_at", "duration_seconds", "row_count", "message")
    return pd.DataFrame(rows, columns=columns)


def loads() -> pd.DataFrame:
    files = (("raw_sales", "train.csv", 421_577, 5, 2), ("external_features", "features.csv", 8190, 0, 0))
    files += (("store_attributes", "stores.csv", 45, 0, 0),)
    rows = [
        {
            "load_id": "20261120T093000-load",
            "run_id": "20261120T093000-aa01",
            "table_name": table,
            "file_name": name,
            "file_sha256": "9f2c" * 16,
            "source_kind": "files",
            "date_format": "yyyy-MM-dd",
            "status": "published",
            "dialect": "UTF-8, commas between columns, decimal points, dates yyyy-MM-dd",
            "read_count": read,
            "accepted_count": read - rejected - duplicate,
            "rejected_count": rejected,
            "duplicate_count": duplicate,
            "loaded_at": NOW,
            "published_at": NOW + dt.timedelta(seconds=40),
        }
        for table, name, read, rejected, duplicate in files
    ]
    return pd.DataFrame(rows)


def rejected_rows() -> pd.DataFrame:
    lines = (
        (17, "weekly_sales is not a number: n.a.", "1,1,2010-05-28,n.a.,FALSE"),
        (212, "weekly_sales is not a number: n.a.", "1,2,2011-03-04,n.a.,FALSE"),
        (399, "store 99 is not in stores.csv", "99,4,2011-03-11,2210.5,FALSE"),
        (400, "store 99 is not in stores.csv", "99,4,2011-03-18,2310.5,FALSE"),
        (502, "sale_date is not a date: 2011-02-30", "2,4,2011-02-30,1810.5,FALSE"),
    )
    frame = pd.DataFrame(lines, columns=("line_number", "reason", "raw_text"))
    return frame.assign(load_id="20261120T093000-load", file_name="train.csv", rejected_at=NOW)


def restatements() -> pd.DataFrame:
    week = dt.date(2012, 3, 2)
    row = {
        "restatement_id": 1,
        "load_id": "20261120T093000-load",
        "table_name": "raw_sales",
        "store_id": 1,
        "dept_id": 2,
        "week_date": week,
        "change_kind": "changed",
        "column_name": "weekly_sales",
        "old_value": "1810.5",
        "new_value": "1950",
        "old_sales_amount": 1810.5,
        "new_sales_amount": 1950.0,
        "restated_at": NOW,
    }
    return pd.DataFrame([row])


def agent_reports(level: pd.DataFrame) -> pd.DataFrame:
    top = recommendations(level).sort_values("exception_rank").iloc[0]
    risk, order = f"${top['value_at_risk_amount']:,.0f}", f"${top['order_quantity_amount']:,.0f}"
    texts = {
        "report": f"**Order {order} now.** Stock lasts {top['days_until_stockout']:.0f} days and {risk} are at risk. "
        "Sales rose by [unchecked: 41] percent.\n\n- The forecast is for a busy week.\n- Stock is simulated.",
        "anomaly_detection": "No unusual week in the last eight.",
        "forecasting": "The forecast for the next week stands 8% above last year's week.",
        "inventory_optimization": f"At a service level of 95% the order is {order}.",
    }
    rows = [
        {
            "output_id": f"out-{number}",
            "run_id": "20261120T093000-aa01",
            "store_id": int(top["store_id"]),
            "dept_id": int(top["dept_id"]),
            "analysis_type": kind,
            "agent_name": AGENTS[kind],
            "agent_response": text,
            "execution_seconds": 0.4,
            "token_count": 120,
            "model_name": "narrator",
            "grounded_rate": 0.75 if kind == "report" else 1.0,
            "unsupported_numbers": "41" if kind == "report" else "",
            "is_clean": kind != "report",
            "created_at": NOW,
        }
        for number, (kind, text) in enumerate(texts.items())
    ]
    return pd.DataFrame(rows)
