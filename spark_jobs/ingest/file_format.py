"""The bytes of an input file: how they are packed, in which encoding they are, and the header they begin with."""

import bz2
import codecs
import csv
import gzip
import hashlib
import io
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from spark_jobs.ingest.encodings import CELLS_MAX, CODECS, Encoding, Reading, foreign_cells, read_letters
from spark_jobs.ingest.schema import fold
from warehouse.errors import ShelfcastError

ENDINGS = (".csv", ".tsv", ".txt")
PACKINGS = (".gz", ".bz2", ".zst", ".zip")
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""What may stand between the columns, and its word."""
_CHUNK = 1 << 20
_LARGE_GZIP = 2 * _CHUNK
"""Bytes of a gzip file from which on it is unpacked before Spark reads it."""
LINE_BYTES_MAX = 4 * _CHUNK
"""The longest line: a row of numbers has a hundred bytes."""
UNPACKED_BYTES_FREE, UNPACKED_TIMES_MAX = 100 * _CHUNK, 200
"""What a packed file may unpack to whatever its size, and beyond that how many times its size; rows seldom reach 30."""
MEMBERS_MAX = 500
"""The most files in a zip archive: each is opened by itself."""
_ENCRYPTED = 1
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_FOREIGN = {b"\x89PNG": "a picture", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an Excel workbook"}
_NOT_WHOLE = (gzip.BadGzipFile, zipfile.BadZipFile, EOFError, zlib.error)
_PACKED_WORDS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "Zstandard", ".zip": "zip"}


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Returns at most `size` bytes, all that are left by default; none at the end."""
        ...


_OPENERS: dict[str, Callable[[Path, Literal["rb"]], AbstractContextManager[Readable]]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    "": open,
}


@dataclass(frozen=True)
class Part:
    """One of the files that hold a table.

    Attributes:
        path: the file, or the zip archive that holds it.
        member: its name within the archive; empty where there is none.
        name: what sentences and rejected rows call it.
        header: the names of its columns.
        header_line: number of the header's line, counted from 1.
        has_rows: whether anything stands below the header.
        rival: another encoding in which its letters are as likely; None where there is none.
    """

    path: Path
    member: str
    name: str
    encoding: Encoding
    separator: str
    header: tuple[str, ...]
    header_line: int
    header_text: str
    has_rows: bool
    rival: Encoding | None = None


def open_parts(path: Path, known: Set[str] = frozenset()) -> list[Part]:
    """Returns the parts that a file holds: itself, or the members of a zip archive in the order of their names.

    Reads the file once to its end, in pieces, to know its encoding and that it is whole.

    Args:
        path: the file.
        known: folded names of the columns that it may have; what parts most of them is what stands between columns.

    Raises:
        ShelfcastError: the file is not readable, not whole, empty, or no text.
    """
    return _parts(path, known, is_whole=True)


def _parts(path: Path, known: Set[str], is_whole: bool) -> list[Part]:
    try:
        members = _members(path) if _packing(path) == ".zip" else [""]
        bounds = _Bounds(path.stat().st_size if _packing(path) else None)
        return [_open(path, member, len(members) > 1, bounds, known, is_whole) for member in members]
    except PermissionError:
        raise ShelfcastError(
            f"{path} is not readable.", "Give its reader permission, for example with chmod u+r."
        ) from None
    except IsADirectoryError:
        raise ShelfcastError(f"{path} is a folder.", "Put the file of that name in its place.") from None


def peek_parts(path: Path, known: Set[str] = frozenset()) -> list[Part]:
    """Returns what `open_parts` does from the beginning of each part alone, which is enough for their headers.

    Raises:
        ShelfcastError: see `open_parts`; what is wrong further on is not seen.
    """
    return _parts(path, known, is_whole=False)


def digest(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def readable_path(part: Part, folder: Path) -> Path:
    """Returns a file with the lines of a part that Spark can read: itself, a link, or an unpacked copy in `folder`.

    Raises:
        ShelfcastError: there is no room for the copy.
    """
    path, packing = part.path, _packing(part.path)
    is_narrow = part.encoding in ("UTF-8", "Latin-1")
    # A task reads the whole of a gzip file: unpacked, a large one is read by all cores.
    is_large = packing == ".gz" and path.stat().st_size > _LARGE_GZIP
    is_readable = is_narrow and packing in ("", ".gz", ".bz2") and not is_large
    if is_readable and path.suffix == path.suffix.lower():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{path} {part.member}".encode()).hexdigest()[:16]
    if is_readable:
        target = folder / f"{name}.csv{packing}"
        target.unlink(missing_ok=True)
        target.symlink_to(path)
        return target
    target = folder / f"{name}.csv"
    _copy_as_text(part, target, is_narrow)
    return target


def _copy_as_text(part: Part, target: Path, is_narrow: bool) -> None:
    try:
        with _unpacked(part.path, part.member) as source, target.open("wb") as copy:
            if is_narrow:
                shutil.copyfileobj(source, copy, _CHUNK)
                return
            decoder = codecs.getincrementaldecoder(CODECS[part.encoding])(errors="replace")
            while chunk := source.read(_CHUNK):
                copy.write(decoder.decode(chunk).encode(errors="replace"))
            copy.write(decoder.decode(b"", final=True).encode(errors="replace"))
    except OSError as error:
        raise ShelfcastError(
            f"{part.name} cannot be unpacked into {target.parent}: {error.strerror or error}.", "Make room there."
        ) from None


@contextmanager
def utf8_stream(part: Part) -> "Iterator[io.RawIOBase]":
    """Gives the bytes of a part, unpacked and in UTF-8 whatever its encoding is; what is damaged is replaced.

    Raises:
        ShelfcastError: the file is not whole.
    """
    with _unpacked(part.path, part.member) as source:
        yield _Recoded(source, part.encoding)


class _Recoded(io.RawIOBase):
    """A stream of text in UTF-8, made of one in another encoding."""

    def __init__(self, source: Readable, encoding: Encoding) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(CODECS[encoding])(errors="replace")
        self._ready = bytearray()
        self._is_at_end = False

    def readable(self) -> bool:
        """Returns that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Returns at most `size` bytes, all that are left by default; none at the end."""
        while not self._is_at_end and (size < 0 or len(self._ready) < size):
            chunk = self._source.read(_CHUNK)
            self._is_at_end = not chunk
            self._ready += self._decoder.decode(chunk, final=self._is_at_end).encode(errors="replace")
        end = len(self._ready) if size < 0 else size
        text = bytes(self._ready[:end])
        del self._ready[:end]
        return text


def _packing(path: Path) -> str:
    return path.suffix.lower() if path.suffix.lower() in PACKINGS else ""


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = sorted(archive.infolist(), key=lambda info: natural_order(info.filename))
    except zipfile.BadZipFile:
        raise _not_whole(path, ".zip") from None
    if len(infos) > MEMBERS_MAX:
        raise ShelfcastError(
            f"{path} holds {len(infos):,} files, and no more than {MEMBERS_MAX} are read.",
            "Put their rows together in fewer files.",
        )
    wanted = [info for info in infos if _is_table(info.filename)]
    if not wanted:
        raise ShelfcastError(f"{path} holds no {', '.join(ENDINGS)} file.", "Zip the file with the rows again.")
    if any(info.flag_bits & _ENCRYPTED or info.compress_type not in _ZIP_METHODS for info in wanted):
        raise ShelfcastError(
            f"{path} is locked with a password or packed in an unusual way.", "Unpack it and put its file in its place."
        )
    return [info.filename for info in wanted]


def _is_table(member: str) -> bool:
    names = member.split("/")
    return names[-1].lower().endswith(ENDINGS) and not any(name.startswith((".", "__MACOSX")) for name in names)


def natural_order(name: str) -> tuple[tuple[int, str], ...]:
    """Returns a key that sorts train_2 before train_10."""
    pieces = re.findall(r"\d+|\D+", name.lower())
    return tuple((int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces)


@contextmanager
def _unpacked(path: Path, member: str) -> Iterator[Readable]:
    packing = _packing(path)
    try:
        if packing == ".zip":
            with zipfile.ZipFile(path) as archive, archive.open(member) as file:
                yield file
        elif packing == ".zst":
            # Other readers take a file that broke off for one that has ended.
            import pyarrow as pa

            with path.open("rb") as packed, pa.CompressedInputStream(packed, "zstd") as file:
                yield file
        else:
            with _OPENERS[packing](path, "rb") as file:
                yield file
    except _NOT_WHOLE:
        raise _not_whole(path, packing) from None
    except OSError as error:
        # Neither bzip2 nor Zstandard has an error of its own for broken data.
        if packing in (".bz2", ".zst") and error.errno is None:
            raise _not_whole(path, packing) from None
        raise


def _not_whole(path: Path, packing: str) -> ShelfcastError:
    return ShelfcastError(f"{path} is not a whole {_PACKED_WORDS[packing]} file.", "Copy or compress it again.")


def _open(path: Path, member: str, is_one_of_many: bool, bounds: "_Bounds", known: Set[str], is_whole: bool) -> Part:
    name = f"{path.name}/{Path(member).name}" if is_one_of_many else path.name
    shown = f"{path}/{member}" if is_one_of_many else str(path)
    with _unpacked(path, member) as stream:
        head = stream.read(_CHUNK)
        _refuse_foreign(shown, head)
        bounds.begin(shown)
        reading = _encoding(head, stream if is_whole else io.BytesIO(), bounds)
    text = head.decode(CODECS[reading.encoding], errors="replace").removeprefix("\ufeff")
    lines = _filled_lines(text.replace("\r\n", "\n").replace("\r", "\n"))
    if not lines:
        raise ShelfcastError(f"{shown} is empty.", "Put the file with its header and rows in its place.")
    separator, lines = _named_separator(lines)
    number, header = lines[0] if lines else (1, "")
    if re.search(r"[\x00-\x08\x0e-\x1f]", header):
        raise ShelfcastError(f"{shown} is not a text file.", "Put the file with its header and rows in its place.")
    chosen = separator or choose_separator(header, known)
    names = split_header(header, chosen)
    return Part(
        path.absolute(), member, name, reading.encoding, chosen, names, number, header, len(lines) > 1, reading.rival
    )


def _filled_lines(text: str) -> list[tuple[int, str]]:
    lines = ((number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip())
    return [line for line, _ in zip(lines, range(3), strict=False)]


def _named_separator(lines: list[tuple[int, str]]) -> tuple[str, list[tuple[int, str]]]:
    """Returns the separator that a first line like `sep=;` names, else an empty text, and the lines below."""
    found = re.fullmatch(r'"?sep=(.)"?', lines[0][1].rstrip(" "), re.IGNORECASE)
    return (found[1], lines[1:]) if found and found[1] in SEPARATORS else ("", lines)


def choose_separator(header: str, known: Set[str] = frozenset()) -> str:
    """Returns what stands between the columns: the sign that parts most known ones in the header, or most at all."""

    def named(sign: str) -> tuple[int, int]:
        names = split_header(header, sign)
        return len(known & {fold(name) for name in names}), len(names)

    return max(SEPARATORS, key=named)


def split_header(header: str, separator: str) -> tuple[str, ...]:
    """Returns the names in a header, without quotes and the blanks around them."""
    fields = next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])
    return tuple(name.strip().strip('"').strip() for name in fields)


def _refuse_foreign(shown: str, head: bytes) -> None:
    if head.startswith(b"PK\x03\x04"):
        is_workbook = b"[Content_Types].xml" in head or b"xl/" in head
        what = "an Excel workbook" if is_workbook else "a zip archive"
        fix = "Save it as CSV." if is_workbook else "Let its name end in .zip."
        raise ShelfcastError(f"{shown} is {what}, whatever its name says.", fix)
    if head.startswith(b"\x1f\x8b"):
        raise ShelfcastError(f"{shown} is packed with gzip, whatever its name says.", "Let its name end in .gz.")
    for magic, what in _FOREIGN.items():
        if head.startswith(magic):
            raise ShelfcastError(f"{shown} is {what}, not a text file.", "Save the table in it as CSV.")


def _encoding(head: bytes, rest: Readable, bounds: "_Bounds") -> Reading:
    """Returns the encoding of a file from all of its bytes; those after `head` are read from `rest`."""
    wide = _wide(head)
    check = _Utf8Check()
    chunk = head
    while chunk:
        bounds.feed(chunk)
        if wide is None:
            check.feed(chunk)
        chunk = rest.read(_CHUNK)
    return Reading(wide) if wide else check.reading


def _wide(head: bytes) -> Encoding | None:
    """Returns the UTF-16 that the first bytes show: by a mark, or by a zero in every other byte."""
    if head.startswith(b"\xff\xfe"):
        return "UTF-16 LE"
    if head.startswith(b"\xfe\xff"):
        return "UTF-16 BE"
    start = head[:200]
    if len(start) >= 8 and 0 not in start[::2] and not any(start[1::2]):
        return "UTF-16 LE"
    if len(start) >= 8 and 0 not in start[1::2] and not any(start[::2]):
        return "UTF-16 BE"
    return None


class _Bounds:
    """What a file may take: lines of a bounded length, and, where it is packed, a bounded multiple of its size."""

    def __init__(self, packed_bytes: int | None) -> None:
        self._total = 0
        self.begin("")
        self._most = max(UNPACKED_BYTES_FREE, UNPACKED_TIMES_MAX * packed_bytes) if packed_bytes is not None else None

    def begin(self, shown: str) -> None:
        """Begins the lines of the file, or of its next member, that sentences call so."""
        self._shown = shown
        self._open = self._feeds = self._returns = 0

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the file.

        Raises:
            ShelfcastError: they are too many.
        """
        ends = [place for place in (chunk.find(b"\n"), chunk.find(b"\r")) if place >= 0]
        self._total += len(chunk)
        if self._open + min(ends, default=len(chunk)) > LINE_BYTES_MAX:
            line = 1 + max(self._feeds, self._returns)
            raise ShelfcastError(
                f"Line {line:,} of {self._shown} is longer than {LINE_BYTES_MAX >> 20} MB.",
                "Give each row its own line.",
            )
        if self._most is not None and self._total > self._most:
            is_small = self._most == UNPACKED_BYTES_FREE
            most = f"{self._most >> 20:,} MB" if is_small else f"{UNPACKED_TIMES_MAX} times its size"
            raise ShelfcastError(
                f"{self._shown} unpacks to more than {most}.",
                "If it holds what it should, unpack it and put its file in its place.",
            )
        self._open = len(chunk) - 1 - max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) if ends else self._open + len(chunk)
        self._feeds += chunk.count(b"\n")
        self._returns += chunk.count(b"\r")


class _Utf8Check:
    """Whether bytes are UTF-8; where some are not, whether letters in UTF-8 are more than those that are not.

    A file with a few damaged letters stays UTF-8; one whose letters are all others is what `read_letters` says.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._letters = 0
        self._damaged = 0
        self._cells: set[bytes] = set()

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes of the file."""
        if chunk.isascii() and not self._decoder.getstate()[0]:
            return
        text = self._decoder.decode(chunk)
        damaged = text.count("\ufffd") - chunk.count(b"\xef\xbf\xbd")
        self._damaged += max(damaged, 0)
        self._letters += len(text) - len(text.encode("ascii", "ignore")) - max(damaged, 0)
        if self._damaged and len(self._cells) < CELLS_MAX:
            self._cells |= foreign_cells(chunk)

    @property
    def reading(self) -> Reading:
        """The encoding of the bytes so far."""
        return read_letters(self._cells) if self._damaged > self._letters else Reading("UTF-8")
