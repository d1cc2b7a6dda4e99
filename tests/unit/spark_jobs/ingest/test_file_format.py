"""Packed files, parts, encodings and headers: what is read of the bytes before Spark sees them."""

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import pytest
import zstandard

from spark_jobs.ingest.file_format import (
    LINE_BYTES_MAX,
    MEMBERS_MAX,
    choose_separator,
    natural_order,
    open_parts,
    readable_path,
    split_header,
)
from spark_jobs.ingest.input_files import find_inputs
from warehouse.errors import ShelfcastError

SALES = "Store,Dept,Date,Weekly_Sales,IsHoliday\n1,1,2010-02-05,10,FALSE\n"
NAMES = ("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_text("Store,Type,Size\n1,A,1000\n")
    (tmp_path / "features.csv").write_text("Store,Date,IsHoliday\n1,2010-02-05,FALSE\n")
    return tmp_path


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def write_packed(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, mtime=0))


PACKED = {
    "train.tsv": SALES.replace(",", "\t").encode(),
    "train.txt": SALES.replace(",", "|").encode(),
    "train.csv.gz": gzip.compress(SALES.encode(), mtime=0),
    "train.csv.bz2": bz2.compress(SALES.encode()),
    "train.csv.zst": zstandard.compress(SALES.encode()),
    "train.csv.zip": zipped(**{"x/train.csv": SALES, "__MACOSX/train.csv": "", "x/.train.csv": ""}),
    "TRAIN.ZIP": zipped(**{"any.CSV": SALES}),
    "train.csv": SALES.encode("utf-16"),
    "Train.csv": SALES.encode("utf-16-be"),
}


@pytest.mark.parametrize(("name", "content"), PACKED.items())
def test_the_header_is_found_however_the_file_is_packed(folder: Path, tmp_path: Path, name: str, content: bytes):
    (folder / name).write_bytes(content)
    file = find_inputs(folder).sales
    assert file is not None
    assert (file.header, file.header_line) == (NAMES, 1)
    readable = readable_path(file.parts[0], tmp_path / "unpacked")
    assert readable.suffix in (".csv", ".tsv", ".txt", ".gz", ".bz2")
    opened = {".gz": gzip.open, ".bz2": bz2.open}.get(readable.suffix, open)
    with opened(readable, "rb") as lines:
        assert lines.read().decode("utf-8-sig").splitlines()[1].split(file.parts[0].separator)[:2] == ["1", "1"]


@pytest.mark.parametrize("ending", ["gz", "bz2", "zst", "zip"])
def test_a_packed_file_that_broke_off_is_refused(folder: Path, ending: str):
    whole = next(content for name, content in PACKED.items() if name.endswith(f"csv.{ending}"))
    (folder / f"train.csv.{ending}").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ShelfcastError, match=r"is not a whole \w+ file\. Copy or compress it again\."):
        find_inputs(folder)


@pytest.mark.parametrize(
    ("names", "order"),
    [
        (["train_2.csv", "train_10.csv", "train_1.csv"], None),
        (["Train-1.csv", "train-2.csv.gz"], ["Train-1.csv", "train-2.csv.gz"]),
        (["train (1).csv", "train (2).csv"], None),
        (["train_part01.csv", "train_part02.csv"], None),
        (["train_2010.csv", "train_2012.csv"], None),
        (["train/b.csv", "train/a10.csv", "train/a9.csv", "train/_SUCCESS", "train/.hidden.csv"], None),
    ],
)
def test_parts_are_read_as_one_file_in_their_natural_order(folder: Path, names: list[str], order: list[str] | None):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        content = SALES.encode()
        (folder / name).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    if "train_10.csv" in names:
        for number in range(3, 10):
            (folder / f"train_{number}.csv").write_text(SALES)
    found = [part.name for part in find_inputs(folder).sales.parts]
    visible = [Path(name).name for name in names if not Path(name).name.startswith(("_", "."))]
    assert set(visible) <= set(found)
    assert found == (order or sorted(found, key=natural_order))


def test_the_members_of_an_archive_are_parts(folder: Path):
    (folder / "train.zip").write_bytes(zipped(**{"b.csv": SALES, "a.csv": SALES, "readme.md": "no table"}))
    assert [part.name for part in find_inputs(folder).sales.parts] == ["train.zip/a.csv", "train.zip/b.csv"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["train.csv", "train_1.csv"], r"holds both train\.csv and train_1\.csv"),
        (["train.csv", "train.zip"], r"holds both train\.csv and train\.zip"),
        (["train_1.csv", "train-1.csv"], r"holds both train-1\.csv and train_1\.csv"),
        (["train_1.csv", "train_3.csv"], r"number 2 is missing"),
        (["train.csv", "train/1.csv"], r"holds both train\.csv and train\."),
        (["train/readme.md"], r"train holds no \.csv, \.tsv, \.txt file"),
        (["train.xlsx"], r"train\.csv is missing from .*Save train\.xlsx as CSV"),
    ],
)
def test_parts_that_leave_a_doubt_are_refused(folder: Path, names: list[str], sentence: str):
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(zipped(x=SALES) if name.endswith(".zip") else SALES.encode())
    with pytest.raises(ShelfcastError, match=sentence):
        find_inputs(folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(**{"[Content_Types].xml": "", "xl/workbook.xml": ""}), "is an Excel workbook, whatever its name says"),
        (zipped(x="1"), r"is a zip archive.* Let its name end in \.zip"),
        (gzip.compress(b"1", mtime=0), r"is packed with gzip.* Let its name end in \.gz"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture, not a text file"),
        (b"\x01\x02\x03\x04\n\x05\x06\n", "is not a text file"),
    ],
)
def test_files_that_are_no_tables_are_refused(folder: Path, content: bytes, sentence: str):
    (folder / "train.csv").write_bytes(content)
    with pytest.raises(ShelfcastError, match=sentence):
        find_inputs(folder)


def test_an_empty_part_is_no_fault_where_others_have_rows(folder: Path):
    (folder / "train_1.csv").write_text(SALES)
    (folder / "train_2.csv").write_text(SALES.splitlines()[0])
    assert [part.has_rows for part in find_inputs(folder).sales.parts] == [True, False]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (b"plain", "UTF-8"),
        ("caf\u00e9".encode(), "UTF-8"),
        ("caf\u00e9".encode("latin-1"), "Latin-1"),
        ("12,50 \u20ac".encode("cp1252"), "Latin-1"),
        ("caf\u00e9 \u00e9t\u00e9 ".encode() + b"\xe9", "UTF-8"),
        ("\ufffd".encode(), "UTF-8"),
    ],
)
def test_the_encoding_is_what_all_bytes_prove(tmp_path: Path, text: bytes, encoding: str):
    (tmp_path / "train.csv").write_bytes(SALES.encode() + b"x" * 2_000_000 + text + b"\n")
    assert open_parts(tmp_path / "train.csv")[0].encoding == encoding


def test_a_letter_cut_by_the_end_of_a_block_is_whole(tmp_path: Path):
    block = SALES.encode()
    (tmp_path / "train.csv").write_bytes(block + b"x" * ((1 << 20) - len(block) - 1) + "\u00e9".encode() + b"\n")
    assert open_parts(tmp_path / "train.csv")[0].encoding == "UTF-8"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_under_which_the_header_names_columns(sign: str):
    assert choose_separator(sign.join(("Store", "a b", "Weekly Sales", "dept"))) == sign


def test_a_line_may_name_the_separator_above_the_header(tmp_path: Path):
    (tmp_path / "train.csv").write_text("sep=;\n" + SALES.replace(",", ";"))
    part = open_parts(tmp_path / "train.csv")[0]
    assert (part.header, part.header_line, part.separator) == (NAMES, 2, ";")


def test_a_quoted_name_may_hold_the_separator():
    assert split_header('"Store"; "Note; old" ;Dept', ";") == ("Store", "Note; old", "Dept")


@pytest.mark.parametrize(("name", "write"), [("train.csv", Path.write_bytes), ("train.csv.gz", write_packed)])
def test_a_line_without_an_end_is_refused_by_its_number_before_it_is_read(tmp_path, name, write):
    path = tmp_path / name
    write(path, b"Store,Dept\n1,2\n3," + b"4" * (LINE_BYTES_MAX + 1) + b"\n5,6\n")
    with pytest.raises(ShelfcastError, match=rf"Line 3 of .*{name} is longer than 4 MB. Give each row its own line"):
        open_parts(path)


def test_long_lines_below_the_bound_are_read_wherever_pieces_of_the_file_begin(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(b"Store,Dept\r\n" + (b"1" * (LINE_BYTES_MAX - 2) + b"\r\n") * 3)
    assert open_parts(path)[0].has_rows


def test_a_packed_file_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("spark_jobs.ingest.file_format.UNPACKED_BYTES_FREE", 1 << 20)
    path = tmp_path / "train.csv.gz"
    write_packed(path, b"Store,Dept\n" + b"1,2\n" * 2_000_000)
    with pytest.raises(ShelfcastError, match=r"train.csv.gz unpacks to more than 200 times its size\."):
        open_parts(path)
    with zipfile.ZipFile(tmp_path / "many.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"train_{number}.csv", "Store,Dept\n" + "1,2\n" * 200_000)
    with pytest.raises(ShelfcastError, match=r"many.zip/train_\d.csv unpacks to more than 1 MB\."):
        open_parts(tmp_path / "many.zip")


def test_an_archive_of_very_many_files_is_refused_before_any_is_opened(tmp_path):
    path = tmp_path / "train.zip"
    for count in (MEMBERS_MAX, MEMBERS_MAX + 1):
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(count):
                archive.writestr(f"train_{number}.csv", "Store,Dept\n1,2\n")
        if count == MEMBERS_MAX:
            assert len(open_parts(path)) == count
    with pytest.raises(ShelfcastError, match=r"train.zip holds 501 files, and no more than 500 are read\. Put"):
        open_parts(path)
