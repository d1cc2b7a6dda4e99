"""No cell of a file is a formula, whatever the spreadsheet that opens it takes for a separator."""

import csv
import io
import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.exports.rejected_rows import text_to_fix
from warehouse.cells import SEPARATORS, text_cells

TEXTS = st.text(alphabet=st.sampled_from("=+-@\t\r,;|\"'1.e %x"), max_size=12) | st.text(
    st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=12
)

NUMBER = re.compile(r"[+-]?\$?[\d.,' ]*\d[\d.,' ]*(e[+-]?\d+)?%?", re.IGNORECASE)


def formulas(text: str) -> list[str]:
    """The cells, under any separator, that are neither plain words nor numbers."""
    return [
        cell
        for separator in SEPARATORS
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        for cell in row
        if re.match(r"[=+\-@\t\r]", cell) and not NUMBER.fullmatch(cell)
    ]


def file_of(separator: str, *lines: str, reason: str = "x") -> str:
    rows = pd.DataFrame({"place": "train.csv:5", "reason": reason, "raw_text": lines})
    return text_to_fix(rows.assign(header_text=separator.join(("Store", "Dept", "Date"))))


@given(st.sampled_from(SEPARATORS), st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
@example(";", ["1;1;bad,=1+1,;x;FALSE"], "x")
@example(",", ['1,"', '1,"x,=1+1,y"'], "x")
@example(";", ['1;2,"', '"x,=1+1'], "x")
@example(",", ['a","b', "-5,cmd;2"], ";=1")
def test_no_cell_of_a_line_is_a_formula_under_any_separator(separator, lines, reason):
    assert formulas(file_of(separator, *lines, reason=reason)) == []


@given(st.lists(TEXTS, min_size=1, max_size=3), TEXTS)
@example(['1,"', "x;=1+1"], "\n=1")
def test_no_text_of_an_export_is_a_formula_under_any_separator(texts, other):
    frame = text_cells(pd.DataFrame({"store": 1, "reason": texts, "other": other}))
    assert formulas(frame.to_csv(index=False)) == []


@pytest.mark.parametrize(
    ("separator", "line"),
    [
        (",", '-5.2,1,+3,"-1,200.50",2012-10-26,a-b,-1e-5'),
        (";", "-5,2;1;2012-10-26;-3 %"),
        ("\t", '1\t\t"two words"\t-5.2\t'),
        ("|", '1||"a ""b"""|'),
    ],
)
def test_a_line_without_formulas_stands_as_it_stood(separator, line):
    assert file_of(separator, line).splitlines()[1] == separator.join(('"train.csv:5"', '"x"', line))


def test_a_line_whose_quotes_do_not_end_is_one_cell_and_leaves_the_next_as_it_stood():
    lines = file_of(",", '1,"x', "1,2,2012-10-26").splitlines()
    assert lines[1:] == ['"train.csv:5","x","1,""x"', '"train.csv:5","x",1,2,2012-10-26']
