"""Titles above the header of a table, and the line that looks like the header."""

from itertools import islice

from spark_jobs.ingest.file_format import SEPARATORS, Part, split_header, utf8_stream
from spark_jobs.ingest.number_formats import is_number

_BYTES, _LINES = 1 << 16, 30
"""How far the header is looked for."""
_CELLS = 3
"""Filled cells from which on a line looks like a header."""


def misplaced_header(part: Part) -> str:
    """Returns that the first line of a part is a title, and which line looks like its header; nothing where it is not.

    A title is the only filled cell of its line.
    """
    titles = [name for name in part.header if name]
    if len(titles) != 1:
        return ""
    with utf8_stream(part) as stream:
        lines = stream.read(_BYTES).decode(errors="replace").splitlines()
    numbered = islice(enumerate(lines, start=1), part.header_line, _LINES)
    header = next((number for number, line in numbered if _looks_like_header(line)), 0)
    if not header:
        return ""
    return (
        f"line {part.header_line} of {part.name} does not look like a header ('{titles[0]}' is its only cell), and "
        f"line {header} does"
    )


def _looks_like_header(line: str) -> bool:
    cells = max((split_header(line, sign) for sign in SEPARATORS), key=len)
    names = [cell for cell in cells if cell]
    return _CELLS <= len(names) == len(set(names)) and not any(map(is_number, names))
