"""How the format of a file's dates is chosen from what its lines prove."""

import datetime as dt
import re

import pytest

from spark_jobs.ingest.date_formats import (
    FORMATS,
    TIME,
    check_format,
    choose_format,
    choose_weekday,
    date_proofs,
    plain_date,
    read_date,
)
from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError, UsageError

FRIDAY = 4


def test_iso_dates_need_no_proof():
    assert choose_format("train.csv", {"yyyy-MM-dd": Place(0, 2)}) == "yyyy-MM-dd"


@pytest.mark.parametrize(
    ("proofs", "expected"),
    [
        ({"-": Place(0, 2), "dd-MM-yyyy": Place(0, 9)}, "dd-MM-yyyy"),
        ({"-": Place(0, 2), "MM-dd-yyyy": Place(0, 2)}, "MM-dd-yyyy"),
        ({"/": Place(0, 2), "dd/MM/yyyy": Place(0, 3)}, "dd/MM/yyyy"),
        ({"/": Place(0, 2), "MM/dd/yyyy": Place(0, 4)}, "MM/dd/yyyy"),
    ],
)
def test_one_line_with_a_day_above_12_settles_the_order(proofs: dict[str, Place], expected: str):
    assert choose_format("train.csv", proofs) == expected


def test_an_ambiguous_file_is_refused_with_the_option_to_name_the_format():
    with pytest.raises(ShelfcastError, match="--date-format dd-MM-yyyy or --date-format MM-dd-yyyy") as caught:
        choose_format("train.csv", {"-": Place(0, 2)})
    assert "train.csv" in str(caught.value)
    assert "line 2" in str(caught.value)


def test_a_named_format_settles_an_ambiguous_file():
    assert choose_format("train.csv", {"/": Place(0, 2)}, "dd/MM/yyyy") == "dd/MM/yyyy"


def test_a_named_format_leaves_iso_files_as_they_are():
    assert choose_format("features.csv", {"yyyy-MM-dd": Place(0, 2)}, "dd/MM/yyyy") == "yyyy-MM-dd"


def test_a_named_format_wins_over_lines_that_contradict_it():
    # Those lines become rejected rows, each with its own reason.
    assert choose_format("train.csv", {"/": Place(0, 2), "MM/dd/yyyy": Place(0, 5)}, "dd/MM/yyyy") == "dd/MM/yyyy"


def test_contradicting_orders_are_refused_and_both_lines_named():
    with pytest.raises(ShelfcastError, match=r"line 4 is written as MM-dd-yyyy, line 9 as dd-MM-yyyy"):
        choose_format("train.csv", {"-": Place(0, 2), "dd-MM-yyyy": Place(0, 9), "MM-dd-yyyy": Place(0, 4)})


def test_mixed_separators_are_refused_and_both_lines_named():
    with pytest.raises(ShelfcastError, match=r"line 2 is written as yyyy-MM-dd, line 7 as dd/MM/yyyy or MM/dd/yyyy"):
        choose_format("train.csv", {"yyyy-MM-dd": Place(0, 2), "/": Place(0, 7)})


def test_a_file_without_a_single_known_date_is_refused():
    with pytest.raises(ShelfcastError, match=r"No date in train\.csv is written in a known format"):
        choose_format("train.csv", {})


def test_every_listed_format_may_be_named():
    for name in (*FORMATS, None):
        check_format(name)


def test_an_unknown_format_name_is_a_usage_error_that_lists_the_known_ones():
    with pytest.raises(UsageError, match="dd-MM-yyyy") as caught:
        check_format("yy.MM.dd")
    assert caught.value.exit_code == 2


CLEAR_DATES = {
    "2010-2-5": "yyyy-MM-dd",
    "2010/02/05": "yyyy/MM/dd",
    "2010.02.05": "yyyy.MM.dd",
    "05.02.2010": "dd.MM.yyyy",
    "20100205": "yyyyMMdd",
    "2010-W05": "yyyy-Www",
    "2010w05": "yyyy-Www",
    "2010-W05-5": "yyyy-Www",
    "19-02-2010": "dd-MM-yyyy",
    "02/19/2010": "MM/dd/yyyy",
    "05-Feb-2010": "dd.MM.yyyy",
    "5 February 10": "dd.MM.yyyy",
    "W/E 02/19/2010": "MM/dd/yyyy",
    "Fri 19/02/2010": "dd/MM/yyyy",
    "KW 05/2010": "yyyy-Www",
    "2010-S05": "yyyy-Www",
}


@pytest.mark.parametrize(("text", "name"), CLEAR_DATES.items())
def test_a_date_that_can_be_read_in_one_way_needs_no_name(text: str, name: str):
    plain = plain_date(text)
    assert choose_format("train.csv", date_proofs({plain: Place(0, 2)})) == name
    assert read_date(plain, name, FRIDAY) in (dt.date(2010, 2, 5), dt.date(2010, 2, 19))


@pytest.mark.parametrize(
    ("texts", "name", "first"),
    [
        (["14.01.23", "21.01.23"], "dd.MM.yy", dt.date(2023, 1, 14)),
        (["01/14/23", "01/21/23"], "MM/dd/yy", dt.date(2023, 1, 14)),
        (["14-01-69", "21-01-70"], "dd-MM-yy", dt.date(2069, 1, 14)),
        (["14/01/70", "21/01/70"], "dd/MM/yy", dt.date(1970, 1, 14)),
    ],
)
def test_years_of_two_digits_are_those_from_1970_to_2069(texts: list[str], name: str, first: dt.date):
    assert choose_format("train.csv", date_proofs(dict.fromkeys(texts, Place(0, 2)))) == name
    assert read_date(texts[0], name) == first


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["24.01.14", "24.01.21"], "dd.MM.yy"),
        (["14/01/23"], "dd/MM/yy"),
        (["12-01-05", "12-01-12"], "dd-MM-yy"),
        (["24.01.14", "24.01.21", "00.00.00", "24.13.01"], "dd.MM.yy"),
    ],
)
@pytest.mark.parametrize("alike", ["", "dd.MM.yyyy", "dd/MM/yyyy"])
def test_years_of_two_digits_that_may_stand_first_are_refused_until_the_format_is_named(texts, name, alike):
    proofs = date_proofs(dict.fromkeys(texts, Place(0, 2)))
    with pytest.raises(ShelfcastError, match="years of two digits, which may stand first or last"):
        choose_format("stock.csv", proofs, alike=alike)
    assert choose_format("train.csv", proofs, name) == name
    assert choose_format("stock.csv", proofs, alike=name) == name


def test_weeks_that_could_be_months_are_read_only_in_a_format_that_is_named():
    assert date_proofs(dict.fromkeys(["202405", "05/2024"], Place(0, 2))) == {}
    assert read_date("202405", "yyyyww") == read_date("05/2024", "ww/yyyy") == dt.date(2024, 2, 4)
    assert choose_format("stock.csv", {}, alike="yyyyww") == "yyyyww"
    assert read_date("202354", "yyyyww") is None


@pytest.mark.parametrize("text", ["2010-02-30", "2010-13-01", "9999-01-01", "soon", "", "10-02-05", "5 February 2010"])
def test_what_no_calendar_has_is_no_date(text: str):
    assert read_date(text, "yyyy-MM-dd") is None


def test_a_week_that_its_year_does_not_have_is_no_date():
    assert read_date("2010-W53", "yyyy-Www") is None
    assert read_date("2009-W53", "yyyy-Www", FRIDAY) == dt.date(2010, 1, 1)
    assert read_date("2009-W53", "yyyy-Www") == dt.date(2010, 1, 3)


def test_the_first_place_of_a_proof_counts_over_all_parts():
    texts = {"26-02-2010": Place(1, 2, "b.csv"), "19-02-2010": Place(0, 9, "a.csv")}
    assert date_proofs(texts)["dd-MM-yyyy"] == Place(0, 9, "a.csv")


def test_a_contradiction_between_parts_names_both_files():
    proofs = {"yyyy-MM-dd": Place(0, 2, "train_1.csv"), "/": Place(1, 3, "train_2.csv")}
    with pytest.raises(ShelfcastError, match=r"line 2 of train_1\.csv is written as .* line 3 of train_2\.csv as"):
        choose_format("train_1.csv, train_2.csv", proofs)


@pytest.mark.parametrize(
    ("texts", "weekday"),
    [
        (["2010-02-03", "2010-02-10"], 2),
        (["2010-02-07", "2010-02-14", "2010-02-30"], 6),
        (["2010-02-05", "2010-02-12"], 4),
        (["2010-02-03", "2010-02-12"], 4),
        (["2010-02-03", "soon"], 4),
        ([], 4),
    ],
    ids=["wednesdays", "sundays and no date", "fridays", "two weekdays", "half no dates", "nothing"],
)
def test_weeks_are_moved_only_where_all_dates_fall_on_one_weekday(texts: list[str], weekday: int):
    assert choose_weekday(texts, "yyyy-MM-dd", FRIDAY) == weekday


@pytest.mark.parametrize(
    ("alike", "expected"), [("dd.MM.yyyy", "dd/MM/yyyy"), ("dd-MM-yyyy", "dd/MM/yyyy"), ("MM-dd-yyyy", "MM/dd/yyyy")]
)
def test_dates_that_can_be_read_in_two_ways_are_in_the_order_of_the_sales(alike: str, expected: str):
    assert choose_format("stock.csv", {"/": Place(0, 2)}, alike=alike) == expected


def test_sales_in_the_order_of_the_year_settle_no_other_file():
    with pytest.raises(ShelfcastError):
        choose_format("stock.csv", {"/": Place(0, 2)}, alike="yyyy-MM-dd")


@pytest.mark.parametrize(
    "time",
    [
        " 10:00",
        "T10:00:00.123Z",
        " 10:00:00 -0400",
        " 10:00:00-04:00",
        " 10:00 PM +02:00",
        " 10:00:00 +02",
        " 10:00 GMT",
    ],
)
def test_a_time_with_its_offset_is_left_out(time: str):
    assert re.sub(TIME, "", f"2022-01-01{time}") == "2022-01-01"
