"""The input files: where they are, what their bytes are, and whether there is anything in them to read."""

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import ShelfcastError

STEMS = {
    "store_attributes": "stores",
    "raw_sales": "train",
    "external_features": "features",
    "stock_positions": "inventory",
}
"""File name without its ending, by the table in schema raw that the file feeds."""
OPTIONAL = ("stock_positions",)
SUFFIXES = (".csv", ".csv.gz")
_CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True)
class InputFile:
    """One input file: the table it feeds, where it lies, and the SHA-256 of its bytes."""

    table: str
    path: Path
    sha256: str
    header: tuple[str, ...]
    header_line: int
    header_text: str = ""

    @property
    def name(self) -> str:
        """Name of the file without its folder."""
        return self.path.name


@dataclass(frozen=True)
class InputFiles:
    """The files of one load; `inventory` is there where the folder has it, and any may lack where rows are added."""

    folder: Path
    stores: InputFile | None = None
    sales: InputFile | None = None
    features: InputFile | None = None
    inventory: InputFile | None = None

    @property
    def all(self) -> tuple[InputFile, ...]:
        """The files in the order in which they are read: stores first."""
        found = (self.stores, self.sales, self.features, self.inventory)
        return tuple(file for file in found if file is not None)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the tables and the bytes of their files."""
        parts = "\n".join(f"{file.table} {file.sha256}" for file in self.all)
        return hashlib.sha256(parts.encode()).hexdigest()


def find_inputs(folder: str | Path, is_partial: bool = False) -> InputFiles:
    """Returns the input files of a folder: train, features, stores and, where present, inventory.

    Each is a .csv or a .csv.gz; capital letters in a name do not matter.

    Args:
        folder: where the files lie; with `is_partial` also one file of any name, which its columns tell apart.
        is_partial: whether the files are added to what is published, so that any of them may be absent.

    Raises:
        ShelfcastError: the folder or a file is missing, not readable, empty, or holds only a header.
    """
    if is_partial and Path(folder).is_file():
        return _of({table: _open(table, Path(folder)) for table in [_table_of(Path(folder))]}, Path(folder).parent)
    names = _names(Path(folder))
    found = {table: _pick(Path(folder), names, table, is_partial) for table in STEMS}
    files = {table: _open(table, path) for table, path in found.items() if path is not None}
    if not files:
        raise ShelfcastError(f"There is no input file in {folder}.", "Put train.csv, features.csv or another there.")
    return _of(files, Path(folder))


def _of(files: dict[str, InputFile], folder: Path) -> InputFiles:
    return InputFiles(
        folder=folder,
        stores=files.get("store_attributes"),
        sales=files.get("raw_sales"),
        features=files.get("external_features"),
        inventory=files.get("stock_positions"),
    )


_TELLING = {
    "weekly_sales": "raw_sales",
    "on_hand": "stock_positions",
    "size": "store_attributes",
    "temperature": "external_features",
}
"""Column that only one of the files has, by its name in lower case."""


def _table_of(path: Path) -> str:
    header = [name.lower() for name in _open("", path).header]
    for column, table in _TELLING.items():
        if column in header:
            return table
    raise ShelfcastError(
        f"{path} is none of the input files: it has none of the columns Weekly_Sales, On_Hand, Size and Temperature.",
        "Keep the first line that the file had.",
    )


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        raise ShelfcastError(f"There is no folder {folder}.", "Give the folder that holds train.csv.") from None
    except NotADirectoryError:
        raise ShelfcastError(f"{folder} is a file.", "Give the folder that holds train.csv.") from None
    except PermissionError:
        raise ShelfcastError(
            f"The folder {folder} is not readable.", "Give its reader permission, for example with chmod u+rx."
        ) from None


def _pick(folder: Path, names: list[str], table: str, is_partial: bool) -> Path | None:
    wanted = [STEMS[table] + suffix for suffix in SUFFIXES]
    found = [name for name in names if name.lower() in wanted]
    if len(found) > 1:
        raise ShelfcastError(f"{folder} holds both {found[0]} and {found[1]}.", "Keep one of them.")
    if not found and not is_partial and table not in OPTIONAL:
        raise ShelfcastError(f"{wanted[0]} is missing from {folder}.", f"Put {' or '.join(wanted)} there.")
    return folder / found[0] if found else None


def _open(table: str, path: Path) -> InputFile:
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        lines = _first_lines(path, 2)
    except PermissionError:
        raise ShelfcastError(
            f"{path} is not readable.", "Give its reader permission, for example with chmod u+r."
        ) from None
    except IsADirectoryError:
        raise ShelfcastError(f"{path} is a folder.", "Put the file of that name in its place.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ShelfcastError(f"{path} is not a whole gzip file.", "Copy or compress it again.") from None
    if not lines:
        raise ShelfcastError(f"{path} is empty.", "Put the file with its header and rows in its place.")
    if len(lines) == 1:
        raise ShelfcastError(f"{path} holds a header and no rows.", "Put the file with its rows in its place.")
    number, header = lines[0]
    return InputFile(table, path.absolute(), sha256, _split(header), number, header)


def _first_lines(path: Path, count: int) -> list[tuple[int, str]]:
    """Returns the first lines that are not empty, with their numbers; reads a gzip file to its end to prove it.

    LF, CRLF and a bare CR end a line.
    """
    is_gzip = path.suffix.lower() == ".gz"
    with (gzip.open if is_gzip else open)(path, "rb") as file:
        head = file.read(_HEAD)
        while is_gzip and file.read(_CHUNK):
            pass
    _refuse_wide_characters(path, head)
    text = head.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    filled = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return filled[:count]


def _refuse_wide_characters(path: Path, head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ShelfcastError(f"{path} is written in UTF-16.", "Save it as CSV in UTF-8.")


def _split(header: str) -> tuple[str, ...]:
    return tuple(name.strip().strip('"').strip() for name in header.split(","))
