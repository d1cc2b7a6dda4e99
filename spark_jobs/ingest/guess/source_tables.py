"""The tables in a folder: files that may be read, those that belong together as one, and their rows in batches."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_jobs.ingest.file_format import ENDINGS, PACKINGS, Part, digest, natural_order, open_parts, utf8_stream
from spark_jobs.ingest.guess.title_rows import misplaced_header
from spark_jobs.ingest.lines import BLANKS
from spark_jobs.ingest.mapping import MAPPING_NAME, matching
from spark_jobs.ingest.other_forms import OTHER_FORMS, WORKBOOKS, as_csv, is_other_form, nested_columns, sheet_paths
from spark_jobs.ingest.schema import fold
from warehouse.errors import ShelfcastError
from warehouse.files import files_in, is_named_as_text

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 8 << 20
"""Bytes that are read at once: more than twice the longest line."""
_NEVER_ENDS = b"a quote that does not end\n"
_COPY = re.compile(r"copy|copia|copie|kopie|kopia|kopi|backup|\bbak\b|\bold\b|\(\d+\)")
"""Words in the names of copies."""
_GLOB = re.compile(r"[\[\]*?]")
_NOT_READ = (".xls", ".ods", ".json", ".jsonl", ".avro", ".orc", ".feather", ".sas7bdat", ".dta", ".sav", ".rds")


@dataclass(frozen=True)
class SourceTable:
    """Files of the same columns that are read as one table.

    Attributes:
        files: what a mapping calls them: a name, or a pattern.
        parts: the files, in the order of their names.
    """

    files: str
    parts: tuple[Part, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.parts[0].header

    @property
    def separators(self) -> set[str]:
        """What stands between the columns."""
        return {part.separator for part in self.parts}


@dataclass(frozen=True)
class Batch:
    """Some rows of a table.

    Attributes:
        columns: texts of the wanted columns, each as the different texts and where they stand.
        part: number of the part.
        first: rows of the part before these.
    """

    columns: tuple["pa.DictionaryArray", ...]
    part: int
    first: int

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0


@dataclass
class Widths:
    """How many rows of a table have not as many fields as its header."""

    wrong: int = 0


def find_tables(folder: Path, working: Path) -> tuple[list[SourceTable], list[SourceTable], list[str]]:
    """Returns the tables of a folder, the further sheets of its workbooks, and sentences on the files that are none.

    Args:
        folder: where the files lie.
        working: folder for copies of workbooks and Parquet files as text.

    Raises:
        ShelfcastError: the folder is not there, or no file in it can be read.
    """
    names = _file_names(folder)
    tables, sheets, notes, errors = list[SourceTable](), list[SourceTable](), list[str](), list[ShelfcastError]()
    for name in names:
        try:
            found, said = _read_file(folder / name, working)
        except ShelfcastError as error:
            errors.append(error)
            continue
        tables += [table for table in found if table.files == name]
        sheets += [table for table in found if table.files != name]
        notes += said
    tables = _without_copies(tables, notes)
    if not tables and errors:
        raise errors[0]
    if not tables:
        raise ShelfcastError(
            f"There is no file with a table in {folder}{': ' * bool(notes)}{'; '.join(notes)}.",
            f"Put the sales there, as {', '.join((*ENDINGS, *OTHER_FORMS))}, packed or not.",
        )
    notes += map(str, errors)
    notes += [f"{path.name}; save it as CSV, .xlsx or Parquet" for path in _of_other_kinds(folder)]
    notes += [f"{path.name!a}, whose name is not UTF-8; rename it" for path in _misnamed(folder)]
    return _joined(folder, tables), sheets, notes


def _file_names(folder: Path) -> list[str]:
    found = files_in(folder, "the sales")
    entries = [
        path for path in found if path.is_file() and is_named_as_text(path) and not path.name.startswith((".", "~$"))
    ]
    wanted = [path.name for path in entries if _may_be_table(path) and path.name != MAPPING_NAME]
    return sorted(wanted, key=natural_order)


def _may_be_table(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    if suffixes[-1:] == [".zip"] or is_other_form(path):
        return True
    inner = suffixes[:-1] if suffixes and suffixes[-1] in PACKINGS else suffixes
    return bool(inner) and inner[-1] in ENDINGS


def _of_other_kinds(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in _NOT_READ)


def _misnamed(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not is_named_as_text(path)]


def _read_file(path: Path, working: Path) -> tuple[list[SourceTable], list[str]]:
    """Returns the table that a file holds, if any, those of a workbook's further sheets, and what is to be said."""
    sheets = sheet_paths(path)[1:] if path.suffix.lower() in WORKBOOKS else []
    tables, notes = list[SourceTable](), list[str]()
    for source in [path, *sheets]:
        try:
            tables.append(_read_table(source, working, f"{path.name}/{source.name}" if source in sheets else path.name))
        except _NoTableError as error:
            notes.append(str(error))
        except ShelfcastError as error:
            if source is path:
                raise
            notes.append(str(error))
    if tables and (nested := nested_columns(path)):
        notes.append(f"{', '.join(nested)} of {path.name}: lists or tables in cells; write plain values")
    return tables, notes


class _NoTableError(ShelfcastError):
    """A file that can be read and holds no table."""


def _read_table(source: Path, working: Path, name: str) -> SourceTable:
    texts = as_csv(source, working) if is_other_form(source) else [source]
    parts = [part for text in texts for part in open_parts(text)]
    if any(len(part.header) < 2 or not part.has_rows for part in parts):
        title = next(filter(None, map(misplaced_header, parts)), "")
        raise _NoTableError(
            f"{title}: remove the lines above it" if title else f"{name} has one column alone, or no row"
        )
    if len({tuple(map(fold, part.header)) for part in parts}) > 1:
        raise _NoTableError(f"{name} holds tables of different columns; unpack it")
    return SourceTable(name, tuple(parts))


def _without_copies(tables: list[SourceTable], notes: list[str]) -> list[SourceTable]:
    """Returns the tables without those that are byte for byte another: their sales would count twice."""
    firsts: dict[tuple[str, ...], SourceTable] = {}
    for table in sorted(tables, key=lambda table: bool(_COPY.search(table.files.lower()))):
        key = tuple(digest(part.path) for part in table.parts)
        first = firsts.setdefault(key, table)
        if first is not table:
            notes.append(f"{table.files} is a copy of {first.files}")
    return list(firsts.values())


def _joined(folder: Path, tables: list[SourceTable]) -> list[SourceTable]:
    """Returns the tables, those of the same columns whose names differ in one place alone as one."""

    def key(table: SourceTable) -> tuple[tuple[str, ...], str]:
        return tuple(map(fold, table.header)), "".join(Path(table.files).suffixes[-1:])

    joined: list[SourceTable] = []
    for _, alike in groupby(sorted(tables, key=key), key):
        group = list(alike)
        pattern = _pattern([table.files for table in group]) if len(group) > 1 else ""
        names = {path.name for path in matching(folder, pattern)} if pattern else set()
        if names == {table.files for table in group}:
            ordered = sorted(group, key=lambda table: natural_order(table.files))
            joined.append(SourceTable(pattern, tuple(part for table in ordered for part in table.parts)))
        else:
            joined += group
    return sorted(joined, key=lambda table: natural_order(table.files))


def _pattern(names: Sequence[str]) -> str:
    """Returns the pattern of names that begin and end alike; nothing where there is none.

    >>> _pattern(["sales_2023.csv", "sales_2024.csv"])
    'sales_*.csv'
    """
    begin = _common([name.lower() for name in names])
    end = _common([name.lower()[len(begin) :][::-1] for name in names])
    # What is shared of the digits belongs to what differs.
    start = names[0][: len(begin.rstrip("0123456789"))]
    close = names[0][len(names[0]) - len(end) :].lstrip("0123456789")
    return f"{_escaped(start)}*{_escaped(close)}"


def _common(names: Sequence[str]) -> str:
    shortest = min(names, key=len)
    for length, sign in enumerate(shortest):
        if any(name[length] != sign for name in names):
            return shortest[:length]
    return shortest


def _escaped(text: str) -> str:
    return _GLOB.sub(lambda found: f"[{found[0]}]", text)


def read_batches(table: SourceTable, columns: Sequence[str], widths: Widths | None = None) -> Iterator[Batch]:
    """Gives the rows of a table in batches, the texts of some columns without blanks and quotes around them.

    Args:
        table: the table; rows that have not as many fields as the header are left out.
        columns: names of the columns wanted, as the header of the first part has them.
        widths: counts the rows that are left out.
    """
    places = [table.header.index(name) for name in columns]
    for number, part in enumerate(table.parts):
        yield from _part_batches(part, number, places, widths or Widths())


def count_rows(table: SourceTable) -> int:
    """Returns how many rows of a table have as many fields as its header."""
    return sum(len(batch) for batch in read_batches(table, table.header[:1]))


def _part_batches(part: Part, number: int, places: Sequence[int], widths: Widths) -> Iterator[Batch]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(place) for place in range(len(part.header))]
    kind = pa.dictionary(pa.int32(), pa.string())

    def left_out(row: Any) -> str:
        widths.wrong += bool(row.text.strip(" ,;\t|"))
        return "skip"

    read = arrow_csv.ReadOptions(
        block_size=_BLOCK, skip_rows=part.header_line, column_names=names, use_threads=True, encoding="utf8"
    )
    parse = arrow_csv.ParseOptions(delimiter=part.separator, invalid_row_handler=left_out)
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(names, kind),
        include_columns=sorted({names[place] for place in places}, key=int),
        strings_can_be_null=False,
        check_utf8=False,
    )
    first = 0
    with utf8_stream(part) as stream, suppress(StopIteration):
        reader = _open_reader(_QuotesClosed(stream), read, parse, convert)
        while reader is not None:
            batch = reader.read_next_batch()
            yield Batch(tuple(_trimmed(batch.column(names[place])) for place in places), number, first)
            first += len(batch)


class _QuotesClosed(io.RawIOBase):
    """Lines of text, those in which a quote does not end emptied: it would swallow the lines below."""

    def __init__(self, source: io.RawIOBase) -> None:
        self._source = source
        self._ready = b""
        self._rest = b""
        self._is_at_end = False

    def readable(self) -> bool:
        """Returns that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Returns at most `size` bytes, all that are left by default; none at the end."""
        while not self._is_at_end and (size < 0 or len(self._ready) < size):
            chunk = self._source.read(_BLOCK) or b""
            self._is_at_end = not chunk
            self._ready += self._closed(self._rest + chunk)
        end = len(self._ready) if size < 0 else size
        text, self._ready = self._ready[:end], self._ready[end:]
        return text

    def _closed(self, text: bytes) -> bytes:
        """Returns the whole lines of a text; what follows them is kept for the next."""
        end = len(text) if self._is_at_end else max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        whole, self._rest = text[:end], text[end:]
        if b'"' not in whole:
            return whole
        return b"".join(_NEVER_ENDS if line.count(b'"') % 2 else line for line in whole.splitlines(keepends=True))


def _open_reader(stream: Any, read: Any, parse: Any, convert: Any) -> Any:
    """Returns the reader of a stream; nothing where no row follows."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        return arrow_csv.open_csv(stream, read, parse, convert)
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return None
        raise


def _trimmed(column: "pa.DictionaryArray") -> "pa.DictionaryArray":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pa.DictionaryArray.from_arrays(column.indices, pc.utf8_trim(column.dictionary, characters=BLANKS))
