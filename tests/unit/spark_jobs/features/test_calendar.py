"""Calendar columns against the calendar on the wall."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.features.calendar import WEEK, WEEKS_BACK, calendar_week, weeks_between, weeks_to_last_year
from warehouse.calendar import friday_on_or_after, holiday_of

day = dt.date.fromisoformat
fridays = st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)).map(friday_on_or_after)


@pytest.mark.parametrize(
    ("friday", "days", "name"),
    [
        ("2011-11-25", 0, "thanksgiving"),
        ("2011-11-18", 7, None),
        ("2011-12-02", 28, None),
        ("2011-12-30", 0, "christmas"),
        ("2012-01-06", 35, None),
        ("2012-02-10", 0, "super_bowl"),
        ("2012-02-17", 203, None),
        ("2012-09-07", 0, "labor_day"),
    ],
)
def test_days_to_the_next_holiday_are_counted_from_the_friday(friday, days, name):
    week = calendar_week(day(friday))
    assert (week.days_to_holiday, week.holiday_name, week.is_calendar_holiday) == (days, name, name is not None)


@pytest.mark.parametrize(
    ("friday", "month_start", "month_end", "quarter_start", "quarter_end"),
    [
        ("2010-02-05", True, True, False, False),  # 30 January to 5 February: both 31 January and 1 February
        ("2010-02-26", False, False, False, False),  # 20 to 26 February
        ("2010-03-05", True, True, False, False),  # 27 February to 5 March
        ("2010-04-02", True, True, True, True),  # 27 March to 2 April
        ("2010-04-30", False, True, False, False),  # 24 to 30 April
        ("2010-05-07", True, False, False, False),  # 1 to 7 May
        ("2010-10-01", True, True, True, True),  # 25 September to 1 October
        ("2010-12-31", False, True, False, True),  # 25 to 31 December
        ("2011-01-07", True, False, True, False),  # 1 to 7 January
    ],
)
def test_month_and_quarter_flags_look_at_the_seven_days_that_end_on_the_friday(
    friday, month_start, month_end, quarter_start, quarter_end
):
    week = calendar_week(day(friday))
    flags = (week.is_month_start, week.is_month_end, week.is_quarter_start, week.is_quarter_end)
    assert flags == (month_start, month_end, quarter_start, quarter_end)


def test_week_month_and_quarter_are_those_of_the_friday():
    week = calendar_week(day("2010-01-01"))
    assert (week.week_of_year, week.month, week.quarter) == (53, 1, 1)
    assert [calendar_week(dt.date(2011, month, 15)).quarter for month in (1, 3, 4, 6, 7, 9, 10, 12)] == [
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]


@pytest.mark.parametrize(
    ("friday", "last_year"),
    [
        ("2011-11-25", "2010-11-26"),  # Thanksgiving
        ("2011-12-30", "2010-12-31"),  # Christmas
        ("2013-11-29", "2012-11-23"),  # Thanksgiving moves by 53 weeks
        ("2013-11-22", "2012-11-16"),  # and takes the week before
        ("2013-12-06", "2012-11-30"),  # and the week after with it
        ("2013-12-13", "2012-12-14"),  # but not the one after that
        ("2017-01-06", "2016-01-01"),  # the week after Christmas 2016, 53 weeks after Christmas 2015's
        ("2016-12-23", "2015-12-18"),
        ("2022-02-18", "2021-02-12"),  # the Super Bowl moved to the second Sunday of February
        ("2022-02-25", "2021-02-26"),  # and takes no neighbour with it
        ("2012-06-15", "2011-06-17"),
    ],
)
def test_last_years_week_is_the_one_of_the_same_holiday(friday, last_year):
    assert day(friday) - weeks_to_last_year(day(friday)) * WEEK == day(last_year)


@given(fridays)
def test_last_years_week_lies_at_one_of_the_lags_that_are_computed(friday):
    assert weeks_to_last_year(friday) in WEEKS_BACK


@given(fridays)
def test_a_holiday_week_always_leads_to_the_same_holiday(friday):
    if holiday_of(friday) is not None:
        assert holiday_of(friday - weeks_to_last_year(friday) * WEEK) == holiday_of(friday)


@given(fridays)
def test_days_to_a_holiday_lead_to_the_nearest_holiday_week(friday):
    week = calendar_week(friday)
    target = friday + dt.timedelta(days=week.days_to_holiday)
    between = [number for number in range(week.days_to_holiday // 7) if holiday_of(friday + number * WEEK)]
    assert holiday_of(target) is not None
    assert between == []


def test_weeks_between_holds_both_ends():
    assert list(weeks_between(day("2010-02-05"), day("2010-02-19"))) == [
        day("2010-02-05"),
        day("2010-02-12"),
        day("2010-02-19"),
    ]
