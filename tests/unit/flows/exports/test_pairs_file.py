"""The file of pairs is read as it is written, and a row that cannot be forecast is named."""

import bz2
import datetime as dt
import gzip
import lzma
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from flows.exports.pairs_file import read_pairs, weeks_ahead
from warehouse.codes import Code, Codes
from warehouse.errors import ShelfcastError

CUTOFF = dt.date(2012, 10, 26)
CODES = Codes(
    {number: Code(str(number), "", str(number)) for number in range(1, 46)} | {99: Code("0042", "Süd ☕", "Süd ☕")},
    {number: Code(str(number), "", str(number)) for number in range(1, 99)} | {99: Code("=1+1", "", "=1+1")},
)


def read_rows(path: Path) -> pd.DataFrame:
    return read_pairs(path, CODES)[0]


ROWS = "45,1,2012-11-02,FALSE\n1,98,2013-07-26,FALSE\n1,1,2012-12-28,TRUE\n"


def _file(folder: Path, text: str, name: str = "test.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_rows_keep_their_order_and_become_weeks_after_the_cutoff(tmp_path) -> None:
    rows = read_rows(_file(tmp_path, "Store,Dept,Date,IsHoliday\n" + ROWS))
    ahead = weeks_ahead(rows, CUTOFF, "test.csv", 39)
    assert ahead.store_ids.tolist() == [45, 1, 1]
    assert ahead.dept_ids.tolist() == [1, 98, 1]
    assert ahead.steps.tolist() == [1, 39, 9]


@pytest.mark.parametrize(
    "header", ["store,dept,date,isholiday", "\ufeffStore,Dept,Date,IsHoliday", " Store , DEPT ,Date,x"]
)
def test_the_header_may_be_written_in_other_ways(tmp_path, header: str) -> None:
    assert len(read_rows(_file(tmp_path, f"{header}\n{ROWS}"))) == 3


def test_only_store_department_and_date_are_needed(tmp_path) -> None:
    assert len(read_rows(_file(tmp_path, "Date,Store,Dept\n2012-11-02,1,1\n"))) == 1


def test_a_compressed_file_is_read(tmp_path) -> None:
    path = tmp_path / "test.csv.gz"
    path.write_bytes(gzip.compress(f"Store,Dept,Date,IsHoliday\n{ROWS}".encode()))
    assert len(read_rows(path)) == 3


@pytest.mark.parametrize("name", ["bomb.csv.gz", "bomb.csv.BZ2", "bomb.csv.zst", "bomb.csv.zip"])
def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch, name: str) -> None:
    monkeypatch.setattr("spark_jobs.ingest.file_format.UNPACKED_BYTES_FREE", 1 << 20)
    text = f"Store,Dept,Date\n{ROWS}".encode() + b"1,1,2012-11-02\n" * 500_000
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstandard.ZstdCompressor().compress}
    if name.endswith("zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb.csv", text)
    else:
        (tmp_path / name).write_bytes(pack[name.rpartition(".")[2].lower()](text))
    with pytest.raises(ShelfcastError, match=rf"{name} unpacks to more than (1 MB|200 times its size)\."):
        read_rows(tmp_path / name)


@pytest.mark.parametrize("name", ["rows.csv.xz", "rows.csv.tar.xz"])
def test_a_packing_without_bounds_is_not_unpacked(tmp_path, name: str) -> None:
    (tmp_path / name).write_bytes(lzma.compress(f"Store,Dept,Date\n{ROWS}".encode()))
    with pytest.raises(ShelfcastError, match=rf"{name} is not a"):
        read_rows(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "test.csv is empty"),
        ("Store,Dept,Date\n", "test.csv has a header and no rows"),
        ("Store,Date\n1,2012-11-02\n", "test.csv does not have the column Dept once"),
        ("Store,Dept,Date,Dept\n1,1,2012-11-02,1\n", "test.csv does not have the column Dept once"),
        ("Store,Dept,Date\n1,1,2012-11-02\nx,1,2012-11-02\n", "Row 2 of test.csv: 'x' is no store that is known"),
        ("Store,Dept,Date\n46,1,2012-11-02\n", "'46' is no store that is known"),
        ("Store,Dept,Date\n1,,2012-11-02\n", "Row 1 of test.csv: '' is no code of a department"),
        (f"Store,Dept,Date\n1,{'x' * 129},2012-11-02\n", "is no code of a department"),
        ("Store,Dept,Date\n1,1,02/11/2012\n", "Row 1 of .* '02/11/2012' is not a date. Write dates as yyyy-mm-dd"),
        ("Store,Dept,Date\n1,1,2012-11-31\n", "'2012-11-31' is not a date"),
        (
            "Store,Dept,Date\n1,1,2012-11-02\n2,1,2012-11-02\n1.0, 1,2012-11-02\n",
            "Row 3 of test.csv asks again for Store 1.0, department 1 and 2012-11-02",
        ),
        ("Store,Dept,Date\n1,1,2012-11-02,a\n", "test.csv is not a CSV file"),
        ("Store,Dept,Date\n1,1\n", "Row 1 of test.csv: '' is not a date"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(tmp_path, text: str, sentence: str) -> None:
    with pytest.raises(ShelfcastError, match=sentence):
        read_rows(_file(tmp_path, text))


@pytest.mark.parametrize("kind", ["missing", "folder", "binary", "broken.gz", "cut.gz", "broken.zip"])
def test_what_is_no_text_file_is_refused_in_one_sentence(tmp_path, kind: str) -> None:
    path = tmp_path / (f"rows.csv.{kind.partition('.')[2]}" if "." in kind else "rows.csv")
    if kind == "folder":
        path.mkdir()
    elif kind == "cut.gz":
        path.write_bytes(gzip.compress(ROWS.encode() * 100)[:-20])
    elif kind != "missing":
        path.write_bytes(bytes(range(128, 256)) * 4)
    with pytest.raises(ShelfcastError, match=r"rows\.csv"):
        read_rows(path)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("1,1,2012-10-26", "Row 2 of test.csv asks for 2012-10-26, which is not after 2012-10-26"),
        ("1,1,2010-02-05", "asks for 2010-02-05, which is not after 2012-10-26"),
        ("1,1,2012-11-03", r"asks for 2012-11-03, which is not whole weeks after 2012-10-26.*like Friday"),
        ("1,1,2013-08-02", r"more than 39 weeks after 2012-10-26\. Ask for weeks to 2013-07-26"),
    ],
)
def test_a_row_that_cannot_be_forecast_is_named(tmp_path, row: str, sentence: str) -> None:
    rows = read_rows(_file(tmp_path, f"Store,Dept,Date\n1,2,2012-11-02\n{row}\n"))
    with pytest.raises(ShelfcastError, match=sentence):
        weeks_ahead(rows, CUTOFF, "test.csv", 39)


def test_stores_and_products_stand_there_by_code_or_name_with_their_leading_zeros(tmp_path) -> None:
    path = _file(tmp_path, "Store,Dept,Date\n0042,=1+1,2012-11-02\nSüd ☕,1,2012-11-02\n")
    assert read_rows(path)[["store_id", "dept_id"]].to_numpy().tolist() == [[99, 99], [99, 1]]
    with pytest.raises(ShelfcastError, match="'0045' is no store that is known"):
        read_rows(_file(tmp_path, "Store,Dept,Date\n0045,98,2012-11-02\n").rename(tmp_path / "other.csv"))


def test_a_product_that_never_sold_keeps_its_code(tmp_path) -> None:
    rows, codes = read_pairs(_file(tmp_path, "Store,Dept,Date\n1,new,2012-11-02\n2,Новый,2012-11-02\n"), CODES)
    assert rows["dept_id"].tolist() == [-1, -2]
    assert codes.with_codes(rows)["product_code"].tolist() == ["new", "Новый"]


def test_a_file_of_windows_and_semicolons_is_read_as_what_it_is(tmp_path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("Store;Dept;Date\n45;łyżka i miód;2012-11-02\n", encoding="cp1250")
    rows, codes = read_pairs(path, CODES)
    assert codes.product_label(rows["dept_id"].item()) == "łyżka i miód"
