"""The corpus of files as they come: each is read rightly, line by line, or refused with a sentence.

Here are the files that the shipped mapping reads; `test_corpus_mappings.py` has those that come with a mapping.

An entry is a folder of `tests/corpus` with `expected.yaml` and the files in which it differs from the folder `base`.
Its keys:

    says       what is in the files
    after      `base` where the base was published before
    without    files of the base that are taken away
    options    of the load; bad rows are tolerated and weeks may go unless they say otherwise
    outcome    published or refused
    rows       per file, by the first word of its name: rows read, accepted, rejected, duplicates
    reasons    per file and line: words of the reason; every line that was set aside is named
    sales, stores, covariates, stock   published values; `base` for those of the base
    refusal    exit code, and words of the sentence in their order
"""

import gzip
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from flows.pipeline.context import Context, Options
from flows.pipeline.stages import audit, ingest
from spark_jobs.ingest.input_files import STEMS, find_inputs
from spark_jobs.ingest.read_file import RAW_TEXT_MAX, accepted, read_files, rejected
from spark_jobs.ingest.row_accounts import FileAccount
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

CORPUS = Path(__file__).parent.parent / "corpus"
BASE = CORPUS / "base"
ENTRIES = sorted(
    path.parent.name for path in CORPUS.glob("*/expected.yaml") if not (path.parent / "shelfcast.toml").exists()
)
COLUMNS = {
    "stores": ("store_attributes", "store_id", "store_type", "size_sqft"),
    "sales": ("raw_sales", "store_id", "dept_id", "sale_date", "weekly_sales", "is_holiday"),
    "covariates": (
        *("external_features", "store_id", "feature_date", "temperature", "fuel_price", "markdown_1", "cpi"),
        "unemployment",
    ),
    "stock": (
        *("stock_positions", "store_id", "dept_id", "stock_date", "on_hand", "on_order", "expected_date"),
        *("unit_price", "lead_time_days"),
    ),
}
"""By the name that an entry gives it: table and compared columns, its key first."""
BASE_SALES = [
    [int(store), int(department), date, float(amount), flag == "TRUE"]
    for store, department, date, amount, flag in (
        line.split(",") for line in (BASE / "train.csv").read_text().splitlines()[1:]
    )
]


@dataclass(frozen=True)
class Load:
    """What came of a load: its rows in ops.loads by table, what was set aside, and the error that ended it."""

    accounts: dict[str, dict[str, Any]]
    rejected: list[dict[str, Any]]
    error: ShelfcastError | None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture
def load(quick_spark, settings: Settings, database: Database, home: Path) -> Callable[..., Load]:
    """Returns a function that takes a folder through ingest, audit and publication."""
    with database.connect("pipeline") as connection:
        connection.execute("truncate raw.store_attributes, raw.raw_sales, raw.external_features cascade")
        connection.execute("update ops.loads set status = 'refused'")
        connection.execute("delete from ops.published_artifacts where artifact_name = 'inputs'")

    def run(folder: Path, **options: Any) -> Load:
        chosen = {"may_remove": True, "reject_rate_max": 1.0} | options
        own = settings.model_copy(update={"home": home, "reject_rate_max": chosen["reject_rate_max"]})
        context = Context(own, database, Options(data=str(folder), **chosen))
        before = newest_load(database)
        error = None
        try:
            ingest(context)
            audit(context)
        except ShelfcastError as caught:
            error = caught
        return read_load(database, before, error)

    return run


def newest_load(database: Database) -> str:
    return str(database.read_frame("pipeline", "select coalesce(max(load_id), '') from ops.loads").iloc[0, 0])


def read_load(database: Database, before: str, error: ShelfcastError | None) -> Load:
    load = {"load": newest_load(database)}
    if load["load"] == before:
        return Load({}, [], error)
    accounts = database.read_frame("pipeline", "select * from ops.loads where load_id = %(load)s", load)
    rejected = database.read_frame("pipeline", "select * from raw.rejected_rows where load_id = %(load)s", load)
    by_table = {row["table_name"]: row for row in accounts.to_dict("records")}
    return Load(by_table, rejected.to_dict("records"), error)


def prepare(name: str, expected: dict[str, Any], folder: Path) -> Path:
    """Returns the folder with the base's files and those of the entry in their place."""
    own = own_files(name, folder)
    stems = {re.split(r"[._]", path.name.lower())[0] for path in own}
    for path in BASE.iterdir():
        if path.stem not in stems and path.name not in expected.get("without", []):
            shutil.copy(path, folder)
    return folder


def own_files(name: str, folder: Path) -> list[Path]:
    """Returns the files in which an entry differs from the base, copied to the folder."""
    own = [path for path in (CORPUS / name).iterdir() if path.name != "expected.yaml"]
    for path in own:
        (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / path.name)
    return own


def text_of(path: Path) -> str:
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig").replace("\0", "\ufffd")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def check_rejections(expected: dict[str, Any], rejected: list[dict[str, Any]], folder: Path) -> None:
    """Checks that exactly the lines named were set aside, for the reasons named and with their text."""
    reasons = {
        (file, line): words for file, lines in expected.get("reasons", {}).items() for line, words in lines.items()
    }
    found = {(name_in(row["file_name"], reasons), row["line_number"]): row for row in rejected}
    assert {key: row["reason"] for key, row in found.items() if key not in reasons} == {}
    assert set(found) == set(reasons)
    for key, words in reasons.items():
        row = found[key]
        assert words.lower() in row["reason"].lower()
        path = folder / row["file_name"]
        if path.is_file():
            lines = re.split(r"\r\n|\n|\r", text_of(path))
            assert row["raw_text"] == lines[row["line_number"] - 1][:RAW_TEXT_MAX]


def name_in(file_name: str, reasons: dict[tuple[str, int], str]) -> str:
    """Returns the name by which the reasons call a file: its own, or the first word of it."""
    own = file_name.rsplit("/", 1)[-1]
    return own if any(file == own for file, _ in reasons) else re.split(r"[._]", own.lower())[0]


def rows_of(account: FileAccount) -> dict[str, int]:
    return {f"rows_{name}": getattr(account, f"rows_{name}") for name in ("read", "accepted", "rejected", "duplicate")}


def check_accounts(expected: dict[str, Any], accounts: dict[str, dict[str, Any]]) -> None:
    """Checks that the account of every file adds up, and is the one that was expected."""
    for table, account in accounts.items():
        read, *parts = (account[f"rows_{name}"] for name in ("read", "accepted", "rejected", "duplicate"))
        assert read == sum(parts), table
        named = dict(zip(("read", "accepted", "rejected", "duplicates"), (read, *parts), strict=True))
        assert {**named, **expected.get("rows", {}).get(STEMS[table], {})} == named, table


def published(database: Database, name: str) -> list[list[Any]]:
    table, *columns = COLUMNS[name]
    with database.connect("pipeline") as connection:
        return plain(connection.execute(f"select {', '.join(columns)} from raw.{table}").fetchall())


def plain(rows: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Returns rows with dates as text, in the order of their keys, which come first and never repeat."""
    return sorted([str(value) if hasattr(value, "isoformat") else value for value in row] for row in rows)


def check_values(expected: dict[str, Any], name: str, found: list[list[Any]]) -> None:
    if name in expected:
        wanted = BASE_SALES if expected[name] == "base" else plain(expected[name])
        assert (found if name != "covariates" else [row for row in found if row in wanted]) == wanted


def check_refusal(expected: dict[str, Any], load: Load, before: list[list[Any]], database: Database) -> None:
    refusal = expected["refusal"]
    assert load.error is not None, "was published"
    sentence, place = str(load.error), 0
    for words in refusal["sentence"]:
        place = sentence.find(words, place)
        assert place >= 0, f"{words!r} is not in its place in {sentence!r}"
    assert load.error.exit_code == refusal["exit_code"]
    assert "\n" not in sentence
    assert "published" not in {row["status"] for row in load.accounts.values()}
    assert published(database, "sales") == before


def expectation(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CORPUS / name / "expected.yaml").read_text()))


WHOLE = ("plain", "bad_stores", "copies", "inventory", "planned_weeks")
"""Entries about what is in good files that `make test` publishes."""
READ = [name for name in ENTRIES if expectation(name)["outcome"] == "published" and "after" not in expectation(name)]
"""Entries about the form of good files: all is said once they are read, and what comes after is that of `plain`."""


@pytest.mark.parametrize("name", READ)
def test_each_entry_about_the_form_of_files_is_read_line_by_line(
    name: str, quick_spark, spark, settings: Settings, home: Path, tmp_path: Path
):
    expected = expectation(name)
    if not own_files(name, tmp_path):
        prepare(name, expected, tmp_path)
    elif "stores.csv" in str(expected.get("reasons")) and not list(tmp_path.glob("stores*")):
        shutil.copy(BASE / "stores.csv", tmp_path)
    stores = spark.createDataFrame([("1",), ("2",)], "store_code string")
    chosen = settings.model_copy(update={"home": home})
    date_format = expected.get("options", {}).get("date_format")
    reads = read_files(spark, chosen, find_inputs(tmp_path, is_partial=True), date_format, stores)
    check_accounts(expected, {read.account.table_name: rows_of(read.account) for read in reads})
    check_rejections(expected, [row.asDict() for read in reads for row in rejected(read, "load").collect()], tmp_path)
    values = {read.account.table_name: accepted(read.rows) for read in reads}
    for known, (table, *_) in COLUMNS.items():
        if table in values:
            check_read_values(expected, known, values[table])


def check_read_values(expected: dict[str, Any], name: str, rows: DataFrame) -> None:
    """Checks what was read of a file, before its codes became numbers and its weeks were flagged by the calendar."""
    told = {"store_id": F.col("store_code").cast("int")}
    if "product_code" in rows.columns:
        told["dept_id"] = F.col("product_code").cast("int")
    if "amount" in rows.columns:
        told["weekly_sales"] = F.col("amount")
    columns = COLUMNS[name][1:]
    absent = {column: F.lit(None) for column in columns if column not in (*rows.columns, *told)}
    found = plain(rows.withColumns(told | absent).select(columns).collect())
    if "is_holiday" in columns and expected.get(name) and all(row[-1] is None for row in found):
        flags = {str(row[:-1]): row[-1] for row in (BASE_SALES if expected[name] == "base" else expected[name])}
        found = [[*row[:-1], flags.get(str(row[:-1]))] for row in found]
    check_values(expected, name, found)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.exhaustive if name in READ and name not in WHOLE else ())
        for name in ENTRIES
    ],
)
def test_each_entry_of_the_corpus_has_the_expected_outcome(name: str, load, database: Database, tmp_path: Path):
    expected = expectation(name)
    options = dict(expected.get("options", {}))
    if expected.get("after") == "base":
        assert load(BASE).error is None
        options = {"may_remove": False} | options
    before = published(database, "sales")
    folder = prepare(name, expected, tmp_path)
    found = load(folder, **options)
    if expected["outcome"] == "published":
        assert found.error is None
        assert {row["status"] for row in found.accounts.values()} == {"published"}
        for known in COLUMNS:
            check_values(expected, known, published(database, known))
        for table, account in found.accounts.items():
            count = database.read_frame("pipeline", f"select count(*) from raw.{table}").iloc[0, 0]
            assert count == account["rows_accepted"]
    else:
        check_refusal(expected, found, before, database)
    check_rejections(expected, found.rejected, folder)
    check_accounts(expected, found.accounts)


def test_the_corpus_holds_at_least_seventy_entries_and_says_what_each_is():
    assert len(ENTRIES) >= 70
    documents = {name: expectation(name) for name in ENTRIES}
    assert [name for name, document in documents.items() if not document.get("says")] == []
    assert {document["outcome"] for document in documents.values()} == {"published", "refused"}
