"""Cells of files that people open in spreadsheets: what begins like a formula is text there."""

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_BEGINNING = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\$?[\d.,' ]*\d[\d.,' ]*(e[+-]?\d+)?%?", re.IGNORECASE)


def as_text(cell: str) -> str:
    """Returns a cell that no spreadsheet reads as a formula: with an apostrophe before what begins like one.

    >>> as_text("=HYPERLINK(1)"), as_text("-12.50"), as_text("-cmd"), as_text("plain")
    ("'=HYPERLINK(1)", '-12.50', "'-cmd", 'plain')
    """
    return f"'{cell}" if _BEGINNING.match(cell) and not _NUMBER.fullmatch(cell) else cell


def text_cells(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a frame whose texts are no formulas; numbers, dates and what is missing stay as they are."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    return frame.assign(
        **{name: frame[name].map(lambda cell: as_text(cell) if isinstance(cell, str) else cell) for name in texts}
    )


def text_line(line: str, separator: str) -> str:
    """Returns a line of a file whose cells are no formulas: as it stood where none of them was one."""
    cells = next(csv.reader([line.replace("\0", "")], delimiter=separator), [])
    safe = [as_text(cell) for cell in cells]
    if safe == cells:
        return line
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="").writerow(safe)
    return written.getvalue()
