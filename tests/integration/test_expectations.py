"""The audit of incoming files, on small tables in a home and a database of its own."""

import dataclasses
import datetime as dt
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from expectations.audit import audit_inputs
from expectations.baseline import Incoming, Published, read_comparable
from retailers import WALMART
from warehouse.calendar import Calendar
from warehouse.errors import ShelfcastError
from warehouse.load import copy_frame
from warehouse.retailer import Retailer
from warehouse.settings import load_settings

LAST_WEEK = dt.date(2012, 8, 31)
WEEKS = [LAST_WEEK - dt.timedelta(weeks=n) for n in range(59, -1, -1)]
PAIRS = [(store, dept) for store in (1, 2) for dept in (1, 2, 3)]
INPUTS = ("raw_sales", "external_features", "store_attributes", "stock_positions")


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
    """The database with nothing in the tables that the audit reads or writes."""
    with server.connect("pipeline") as connection:
        connection.execute(
            "truncate raw.store_attributes, raw.raw_sales, raw.external_features, raw.stock_positions, "
            "raw_incoming.raw_sales, raw_incoming.external_features, raw_incoming.store_attributes, "
            "raw_incoming.stock_positions, raw_incoming.retailer, ml.forecasts, ml.inventory_recommendations, "
            "ops.loads, ops.audit_results, ops.load_profiles, ops.load_drift, raw.rejected_rows "
            "cascade"
        )
        connection.execute(
            "insert into raw_incoming.retailer (retailer_id, settings, load_id) values (1, %s, 'load')",
            [WALMART.model_dump_json()],
        )
    return server


def good_inputs():
    random = np.random.default_rng(7)
    sales = pd.DataFrame(
        [
            (store, dept, week, float(random.uniform(5_000, 20_000)), Calendar.of(WALMART).holiday_of(week) is not None)
            for store, dept in PAIRS
            for week in WEEKS
        ],
        columns=["store_id", "dept_id", "sale_date", "weekly_sales", "is_holiday"],
    )
    ahead = [LAST_WEEK + dt.timedelta(weeks=n) for n in range(1, 9)]
    covariates = pd.DataFrame(
        [
            (store, week, 60.0, 3.5, 210.0, 7.5, Calendar.of(WALMART).holiday_of(week) is not None)
            for store in (1, 2)
            for week in WEEKS + ahead
        ],
        columns=["store_id", "feature_date", "temperature", "fuel_price", "cpi", "unemployment", "is_holiday"],
    )
    for number in range(1, 6):
        covariates[f"markdown_{number}"] = 1_000.0
    stores = pd.DataFrame(
        {"store_id": [1, 2], "store_code": ["1", "2"], "store_type": ["A", "B"], "size_sqft": [150_000, 90_000]}
    )
    return {"raw_sales": sales, "external_features": covariates, "store_attributes": stores}


def good_stock():
    return pd.DataFrame(
        [(store, dept, LAST_WEEK, 9_000.0, 0.0, 7.0) for store, dept in PAIRS],
        columns=["store_id", "dept_id", "stock_date", "on_hand", "on_order", "lead_time_days"],
    )


def arrive(database, frames, load_id="load-1", kind="files"):
    with database.connect("pipeline") as connection:
        for table, frame in frames.items():
            connection.execute(
                "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, status, "
                "rows_read, rows_accepted, rows_rejected, rows_duplicate) "
                "values (%s, 'run', %s, %s, '', %s, 'incoming', %s, %s, 0, 0)",
                [load_id, table, f"{table}.csv", kind, len(frame), len(frame)],
            )
    for table, frame in frames.items():
        copy_frame(database, frame.assign(load_id=load_id), f"raw_incoming.{table}")


def publish(database, frames, load_id="load-0", kind="files"):
    from warehouse.inputs import publish_inputs

    arrive(database, frames, load_id, kind)
    publish_inputs(database, load_id, "run-0", "lake", may_remove=True)


def results(database, run_id):
    return database.read_frame(
        "pipeline",
        "select * from ops.audit_results where run_id = %(run)s order by suite_name, description",
        {"run": run_id},
    )


def failures(database, run_id, severity):
    found = results(database, run_id)
    return list(found[(found["severity"] == severity) & ~found["is_success"]]["description"])


def test_good_files_pass_and_the_report_lists_the_run(home, tables):
    arrive(tables, good_inputs() | {"stock_positions": good_stock()})
    report = audit_inputs(home, tables, "good-run")
    found = results(tables, "good-run")
    assert (report.failed_critical, report.failed_warning) == (0, 0)
    assert report.checked == len(found)
    assert set(found["table_name"]) == {f"raw_incoming.{table}" for table in INPUTS}
    assert report.docs_path == home.home / "data_docs" / "index.html"
    assert "good-run" in report.docs_path.read_text()


def test_every_rule_stands_on_a_page_that_needs_nothing_from_the_network(home, tables):
    arrive(tables, good_inputs())
    audit_inputs(home, tables, "page-run")
    docs = home.home / "data_docs"
    pages = {path: path.read_text() for path in docs.rglob("*.html")}
    of_run = " ".join(text for path, text in pages.items() if "page-run" in path.parts)
    for description in results(tables, "page-run")["description"]:
        assert description in of_run
    assert not [path for path, text in pages.items() if re.search(r"(src|href)=\"?https?:|url\(['\"]?https?:", text)]
    assert 'href="validations/incoming_sales/page-run/' in (docs / "index.html").read_text()
    for path, text in pages.items():
        assert all((path.parent / link).exists() for link in re.findall(r'href="([^"#]+)', text)), path


def page_of_load(home, load_id="load-1"):
    return (home.home / "data_docs" / "loads" / f"{load_id}.html").read_text()


def test_the_docs_open_on_the_latest_run_with_what_failed_first_and_a_link_to_its_rejected_rows(home, tables):
    arrive(tables, good_inputs())
    audit_inputs(home, tables, "before-run")
    frames = good_inputs()
    set_value("raw_sales", "is_holiday", True, slice(60, 63))(frames)
    arrive(tables, frames, "load-2")
    audit_inputs(home, tables, "shown-run")
    index = (home.home / "data_docs" / "index.html").read_text()
    assert "Latest run: shown-run" in index
    assert 'href="loads/load-2.html#rejected"' in index
    failed = index.index("Holiday flags of sales agree with the calendar.")
    assert index.index("Latest run") < failed < index.index("Earlier runs") < index.index("before-run")
    page = next((home.home / "data_docs" / "validations" / "incoming_sales" / "shown-run").rglob("*.html"))
    assert 'href="../../../../loads/load-2.html#rejected"' in page.read_text()
    assert "load-1.html" in (home.home / "data_docs" / "loads" / "index.html").read_text()


def test_weeks_of_a_retailer_without_holidays_agree_with_its_calendar(home, tables):
    frames = good_inputs()
    for table in ("raw_sales", "external_features"):
        set_value(table, "is_holiday", False, slice(None))(frames)
    arrive(tables, frames)
    with tables.connect("pipeline") as connection:
        settings = Retailer(week_ends_on="Friday").model_dump_json()
        connection.execute("update raw_incoming.retailer set settings = %s", [settings])
    audit_inputs(home, tables, "run")
    flags = tables.read_frame(
        "pipeline", "select is_success from ops.audit_results where description like 'Holiday flags%%'"
    )
    assert len(flags) == 2
    assert flags["is_success"].all()


def test_the_page_of_a_load_lists_its_rejected_rows_with_line_and_reason(home, tables):
    from expectations.load_pages import write_load_pages

    arrive(tables, good_inputs())
    with tables.connect("pipeline") as connection:
        connection.execute(
            "insert into raw.rejected_rows (load_id, file_name, line_number, reason, raw_text) "
            "select 'load-1', 'raw_sales.csv', n, 'Weekly_Sales is missing', '1,<b>' || n || '</b>,2012-08-31,,FALSE' "
            "from generate_series(17, 1200) n"
        )
        connection.execute(
            "update ops.loads set rows_read = rows_read + 1184, rows_rejected = 1184 where table_name = 'raw_sales'"
        )
    write_load_pages(home, tables)
    page = page_of_load(home)
    assert '<td class="number">17</td><td>Weekly_Sales is missing</td><td><code>1,&lt;b&gt;17&lt;/b&gt;,' in page
    assert "The first 1,000 of 1,184 lines follow." in page
    assert "was refused before its columns were profiled" in page


def test_the_page_of_a_refused_load_says_so_and_shows_its_profile(home, tables):
    frames = good_inputs()
    set_value("store_attributes", "size_sqft", 5, slice(1, 2))(frames)
    arrive(tables, frames)
    with pytest.raises(ShelfcastError):
        audit_inputs(home, tables, "refused-page-run")
    page = page_of_load(home)
    assert '<span class="badge critical">refused</span>' in page
    assert "<td>raw_sales</td><td>weekly_sales</td>" in page


def test_pages_of_loads_that_are_no_longer_among_the_newest_go(home, tables):
    from expectations.load_pages import write_load_pages
    from expectations.retention import KEPT_RUNS

    for number in range(KEPT_RUNS + 2):
        arrive(tables, {"store_attributes": good_inputs()["store_attributes"]}, f"load-{number:02d}")
    write_load_pages(home, tables)
    kept = {page.stem for page in (home.home / "data_docs" / "loads").glob("load-*.html")}
    assert kept == {f"load-{number:02d}" for number in range(2, KEPT_RUNS + 2)}


def test_no_password_is_in_any_written_file(home, tables):
    frames = good_inputs()
    frames["raw_sales"].loc[0, "sale_date"] = dt.date(2012, 8, 30)
    arrive(tables, frames)
    with pytest.raises(ShelfcastError) as refused:
        audit_inputs(home, tables, "secret-run")
    passwords = {login.password for login in tables.logins.values()}
    written = [
        path for folder in ("gx", "data_docs", "logs") for path in (home.home / folder).rglob("*") if path.is_file()
    ]
    assert len(written) > 10
    for path in written:
        content = path.read_bytes()
        assert not [password for password in passwords if password.encode() in content], path
    assert not [password for password in passwords if password in str(refused.value)]


def set_value(table, column, value, rows=slice(0, 3)):
    def change(frames):
        frame = frames[table]
        frame[column] = frame[column].astype(object)
        frame.loc[frame.index[rows], column] = value
        frames[table] = frame.infer_objects()

    return change


def scale(table, column, factor, rows=slice(None)):
    def change(frames):
        frames[table].loc[frames[table].index[rows], column] *= factor

    return change


def empty(table):
    def change(frames):
        frames[table] = frames[table].iloc[:0]

    return change


def with_stock(column, value):
    def change(frames):
        frames["stock_positions"] = good_stock()
        set_value("stock_positions", column, value)(frames)

    return change


def priced(frames):
    frames["stock_positions"]["unit_price"] = [4.5, None, None, None, None, None]


def spoil(frames, changes):
    """Applies the changes one after the other and returns the rules that they break."""
    for change, _ in changes.values():
        change(frames)
    return {rule for _, rule in changes.values()}


BAD_ROWS = {
    "a missing flag": (
        set_value("external_features", "is_holiday", None),
        "Every week of covariates says whether it is a holiday.",
    ),
    "a missing amount": (set_value("raw_sales", "weekly_sales", None, slice(0, 2)), "Every row has an amount."),
    "an absurd amount": (
        set_value("raw_sales", "weekly_sales", 1e10, slice(2, 3)),
        "No department of a store sells 100,000 times what the middle week does.",
    ),
    "a Thursday": (
        set_value("raw_sales", "sale_date", dt.date(2012, 8, 30)),
        "Every week of sales is dated by its last day, a Friday.",
    ),
    "a date in the future": (
        set_value("external_features", "feature_date", dt.date(2099, 1, 2), slice(5, 6)),
        "Weeks lie between 1970-01-01 and two years from now.",
    ),
    "a turned sign": (
        scale("raw_sales", "weekly_sales", -1, slice(3, 90)),
        "At most 20 % of the weeks have more returns than sales.",
    ),
    "a temperature in Kelvin": (
        set_value("external_features", "temperature", 290.0),
        "Temperatures lie between -130 and 140 degrees.",
    ),
    "an amount that is not a number": (
        set_value("external_features", "fuel_price", float("inf")),
        "Fuel prices are nowhere 100,000 times the middle one.",
    ),
    "a store without a type": (
        set_value("store_attributes", "store_type", None, slice(0, 1)),
        "Every store has a type.",
    ),
    "a store of one square foot": (
        set_value("store_attributes", "size_sqft", 1, slice(1, 2)),
        "No store is 1,000 times as large or as small as the middle one.",
    ),
    "stock below zero": (
        with_stock("on_hand", -1.0),
        "Stock on hand is neither negative nor 100,000 times the middle count.",
    ),
    "a count in the future": (
        set_value("stock_positions", "stock_date", dt.date(2099, 1, 2)),
        "Counts lie between 1970-01-01 and today.",
    ),
    "a count that the sales do not reach": (
        set_value("stock_positions", "stock_date", LAST_WEEK + dt.timedelta(days=7), slice(3, 4)),
        "No count is dated after the last week of sales.",
    ),
    "a lead time of 60 weeks": (
        set_value("stock_positions", "lead_time_days", 420.0, slice(5, 6)),
        "Lead times lie between a few hours and 182 days.",
    ),
    "a missing price": (priced, "Every count has the price of a piece, or none has."),
}


def test_each_kind_of_bad_row_breaks_its_critical_rule(home, tables):
    frames = good_inputs()
    rules = spoil(frames, BAD_ROWS)
    arrive(tables, frames)
    with pytest.raises(ShelfcastError):
        audit_inputs(home, tables, "bad-run")
    assert rules <= set(failures(tables, "bad-run", "critical"))
    page = next((home.home / "data_docs" / "validations" / "incoming_stores" / "bad-run").rglob("*.html")).read_text()
    assert "<td>1</td>" in page


BAD_FILES = {
    "no sales at all": (empty("raw_sales"), 'raw_sales: the rule "The file brings at least one week of sales"'),
    "no stores at all": (empty("store_attributes"), 'store_attributes: the rule "The file brings at least one store"'),
    "three Thursdays": (
        set_value("raw_sales", "sale_date", dt.date(2012, 8, 30)),
        'raw_sales: the rule "Every week of sales is dated by its last day, a Friday" is broken by 3 of 360 rows',
    ),
    "a count in the future": (
        with_stock("stock_date", dt.date(2099, 1, 2)),
        'stock_positions: the rule "Counts lie between 1970-01-01 and today"',
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused_in_one_sentence(home, tables, case):
    change, sentence = BAD_FILES[case]
    frames = good_inputs()
    change(frames)
    arrive(tables, frames)
    with pytest.raises(ShelfcastError) as refused:
        audit_inputs(home, tables, "refused-run")
    index = home.home / "data_docs" / "index.html"
    assert f"The audit stopped raw_incoming.{sentence}" in str(refused.value)
    assert str(index) in str(refused.value)
    assert set(tables.read_frame("pipeline", "select status from ops.loads")["status"]) == {"refused"}
    assert tables.read_frame("pipeline", "select count(*) as rows from raw.raw_sales").loc[0, "rows"] == 0
    assert "stopped" in index.read_text()


def thin_out_newest_week(frames):
    sales = frames["raw_sales"]
    frames["raw_sales"] = sales[(sales["sale_date"] != LAST_WEEK) | (sales["dept_id"] == 1)]


def break_the_scale(frames):
    sales = frames["raw_sales"]
    first = sales.iloc[0]
    is_pair = (sales["store_id"] == first["store_id"]) & (sales["dept_id"] == first["dept_id"])
    is_late = pd.to_datetime(sales["sale_date"]) > pd.Timestamp(LAST_WEEK - dt.timedelta(weeks=8))
    frames["raw_sales"] = sales.assign(weekly_sales=sales["weekly_sales"].mask(is_pair & is_late, 1e6))


ODD_ROWS = {
    "a pair whose scale breaks": (
        break_the_scale,
        "No department of a store sold 25 times its year before in the last eight weeks.",
    ),
    "some returns": (
        scale("raw_sales", "weekly_sales", -0.9, slice(0, 20)),
        "At most 2 % of the weeks have more returns than sales.",
    ),
    "restated weeks": (
        scale("raw_sales", "weekly_sales", 1.2, slice(20, 60)),
        "At most 1 % of the weeks published before come with another amount.",
    ),
    "a wrong holiday flag": (
        set_value("raw_sales", "is_holiday", True, slice(60, 63)),
        "Holiday flags of sales agree with the calendar.",
    ),
    "a lost week": (
        lambda frames: frames.update(raw_sales=frames["raw_sales"].query("sale_date != @WEEKS[30]")),
        "No week is missing altogether between the first and the last.",
    ),
    "a thin newest week": (thin_out_newest_week, "The newest week has at least 70 % of the usual number of series."),
    "unemployment as a fraction": (
        set_value("external_features", "unemployment", 0.075, slice(0, 50)),
        "Nearly all unemployment rates lie between 1 and 40 percent.",
    ),
    "a lost column": (
        set_value("external_features", "cpi", None, slice(0, 80)),
        "Consumer price indices are known in at least 85 % of the weeks.",
    ),
    "a count of a pair that never sold": (
        with_stock("dept_id", 77),
        "Every count is of a store and department that has sales.",
    ),
    "a rebuilt store": (
        scale("store_attributes", "size_sqft", 2, slice(0, 1)),
        "No store changed its size by more than half.",
    ),
}


def test_warnings_are_written_and_stop_nothing(home, tables):
    publish(tables, good_inputs())
    frames = good_inputs()
    rules = spoil(frames, ODD_ROWS)
    arrive(tables, frames, "load-2")
    report = audit_inputs(home, tables, "warned-run")
    assert report.failed_critical == 0
    found = results(tables, "warned-run").query("severity == 'warning' and not is_success")
    assert set(found[found["suite_name"] != "load_drift"]["description"]) == rules
    assert report.failed_warning == len(found)
    assert "passed with warnings" in report.docs_path.read_text()
    assert set(tables.read_frame("pipeline", "select status from ops.loads where load_id = 'load-2'")["status"]) == {
        "incoming"
    }


def test_an_older_and_smaller_file_than_the_last_one_warns(home, tables):
    publish(tables, good_inputs())
    frames = {table: frame[frame["store_id"] == 1] for table, frame in good_inputs().items()}
    frames["raw_sales"] = frames["raw_sales"][frames["raw_sales"]["sale_date"] < LAST_WEEK]
    arrive(tables, frames, "load-2")
    assert audit_inputs(home, tables, "older-run").failed_critical == 0
    assert {
        "The load has between half and twice the 360 rows of the last one.",
        "The load reaches at least to 2012-08-31, the last published week.",
        "Every published store is in the load.",
    } <= set(failures(tables, "older-run", "warning"))


def test_the_same_files_again_pass_without_a_warning(home, tables):
    publish(tables, good_inputs())
    arrive(tables, good_inputs(), "load-2")
    report = audit_inputs(home, tables, "again-run")
    assert (report.failed_critical, report.failed_warning) == (0, 0)


def test_another_unit_is_refused_unless_the_load_may_replace_what_is_published(home, tables):
    publish(tables, good_inputs())
    frames = good_inputs()
    scale("raw_sales", "weekly_sales", 100)(frames)
    arrive(tables, frames, "load-2")
    with pytest.raises(ShelfcastError, match="Weeks published before keep their scale"):
        audit_inputs(home, tables, "unit-run")
    report = audit_inputs(home, tables, "replace-run", may_remove=True)
    assert report.failed_critical == 0
    assert "Weeks published before keep their scale." in failures(tables, "replace-run", "warning")


def test_files_are_not_held_against_the_sample(home, tables):
    publish(tables, good_inputs(), kind="sample")
    arrive(tables, good_inputs(), "load-2", "files")
    assert read_comparable(tables) == Published()
    with tables.connect("pipeline") as connection:
        connection.execute("update ops.loads set source_kind = 'files'")
    assert read_comparable(tables).row_counts["raw_sales"] == 360


def test_an_audit_done_again_replaces_its_rows(home, tables):
    arrive(tables, good_inputs())
    first = audit_inputs(home, tables, "twice-run")
    second = audit_inputs(home, tables, "twice-run")
    assert len(results(tables, "twice-run")) == first.checked == second.checked
    index = (home.home / "data_docs" / "index.html").read_text()
    assert f"{second.checked} of {second.checked} rules held" in index


def test_an_audit_leaves_no_session_behind(home, tables):
    arrive(tables, good_inputs())
    audit_inputs(home, tables, "session-run")
    others = tables.read_frame(
        "pipeline",
        "select pid, query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )
    assert others.empty, others


def test_a_rule_that_cannot_be_checked_counts_as_failed(home, tables):
    from expectations.rules import known
    from expectations.suites import stores_suite
    from expectations.validation import validate

    arrive(tables, good_inputs())
    rule = known("no_such_column", "Every store has it.", "It is not there.")
    suite = dataclasses.replace(stores_suite(Published(), Incoming()), name="broken", rules=(rule,))
    findings, _ = validate(home, tables, "incoming", [suite], "broken-run")
    assert [finding.is_success for finding in findings] == [False]
    assert findings[0].observed_value == "the rule could not be checked"
