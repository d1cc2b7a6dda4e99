"""Files that are no text: sheets of a workbook and Parquet, written as CSV, which the ingest reads like any other."""

import csv
import datetime as dt
import hashlib
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_jobs.ingest.file_format import UNPACKED_BYTES_FREE, UNPACKED_TIMES_MAX
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile
    from python_calamine import CalamineSheet, CalamineWorkbook

WORKBOOKS, PARQUET = (".xlsx",), (".parquet",)
OTHER_FORMS = (*WORKBOOKS, *PARQUET)
"""Endings of the files that `as_csv` writes as text."""
CELLS_MAX = 30_000_000
"""The most cells between the first and the last one of a sheet: all are held at once, each in some 30 bytes."""
_CHUNK = 1 << 20
_LOCKED = b"\xd0\xcf\x11\xe0"
"""How a workbook begins that is locked with a password; and one of before 2007, whatever its name says."""
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Z]{0,3})(\d{1,8})["']""")
_REFERENCE_BYTES = 64
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_UNSAFE = re.compile(r"[^\w.() -]")
_EXACT = 10**15
"""Up to here all whole numbers are kept by double precision."""


def is_other_form(path: Path) -> bool:
    """Returns whether a path is a workbook, a sheet of one, or a Parquet file, by its ending."""
    return path.suffix.lower() in OTHER_FORMS or path.parent.suffix.lower() in WORKBOOKS


def sheet_paths(path: Path) -> list[Path]:
    """Returns the path of every sheet of a workbook that holds something, such as sales.xlsx/January.

    Raises:
        ShelfcastError: the workbook is locked, damaged, or too large.
    """
    with _open_workbook(path) as book:
        return [path / name for name in book.sheet_names if book.get_sheet_by_name(name).total_height]


def nested_columns(path: Path) -> list[str]:
    """Returns the columns of a Parquet file that are left out since they hold lists or tables; none of another file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix.lower() not in PARQUET:
        return []
    return [field.name for field in pq.read_schema(path) if pa.types.is_nested(field.type)]


def as_csv(path: Path, folder: Path) -> list[Path]:
    """Returns the files of UTF-8 text, in a working folder, that hold what a file of another form does.

    Texts stay as they are, but line breaks in them become blanks; numbers keep all their digits, dates are ISO. An
    empty cell, and a missing value, is an empty field; rows without any field are left out.

    Args:
        path: a Parquet file; a workbook, whose first sheet is taken; or a sheet of it, such as sales.xlsx/January.
        folder: the working folder; what an earlier call wrote there is taken while the file has not changed since.

    Raises:
        ShelfcastError: the file is locked, damaged or too large, or has no such sheet; or there is no room.
    """
    whole, sheet = (path, "") if path.suffix.lower() in OTHER_FORMS else (path.parent, path.name)
    # Called as the file is: sentences and rows that are set aside name it.
    name = _UNSAFE.sub("_", f"{whole.name} {sheet}" if sheet else whole.name)
    try:
        place = _place(folder, path, whole)
        target = place / name
        if target.exists():
            return [target]
        begun = place / f".{name}.begun"
        if whole.suffix.lower() in PARQUET:
            _write_parquet(whole, begun)
        else:
            _write_sheet(whole, sheet, begun)
        begun.replace(target)
    except PermissionError as error:
        raise ShelfcastError(f"{error.filename or path} is not readable.", "Give its reader permission.") from None
    except OSError as error:
        raise ShelfcastError(
            f"{path.name} cannot be written as text into {folder}: {error.strerror or error}.", "Make room there."
        ) from None
    return [target]


def _place(folder: Path, path: Path, whole: Path) -> Path:
    """Returns the folder for the text of a file as it is now; those of the file as it was are removed."""
    stem = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16]
    state = whole.stat()
    place = folder / f"{stem}-{state.st_size:x}-{state.st_mtime_ns:x}"
    for other in folder.glob(f"{stem}-*"):
        if other != place:
            shutil.rmtree(other, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _write_sheet(path: Path, name: str, target: Path) -> None:
    with _open_workbook(path) as book, target.open("w", encoding="utf-8", newline="") as file:
        sheet = _sheet(path, book, name)
        csv.writer(file, lineterminator="\n").writerows(_filled_rows(sheet))


def _sheet(path: Path, book: "CalamineWorkbook", name: str) -> "CalamineSheet":
    if name and name not in book.sheet_names:
        raise ShelfcastError(f"{path} has no sheet {name}.", f"Its sheets are {', '.join(book.sheet_names)}.")
    for found in [name] if name else book.sheet_names:
        sheet = book.get_sheet_by_name(found)
        if sheet.total_height:
            return sheet
    raise ShelfcastError(f"{path} is empty.", "Put the workbook with its header and rows in its place.")


def _filled_rows(sheet: "CalamineSheet") -> Iterator[list[str]]:
    """Gives the rows with something in them, from the header on: titles above it stand in one cell alone."""
    has_begun = sheet.total_width < 1
    for cells in sheet.iter_rows():
        texts = [_cell_text(cell) for cell in cells]
        filled = sum(map(bool, texts))
        has_begun = has_begun or filled > 1
        if has_begun and filled:
            yield texts


def _cell_text(cell: Any) -> str:
    """Returns the text of a cell.

    >>> [_cell_text(cell) for cell in (0.1, 31198570044.0, "007", True, dt.datetime(2017, 1, 1, 11, 53))]
    ['0.1', '31198570044', '007', 'TRUE', '2017-01-01 11:53:00']
    """
    if isinstance(cell, str):
        return _LINE_BREAKS.sub(" ", cell)
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell == int(cell) and abs(cell) < _EXACT else format(Decimal(repr(cell)), "f")
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


@contextmanager
def _open_workbook(path: Path) -> "Iterator[CalamineWorkbook]":
    from python_calamine import CalamineError, CalamineWorkbook

    with path.open("rb") as file:
        if file.read(len(_LOCKED)) == _LOCKED:
            raise ShelfcastError(
                f"{path} is locked with a password, or of a form before .xlsx.", "Save it as .xlsx without a password."
            )
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.xlsx"
            _copy_bounded(path, copy)
            with CalamineWorkbook.from_path(copy) as book:
                yield book
    except (zipfile.BadZipFile, zlib.error, EOFError, CalamineError, NotImplementedError):
        raise _damaged(path) from None
    except BaseException as error:
        # What the reader raises where it meets what it never expected is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(path) from None


def _damaged(path: Path) -> ShelfcastError:
    return ShelfcastError(f"{path} is not a whole workbook.", "Save it again as .xlsx, or as CSV.")


def _copy_bounded(path: Path, target: Path) -> None:
    """Unpacks a workbook into one that says truly how large its parts are, and refuses one that is too large."""
    most = _most_bytes(path)
    total = 0
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as copy:
        for info in packed.infolist():
            if info.is_dir():
                continue
            cells = _Extent(path) if "worksheets/" in info.filename else None
            with packed.open(info) as source, copy.open(info.filename, "w", force_zip64=True) as part:
                while chunk := source.read(_CHUNK):
                    total += len(chunk)
                    if total > most:
                        raise _too_large(path, most)
                    if cells is not None:
                        cells.feed(chunk)
                    part.write(chunk)


def _most_bytes(path: Path) -> int:
    return max(UNPACKED_BYTES_FREE, UNPACKED_TIMES_MAX * path.stat().st_size)


def _too_large(path: Path, most: int) -> ShelfcastError:
    return ShelfcastError(f"{path} unpacks to more than {most >> 20:,} MB.", "Save the table in it as CSV.")


class _Extent:
    """The rectangle of a sheet from its first cell to its last, of which one cell far away makes billions."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self._columns, self._rows = 1, 1

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the sheet.

        Raises:
            ShelfcastError: the rectangle has too many cells.
        """
        text = self._rest + chunk
        references = set(_REFERENCE.findall(text))
        self._rest = text[-_REFERENCE_BYTES:]
        self._columns = max([self._columns, *(_column_number(letters) for letters, _ in references)])
        self._rows = max([self._rows, *(int(row) for _, row in references)])
        if self._columns * self._rows > CELLS_MAX:
            raise ShelfcastError(
                f"{self._path} has a sheet of {self._rows:,} rows and {self._columns:,} columns, more than "
                f"{CELLS_MAX:,} cells.",
                "Save the table in it as CSV, or copy it into a new sheet.",
            )


def _column_number(letters: bytes) -> int:
    """Returns the number of a column, counted from 1.

    >>> _column_number(b"A"), _column_number(b"AB")
    (1, 28)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _write_parquet(path: Path, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as source:
            _write_batches(path, source, target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        raise ShelfcastError(f"{path} is not a whole Parquet file.", "Write it again.") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise ShelfcastError(f"{path} is not a whole Parquet file.", "Write it again.") from None


def _write_batches(path: Path, source: "ParquetFile", target: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    flat = [field for field in source.schema_arrow if not pa.types.is_nested(field.type)]
    names = [_LINE_BREAKS.sub(" ", field.name) for field in flat]
    most = _most_bytes(path)
    with target.open("wb") as file:
        file.write(_header_line(names))
        for batch in source.iter_batches(columns=[field.name for field in flat]):
            texts = pa.record_batch([_as_texts(column) for column in batch.columns], names=names)
            # Lines without quotes are read at half the cost.
            style = "needed" if _needs_quotes(texts) else "none"
            arrow_csv.write_csv(texts, file, arrow_csv.WriteOptions(include_header=False, quoting_style=style))
            if file.tell() > most:
                raise _too_large(path, most)


def _needs_quotes(texts: "pa.RecordBatch") -> bool:
    import pyarrow.compute as pc

    return any(pc.any(pc.match_substring_regex(column, '[",]')).as_py() for column in texts.columns)


def _header_line(names: Sequence[str]) -> bytes:
    quoted: Iterable[str] = ('"' + name.replace('"', '""') + '"' for name in names)
    return (",".join(quoted) + "\n").encode()


def _as_texts(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    texts = column if pa.types.is_string(column.type) else _cast_to_texts(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = pc.replace_substring_regex(texts, pattern=_LINE_BREAKS.pattern, replacement=" ")
    return pc.fill_null(texts, "")


def _cast_to_texts(column: "pa.Array") -> "pa.Array":
    """Returns the values as texts, whole numbers without an exponent; of bytes that are no text nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        numbers = pc.cast(column, pa.float64()) if pa.types.is_float16(column.type) else column
        is_whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _EXACT))
        whole = pc.cast(pc.if_else(is_whole, numbers, None), pa.int64())
        return pc.coalesce(pc.cast(whole, pa.string()), pc.cast(numbers, pa.string()))
    try:
        return pc.cast(column, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(column), pa.string())
