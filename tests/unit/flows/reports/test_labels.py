"""Names from files in reports are text: on the terminal and in Markdown."""

import io

import pytest
from hostile_markdown import HOSTILE, live_parts
from rich.console import Console

from flows.reports.labels import LONGEST_CELL, markdown_cell, product_cell, store_cell
from warehouse.codes import Code, Codes, knowing


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_name_lives_in_markdown(text: str) -> None:
    assert live_parts(markdown_cell(text)) == live_parts("")


@pytest.mark.parametrize("label", ["[red]alarm[/red]", "[link=http://evil.example]x[/link]", "Süd ☕", "=1+1", "0042"])
def test_the_terminal_takes_no_mark_up_from_a_name(label: str) -> None:
    out = io.StringIO()
    with knowing(Codes({1: Code(label, "", label)}, {2: Code(label, "", label)})):
        Console(file=out, width=100).print(store_cell(1), product_cell(2))
    assert out.getvalue().strip() == f"{label} {label}"


def test_a_long_name_is_cut() -> None:
    with knowing(Codes({1: Code("x", "", "x" * 128)})):
        assert len(store_cell(1)) == LONGEST_CELL


def test_a_bar_does_not_end_a_cell() -> None:
    assert markdown_cell("a|b\nc") == "a\\|b c"
