"""Calendar columns against the calendar on the wall."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailers import WALMART
from spark_jobs.features.calendar import WEEK, calendar_week, weeks_between, weeks_to_last_year
from warehouse.calendar import Calendar
from warehouse.retailer import CalendarSettings, Event

day = dt.date.fromisoformat
CALENDAR = Calendar.of(WALMART)
fridays = st.dates(dt.date(2011, 1, 1), dt.date(2033, 12, 31)).map(CALENDAR.week_of)


@pytest.mark.parametrize(
    ("friday", "days", "name"),
    [
        ("2011-11-25", 0, "Thanksgiving Day"),
        ("2011-11-18", 7, None),
        ("2011-12-02", 28, None),
        ("2011-12-30", 0, "Christmas Day"),
        ("2012-01-06", 35, None),
        ("2012-02-10", 0, "Super Bowl"),
        ("2012-02-17", 203, None),
        ("2012-09-07", 0, "Labor Day"),
    ],
)
def test_days_to_the_next_holiday_are_counted_from_the_friday(friday, days, name):
    week = calendar_week(CALENDAR, day(friday))
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
    week = calendar_week(CALENDAR, day(friday))
    flags = (week.is_month_start, week.is_month_end, week.is_quarter_start, week.is_quarter_end)
    assert flags == (month_start, month_end, quarter_start, quarter_end)


def test_week_month_and_quarter_are_those_of_the_friday():
    week = calendar_week(CALENDAR, day("2010-01-01"))
    assert (week.week_of_year, week.month, week.quarter) == (53, 1, 1)
    assert [calendar_week(CALENDAR, dt.date(2011, month, 15)).quarter for month in (1, 3, 4, 6, 7, 9, 10, 12)] == [
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
    assert day(friday) - weeks_to_last_year(CALENDAR, day(friday)) * WEEK == day(last_year)


@given(fridays)
def test_where_holidays_keep_their_weekday_last_years_week_lies_52_or_53_weeks_back(friday):
    assert weeks_to_last_year(CALENDAR, friday) in (52, 53)


@given(fridays)
def test_a_holiday_week_always_leads_to_the_same_holiday(friday):
    if CALENDAR.holiday_of(friday) is not None:
        assert CALENDAR.holiday_of(friday - weeks_to_last_year(CALENDAR, friday) * WEEK) == CALENDAR.holiday_of(friday)


@given(fridays)
def test_days_to_a_holiday_lead_to_the_nearest_holiday_week(friday):
    week = calendar_week(CALENDAR, friday)
    target = friday + dt.timedelta(days=week.days_to_holiday)
    between = [number for number in range(week.days_to_holiday // 7) if CALENDAR.holiday_of(friday + number * WEEK)]
    assert CALENDAR.holiday_of(target) is not None
    assert between == []


def test_weeks_between_holds_both_ends():
    assert list(weeks_between(day("2010-02-05"), day("2010-02-19"))) == [
        day("2010-02-05"),
        day("2010-02-12"),
        day("2010-02-19"),
    ]


def test_moving_feasts_lead_to_last_years_also_where_50_or_55_weeks_lie_between():
    calendar = Calendar(6, CalendarSettings(country="DE", region="BY", holidays=("Easter Monday",)))
    # Easter Monday fell on 1 April 2013, 21 April 2014 and 6 April 2015.
    assert weeks_to_last_year(calendar, day("2014-04-27")) == 55
    assert weeks_to_last_year(calendar, day("2015-04-12")) == 50
    assert weeks_to_last_year(calendar, day("2015-04-05")) == 50
    assert weeks_to_last_year(calendar, day("2015-06-14")) == 52


@pytest.mark.parametrize(("weekday", "name"), [(5, "Saturday"), (6, "Sunday"), (2, "Wednesday")])
def test_a_week_counts_its_days_back_from_whatever_weekday_ends_it(weekday, name):
    calendar = Calendar(weekday, CalendarSettings(country="DE", region="BY"))
    week = calendar_week(calendar, calendar.week_of(day("2021-01-01")))
    assert week.feature_date.strftime("%A") == name
    assert (week.is_quarter_start, week.holiday_name) == (True, "New Year's Day")


def test_week_53_and_a_year_that_begins_in_week_52_are_numbered_by_iso():
    calendar = Calendar(6, CalendarSettings(country="DE"))
    assert [calendar_week(calendar, day(text)).week_of_year for text in ("2021-01-03", "2012-01-01", "1971-01-03")] == [
        53,
        52,
        53,
    ]


def test_without_holidays_no_days_are_counted_to_one():
    week = calendar_week(Calendar(6), day("1970-01-04"))
    assert (week.days_to_holiday, week.holiday_name, week.is_calendar_holiday, week.aligned_weeks) == (
        None,
        None,
        False,
        52,
    )


def test_days_are_counted_to_an_event_of_the_retailer():
    fair = Event(name="Fair", dates=(day("2020-03-18"),))
    week = calendar_week(Calendar(6, CalendarSettings(events=(fair,))), day("2020-03-01"))
    assert (week.days_to_holiday, week.holiday_name) == (21, None)
