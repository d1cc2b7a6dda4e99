"""How the format of a file's dates is chosen from what its lines prove."""

import pytest

from spark_jobs.dates import FORMATS, check_format, choose_format
from warehouse.errors import ShelfcastError, UsageError


def test_iso_dates_need_no_proof():
    assert choose_format("train.csv", {"yyyy-MM-dd": 2}) == "yyyy-MM-dd"


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        ({"-": 2, "dd-MM-yyyy": 9}, "dd-MM-yyyy"),
        ({"-": 2, "MM-dd-yyyy": 2}, "MM-dd-yyyy"),
        ({"/": 2, "dd/MM/yyyy": 3}, "dd/MM/yyyy"),
        ({"/": 2, "MM/dd/yyyy": 4}, "MM/dd/yyyy"),
    ],
)
def test_one_line_with_a_day_above_12_settles_the_order(proofs: dict[str, int], expected: str):
    assert choose_format("train.csv", proofs) == expected


def test_an_ambiguous_file_is_refused_with_the_option_to_name_the_format():
    with pytest.raises(ShelfcastError, match="--date-format dd-MM-yyyy or --date-format MM-dd-yyyy") as caught:
        choose_format("train.csv", {"-": 2})
    assert "train.csv" in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_named_format_settles_an_ambiguous_file():
    assert choose_format("train.csv", {"/": 2}, "dd/MM/yyyy") == "dd/MM/yyyy"


def test_a_named_format_leaves_iso_files_as_they_are():
    assert choose_format("features.csv", {"yyyy-MM-dd": 2}, "dd/MM/yyyy") == "yyyy-MM-dd"


def test_a_named_format_wins_over_lines_that_contradict_it():
    # Those lines become rejected rows, each with its own reason.
    assert choose_format("train.csv", {"/": 2, "MM/dd/yyyy": 5}, "dd/MM/yyyy") == "dd/MM/yyyy"


def test_contradicting_orders_are_refused_and_both_lines_named():
    with pytest.raises(ShelfcastError, match=r"line 4 is written as MM-dd-yyyy, line 9 as dd-MM-yyyy"):
        choose_format("train.csv", {"-": 2, "dd-MM-yyyy": 9, "MM-dd-yyyy": 4})


def test_mixed_separators_are_refused_and_both_lines_named():
    with pytest.raises(ShelfcastError, match=r"line 2 is written as yyyy-MM-dd, line 7 as dd/MM/yyyy or MM/dd/yyyy"):
        choose_format("train.csv", {"yyyy-MM-dd": 2, "/": 7})


def test_a_file_without_a_single_known_date_is_refused():
    with pytest.raises(ShelfcastError, match=r"No date in train\.csv is written in a known format"):
        choose_format("train.csv", {})


def test_every_listed_format_may_be_named():
    for name in (*FORMATS, None):
        check_format(name)


def test_an_unknown_format_name_is_a_usage_error_that_lists_the_known_ones():
    with pytest.raises(UsageError, match="dd-MM-yyyy") as caught:
        check_format("dd.MM.yy")
    assert caught.value.exit_code == 2
