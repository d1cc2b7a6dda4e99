"""Files as retailers write them, read by Spark: each rightly, or refused with the line and the fix."""

import bz2
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from spark_jobs.ingest.input_files import find_inputs
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

STORES = "Store,Type,Size\n1,A,151315\n2,B,37392\n"
FEATURES = (
    "Store,Date,Temperature,Fuel_Price,MarkDown1,MarkDown2,MarkDown3,MarkDown4,MarkDown5,CPI,Unemployment,IsHoliday\n"
    "1,2010-02-05,42.31,2.572,NA,NA,NA,NA,NA,211.0963582,8.106,FALSE\n"
)
HEADER = "Store,Dept,Date,Weekly_Sales,IsHoliday"
ROWS = (
    ("1", "1", "2010-02-05", "24924.5", "FALSE"),
    ("1", "1", "2010-02-12", "-1046.25", "TRUE"),
    ("2", "7", "2010-02-19", "100000", "FALSE"),
)
READ = [
    (1, 1, "2010-02-05", 24924.5, False),
    (1, 1, "2010-02-12", -1046.25, True),
    (2, 7, "2010-02-19", 100000.0, False),
]


def table(*amounts: str, sep: str = ",", dates: tuple[str, ...] = (), header: str = HEADER) -> str:
    """The rows as a file, with the amounts and dates as they are written there."""
    lines = [header.replace(",", sep)]
    for number, (store, dept, date, amount, flag) in enumerate(ROWS):
        amount = amounts[number] if amounts else amount
        date = dates[number] if dates else date
        lines.append(sep.join((store, dept, date, amount, flag)))
    return "\n".join(lines) + "\n"


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_text(STORES)
    (tmp_path / "features.csv").write_text(FEATURES)
    return tmp_path


@pytest.fixture(scope="module")
def known(spark):
    """The stores that the rows may name, so that the sales can be read alone."""
    return spark.range(1, 3).selectExpr("cast(id as string) as store_code")


@pytest.fixture
def read(spark, settings: Settings, known) -> Callable:
    """Returns what was read of the sales in a folder."""
    from spark_jobs.ingest.read_file import read_files

    def read_sales(folder: Path, **changes: str):
        inputs = replace(find_inputs(folder), stores=None, features=None, inventory=None)
        return read_files(spark, settings.model_copy(update=changes), inputs, None, known)[0]

    return read_sales


def sales_of(one) -> list[tuple]:
    rows = one.rows.where("reason is null and not is_duplicate").orderBy("part", "line_number")
    return [
        (int(row["store_code"]), int(row["product_code"]), str(row["sale_date"]), row["amount"], row["is_holiday"])
        for row in rows.collect()
    ]


def reasons(one) -> dict[tuple[str, int], str]:
    found = one.rows.where("reason is not null").collect()
    return {(one.part_names[row["part"]], row["line_number"]): row["reason"] for row in found}


PLAIN = "UTF-8, comma between columns, decimal point, dates yyyy-MM-dd"
WRITINGS = {
    "as the public files": (table(), PLAIN),
    "thousands and dollars": (
        table('"$24,924.50"', '"($1,046.25)"', '"$100,000"'),
        f"{PLAIN.replace(', dates', ', amounts in $, dates')}",
    ),
    "minus behind, exponent": (table("2.49245E+4", "1046.25-", "1e5"), PLAIN),
    "a German spreadsheet": (
        "sep=;\r\n"
        + table(
            "24.924,50 €", "-1.046,25 €", "100.000,00 €", sep=";", dates=("05.02.2010", "12.02.2010", "19.02.2010")
        ),
        "UTF-8, semicolon between columns, decimal comma, amounts in €, dates dd.MM.yyyy",
    ),
    "tabs and blanks between thousands": (
        table("24\u00a0924,5", "-1\u202f046,25", "100 000", sep="\t"),
        "UTF-8, tab between columns, decimal comma, dates yyyy-MM-dd",
    ),
    "bars and apostrophes": (
        table("24'924.5", "-1'046.25", "100'000", sep="|"),
        "UTF-8, bar between columns, decimal point, dates yyyy-MM-dd",
    ),
    "dates with times": (
        table(dates=("2010-02-05 00:00:00", "2010-02-12T23:59:59.000Z", "2010-02-19 12:00 AM")),
        "UTF-8, comma between columns, decimal point, dates yyyy-MM-dd with times",
    ),
    "ISO weeks": (
        table(dates=("2010-W05", "2010W06", "2010-W07-5")),
        "UTF-8, comma between columns, decimal point, dates yyyy-Www",
    ),
    "dates without signs": (
        table(dates=("20100205", "20100212", "20100219")),
        "UTF-8, comma between columns, decimal point, dates yyyyMMdd",
    ),
    "year first with slashes": (
        table(dates=("2010/02/05", "2010/2/12", "2010/02/19")),
        "UTF-8, comma between columns, decimal point, dates yyyy/MM/dd",
    ),
    "Mondays": (
        table(dates=("2010-02-01", "2010-02-08", "2010-02-15")),
        f"{PLAIN}, weeks dated by Monday, moved to the Friday of the same Monday to Sunday",
    ),
    "columns in other words": (table(header="STORE,dept,Date,Weekly Sales,Is-Holiday"), PLAIN),
}


@pytest.mark.parametrize("day", ["06", "07"], ids=["Saturdays", "Sundays"])
def test_days_on_which_some_weeks_begin_and_others_end_are_asked_for(folder: Path, read, day: str):
    (folder / "train.csv").write_text(
        table(dates=(f"2010-02-{day}", f"2010-02-{int(day) + 7}", f"2010-02-{int(day) + 14}"))
    )
    with pytest.raises(ShelfcastError, match=r"are dated by S\w+s, which may be their first day or their last.*init"):
        read(folder)


@pytest.mark.parametrize("name", WRITINGS)
def test_the_same_rows_are_read_however_they_are_written(folder: Path, read, name: str):
    content, dialect = WRITINGS[name]
    (folder / "train.csv").write_bytes(content.encode())
    one = read(folder)
    assert sales_of(one) == READ
    assert one.account.dialect == dialect
    assert (one.account.rows_read, one.account.rows_rejected) == (3, 0)


LATIN = table("24924,5 €", "-1046,25 €", "100000 €", sep=";", header="Store,Dept,Date,Weekly_Sales,IsHoliday")
PACKED = {
    "train.csv": LATIN.encode("cp1252"),
    "Train.CSV": table().encode("utf-16"),
    "train.tsv": table(sep="\t").replace("\n", "\r\n").encode("utf-16-be"),
    "train.csv.BZ2": bz2.compress(table().encode()),
    "train.csv.zst": zstandard.compress(table().encode()),
    "train.zip": zipped(**{"sales/train.csv": table()}),
}


@pytest.mark.parametrize("name", PACKED)
def test_the_same_rows_are_read_however_they_are_packed(folder: Path, read, name: str):
    (folder / name).write_bytes(PACKED[name])
    assert sales_of(read(folder)) == READ


def test_unpacked_copies_are_removed_after_the_load(folder: Path, spark, settings: Settings, database, tmp_path: Path):
    from spark_jobs.ingest.job import ingest
    from spark_jobs.ingest.read_file import unpacking_folder

    (folder / "train.zip").write_bytes(PACKED["train.zip"])
    own = settings.model_copy(update={"lake_uri": str(tmp_path / "lake")})
    report = ingest(own, database, find_inputs(folder), "run-1", "files")
    assert not unpacking_folder(own).exists()
    dialects = database.read_frame(
        "pipeline", "select table_name, dialect from ops.loads where load_id = %(load)s", {"load": report.load_id}
    )
    assert dict(dialects.itertuples(index=False)) == {
        "store_attributes": "UTF-8, comma between columns, decimal point",
        "raw_sales": PLAIN,
        "external_features": PLAIN,
    }


def test_parts_are_one_file_whose_lines_are_named_by_part(folder: Path, read):
    first, second, _ = (",".join(row) for row in ROWS)
    (folder / "train_1.csv").write_text(f"{HEADER}\n{first}\n{second}\n1,2,2010-02-05,5,FALSE\n")
    other = "Dept;Store;IsHoliday;Date;Weekly_Sales"
    (folder / "train_2.csv").write_bytes(
        f"{other}\r\n7;2;FALSE;2010-02-19;100000\r\n1;1;FALSE;2010-02-05;24924.5\r\n".encode()
    )
    (folder / "train_3.csv").write_text(f"\n{HEADER}\n1,1,2010-02-19,many,FALSE\n1,2,2010-02-05,6,FALSE\n")
    one = read(folder)
    assert sales_of(one) == READ
    assert (one.account.rows_read, one.account.rows_rejected, one.account.rows_duplicate) == (7, 3, 1)
    words = "has other values for the same store, department and date"
    assert reasons(one) == {
        ("train_1.csv", 4): f"line 4 of train_3.csv {words}",
        ("train_3.csv", 3): "Weekly_Sales is not a number: 'many'",
        ("train_3.csv", 4): f"line 4 of train_1.csv {words}",
    }
    assert one.account.file_name == "train_1.csv, train_2.csv, train_3.csv"
    assert (one.account.first_rejection.line_number, one.account.first_rejection.file_name) == (4, "train_1.csv")
    assert one.account.dialect.endswith("3 parts")


def test_one_part_settles_the_dates_of_another(folder: Path, read):
    (folder / "train").mkdir()
    (folder / "train" / "a.csv").write_text(f"{HEADER}\n1,1,05-02-2010,24924.5,FALSE\n")
    (folder / "train" / "b.csv").write_text(f"{HEADER}\n1,1,12-02-2010,-1046.25,TRUE\n2,7,19-02-2010,1e5,FALSE\n")
    assert sales_of(read(folder)) == READ


def test_totals_are_set_aside_and_are_no_fault_of_the_file(folder: Path, read):
    totals = "1,Total,,23878.25,\nGrand Total:,,,123878.25,\nSumme\n"
    (folder / "train.csv").write_text(table() + totals)
    one = read(folder)
    assert sales_of(one) == READ
    assert set(reasons(one).values()) == {"is a total of other rows, not a row of its own"}
    assert (one.account.rows_read, one.account.rows_rejected, one.account.rows_total) == (6, 3, 3)
    assert one.account.reject_rate == 0
    assert "3 rejected (3 of them totals rows)" in str(one.account)


def test_lines_of_separators_alone_are_no_rows(folder: Path, read):
    (folder / "train.csv").write_text(table() + ",,,,\n , , , , \n" + '"","","","",""\n')
    one = read(folder)
    assert (one.account.rows_read, one.account.rows_rejected) == (3, 0)


def test_a_quote_that_does_not_end_is_named(folder: Path, read):
    (folder / "train.csv").write_text(table() + '1,2,2010-02-05,"5,FALSE\n')
    assert reasons(read(folder)) == {("train.csv", 5): "opens a quote that does not end on its line"}


def test_weeks_of_several_weekdays_are_never_moved_together(folder: Path, read):
    (folder / "train.csv").write_text(table(dates=("2010-02-03", "2010-02-12", "2010-02-20")))
    one = read(folder)
    assert set(reasons(one).values()) == {
        "Date 2010-02-03 is a Wednesday; a week is dated by its Friday",
        "Date 2010-02-20 is a Saturday; a week is dated by its Friday",
    }


def test_numbers_that_can_be_read_both_ways_are_refused_until_the_mark_is_named(folder: Path, read):
    (folder / "train.csv").write_text(table("24.924", "1.046", "100.000", sep=";"))
    with pytest.raises(ShelfcastError, match=r"from line 2 \('24\.924'\).*--decimal-mark \. or --decimal-mark ,"):
        read(folder)
    assert [row[3] for row in sales_of(read(folder, decimal_mark=","))] == [24924, 1046, 100000]
    assert [row[3] for row in sales_of(read(folder, decimal_mark="."))] == [24.924, 1.046, 100]


def test_several_currencies_are_refused_with_both_lines(folder: Path, read):
    (folder / "train.csv").write_text(table("$24924.5", "-1046.25", "€100000"))
    with pytest.raises(ShelfcastError, match=r"several currencies: line 2 in \$, line 4 in €\. Convert them"):
        read(folder)


def test_every_date_is_read_as_the_survey_reads_it(spark):
    from pyspark.sql import functions as F  # noqa: N812

    from spark_jobs.ingest.date_formats import FORMATS, read_date
    from spark_jobs.ingest.parsing import parse_date

    days = [dt.date(1999, 12, 31) + dt.timedelta(days=37 * step) for step in range(120)]
    texts = [
        f"{day:{pattern}}"
        for day in days
        for pattern in (
            "%Y-%m-%d",
            "%d-%m-%Y",
            "%m-%d-%Y",
            "%d/%m/%Y",
            "%m/%d/%Y",
            "%Y/%m/%d",
            "%Y.%m.%d",
            "%d.%m.%Y",
            "%Y%m%d",
            "%G-W%V",
            "%GW%V-%u",
            *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%G%V", "%V/%G", "%V.%G"),
        )
    ]
    texts += [
        "2010-02-30",
        "2010-W53",
        "2009-W53",
        "2010-W00",
        "31-04-2010",
        "20100230",
        "9999-01-01",
        "1899-12-31",
        *("14.01.69", "14.01.70", "202453", "202354", "54/2024", "0/2024"),
        "",
    ]
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    rows = frame.select("text", *[parse_date(F.col("text"), name).alias(str(n)) for n, name in enumerate(FORMATS)])
    for row in rows.collect():
        for number, name in enumerate(FORMATS):
            assert row[str(number)] == read_date(row["text"], name), (row["text"], name)


def test_dates_with_words_are_read_as_the_survey_reads_them(spark):
    from pyspark.sql import functions as F  # noqa: N812

    from spark_jobs.ingest.date_formats import plain_date
    from spark_jobs.ingest.lines import without_time, without_words

    texts = [
        f"{dt.date(2009, month, 14):{form}}" for month in range(1, 13) for form in ("%d-%b-%y", "%d %B %Y", "%d/%b/%Y")
    ]
    texts += [
        "14-JAN-70 10:30",
        "W/E 01/14/23",
        "Week Ending 01/14/23",
        "W/E 14.01.23",
        "Fri 14.01.23",
        "Mon 01/01/2024",
        "Tuesday, 1.2.2024 9:30 AM",
    ]
    texts += ["KW 05/2024", "KW05 2024", "2024-S05", "2024KW05", "2024-W05", "2024-S5", "Mars 5", "", "1-Foo-2024"]
    frame = spark.createDataFrame([(text,) for text in texts], "text string")
    for text, plain in frame.select("text", without_time(without_words(F.col("text")))).collect():
        assert plain == plain_date(text), text


def test_sales_by_calendar_week_are_weeks_that_end_on_sunday(tmp_path: Path, spark, settings):
    from spark_jobs.ingest.input_files import find_inputs
    from spark_jobs.ingest.read_file import accepted, read_files

    (tmp_path / "shelfcast.toml").write_text(
        '[retailer]\nforecast_unit = "units"\n[sales]\nfiles = "sales.csv"\ngrain = "weeks"\ndate_label = "last"\n'
        'date_format = "ww/yyyy"\n[sales.columns]\nproduct = "Artikel"\ndate = "KW"\nunits = "Menge"\n'
    )
    (tmp_path / "sales.csv").write_text("Artikel;KW;Menge\n1;52/2023;3\n1;01/2024;4\n1;53/2024;5\n")
    (sales,) = read_files(spark, settings, find_inputs(tmp_path), None)
    days = [str(row["sale_date"]) for row in accepted(sales.rows).orderBy("line_number").collect()]
    assert days == ["2023-12-31", "2024-01-07"]
