"""Training, registry and forecasts against a database of their own, from a small panel on disk."""

import datetime as dt
import logging
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.backtest_job import backtest
from ml.forecasting.drift_job import watch_drift
from ml.forecasting.explain import explain_forecast
from ml.forecasting.forecast_job import forecast
from ml.forecasting.models.prophet_model import Prophet, forecast_in_loop, forecast_with_spark, store_totals
from ml.forecasting.panel import FEATURE_COLUMNS, read_panel
from ml.forecasting.registry.client import all_versions, load_champion, load_models, open_registry
from ml.forecasting.registry.rollback import pinned_champion, roll_back
from ml.forecasting.train_job import train
from retailers import WALMART
from warehouse import embedded
from warehouse.calendar import Calendar
from warehouse.environment import library_environment
from warehouse.errors import ShelfcastError, UsageError
from warehouse.incoming import publish_frame
from warehouse.opening import open_database
from warehouse.retailer import Retailer
from warehouse.settings import load_settings

FIRST_WEEK, WEEKS, STORES, DEPARTMENTS = dt.date(2010, 2, 5), 120, 3, 4
MODELS = [
    "aligned_seasonal",
    "blend",
    "by_group",
    "department_shares",
    "extra_trees",
    "level_trees",
    "lightgbm",
    "prophet",
    "ridge",
    "seasonal_naive",
    "simple",
    "stl_ets",
]


@pytest.fixture(scope="module")
def place(spark):
    """Settings and database in a home of this module's own, with features published.

    Spark starts in the home of the whole test run, which outlives this one.
    """
    home = Path(tempfile.mkdtemp(prefix="shelfcast-forecasting-"))
    settings = load_settings(home=home, backtest_origins=3)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in library_environment(settings).items():
            patch.setenv(name, value)
        (home / "tmp").mkdir()
        database = open_database(settings)
        yield settings, database
        embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def trained(place):
    """The place after features were published and a first training, with what was logged."""
    settings, database = place
    _publish_features(database, settings.home)
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    report = train(settings, database, "run-1")
    logging.getLogger().removeHandler(handler)
    return settings, database, report, "\n".join(records)


def _publish_features(database, home: Path) -> None:
    stores = pd.DataFrame(
        {"store_id": range(1, STORES + 1), "store_type": list("ABC"), "size_sqft": 90_000, "load_id": "l"}
    )
    publish_frame(database, stores, "raw.store_attributes", ["store_id"], "replace")
    with database.connect("pipeline") as connection:
        settings = Retailer(holiday_weight=5.0).model_dump_json()
        connection.execute("insert into raw.retailer (retailer_id, settings, load_id) values (1, %s, 'l')", [settings])
    folder = home / "features"
    folder.mkdir()
    _rows().to_parquet(folder / "part.parquet", index=False)
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) "
            "values ('features', %s, 'r', 'f')",
            [str(folder)],
        )


def _rows() -> pd.DataFrame:
    random = np.random.default_rng(2)
    dates = [FIRST_WEEK + dt.timedelta(weeks=number) for number in range(WEEKS + 1)]
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(WEEKS + 1) / 52.18)
    frames = []
    for store, kind in zip(range(1, STORES + 1), "ABC", strict=True):
        for department in range(1, DEPARTMENTS + 1):
            sales = 1000.0 * store * department * season * (1 + 0.1 * random.standard_normal(WEEKS + 1))
            sales[-1] = np.nan
            frame = pd.DataFrame(
                {"store_id": store, "dept_id": department, "feature_date": dates, "weekly_sales": sales}
            )
            frame["sales_lag_1"], frame["sales_lag_52"] = (
                frame["weekly_sales"].shift(1),
                frame["weekly_sales"].shift(52),
            )
            frames.append(frame.assign(store_type=kind))
    rows = pd.concat(frames, ignore_index=True)
    # Department 4 of store 3 stopped half a year before the end.
    stopped = (rows["store_id"] == 3) & (rows["dept_id"] == 4) & (rows["feature_date"] > dates[-27])
    rows.loc[stopped, "weekly_sales"] = np.nan
    rows["is_holiday"] = [Calendar.of(WALMART).holiday_of(day) is not None for day in rows["feature_date"]]
    rows["price_lag_1"] = np.where(np.arange(len(rows)) % 7 == 0, 7.0, 10.0)
    for name in set(FEATURE_COLUMNS) - set(rows):
        rows[name] = 0.0
    return rows


def test_without_features_training_says_what_to_run(place) -> None:
    settings, database = place
    if not database.read_frame(
        "pipeline", "select 1 from ops.published_artifacts where artifact_name = 'features'"
    ).empty:
        pytest.skip("another test has published features")
    with pytest.raises(ShelfcastError, match="shelfcast features"):
        train(settings, database, "run-0")


def test_without_a_trained_model_a_forecast_says_what_to_run(place) -> None:
    settings, database = place
    with pytest.raises(ShelfcastError, match="shelfcast train"):
        load_champion(settings, database)


def test_a_training_registers_every_candidate_and_promotes_two(trained) -> None:
    settings, database, report, _ = trained
    assert sorted(report.scores) == MODELS
    assert report.promotions == 2
    rows = database.read_frame("pipeline", "select * from ml.promotions order by promotion_id")
    assert rows["alias"].tolist() == ["champion", "challenger"]
    assert rows["model_name"].tolist() == [report.champion, report.challenger]
    assert rows["wmae_amount"][0] == pytest.approx(report.scores[report.champion]["wmae_amount"])
    champion = load_champion(settings, database)
    assert (champion.name, champion.version) == (report.champion, report.champion_version)
    assert champion.metrics["wmae_amount"] == pytest.approx(report.scores[report.champion]["wmae_amount"])


def test_the_backtest_rows_reproduce_the_scorecard(trained) -> None:
    settings, database, report, _ = trained
    rows = database.read_frame("pipeline", "select * from ml.backtest_errors")
    assert len(rows) == report.rows
    weights = np.where(rows["is_holiday"], 5.0, 1.0)
    rows["weighted"] = weights * (rows["predicted_sales"] - rows["actual_sales"]).abs()
    totals = rows.assign(weight=weights).groupby("model_name")[["weighted", "weight"]].sum()
    for name, figures in report.scores.items():
        assert totals.loc[name, "weighted"] / totals.loc[name, "weight"] == pytest.approx(figures["wmae_amount"])
    # An origin before the first one warms the intervals up, so every scored origin has them.
    assert rows["prediction_lower"].notna().all()
    assert rows["origin_date"].nunique() == settings.backtest_origins


def test_the_experiment_holds_parameters_figures_and_pictures(trained) -> None:
    settings, database, report, _ = trained
    with open_registry(settings, database, "pipeline") as client:
        experiment = client.get_experiment_by_name("shelfcast-demand")
        run = client.search_runs([experiment.experiment_id])[0]
        files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert run.data.metrics["lightgbm.wmae_amount"] == pytest.approx(report.scores["lightgbm"]["wmae_amount"])
    assert {f"blend.wmae_amount_h{step}" for step in range(1, 9)} <= set(run.data.metrics)
    assert run.data.params["lightgbm.objective"] == "regression_l1"
    assert {"feature_importance.csv", "feature_importance.png"} <= files
    assert Path(experiment.artifact_location.removeprefix("file://")) == settings.home / "mlflow"


def test_no_password_reaches_the_log_the_environment_or_the_artifacts(trained) -> None:
    settings, database, _, logged = trained
    secrets = [login.password for login in database.logins.values()]
    assert not any(secret in logged for secret in secrets)
    assert not any(secret in value for secret in secrets for value in os.environ.values())
    files = [path for path in (settings.home / "mlflow").rglob("*") if path.is_file()]
    assert files
    assert not any(secret.encode() in path.read_bytes() for secret in secrets for path in files)


def test_a_second_training_changes_no_row_registers_nothing_and_promotes_nobody(trained) -> None:
    settings, database, first, _ = trained
    second = train(settings, database, "run-2")
    assert second.change.total == 0
    assert second.promotions == 0
    assert second.champion_version == first.champion_version
    assert second.scores["lightgbm"] == first.scores["lightgbm"]
    assert len(database.read_frame("pipeline", "select 1 from ml.promotions")) == 2
    _, found = load_models(settings, database, "reader", MODELS)
    assert sorted(int(version.version) for version, _ in found.values()) == list(range(1, len(MODELS) + 1))


def test_every_active_series_is_forecast_by_every_candidate(trained) -> None:
    settings, database, report, _ = trained
    written = forecast(settings, database, "run-3")
    rows = database.read_frame(
        "pipeline", "select * from ml.forecasts where origin_date = %(day)s", {"day": written.origin_date}
    )
    assert written.series_count == STORES * DEPARTMENTS - 1
    assert len(rows) == written.rows == len(MODELS) * 8 * written.series_count
    assert sorted(rows["model_name"].unique()) == MODELS
    assert rows.loc[rows["is_champion"], "model_name"].unique().tolist() == [report.champion]
    edges = rows[
        ["prediction_lower_95", "prediction_lower", "predicted_sales", "prediction_upper", "prediction_upper_95"]
    ].to_numpy()
    assert (np.diff(edges, axis=1) >= 0).all()
    assert rows["forecast_id"].str.match(r"^\d+-\d+-\d{8}-\d{8}-[a-z_]+$").all()
    assert forecast(settings, database, "run-4").change.total == 0


def test_a_forecast_as_of_a_day_uses_the_weeks_known_then_and_leaves_other_origins_alone(trained) -> None:
    settings, database, _, _ = trained
    now = forecast(settings, database, "run-5")
    then = forecast(settings, database, "run-6", as_of=dt.date(2012, 3, 20))
    assert then.origin_date == dt.date(2012, 3, 16)
    counts = database.read_frame(
        "pipeline", "select origin_date, count(*) as n from ml.forecasts group by 1 order by 1"
    )
    assert counts["n"].tolist() == [then.rows, now.rows]


@pytest.mark.parametrize("day", [dt.date(2010, 3, 1), dt.date(2030, 1, 1)])
def test_a_day_that_cannot_be_an_origin_is_refused_with_the_days_that_can(trained, day: dt.date) -> None:
    settings, database, _, _ = trained
    with pytest.raises(UsageError, match="Choose a date from 2010-09-24 to 2012-05-18"):
        forecast(settings, database, "run-7", as_of=day)


def test_an_explanation_adds_up_to_the_champions_forecast(trained) -> None:
    settings, database, report, _ = trained
    forecast(settings, database, "run-8")
    parts = explain_forecast(settings, database, 2, 3)
    stored = database.read_frame(
        "pipeline",
        "select predicted_sales from ml.forecasts where store_id = 2 and dept_id = 3 and is_champion "
        "and origin_date = (select max(origin_date) from ml.forecasts) order by horizon_weeks",
    )
    amounts = [name for name in parts if name.endswith("_amount") and name != "forecast_amount"]
    assert parts["model_name"].unique().tolist() == [report.champion]
    assert parts[amounts].sum(axis=1).to_numpy() == pytest.approx(stored["predicted_sales"].to_numpy())


@pytest.mark.parametrize(
    ("pair", "words"), [((1, 99), "There are no sales of .*99"), ((3, 4), "has not sold anything")]
)
def test_a_pair_that_is_not_forecast_is_not_explained(trained, pair: tuple[int, int], words: str) -> None:
    settings, database, _, _ = trained
    with pytest.raises(ShelfcastError, match=words):
        explain_forecast(settings, database, *pair)


def test_a_backtest_of_one_model_leaves_the_rows_of_the_others(trained) -> None:
    settings, database, _, _ = trained
    before = database.read_frame(
        "pipeline", "select model_name, count(*) as n from ml.backtest_errors group by 1"
    ).set_index("model_name")["n"]
    report = backtest(settings, database, "run-9", origins=2, models=["aligned_seasonal"])
    after = database.read_frame(
        "pipeline", "select model_name, count(*) as n from ml.backtest_errors group by 1"
    ).set_index("model_name")["n"]
    assert len(report.origin_dates) == 2
    assert after["aligned_seasonal"] == report.rows < before["aligned_seasonal"]
    assert after.drop("aligned_seasonal").to_dict() == before.drop("aligned_seasonal").to_dict()
    assert "aligned_seasonal" in str(report)
    counts = [(group, count) for group, count, _ in report.groups]
    assert f"{report.shown}, by group of demand" in str(report)
    assert f"smooth ({dict(counts)['smooth']:,} forecasts)" in str(report)
    backtest(settings, database, "run-9b", models=["aligned_seasonal"])


@pytest.fixture
def promoted(trained):
    """The place with features in which markdowns lift sales, and a plan for the fifth week ahead."""
    settings, database, _, _ = trained
    rows, random = _rows(), np.random.default_rng(5)
    week = (pd.to_datetime(rows["feature_date"]) - pd.Timestamp(FIRST_WEEK)).dt.days // 7
    is_promoted = random.random((STORES + 1, WEEKS + 1)) < 0.3
    # A feature row holds the markdown of the week before.
    markdown = np.where(is_promoted[rows["store_id"], week - 1], 500.0 * rows["store_id"], 0.0)
    rows["total_markdown"] = np.where(week > 92, markdown, np.nan)
    rows["weekly_sales"] *= np.where(is_promoted[rows["store_id"], week] & (week > 91), 1.2, 1.0)
    folder = settings.home / "promoted"
    folder.mkdir(exist_ok=True)
    # What is sold at the lower price is half as much more.
    rows["weekly_sales"] *= np.where(rows.groupby(["store_id", "dept_id"])["price_lag_1"].shift(-1) == 7.0, 1.5, 1.0)
    rows.to_parquet(folder / "part.parquet", index=False)
    first, uri = FIRST_WEEK + dt.timedelta(weeks=WEEKS), str(settings.home / "features")
    with database.connect("pipeline") as connection:
        connection.execute("update ops.published_artifacts set uri = %s", [str(folder)])
        connection.execute(
            "insert into raw.external_features (store_id, feature_date, markdown_2, markdown_5, is_holiday, load_id) "
            "select store_id, week::date, case when week = %(fifth)s then 300 * store_id end, "
            "case when week = %(fifth)s then 200 * store_id end, false, 'l' from raw.store_attributes, "
            "generate_series(%(first)s::timestamp, %(fifth)s, '7 days') as week",
            {"first": first, "fifth": first + dt.timedelta(weeks=4)},
        )
    yield settings, database
    with database.connect("pipeline") as connection:
        connection.execute("update ops.published_artifacts set uri = %s", [uri])
        connection.execute("delete from raw.external_features")


def test_a_planned_markdown_in_week_five_moves_week_five_and_the_forecast_says_so(promoted) -> None:
    settings, database = promoted
    query = "select * from ml.forecasts where origin_date = (select max(origin_date) from ml.forecasts)"
    assert "planned" not in str(forecast(settings, database, "run-10"))
    plain = database.read_frame("pipeline", f"{query} order by forecast_id")
    with_plan = settings.model_copy(update={"planned_markdowns": True})
    assert "plans moved 11 of its forecasts" in str(forecast(with_plan, database, "run-11"))
    moved = database.read_frame("pipeline", f"{query} order by forecast_id")
    is_fifth = plain["horizon_weeks"] == 5
    assert not plain["uses_plan"].any()
    assert moved["uses_plan"].tolist() == is_fifth.tolist()
    assert (moved["predicted_sales"][is_fifth] > plain["predicted_sales"][is_fifth]).all()
    assert moved["predicted_sales"][~is_fifth].equals(plain["predicted_sales"][~is_fifth])
    parts = explain_forecast(settings, database, 2, 3)
    champion = moved[moved["is_champion"] & (moved["store_id"] == 2) & (moved["dept_id"] == 3)]
    stored = champion.sort_values("horizon_weeks")["predicted_sales"].to_numpy()
    assert parts["forecast_amount"].to_numpy() == pytest.approx(stored)
    assert (parts["promotion_amount"] != 0).tolist() == [week == 5 for week in range(1, 9)]
    forecast(settings, database, "run-12")
    assert not database.read_frame("pipeline", query)["uses_plan"].any()


def _origins(database) -> dict[str, list[dt.date]]:
    frame = database.read_frame(
        "pipeline", "select distinct model_name, origin_date from ml.backtest_errors order by 2"
    )
    return frame.groupby("model_name")["origin_date"].apply(list).to_dict()


def test_a_backtest_at_other_origins_brings_the_baseline_along_and_says_what_cannot_be_compared(trained) -> None:
    settings, database, _, _ = trained
    before, day = _origins(database), dt.date(2012, 1, 6)
    report = backtest(settings, database, "run-10", origins=[day], models=["aligned_seasonal"])
    after = _origins(database)
    assert set(report.scores) == {"aligned_seasonal", "seasonal_naive", "simple"}
    assert report.origin_dates == (day,)
    assert after["aligned_seasonal"] == [day]
    for baseline in ("seasonal_naive", "simple"):
        assert after[baseline] == sorted([*before[baseline], day])
    assert after["blend"] == before["blend"]
    assert "blend" in report.notes[0].partition("Not comparable")[2]
    backtest(settings, database, "run-11", models=["aligned_seasonal"])
    assert _origins(database) == before


def test_every_recorded_run_holds_the_pictures_and_the_fingerprint_of_the_data(trained) -> None:
    settings, database, _, _ = trained
    names = {"error_by_horizon.png", "interval_reliability.png", "value_added_by_department.png"}
    assert {path.name for path in (settings.home / "reports").iterdir()} == names
    with open_registry(settings, database, "pipeline") as client:
        runs = client.search_runs([client.get_experiment_by_name("shelfcast-demand").experiment_id])
        assert all(names <= {file.path for file in client.list_artifacts(run.info.run_id)} for run in runs)
        assert {run.data.tags["data_fingerprint"] for run in runs} == {read_panel(database).fingerprint}


def test_published_forecasts_are_judged_by_the_sales_that_came(trained) -> None:
    _, database, report, _ = trained
    last = read_panel(database).origin
    judged = {(one.week.model_name, one.week.source) for one in watch_drift(database, "run-13", last)}
    assert judged == {(name, "backtest") for name in report.scores}
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into raw.raw_sales (store_id, dept_id, sale_date, weekly_sales, is_holiday, load_id) "
            "values (1, 1, %s, 1000, false, 'l')",
            [last],
        )
        connection.execute(
            "insert into ml.forecasts (forecast_id, store_id, dept_id, origin_date, forecast_date, horizon_weeks, "
            "predicted_sales, prediction_lower, prediction_upper, prediction_lower_95, prediction_upper_95, "
            "model_name, model_version, is_champion, run_id) "
            "values ('judged', 1, 1, %s, %s, 3, 1300, 0, 2000, 0, 2000, 'blend', '1', true, 'r')",
            [last - dt.timedelta(weeks=3), last],
        )
    watch_drift(database, "run-14", last)
    with database.connect("pipeline") as connection:
        row = connection.execute(
            "select source, wape_share, bias_share, expected_week_count, is_outside from ml.forecast_drift "
            "where model_name = 'blend' and week_date = %s",
            [last],
        ).fetchone()
        connection.execute("delete from raw.raw_sales")
        connection.execute("delete from ml.forecasts where forecast_id = 'judged'")
    assert row == ("forecast", pytest.approx(0.3), pytest.approx(0.3), 16, True)


def test_a_roll_back_needs_a_version_that_is_known_and_not_champion(trained) -> None:
    settings, database, report, _ = trained
    with pytest.raises(ShelfcastError, match="no champion before version"):
        roll_back(settings, database, "run-15")
    with pytest.raises(UsageError, match=r"no version '99' of the model. Choose from 1, 2, 3"):
        roll_back(settings, database, "run-15", "99")
    with pytest.raises(UsageError, match="is champion already"):
        roll_back(settings, database, "run-15", report.champion_version)


def test_a_roll_back_marks_the_version_before_and_holds_until_the_data_change(trained) -> None:
    settings, database, report, _ = trained
    fingerprint = read_panel(database).fingerprint
    challenger = database.read_frame("pipeline", "select model_version from ml.promotions where alias = 'challenger'")
    done = roll_back(settings, database, "run-16", str(challenger.loc[0, "model_version"]))
    row = database.read_frame("pipeline", "select * from ml.promotions order by promotion_id desc limit 1").iloc[0]
    assert (row.alias, row.model_version, row.is_rollback) == ("champion", done.champion.version, True)
    assert row.reason == f"Rolled back by hand from version {report.champion_version} ({report.champion})."
    assert row.wmae_amount == pytest.approx(report.scores[report.challenger]["wmae_amount"])
    with open_registry(settings, database, "pipeline") as client:
        before = all_versions(client)[report.champion_version]
        assert (before.is_rolled_back, before.data_fingerprint) == (True, fingerprint)
        assert pinned_champion(client, database, "other data", report.scores) is None
    again = train(settings, database, "run-17")
    assert (again.champion, again.champion_version) == (report.challenger, done.champion.version)
    assert again.challenger == report.champion
    assert load_champion(settings, database).version == done.champion.version
    assert forecast(settings, database, "run-18").champion == report.challenger
    roll_back(settings, database, "run-19", report.champion_version)
    with open_registry(settings, database, "pipeline") as client:
        versions = all_versions(client)
    assert [number for number, version in versions.items() if version.is_rolled_back] == [done.champion.version]


def test_spark_and_the_plain_loop_fit_the_same_prophets(trained, spark) -> None:
    _, database, _, _ = trained
    panel = read_panel(database)
    totals = store_totals(panel)
    looped = forecast_in_loop(totals, panel.calendar, 8, 1)
    fanned = forecast_with_spark(spark, totals, panel.calendar, 8, 1)
    fanned = fanned.sort_values(["store_id", "ds"], ignore_index=True)
    pd.testing.assert_frame_equal(fanned, looped, check_dtype=False, rtol=1e-9)


def test_many_stores_go_through_spark_and_few_do_not(trained, spark) -> None:
    _, database, _, _ = trained
    panel, calls = read_panel(database), []

    def open_session():
        calls.append(1)
        return spark

    few = Prophet(seed=1, open_session=open_session).predict(panel, 8).point
    assert not calls
    many = Prophet(seed=1, open_session=open_session, spark_from=2).predict(panel, 8).point
    assert calls
    assert many == pytest.approx(few)


@pytest.fixture
def priced(promoted):
    """The features of before, and a plan of one pair's price in the fifth week ahead."""
    settings, database = promoted
    week = FIRST_WEEK + dt.timedelta(weeks=WEEKS + 4)
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into raw.promotions (store_id, dept_id, week_date, planned_price, load_id) "
            "values (2, 3, %s, 5.0, 'l')",
            [week],
        )
    yield settings, database
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.promotions")


def test_a_planned_price_in_week_five_moves_week_five_of_its_pair_and_the_forecast_says_by_how_much(priced) -> None:
    settings, database = priced
    # Trained without any plan, it was told no prices.
    train(settings, database, "run-12b")
    forecast(settings, database, "run-13")
    rows = database.read_frame(
        "pipeline",
        "select * from ml.forecasts where origin_date = (select max(origin_date) from ml.forecasts) "
        "and model_name = 'level_trees' order by forecast_id",
    )
    is_planned = (rows["store_id"] == 2) & (rows["dept_id"] == 3) & (rows["horizon_weeks"] == 5)
    own = rows[(rows["store_id"] == 2) & (rows["dept_id"] == 3)]
    assert own.loc[own["plan_effect"].idxmax(), "horizon_weeks"] == 5
    assert own["plan_effect"].max() > 0.05 * own["predicted_sales"].mean()
    # The weeks beside it and the product's other stores may follow a little, what is another product does not.
    assert (rows["plan_effect"] != 0).tolist() == rows["uses_plan"].tolist()
    assert not rows.loc[rows["dept_id"] != 3, "uses_plan"].any()
    with database.connect("pipeline") as connection:
        connection.execute("update raw.promotions set planned_price = 10.0")
    forecast(settings, database, "run-14")
    usual = database.read_frame(
        "pipeline",
        "select * from ml.forecasts where origin_date = (select max(origin_date) from ml.forecasts) "
        "and model_name = 'level_trees' order by forecast_id",
    )
    moved = rows["predicted_sales"] - usual["predicted_sales"]
    assert moved[is_planned].tolist() == pytest.approx(rows["plan_effect"][is_planned].tolist())
    assert not usual["uses_plan"].any()
