"""Rows that stand on several lines because a text in quotes holds a line break: the reader takes one line as a row."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

from spark_jobs.ingest.file_format import Part, utf8_stream

_CHUNK = 8 << 20
_LINES = 20
"""Lines over which a row may go on: a quote that never ends goes on for ever."""
JOINED = "leave that column out, or replace its line breaks by blanks, and export again"
"""How to mend such rows."""


def broken_row(part: Part) -> str:
    """Returns that rows of a part hold line breaks in quotes and where the first stands; nothing where none do.

    A quote that does not end, or after which the row has not as many fields as the header, is no such row.
    """
    lines = enumerate(_lines(part), start=1)
    for number, line in lines:
        if line.count('"') % 2:
            fields = _fields(line, (more for _, more in islice(lines, _LINES)), part.separator)
            column = next(
                (name for name, text in zip(part.header, fields, strict=False) if re.search(r"[\r\n]", text)), ""
            )
            if column and len(fields) == len(part.header):
                what = f"rows of {part.name} hold line breaks inside quotes"
                return f"{what}, the first in column {column} from line {number:,} on, and such rows are not read"
    return ""


def _fields(line: str, following: Iterator[str], separator: str) -> list[str]:
    """Returns the fields of a row that begins with a line and ends where its quote does; none where it does not end."""
    row = line
    for more in following:
        row += more
        if more.count('"') % 2:
            return next(csv.reader(io.StringIO(row, newline=""), delimiter=separator), [])
    return []


def _lines(part: Part) -> Iterator[str]:
    """Gives the lines of a part, each ended by one sign."""
    with utf8_stream(part) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            whole, end, rest = (rest + chunk).rpartition(b"\n")
            yield from (line.decode(errors="replace") for line in (whole + end).splitlines(keepends=True))
        yield rest.decode(errors="replace")
