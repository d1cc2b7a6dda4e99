"""The corpus of files with a mapping: what they come to, by codes and weeks, or the sentence that refuses them.

An entry is a folder of `tests/corpus` with `shelfcast.toml`, the files it speaks of, and `expected.yaml`. Its keys:

    says       what is in the files
    options    of the load; bad rows are tolerated unless they say otherwise
    outcome    published or refused
    rows       per input of the mapping: rows read, accepted, rejected, duplicates
    reasons    per input and line: words of the reason; every line that was set aside is named
    weeks      store, product, week, sales in the forecast unit, and pieces or money beside them
    spans      store, product, first and last week, how many weeks, and their sales
    stores, products, stock, promotions, covariates   what is published of them, by their codes
    holiday_weeks   the weeks of sales that are flagged
    holidays   days, names, weeks and flags; all those of the years of the sales
    keys       the numbers that were given to codes
    account    columns of the row of the sales in ops.loads
    settings   of the retailer
    said       words of the message of the load
    refusal    exit code, and words of the sentence in their order
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.pipeline.context import Context, Options
from flows.pipeline.stages import audit, ingest
from ml.prices import read_prices
from spark_jobs.ingest.mapping import INPUTS
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

CORPUS = Path(__file__).parent.parent / "corpus"
ENTRIES = sorted(path.parent.name for path in CORPUS.glob("*/shelfcast.toml"))
QUERIES = {
    "weeks": "select store_code, product_code, sale_date, weekly_sales, weekly_units, weekly_amount "
    "from {schema}.raw_sales join {schema}.store_attributes using (store_id) join {schema}.products using (dept_id)",
    "spans": "select store_code, product_code, min(sale_date), max(sale_date), count(*), sum(weekly_sales) "
    "from {schema}.raw_sales join {schema}.store_attributes using (store_id) join {schema}.products using (dept_id) "
    "group by 1, 2",
    "stores": "select store_code, store_name, store_type, size_sqft from {schema}.store_attributes",
    "products": "select product_code, product_name, level_1, level_2, level_3 from {schema}.products",
    "stock": "select store_code, product_code, stock_date, on_hand, on_order, expected_date, unit_price, "
    "lead_time_days from {schema}.stock_positions join {schema}.store_attributes using (store_id) "
    "join {schema}.products using (dept_id)",
    "promotions": "select store_code, product_code, week_date, planned_price, is_promoted "
    "from {schema}.promotions join {schema}.store_attributes using (store_id) join {schema}.products using (dept_id)",
    "covariates": "select store_code, feature_date, temperature, fuel_price, other_covariates "
    "from {schema}.external_features join {schema}.store_attributes using (store_id)",
    "holiday_weeks": "select distinct sale_date from {schema}.raw_sales where is_holiday",
    "holidays": "select holiday_date, holiday_name, week_date, is_flagged from {schema}.holidays",
    "keys": "select key_kind, code, key_id from raw.keys",
}
CLEARED = (
    "raw.store_attributes, raw.raw_sales, raw.external_features, raw.stock_positions, raw.promotions, raw.products, "
    "raw.retailer, raw.holidays, raw.keys"
)


@dataclass(frozen=True)
class Came:
    """What came of a load: its message, its rows in ops.loads by input, what was set aside, the error that ended it."""

    message: str
    accounts: dict[str, dict[str, Any]]
    rejected: dict[str, dict[int, str]]
    error: ShelfcastError | None


def expectation(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CORPUS / name / "expected.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mappings")


@pytest.fixture
def load(quick_spark, settings: Settings, database: Database, home: Path) -> Iterator[Callable[..., Came]]:
    """A function that takes an entry through ingest, and through audit and publication where it is asked to."""
    clear(database)

    def run(name: str, is_published: bool, **options: Any) -> Came:
        chosen = {"may_remove": True, "reject_rate_max": 1.0} | options
        own = settings.model_copy(update={"home": home, "reject_rate_max": chosen["reject_rate_max"]})
        context = Context(own, database, Options(data=str(CORPUS / name), **chosen))
        before, message, error = newest_load(database), "", None
        try:
            message = ingest(context).message
            if is_published:
                audit(context)
        except ShelfcastError as caught:
            error = caught
        return came_of(database, before, message, error)

    yield run
    clear(database)


def clear(database: Database) -> None:
    """Takes away what was published, and the numbers of codes: other tests give theirs anew."""
    with database.connect("pipeline") as connection:
        connection.execute(f"truncate {CLEARED} cascade")
        connection.execute("update ops.loads set status = 'refused'")
        connection.execute("delete from ops.published_artifacts where artifact_name = 'inputs'")


def newest_load(database: Database) -> str:
    return str(database.read_frame("pipeline", "select coalesce(max(load_id), '') from ops.loads").iloc[0, 0])


def came_of(database: Database, before: str, message: str, error: ShelfcastError | None) -> Came:
    load = {"load": newest_load(database)}
    if load["load"] == before:
        return Came(message, {}, {}, error)
    with database.connect("pipeline") as connection:
        cursor = connection.execute("select * from ops.loads where load_id = %(load)s", load)
        names = [column.name for column in cursor.description or ()]
        accounts = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        reasons = connection.execute(
            "select table_name, line_number, reason from raw.rejected_rows where load_id = %(load)s", load
        ).fetchall()
    rejected: dict[str, dict[int, str]] = {}
    for table, line, reason in reasons:
        rejected.setdefault(INPUTS[table], {})[line] = reason
    return Came(message, {INPUTS[row["table_name"]]: row for row in accounts}, rejected, error)


def found_in(database: Database, name: str, schema: str) -> list[Any]:
    with database.connect("pipeline") as connection:
        rows = connection.execute(QUERIES[name].format(schema=schema)).fetchall()
    return ordered([row[0] for row in rows] if name == "holiday_weeks" else [list(row) for row in rows])


def ordered(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=str)


def close_to(wanted: Any) -> Any:
    """What a value must be: a sum of money may differ in the last digit of double precision."""
    return pytest.approx(wanted, abs=1e-9) if isinstance(wanted, float) else wanted


def check_tables(expected: dict[str, Any], database: Database, schema: str) -> None:
    for name in QUERIES.keys() & expected.keys():
        found, wanted = found_in(database, name, schema), ordered(expected[name])
        if name == "holidays":
            found = [row for row in found if row[0].year == wanted[0][0].year]
        assert len(found) == len(wanted), (name, found)
        for row, other in zip(found, wanted, strict=True):
            values = zip(row, other, strict=True) if isinstance(other, list) else [(row, other)]
            assert all(value == close_to(one) for value, one in values), (name, row, other)


def check_accounts(expected: dict[str, Any], came: Came) -> None:
    for name, account in came.accounts.items():
        read, *parts = (account[f"rows_{kind}"] for kind in ("read", "accepted", "rejected", "duplicate"))
        assert read == sum(parts), name
        named = dict(zip(("read", "accepted", "rejected", "duplicates"), (read, *parts), strict=True))
        assert {**named, **expected.get("rows", {}).get(name, {})} == named, name
    sales = came.accounts.get("sales", {})
    for measure in ("units", "amount"):
        if sales.get(f"read_{measure}") is not None:
            parts = sales[f"left_out_{measure}"] + sales[f"week_{measure}"]
            assert sales[f"read_{measure}"] == pytest.approx(parts, abs=1e-9)
    for column, wanted in expected.get("account", {}).items():
        assert sales[column] == (None if wanted is None else pytest.approx(wanted)), column


def check_rejections(expected: dict[str, Any], came: Came) -> None:
    wanted = expected.get("reasons", {})
    assert {name: set(lines) for name, lines in came.rejected.items()} == {n: set(lines) for n, lines in wanted.items()}
    for name, lines in wanted.items():
        for line, words in lines.items():
            assert words in came.rejected[name][line]


def check_refusal(refusal: dict[str, Any], error: ShelfcastError | None) -> None:
    assert error is not None, "was published"
    sentence, place = str(error), 0
    for words in refusal["sentence"]:
        place = sentence.find(words, place)
        assert place >= 0, f"{words!r} is not in its place in {sentence!r}"
    assert error.exit_code == refusal["exit_code"]
    assert "\n" not in sentence


def check(name: str, came: Came, database: Database, schema: str) -> None:
    expected = expectation(name)
    if expected["outcome"] == "refused":
        check_refusal(expected["refusal"], came.error)
        assert found_in(database, "weeks", "raw") == []
    else:
        assert came.error is None
        check_tables(expected, database, schema)
        for words in expected.get("said", []):
            assert words in came.message
        check_settings(expected.get("settings", {}), database, schema)
    check_accounts(expected, came)
    check_rejections(expected, came)


def check_settings(wanted: dict[str, Any], database: Database, schema: str) -> None:
    with database.connect("pipeline") as connection:
        row = connection.execute(f"select settings from {schema}.retailer").fetchone()
    assert row is not None
    assert {**json.loads(row[0]), **wanted} == json.loads(row[0])


FURTHER = (
    *("weeks_that_end_on_tuesday", "weeks_that_end_on_wednesday", "weeks_that_end_on_thursday"),
    *("weeks_that_end_on_friday", "weeks_that_end_on_saturday", "weeks_that_end_on_sunday", "week_53", "year_1970"),
    *("a_decimal_mark_that_is_named", "a_discontinued_series", "amounts_alone", "codes_with_leading_zeros"),
    *("columns_by_other_capitals", "columns_nobody_named", "dates_that_the_mapping_reads", "gaps_that_are_zero"),
    *("latin1_packed", "lines_without_an_id", "products_at_the_finest_level", "units_alone", "units_and_prices"),
    *("a_price_beside_an_amount", "a_week_without_any_report", "holidays_that_are_chosen"),
)
"""Entries that are one more case of what others hold."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.exhaustive if name in FURTHER else ()) for name in ENTRIES]
)
def test_each_entry_with_a_mapping_comes_to_what_was_worked_out_by_hand(name: str, load, database: Database):
    came = load(name, is_published=False, **expectation(name).get("options", {}))
    check(name, came, database, "raw_incoming")


WHOLE = (
    *("names_of_many_scripts", "lines_repeated_exactly", "a_store_that_closes_and_opens_again", "stock_of_a_level"),
    "promotions_of_weeks_ahead",
)
"""Entries that `make test` publishes."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in WHOLE else pytest.mark.exhaustive)
        for name in ENTRIES
        if expectation(name)["outcome"] == "published"
    ],
)
def test_each_entry_with_a_mapping_is_published_as_it_was_read(name: str, load, database: Database):
    came = load(name, is_published=True, **expectation(name).get("options", {}))
    check(name, came, database, "raw")
    assert {row["status"] for row in came.accounts.values()} == {"published"}


@pytest.mark.parametrize(
    ("name", "price", "source", "least_piece"),
    [("units_and_prices", 1.99, "sales", 1.0), ("fractions_of_a_kilogram", 2.49, "sales", 0.001)],
)
def test_prices_and_least_pieces_are_those_of_what_was_published(name, price, source, least_piece, load, database):
    assert load(name, is_published=True).error is None
    pairs = database.read_frame("pipeline", "select distinct store_id, dept_id from raw.raw_sales limit 1")
    with database.snapshot("reader") as snapshot:
        known = read_prices(snapshot, dt.date(2030, 1, 6), is_in_units=True).of(pairs)
    assert (known.unit_price.tolist(), known.source.tolist()) == ([price], [source])
    assert known.least_piece.tolist() == [least_piece]


def test_the_corpus_holds_at_least_forty_entries_with_a_mapping_and_says_what_each_is():
    assert len(ENTRIES) >= 40
    assert [name for name in ENTRIES if not expectation(name).get("says")] == []
    assert {expectation(name)["outcome"] for name in ENTRIES} == {"published", "refused"}
