from pathlib import Path

import pandas as pd
import pytest

from flows.exports.rejected_rows import LinesToFix, separator_of, text_to_fix


def lines(header: str, *rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["place", "reason", "raw_text"]).assign(header_text=header)


@pytest.mark.parametrize(
    ("header", "separator"),
    [("Store,Dept,Date", ","), ("Store;Dept;Date", ";"), ("Store\tDept", "\t"), ("Store|Dept|Net,Sales", "|")],
)
def test_the_separator_is_what_stands_between_the_columns_of_the_header(header, separator):
    assert separator_of(header) == separator


def test_each_line_stands_under_its_header_as_it_was_with_the_reason_before_it():
    text = text_to_fix(lines("Store,Dept", ("train.csv:5", "Dept is missing", "1,"), ("train.csv:9", "x", "9,9,9")))
    assert text.splitlines() == [
        "Rejected_Line,Rejected_Reason,Store,Dept",
        '"train.csv:5","Dept is missing",1,',
        '"train.csv:9","x",9,9,9',
    ]


def test_a_reason_with_quotes_and_separators_stays_one_field():
    text = text_to_fix(lines("Store;Dept", ("a.csv:2", 'says "no"; and, more', "1;2")))
    assert text.splitlines()[1] == '"a.csv:2";"says \'no\'; and, more";1;2'


def test_no_cell_of_a_line_or_of_a_reason_is_a_formula_and_numbers_stay_as_they_are():
    row = ("train.csv:5", "=SUM(A1) is no number", '-12.50,"=HYPERLINK(""x"")",+1,@a,1-2')
    text = text_to_fix(lines("Amount,=Dept,Date,x,y", row))
    assert text.splitlines() == [
        "Rejected_Line,Rejected_Reason,Amount,'=Dept,Date,x,y",
        '"train.csv:5","\'=SUM(A1) is no number",-12.50,"\'=HYPERLINK(""x"")",+1,\'@a,1-2',
    ]


def test_the_next_command_says_how_the_file_was_written():
    made = LinesToFix(Path("m.csv"), "train.csv", 2, "dd/MM/yyyy", "UTF-8, semicolons, decimal comma", False)
    assert str(made).startswith("2 lines of train.csv written to m.csv. Fix the fields")
    assert str(made).endswith("--append --data m.csv --date-format dd/MM/yyyy --decimal-mark ,")


def test_lines_of_a_refused_load_are_added_only_after_the_others():
    made = LinesToFix(Path("m.csv"), "train.csv", 1, "yyyy-MM-dd", "", True)
    assert "publish its other rows first, with --reject-rate-max" in str(made)
    assert str(made).endswith("shelfcast run --append --data m.csv")
