"""Names of stores and products in reports: as cells of the terminal's tables, and of Markdown ones."""

from agents.quoting import escape_markup
from warehouse.codes import known

LONGEST_CELL = 40
"""Characters of a name that a column of the terminal has room for."""


def store_cell(store_id: int) -> str:
    """Returns what people see of a store, so that the terminal takes no mark-up from it."""
    return plain(_cut(known().store_label(store_id)))


def product_cell(dept_id: int) -> str:
    """Returns what people see of a product, so that the terminal takes no mark-up from it."""
    return plain(_cut(known().product_label(dept_id)))


def plain(text: str) -> str:
    """Returns text from data or from people so that the terminal takes no mark-up from it."""
    from rich.markup import escape

    return escape(text)


def markdown_cell(text: str) -> str:
    r"""Returns text from data as a part of a line or table of Markdown in which it neither links nor stands out.

    >>> markdown_cell("a|b *c* <i>")
    'a\\|b \\*c\\* \\<i\\>'
    """
    return escape_markup(" ".join(text.split())).replace("*", "\\*").replace("_", "\\_").replace("#", "\\#")


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_CELL else f"{label[: LONGEST_CELL - 1]}…"
