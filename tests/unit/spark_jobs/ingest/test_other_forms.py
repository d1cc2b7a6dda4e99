"""Workbooks and Parquet as text: nothing is lost, nothing is opened that would not fit."""

import datetime as dt
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workbooks import write_workbook

from spark_jobs.ingest.other_forms import as_csv, is_other_form, sheet_paths
from warehouse.errors import ShelfcastError

ROWS = [
    ["Filiale", "Datum", "Menge", "Umsatz"],
    ["007", dt.date(2024, 1, 5), 3, 12.5],
    ["Köln\nSüd", dt.date(2024, 1, 6), 31198570044, 0.1],
    ["=1+1", dt.date(2024, 1, 7), None, -1.0],
]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_workbook(tmp_path / "sales.xlsx", {"Umsätze": ROWS, "Filialen": [["Nr", "Typ"], ["007", "A"]]})


def lines_of(path: Path, work: Path) -> list[str]:
    return as_csv(path, work)[0].read_text(encoding="utf-8").splitlines()


def test_a_workbook_becomes_its_first_sheet_with_codes_numbers_and_dates_as_they_are(book: Path, tmp_path: Path):
    assert lines_of(book, tmp_path / "work") == [
        "Filiale,Datum,Menge,Umsatz",
        "007,2024-01-05,3,12.5",
        "Köln Süd,2024-01-06,31198570044,0.1",
        "=1+1,2024-01-07,,-1",
    ]


def test_a_sheet_is_a_file_in_the_folder_that_its_workbook_is(book: Path, tmp_path: Path):
    assert sheet_paths(book) == [book / "Umsätze", book / "Filialen"]
    assert is_other_form(book / "Filialen")
    assert lines_of(book / "Filialen", tmp_path / "work") == ["Nr,Typ", "007,A"]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(book: Path, tmp_path: Path):
    with pytest.raises(ShelfcastError, match=r"has no sheet Lager\. Its sheets are Umsätze, Filialen"):
        as_csv(book / "Lager", tmp_path)


def test_titles_above_the_header_and_empty_rows_are_left_out(tmp_path: Path):
    rows = [["Report of the year"], [], *ROWS[:2], [None, None], ROWS[3]]
    book = write_workbook(tmp_path / "sales.xlsx", {"One": rows})
    assert lines_of(book, tmp_path) == ["Filiale,Datum,Menge,Umsatz", "007,2024-01-05,3,12.5", "=1+1,2024-01-07,,-1"]


def test_an_empty_workbook_is_told(tmp_path: Path):
    with pytest.raises(ShelfcastError, match=r"sales\.xlsx is empty"):
        as_csv(write_workbook(tmp_path / "sales.xlsx", {"One": []}), tmp_path)


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x03\x04 half of one"])
def test_a_damaged_workbook_is_told(tmp_path: Path, content: bytes):
    (tmp_path / "sales.xlsx").write_bytes(content)
    with pytest.raises(ShelfcastError, match=r"sales\.xlsx is not a whole workbook"):
        as_csv(tmp_path / "sales.xlsx", tmp_path)


def test_a_workbook_whose_sheet_is_cut_off_is_told(book: Path, tmp_path: Path):
    content = book.read_bytes()
    book.write_bytes(content[: len(content) // 2])
    with pytest.raises(ShelfcastError, match="is not a whole workbook"):
        as_csv(book, tmp_path)


def test_a_workbook_with_broken_xml_is_told(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "sales.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "<workbook><sheets>")
    with pytest.raises(ShelfcastError, match="is not a whole workbook"):
        as_csv(tmp_path / "sales.xlsx", tmp_path)


def test_a_locked_workbook_is_told(tmp_path: Path):
    (tmp_path / "sales.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(ShelfcastError, match=r"locked with a password.*Save it as \.xlsx without a password"):
        as_csv(tmp_path / "sales.xlsx", tmp_path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, book: Path):
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet9.xml", bytes(120 << 20))
    with pytest.raises(ShelfcastError, match=r"sales\.xlsx unpacks to more than 100 MB"):
        as_csv(book, tmp_path / "work")


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path: Path, book: Path):
    with zipfile.ZipFile(book) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    )
    with zipfile.ZipFile(book, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    with pytest.raises(ShelfcastError, match=r"a sheet of 1,048,576 rows and 16,384 columns"):
        as_csv(book, tmp_path / "work")


def test_a_parquet_file_becomes_text_without_loss(tmp_path: Path):
    table = pa.table(
        {
            "code": ["007", "a\nb", 'say "x", y', None],
            "units": [1.0, 2.5, 0.1, None],
            "day": [dt.date(2020, 1, 1)] * 4,
            "money": [Decimal("1.10")] * 4,
            "basket": [31198570044, 1, 2, 3],
            "kind": pa.array(["x", "y", "x", "z"]).dictionary_encode(),
            "list": [[1]] * 4,
        }
    )
    pq.write_table(table, tmp_path / "sales.parquet")
    assert lines_of(tmp_path / "sales.parquet", tmp_path) == [
        '"code","units","day","money","basket","kind"',
        '"007","1","2020-01-01","1.10","31198570044","x"',
        '"a b","2.5","2020-01-01","1.10","1","y"',
        '"say ""x"", y","0.1","2020-01-01","1.10","2","x"',
        '"","","2020-01-01","1.10","3","z"',
    ]


def test_a_parquet_file_without_commas_in_it_needs_no_quotes(tmp_path: Path):
    pq.write_table(pa.table({"code": ["007"], "units": [1]}), tmp_path / "sales.parquet")
    assert lines_of(tmp_path / "sales.parquet", tmp_path) == ['"code","units"', "007,1"]


def test_a_parquet_file_that_is_cut_off_is_told(tmp_path: Path):
    pq.write_table(pa.table({"code": ["007"] * 1000}), tmp_path / "sales.parquet")
    content = (tmp_path / "sales.parquet").read_bytes()
    (tmp_path / "sales.parquet").write_bytes(content[:-20])
    with pytest.raises(ShelfcastError, match=r"sales\.parquet is not a whole Parquet file"):
        as_csv(tmp_path / "sales.parquet", tmp_path)


def test_a_small_parquet_file_with_endless_rows_is_refused(tmp_path: Path):
    pq.write_table(pa.table({"code": pa.array(["x" * 1000]).take(pa.array([0] * 200_000))}), tmp_path / "s.parquet")
    with pytest.raises(ShelfcastError, match=r"s\.parquet unpacks to more than 100 MB"):
        as_csv(tmp_path / "s.parquet", tmp_path)


def test_large_whole_numbers_of_a_parquet_file_keep_their_digits(tmp_path: Path):
    table = pa.table({"code": [4000316760068.0, 7.0, None], "money": pa.array([2.5, 3e14, 1e6], pa.float64())})
    pq.write_table(table, tmp_path / "sales.parquet")
    assert lines_of(tmp_path / "sales.parquet", tmp_path / "work")[1:] == [
        "4000316760068,2.5",
        "7,300000000000000",
        ",1000000",
    ]


def test_bytes_that_are_no_text_leave_their_column_empty(tmp_path: Path):
    pq.write_table(pa.table({"code": ["007"], "photo": [b"\xff\xd8"], "note": [b"old"]}), tmp_path / "sales.parquet")
    assert lines_of(tmp_path / "sales.parquet", tmp_path / "work")[1:] == ["007,,old"]


def test_a_copy_is_called_as_its_file_is_and_is_taken_until_that_changes(book: Path, tmp_path: Path):
    work = tmp_path / "work"
    first = as_csv(book, work)[0]
    assert first.name == "sales.xlsx"
    assert as_csv(book / "Filialen", work)[0].name == "sales.xlsx Filialen"
    written = first.stat().st_mtime_ns
    assert (as_csv(book, work)[0], first.stat().st_mtime_ns) == (first, written)
    write_workbook(book, {"Umsätze": [["Nr", "Typ"], ["008", "B"]]})
    os.utime(book, ns=(1, 1))
    assert lines_of(book, work) == ["Nr,Typ", "008,B"]
    assert not first.exists()
