"""Cells of files that people open in spreadsheets: what begins like a formula is text there.

A spreadsheet separates by what its country does, not by what a file does: a cell begins after any separator.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from warehouse.wording import SYMBOLS

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ",;\t|"
_BEGINNING = re.compile(r"[=+\-@\t\r]")
_CURRENCY = "|".join(map(re.escape, sorted(SYMBOLS.values(), key=len, reverse=True)))
_NUMBER = re.compile(
    rf"[+-]?(?:{_CURRENCY}|[A-Z]{{3}}[ \u00a0])?[\d.,' \u00a0]*\d[\d.,' \u00a0]*(e[+-]?\d+)?%?", re.IGNORECASE
)
_INSIDE = re.compile(rf'(?<=[{SEPARATORS}"\r\n])(?={_BEGINNING.pattern})')
_CELLS = {
    sign: re.compile(rf'(?:"(?P<quoted>(?:[^"]|"")*+)(?P<end>"|\Z))?(?P<rest>[^{sign}\r\n]*)(?:[{sign}\r\n]|\Z)')
    for sign in SEPARATORS
}
"""A cell with the sign after it, by separator: quotes count where it begins, as Python's own reader counts them."""


def as_text(cell: str) -> str:
    """Returns a cell that no spreadsheet reads as a formula: with an apostrophe before what begins like one.

    >>> as_text("=HYPERLINK(1)"), as_text("-12.50"), as_text("-cmd"), as_text("plain"), as_text("a;=1")
    ("'=HYPERLINK(1)", '-12.50', "'-cmd", 'plain', "a;'=1")
    """
    return cell if _NUMBER.fullmatch(cell) else _INSIDE.sub("'", f"'{cell}" if _BEGINNING.match(cell) else cell)


def text_cells(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Returns a frame whose texts are no formulas; numbers, dates and what is missing stay as they are."""
    texts = frame.select_dtypes(include=["object", "string"]).columns
    return frame.assign(
        **{name: frame[name].map(lambda cell: as_text(cell) if isinstance(cell, str) else cell) for name in texts}
    )


def text_line(first: str, line: str) -> str:
    """Returns a line of a file whose cells are no formulas under any separator: as it stood where none was one.

    A line whose quotes do not end would turn the lines below it inside out, so it is set in quotes as a whole.

    Args:
        first: cells put before it, with their separators.
        line: as it stood in its file.
    """
    spelled = (first + line, first + _quoted(line), _quoted(first + line))
    text = next(one for one in spelled if all(_ends(one, sign) for sign in SEPARATORS))
    places = sorted({place for sign in SEPARATORS for place in _formulas(text, sign)})
    return "'".join(text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True))


def _quoted(line: str) -> str:
    return '"' + line.replace('"', '""') + '"'


def _ends(text: str, separator: str) -> bool:
    """Returns whether every quoted cell of a text ends in it."""
    return all(cell["end"] != "" for cell in _CELLS[separator].finditer(text))


def _formulas(text: str, separator: str) -> Iterator[int]:
    """Gives where the cells begin that a spreadsheet would read as formulas."""
    for cell in _CELLS[separator].finditer(text):
        content = (cell["quoted"] or "").replace('""', '"') + cell["rest"]
        if _BEGINNING.match(content) and not _NUMBER.fullmatch(content):
            yield cell.start("quoted") if cell["quoted"] else cell.start("rest")
