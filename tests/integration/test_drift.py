"""Drift against the last published load: every measure has a load in which it fires, and loads in which none does."""

import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expectations.audit import audit_inputs
from expectations.baseline import read_comparable
from expectations.drift import LIMITS, NEW, OLD, measure_drift
from expectations.drift_suite import STOPS, WARNINGS, in_words
from retailers import WALMART
from warehouse.calendar import Calendar
from warehouse.errors import ShelfcastError
from warehouse.load import copy_frame
from warehouse.retailer import Retailer
from warehouse.settings import load_settings

NEWEST = dt.date(2012, 8, 24)
COMING = dt.date(2012, 8, 31)
WEEKS = [NEWEST - dt.timedelta(weeks=n) for n in range(69, -1, -1)]
STORES = {1: "A", 2: "A", 3: "B", 4: "B"}
DEPTS = range(1, 41)
INPUTS = ("raw_sales", "external_features", "store_attributes")


@pytest.fixture(scope="module")
def home():
    from warehouse import embedded
    from warehouse.environment import prepare_environment

    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="shelfcast-drift-")))
    prepare_environment(settings)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(settings.home, ignore_errors=True)


@pytest.fixture(scope="module")
def published(home):
    """The database in which everything up to the newest week but one is published."""
    from warehouse.opening import open_database

    database = open_database(home)
    frames = load()
    frames["raw_sales"] = frames["raw_sales"].query("sale_date <= @NEWEST")
    frames["external_features"] = frames["external_features"].query("feature_date <= @NEWEST")
    arrive(database, frames, "load-0")
    with database.connect("pipeline") as connection:
        for table in ("store_attributes", "raw_sales", "external_features"):
            columns = ", ".join([*frames[table].columns, "load_id"])
            connection.execute(f"insert into raw.{table} ({columns}) select {columns} from raw_incoming.{table}")
        connection.execute(
            "insert into raw.retailer (retailer_id, settings, load_id) values (1, %s, 'load')",
            [Retailer(week_ends_on="Friday").model_dump_json()],
        )
        connection.execute("update ops.loads set status = 'published', published_at = now()")
    return database


def load():
    """The files as they come next: one more week, and nothing wrong with them."""
    random = np.random.default_rng(11)
    level = {(store, dept): random.uniform(2_000, 40_000) for store in STORES for dept in DEPTS}
    sales = pd.DataFrame(
        [
            (
                store,
                dept,
                week,
                level[store, dept] * float(random.uniform(0.9, 1.1)),
                Calendar.of(WALMART).holiday_of(week) is not None,
            )
            for store in STORES
            for dept in DEPTS
            for week in [*WEEKS, COMING]
        ],
        columns=["store_id", "dept_id", "sale_date", "weekly_sales", "is_holiday"],
    )
    covariates = pd.DataFrame(
        [
            (store, week, 60.0, 3.5, 210.0, 7.5, Calendar.of(WALMART).holiday_of(week) is not None)
            for store in STORES
            for week in [*WEEKS, COMING, COMING + dt.timedelta(weeks=1)]
        ],
        columns=["store_id", "feature_date", "temperature", "fuel_price", "cpi", "unemployment", "is_holiday"],
    )
    for number in range(1, 6):
        covariates[f"markdown_{number}"] = 1_000.0
    stores = pd.DataFrame({"store_id": list(STORES), "store_type": list(STORES.values()), "size_sqft": 100_000})
    stores["store_code"] = stores["store_id"].astype(str)
    stores["store_code"] = stores["store_id"].astype(str)
    return {"raw_sales": sales, "external_features": covariates, "store_attributes": stores}


def arrive(database, frames, load_id):
    with database.connect("pipeline") as connection:
        connection.execute("delete from ops.loads where load_id = %s", [load_id])
        for table, frame in frames.items():
            connection.execute(
                "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, status, "
                "rows_read, rows_accepted, rows_rejected, rows_duplicate, created_at) "
                "values (%s, 'run', %s, %s, '', 'files', 'incoming', %s, %s, 0, 0, clock_timestamp())",
                [load_id, table, f"{table}.csv", len(frame), len(frame)],
            )
    for table, frame in frames.items():
        copy_frame(database, frame.assign(load_id=load_id), f"raw_incoming.{table}")


def change(part, **conditions):
    """Returns the rows of a frame that a fault concerns: those of a part, and of these stores or departments."""

    def rows(frame):
        day = frame["sale_date"] if "sale_date" in frame else frame["feature_date"]
        chosen = (day == COMING) if part == NEW else (day <= NEWEST)
        for name, values in conditions.items():
            chosen &= frame[name].isin(values)
        return chosen

    return rows


def scaled(factor, rows):
    def spoil(frames):
        sales = frames["raw_sales"]
        sales.loc[rows(sales), "weekly_sales"] *= factor

    return spoil


def lost(rows):
    def spoil(frames):
        frames["raw_sales"] = frames["raw_sales"][~rows(frames["raw_sales"])]

    return spoil


def renumbered(rows):
    def spoil(frames):
        sales = frames["raw_sales"]
        sales.loc[rows(sales), "dept_id"] += 100

    return spoil


def emptied(columns, rows):
    def spoil(frames):
        covariates = frames["external_features"]
        covariates.loc[rows(covariates), columns] = None

    return spoil


def doubled(rows):
    """Every department of a store stands there a second time, under another number."""

    def spoil(frames):
        sales = frames["raw_sales"]
        again = sales[rows(sales)].assign(dept_id=lambda frame: frame["dept_id"] + 100)
        frames["raw_sales"] = pd.concat([sales, again], ignore_index=True)

    return spoil


FEW, SOME, HALF = [1], list(range(1, 11)), list(range(1, 21))
MARKDOWNS = [f"markdown_{number}" for number in range(1, 6)]
FIRES = {
    ("store_rows", NEW): (lost(change(NEW, store_id=[2], dept_id=SOME)), "store 2"),
    ("store_rows", OLD): (lost(change(OLD, store_id=[2], dept_id=SOME)), "store 2"),
    ("sales_distribution", NEW): (scaled(3, change(NEW, store_id=[3, 4])), "type B"),
    ("sales_distribution", OLD): (scaled(2, change(OLD, store_id=[3, 4])), "type B"),
    ("sales_level", NEW): (scaled(1.5, change(NEW, store_id=[1, 2])), "type A"),
    ("zero_weeks", NEW): (scaled(0, change(NEW, store_id=[1, 2], dept_id=SOME)), "type A"),
    ("zero_weeks", OLD): (scaled(0, change(OLD, store_id=[1, 2], dept_id=FEW)), "type A"),
    ("negative_weeks", NEW): (scaled(-1, change(NEW, store_id=[3, 4], dept_id=SOME)), "type B"),
    ("negative_weeks", OLD): (scaled(-1, change(OLD, store_id=[3, 4], dept_id=FEW)), "type B"),
    ("vanished_pairs", NEW): (lost(change(NEW, store_id=[4], dept_id=SOME)), "store 4"),
    ("vanished_pairs", OLD): (lost(change(OLD, store_id=[4], dept_id=SOME)), "store 4"),
    ("new_pairs", NEW): (renumbered(change(NEW, store_id=[1], dept_id=SOME)), "store 1"),
    ("new_pairs", OLD): (doubled(change(OLD, store_id=[1], dept_id=SOME)), "store 1"),
    ("missing_covariates", NEW): (emptied(["fuel_price"], change(NEW)), "fuel_price"),
    ("missing_covariates", OLD): (emptied(["markdown_3"], change(OLD, store_id=[1])), "markdown_3"),
}
ALLOWED = {
    "one department of a store closes": lost(change(NEW, store_id=[2], dept_id=FEW)),
    "sales of the new week rise by a twentieth": scaled(1.05, change(NEW)),
    "one department sells nothing": scaled(0, change(NEW, store_id=[1], dept_id=FEW)),
    "one department has more returns than sales": scaled(-1, change(NEW, store_id=[3], dept_id=FEW)),
    "one department changes its number": renumbered(change(NEW, store_id=[1], dept_id=FEW)),
    "one kind of markdown ends": emptied(["markdown_2"], change(NEW)),
    "a corrected week": scaled(1.2, lambda frame: frame["sale_date"] == WEEKS[40]),
}


def beyond(database):
    """The measures whose shift is above the warning, with their subjects."""
    shifts = measure_drift(database, read_comparable(database))
    assert shifts
    return {(s.measure_name, s.part_name, s.subject) for s in shifts if s.shift_value > s.warning_limit}


def test_a_load_with_one_more_week_drifts_nowhere(published):
    arrive(published, load(), "load-1")
    assert beyond(published) == set()


@pytest.mark.parametrize(("measure", "part"), LIMITS)
def test_every_measure_has_a_load_in_which_it_fires(published, measure, part):
    spoil, subject = FIRES[measure, part]
    frames = load()
    spoil(frames)
    arrive(published, frames, "load-1")
    assert (measure, part, subject) in beyond(published)


@pytest.mark.parametrize("case", ALLOWED)
def test_what_happens_in_every_shop_is_no_drift(published, case):
    frames = load()
    ALLOWED[case](frames)
    arrive(published, frames, "load-1")
    assert beyond(published) == set()


def test_all_markdowns_that_end_at_once_are_a_lost_column(published):
    frames = load()
    emptied(MARKDOWNS, change(NEW))(frames)
    arrive(published, frames, "load-1")
    assert beyond(published) == {("missing_covariates", NEW, "all markdowns")}


def audited(home, database, frames, run_id, **options):
    arrive(database, frames, f"load-of-{run_id}")
    report = audit_inputs(home, database, run_id, **options)
    found = database.read_frame(
        "pipeline",
        "select description, severity, load_id, observed_value from ops.audit_results "
        "where run_id = %(run)s and suite_name = 'load_drift' and not is_success",
        {"run": run_id},
    )
    return report, found


def test_the_audit_says_in_words_what_drifted_and_where(home, published):
    frames = load()
    lost(change(NEW, store_id=[4], dept_id=SOME))(frames)
    report, found = audited(home, published, frames, "drift-run")
    assert report.failed_critical == 0
    assert set(found["description"]) == {in_words(WARNINGS["store_rows"][0]), in_words(WARNINGS["vanished_pairs"][0])}
    assert set(found["severity"]) == {"warning"}
    assert set(found["load_id"]) == {"load-of-drift-run"}
    vanished = found.set_index("description").loc[in_words(WARNINGS["vanished_pairs"][0]), "observed_value"]
    assert "subject store 4" in vanished
    assert "detail 1, 2, 3, 4, 5, 6, 7, 8, 9, 10" in vanished
    index = (home.home / "data_docs" / "index.html").read_text()
    assert "part_name new weeks, subject store 4, published 40.0, incoming 30.0" in index


@pytest.mark.parametrize(
    ("measure", "spoil"),
    {
        "sales_distribution": scaled(100, change(NEW)),
        "sales_level": scaled(2, change(NEW)),
        "vanished_pairs": lost(change(NEW, store_id=[1, 2, 3])),
    }.items(),
)
def test_a_week_of_another_business_stops_the_publication_unless_it_may_replace(home, published, measure, spoil):
    frames = load()
    spoil(frames)
    with pytest.raises(ShelfcastError, match=re.escape(in_words(STOPS[measure][0]).rstrip("."))):
        audited(home, published, frames, f"stop-{measure}")
    report, found = audited(home, published, frames, f"may-{measure}", may_remove=True)
    assert report.failed_critical == 0
    assert in_words(STOPS[measure][0]) in set(found["description"])


def test_a_store_that_closes_is_said_and_stops_nothing(home, published):
    frames = load()
    lost(change(NEW, store_id=[4]))(frames)
    report, found = audited(home, published, frames, "closed-run")
    assert report.failed_critical == 0
    assert in_words(WARNINGS["vanished_pairs"][0]) in set(found["description"])


def test_the_profile_of_a_load_is_kept_whether_it_was_published_or_not(home, published):
    frames = load()
    scaled(100, change(NEW))(frames)
    emptied(["cpi"], change(NEW))(frames)
    with pytest.raises(ShelfcastError):
        audited(home, published, frames, "profile-run")
    profile = published.read_frame(
        "pipeline", "select * from ops.load_profiles where load_id = 'load-of-profile-run'"
    ).set_index(["table_name", "column_name"])
    amounts, sales = frames["raw_sales"]["weekly_sales"], profile.loc["raw_sales", "weekly_sales"]
    assert (sales["row_count"], sales["missing_count"]) == (len(amounts), 0)
    assert sales["distinct_count"] == amounts.nunique()
    assert sales["mean_value"] == pytest.approx(amounts.mean())
    assert (sales["minimum_value"], sales["maximum_value"]) == (amounts.min(), amounts.max())
    inverted = amounts.quantile([0.05, 0.25, 0.5, 0.75, 0.95], interpolation="lower")
    found = sales[["p05_value", "p25_value", "median_value", "p75_value", "p95_value"]].astype(float)
    assert np.allclose(found, inverted, rtol=1e-3)
    day = profile.loc["raw_sales", "sale_date"]
    assert (day["first_text"], day["last_text"], day["distinct_count"]) == (str(WEEKS[0]), str(COMING), 71)
    assert profile.loc[("external_features", "cpi"), "missing_count"] == 4
    assert profile.loc[("store_attributes", "store_type"), "usual_text"] == "A"
    assert profile.loc[("raw_sales", "is_holiday"), "usual_text"] == "false"
    assert "stock_positions" not in profile.index.get_level_values("table_name")


def test_of_large_tables_a_part_of_the_pairs_says_the_same(published, monkeypatch):
    from expectations import drift

    monkeypatch.setattr(drift, "SAMPLED_ROWS", 4_000)
    frames = load()
    scaled(3, change(NEW, store_id=[3, 4]))(frames)
    arrive(published, frames, "load-1")
    assert beyond(published) == {("sales_distribution", NEW, "type B"), ("sales_level", NEW, "type B")}


def test_the_first_load_has_nothing_to_drift_from(home, published):
    from expectations.baseline import Published

    assert measure_drift(published, Published()) == []
