"""Whatever a file holds: read = published + rejected + exact duplicates, and nothing is raised but a sentence."""

import dataclasses
import datetime as dt
import gzip
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from flows.pipeline.context import Context, Options
from flows.pipeline.stages import audit, ingest
from spark_jobs.ingest.read_file import RAW_TEXT_MAX
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

# An example takes seconds, so there are few, each of many lines; making a failing one smaller would take minutes.
FEW = examples(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
STORES = "Store,Type,Size\n1,A,151315\n2,B,37392\n"
FEATURES = (
    "Store,Date,Temperature,Fuel_Price,MarkDown1,MarkDown2,MarkDown3,MarkDown4,MarkDown5,CPI,Unemployment,IsHoliday\n"
    "1,2010-02-05,42.31,2.572,NA,NA,NA,NA,NA,211.0963582,8.106,FALSE\n"
)
COLUMNS = ("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday")
FRIDAY = dt.date(2010, 2, 5)
WEEKS = [FRIDAY + dt.timedelta(weeks=week) for week in range(4)]
Load = Callable[[dict[str, bytes]], "Outcome"]
Row = tuple[int, int, str, float, bool]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a load did with train.csv; `error` ended it, at the ingest or later."""

    account: dict[str, int] | None
    rejected: dict[int, tuple[str, str]]
    incoming: int | None
    published: list[Row] | None
    error: ShelfcastError | None


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of sales: what its fields say, and its values, or none where it cannot be used or is blank."""

    fields: tuple[str, ...]
    row: Row | None = None
    flaw: str = ""


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    separator: str
    decimal: str
    end: str
    order: tuple[int, ...]
    mark: bytes
    is_zipped: bool
    has_last_end: bool


@pytest.fixture(scope="module")
def load(quick_spark, settings: Settings, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Takes files through ingest, audit and publication, into empty tables."""
    home = tmp_path_factory.mktemp("accounting")
    own = settings.model_copy(update={"home": home, "reject_rate_max": 1.0})
    numbers = itertools.count()

    def run(files: dict[str, bytes]) -> Outcome:
        folder = home / f"files-{next(numbers)}"
        folder.mkdir()
        for name, content in ({"stores.csv": STORES.encode(), "features.csv": FEATURES.encode()} | files).items():
            (folder / name).write_bytes(content)
        empty(database)
        context = Context(own, database, Options(data=str(folder), may_remove=True, reject_rate_max=1.0))
        before, error = newest_load(database), None
        try:
            ingest(context)
            audit(context)
        except ShelfcastError as caught:
            error = caught
        return outcome(database, before, error)

    return run


def empty(database: Database) -> None:
    with database.connect("pipeline") as connection:
        connection.execute("truncate raw.store_attributes, raw.raw_sales, raw.external_features cascade")
        connection.execute("update ops.loads set status = 'refused'")


def newest_load(database: Database) -> str:
    return str(database.read_frame("pipeline", "select coalesce(max(load_id), '') from ops.loads").iloc[0, 0])


def outcome(database: Database, before: str, error: ShelfcastError | None) -> Outcome:
    newest = newest_load(database)
    if newest == before:
        return Outcome(None, {}, None, None, error)
    with database.connect("pipeline") as connection:
        account = connection.execute(
            "select rows_read, rows_accepted, rows_rejected, rows_duplicate, status from ops.loads "
            "where load_id = %s and table_name = 'raw_sales'",
            [newest],
        ).fetchone()
        rejected = connection.execute(
            "select line_number, reason, raw_text from raw.rejected_rows "
            "where load_id = %s and file_name like 'train%%'",
            [newest],
        ).fetchall()
        incoming = connection.execute("select count(*) from raw_incoming.raw_sales where load_id = %s", [newest])
        count = incoming.fetchone()[0]
        sales = connection.execute(
            "select store_id, dept_id, sale_date::text, weekly_sales, is_holiday from raw.raw_sales order by 1, 2, 3"
        ).fetchall()
    counts = dict(zip(("read", "accepted", "rejected", "duplicate"), account, strict=False))
    is_published = account[-1] == "published"
    texts = {line: (reason, text) for line, reason, text in rejected}
    assert len(texts) == len(rejected)
    return Outcome(counts, texts, count, sales if is_published else None, error)


def amount_text(amount: float, decimal: str, style: int) -> str:
    """Returns an amount in one of several spellings that mean the same."""
    plain = f"{amount:.2f}"
    if style == 1:
        plain = f"+{plain}" if amount >= 0 else plain
    if style == 2:
        whole, rest = f"{amount:,.2f}".split(".")
        return '"' + whole.replace(",", "." if decimal == "," else ",") + decimal + rest + '"'
    if style == 3:
        plain = f" {plain} "
    return plain.replace(".", decimal)


@st.composite
def good_lines(draw: Any, decimal: str) -> Line:
    store, department = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    week = draw(st.sampled_from(WEEKS)).isoformat()
    amount, is_holiday = draw(st.sampled_from((1234.5, 0.07, 98765.25, 7.0, -3.5))), draw(st.booleans())
    words = (("FALSE", "false", "0"), ("TRUE", "true", "1"))[is_holiday]
    fields = (
        draw(st.sampled_from((f"{store}", f"0{store}", f" {store}", f'"{store}"'))),
        f"{department}",
        week,
        amount_text(amount, decimal, draw(st.integers(0, 3))),
        draw(st.sampled_from(words)),
    )
    return Line(fields, (store, department, week, amount, is_holiday))


FLAWS = {
    "Weekly_Sales is not a number": lambda f: (*f[:3], "many", f[4]),
    "Weekly_Sales is missing": lambda f: (*f[:3], "NA", f[4]),
    "Weekly_Sales is not a finite number": lambda f: (*f[:3], "NaN", f[4]),
    "Date is not a date": lambda f: (*f[:2], "2010-02-30", *f[3:]),
    "Date is missing": lambda f: (*f[:2], "", *f[3:]),
    "is a Thursday": lambda f: (*f[:2], "2010-02-04", *f[3:]),
    "Dept is not a whole number": lambda f: (f[0], "-1", *f[2:]),
    "Store is missing": lambda f: ("", *f[1:]),
    "store 99 is not in stores.csv": lambda f: ("99", *f[1:]),
    "IsHoliday is neither TRUE nor FALSE": lambda f: (*f[:4], "perhaps"),
    "has 4 fields": lambda f: f[:4],
    "has 7 fields": lambda f: (*f, "x", ""),
}


@st.composite
def bad_lines(draw: Any, decimal: str) -> Line:
    flaw = draw(st.sampled_from(sorted(FLAWS)))
    return Line(FLAWS[flaw](draw(good_lines(decimal)).fields), flaw=flaw)


@st.composite
def files(draw: Any) -> tuple[Dialect, list[Line]]:
    separator = draw(st.sampled_from((",", ";", "\t")))
    dialect = Dialect(
        separator=separator,
        decimal="," if separator != "," and draw(st.booleans()) else ".",
        end=draw(st.sampled_from(("\n", "\r\n", "\r"))),
        order=tuple(draw(st.permutations(range(5)))),
        mark=draw(st.sampled_from((b"", b"\xef\xbb\xbf"))),
        is_zipped=draw(st.booleans()),
        has_last_end=draw(st.booleans()),
    )
    lines = st.one_of(good_lines(dialect.decimal), good_lines(dialect.decimal), bad_lines(dialect.decimal))
    blanks = st.sampled_from((Line(()), Line(("   ",))))
    noise = draw(st.lists(st.one_of(lines, lines, lines, blanks), min_size=15, max_size=50))
    return dialect, [*anchors(dialect.decimal), *noise]


def anchors(decimal: str) -> list[Line]:
    """Returns rows of a department of their own: they settle what the file is written in, and keep the audit calm."""
    fields = [(1, 50, week.isoformat(), 4321.25 + n, False) for n, week in enumerate(WEEKS)]
    fields += [(2, department, "2010-02-05", 1000.5, False) for department in range(51, 90)]
    return [Line((str(r[0]), str(r[1]), r[2], amount_text(r[3], decimal, 0), "FALSE"), r) for r in fields]


def write(dialect: Dialect, lines: list[Line]) -> tuple[list[str], bytes]:
    """Returns the lines of a file, its header first, and its bytes."""
    texts = [dialect.separator.join(COLUMNS[at] for at in dialect.order)]
    for line in lines:
        fields = line.fields
        if len(fields) >= len(COLUMNS):
            fields = (*[fields[at] for at in dialect.order], *fields[len(COLUMNS) :])
        texts.append(dialect.separator.join(fields))
    text = dialect.end.join(texts) + (dialect.end if dialect.has_last_end else "")
    content = dialect.mark + text.encode()
    return texts, gzip.compress(content, mtime=0) if dialect.is_zipped else content


def expected_of(lines: list[Line]) -> tuple[dict[int, str], int, list[Row]]:
    """Returns the flaw of each line that cannot be used, the exact duplicates, and the rows to be published."""
    flaws = {number: line.flaw for number, line in enumerate(lines, start=2) if line.flaw}
    by_key: dict[tuple[Any, ...], list[tuple[int, Row]]] = {}
    for number, line in enumerate(lines, start=2):
        if line.row:
            by_key.setdefault(line.row[:3], []).append((number, line.row))
    duplicates, kept = 0, []
    for copies in by_key.values():
        if len({row for _, row in copies}) > 1:
            flaws |= {number: "has other values for the same" for number, _ in copies}
        else:
            kept.append(copies[0][1])
            duplicates += len(copies) - 1
    return flaws, duplicates, sorted(kept)


@pytest.fixture(scope="module")
def check(load: Load) -> Callable[[Dialect, list[Line]], None]:
    def run(dialect: Dialect, lines: list[Line]) -> None:
        texts, content = write(dialect, lines)
        found = load({"train.csv.gz" if dialect.is_zipped else "train.csv": content})
        flaws, duplicates, kept = expected_of(lines)
        assert found.error is None
        assert {number: reason for number, (reason, _) in found.rejected.items() if number not in flaws} == {}
        assert {n: (found.rejected.get(n, ("was taken", ""))[0], flaw) for n, flaw in flaws.items()} == {
            n: (reason, flaws[n]) for n, (reason, _) in found.rejected.items() if flaws[n] in reason
        }
        assert {n: text for n, (_, text) in found.rejected.items()} == {n: texts[n - 1] for n in flaws}
        assert found.published == kept
        read = sum(1 for text in texts[1:] if text.strip())
        assert found.account == {"read": read, "accepted": len(kept), "rejected": len(flaws), "duplicate": duplicates}

    return run


@examples(FEW, max_examples=5)
@given(file=files())
def test_every_line_is_published_rejected_or_an_exact_duplicate(check, file: tuple[Dialect, list[Line]]):
    check(*file)


ALPHABET = st.characters(codec="utf-8", exclude_characters="\n\r")
FRAGMENTS = st.sampled_from(
    (
        ",",
        ";",
        "\t",
        '"',
        '""',
        "1",
        "2",
        "1,234.50",
        "1.234,50",
        "2010-02-05",
        "05/02/2010",
        "2010-W05",
        "TRUE",
        "0",
        "NA",
        "Total",
        "(5.00)",
        "$",
        "€",
        "1e5",
        "\x00",
        "\ufeff",
        "\u2028",
        "\x85",
        "\x1c",
        "é",
        "\U0001f6d2",
        " ",
        "'",
        "\\",
        "#N/A",
        "=1+1",
        "Store,Dept,Date,Weekly_Sales,IsHoliday",
        "1,1,2010-02-05,24924.5,FALSE",
        "2,1,2010-02-12,-5,TRUE",
    )
)
NOISE = st.lists(st.one_of(FRAGMENTS, FRAGMENTS, st.text(ALPHABET, max_size=8)), max_size=9).map("".join)
HEADER = ",".join(COLUMNS)
GOOD = [f"1,{department},2010-02-05,24924.5,FALSE" for department in range(40, 60)]


@examples(FEW, max_examples=5)
@given(noise=st.lists(NOISE, min_size=20, max_size=60), end=st.sampled_from(("\n", "\r\n", "\r")))
@example(noise=['1,1,2010-02-05,"5,FALSE', '"', '1,1,2010-02-12,5",FALSE', "\u2028", "\x85", "\x0b", "\x1c"], end="\n")
def test_lines_of_noise_are_accounted_for_with_their_numbers_and_text(load: Load, noise: list[str], end: str):
    lines = [HEADER, *GOOD, *noise]
    found = load({"train.csv": end.join(lines).encode()})
    if found.account is None:
        # Noise may look like a second way to write dates or numbers, which is refused with both places.
        assert "contradict each other" in str(found.error)
        return
    account = found.account
    assert account["read"] == account["accepted"] + account["rejected"] + account["duplicate"]
    # Lines of nothing but separators are no rows; a tab or another blank among them may make one.
    fewest = sum(1 for line in lines[1:] if re.search(r'[^\s,;|"]', line, re.ASCII))
    assert fewest <= account["read"] <= sum(1 for line in lines[1:] if line.strip(" "))
    assert (account["rejected"], account["accepted"]) == (len(found.rejected), found.incoming)
    if found.published is not None:
        assert len(found.published) == account["accepted"]
    for number, (reason, text) in found.rejected.items():
        assert text == lines[number - 1].replace("\0", "\ufffd")[:RAW_TEXT_MAX]
        assert reason
    assert set(found.rejected) <= {n for n, line in enumerate(lines, start=1) if line not in GOOD}


BYTES = st.one_of(
    st.binary(max_size=300), NOISE.map(lambda text: text.encode()), NOISE.map(lambda t: t.encode("utf-16"))
)
NAMES = ("train.csv", "train.csv.gz", "stores.csv", "features.csv", "inventory.csv")


@examples(FEW, max_examples=12)
@given(name=st.sampled_from(NAMES), content=BYTES, keeps_header=st.booleans())
def test_a_file_of_any_bytes_is_refused_with_one_sentence_or_accounted_for(
    load: Load, name: str, content: bytes, keeps_header: bool
):
    headers = {"train.csv": HEADER, "stores.csv": "Store,Type,Size", "inventory.csv": "Store,Dept,Date,On_Hand"}
    if keeps_header:
        content = headers.get(name, FEATURES.splitlines()[0]).encode() + b"\n" + content
    train = {} if name.startswith("train") else {"train.csv": "\n".join((HEADER, *GOOD)).encode()}
    found = load(train | {name: content})
    if found.error is not None:
        assert re.fullmatch(r"[^\n\r]{10,}", str(found.error))
    if found.account is not None:
        account = found.account
        assert account["read"] == account["accepted"] + account["rejected"] + account["duplicate"]
    assert (found.published is None) == (found.error is not None)
