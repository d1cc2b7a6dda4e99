"""Which weeks of till lines are whole."""

import datetime as dt

import pytest

from spark_jobs.ingest.weeks import WEEK, choose_whole

SATURDAY, SUNDAY = 5, 6
DAY = dt.timedelta(days=1)


def days(first: str, count: int, closed: tuple[int, ...] = (), lines: int = 100) -> dict[dt.date, int]:
    """Returns so many lines for every day, none on the weekdays that are closed."""
    begin = dt.date.fromisoformat(first)
    every = [begin + number * DAY for number in range(count)]
    return {day: lines for day in every if day.weekday() not in closed}


def test_weeks_that_are_there_from_their_first_day_to_their_last_are_whole():
    whole = choose_whole(days("2017-01-01", 14), SATURDAY)
    assert (whole.first, whole.last, whole.left_out) == (dt.date(2017, 1, 7), dt.date(2017, 1, 14), "")


def test_a_week_that_begins_late_or_ends_early_is_left_out_and_named():
    whole = choose_whole(days("2017-01-02", 21), SATURDAY)
    assert (whole.first, whole.last) == (dt.date(2017, 1, 14), dt.date(2017, 1, 21))
    assert whole.left_out == (
        "the week that ends on 2017-01-07, whose sales begin on 2017-01-02 and "
        "the week that ends on 2017-01-28, whose sales end on 2017-01-22"
    )


def test_a_retailer_that_is_closed_on_sundays_has_whole_weeks_from_monday_to_saturday():
    whole = choose_whole(days("2017-01-02", 20, closed=(SUNDAY,)), SUNDAY)
    assert (whole.first, whole.last, whole.left_out) == (dt.date(2017, 1, 8), dt.date(2017, 1, 22), "")


def test_a_few_lines_of_a_stocktaking_do_not_make_a_day_one_of_sales():
    lines = days("2017-01-02", 20, closed=(SUNDAY,)) | {dt.date(2017, 1, 8): 1}
    assert choose_whole(lines, SUNDAY).last == dt.date(2017, 1, 22)


def test_days_of_less_than_a_week_hold_no_whole_one():
    whole = choose_whole(days("2017-01-03", 3), SATURDAY)
    assert not whole.any
    assert whole.left_out == ("the week that ends on 2017-01-07, whose sales begin on 2017-01-03")


@pytest.mark.parametrize("week_end", range(7))
def test_weeks_may_end_on_any_day(week_end: int):
    whole = choose_whole(days("2016-12-01", 60), week_end)
    assert (whole.first.weekday(), whole.last.weekday()) == (week_end, week_end)
    assert dt.date(2016, 12, 1) <= whole.first - 6 * DAY < dt.date(2016, 12, 1) + WEEK
    assert dt.date(2017, 1, 29) - WEEK < whole.last <= dt.date(2017, 1, 29)
