"""What a week sold a year ago is compared by days: as many before, on and after a holiday, whatever weekday it is."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.models.calendar_alignment import calendar_views, like_weeks, ordinary_weeks
from ml.forecasting.models.daily_shares import daily_course, week_shares
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import panel_from_frame
from retailers import WALMART
from warehouse.calendar import Calendar
from warehouse.retailer import WEEKDAYS, AlignedHoliday, CalendarSettings, Event, Retailer

WEEK = dt.timedelta(weeks=1)
PARTED = {
    *(("2010-12-24", 1), ("2010-12-24", 2), ("2010-12-31", 1), ("2010-12-31", 2), ("2011-12-23", 2), ("2011-12-30", 2)),
    *(("2012-12-28", 1), ("2013-12-27", 1), ("2013-12-27", 2), ("2014-12-26", 1), ("2014-12-26", 2)),
}
"""Weeks of which days lay in a week that Christmas parts, so many years ago."""
ALL_OTHERS = "9c11ca238c1ceeeb0fc0bc9094e1ebf05d24ba44f34c76bf9dac4fa40eb3cc37"
"""Of the likes of all other weeks of 2010 to 2014, as they were while holidays of the United States stood in code."""


def retailer(weekday: str = "Sunday", **calendar: object) -> Retailer:
    return Retailer(week_ends_on=weekday, calendar=CalendarSettings(**calendar))


def week_sales(daily: Callable[[dt.date], float], week: dt.date) -> float:
    return sum(daily(week - dt.timedelta(days=back)) for back in range(7))


def said(calendar: Calendar, daily: Callable[[dt.date], float], week: dt.date) -> float:
    """What the sales of last year's likes were."""
    weights = like_weeks(calendar, week, 1)
    return sum(weight * week_sales(daily, week - back * WEEK) for back, weight in weights.items())


def before_christmas(day: dt.date) -> float:
    """1 a day; rising over the last 15 shopping days before Christmas to 3.5 on its eve; 0.6 in the week after."""
    for year in (day.year - 1, day.year):
        left = (dt.date(year, 12, 25) - day).days
        if 0 < left <= 15:
            return 1 + 2.5 * (16 - left) / 15
        if -7 < left <= 0:
            return 0.6
    return 1.0


def line(week: dt.date, label: str, weights: Mapping[int, float]) -> str:
    return f"{week} {label}" + " ".join(f"{back}:{weight:.9f}" for back, weight in sorted(weights.items()) if weight)


def test_the_likes_of_the_public_data_are_what_they_were_but_where_christmas_parts_a_week():
    calendar = Calendar.of(WALMART)
    lines = []
    for week in (dt.date(2010, 1, 1) + number * WEEK for number in range(261)):
        for years in (1, 2):
            if (str(week), years) not in PARTED:
                lines.append(line(week, f"{years} ", like_weeks(calendar, week, years)))
        lines.append(line(week, "", ordinary_weeks(calendar, week)))
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == ALL_OTHERS


@pytest.mark.parametrize(("week", "years"), sorted(PARTED))
def test_the_weeks_that_christmas_parts_still_lean_on_the_same_weeks_for_the_most_part(week, years):
    weights = like_weeks(Calendar.of(WALMART), dt.date.fromisoformat(week), years)
    assert max(weights, key=lambda back: weights[back]) == 52 * years
    assert sum(weights.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("holiday", [1, 3, 6, 9, 13])
def test_the_days_of_a_course_add_up_to_the_weeks(holiday):
    course = daily_course(4, holiday + 7)
    assert course.reshape(4, 7, 4).sum(axis=1) == pytest.approx(np.eye(4))
    assert course.sum(axis=1) == pytest.approx(np.full(28, 1 / 7))


def test_a_course_that_breaks_off_at_the_holiday_is_found_from_its_weeks():
    # 2 a day before the holiday, 0.5 from it on; it is the fifth day of the second of four weeks.
    days = np.where(np.arange(28) < 11, 2.0, 0.5)
    assert daily_course(4, 11) @ days.reshape(4, 7).sum(axis=1) == pytest.approx(days)


@pytest.mark.parametrize("holiday", [1, 4, 6, 8, 12])
@pytest.mark.parametrize("begin", range(1, 7))
def test_shares_of_weeks_sum_to_one_and_reach_no_further_than_two_weeks_beside(begin, holiday):
    shares = week_shares(begin, holiday)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares) == -2
    assert max(shares) == 3
    assert sum(abs(share) for share in shares.values()) < 2.2


def test_christmas_2021_is_met_where_six_peak_days_face_seven():
    calendar = Calendar.of(WALMART)
    weeks = [dt.date(2021, 12, day) for day in (17, 24, 31)]
    truth = [week_sales(before_christmas, week) for week in weeks]
    assert truth == pytest.approx([12.83, 21.0, 4.2], abs=0.01)
    assert [said(calendar, before_christmas, week) for week in weeks] == pytest.approx(truth, abs=0.6)
    # Day for day of the date, all days of a week alike, the peak was 18.4 and the week after it 6.3.
    naive = [week_sales(before_christmas, week - 52 * WEEK) for week in weeks]
    assert (
        np.abs(np.subtract(naive, truth)).sum()
        > 2
        * np.abs(
            [said(calendar, before_christmas, week) - sales for week, sales in zip(weeks, truth, strict=True)]
        ).sum()
    )


@pytest.mark.parametrize("country", [{"country": "US"}, {"country": "DE", "region": "BY"}])
@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_the_weeks_of_christmas_are_met_whatever_weekday_ends_them(weekday, country):
    calendar = Calendar.of(retailer(weekday, **country))
    weeks = [
        calendar.week_of(dt.date(year, 12, 25)) + beside for year in range(2016, 2022) for beside in (-WEEK, 0 * WEEK)
    ]
    truth = np.array([week_sales(before_christmas, week) for week in weeks])
    error = np.abs([said(calendar, before_christmas, week) for week in weeks] - truth).sum() / truth.sum()
    naive = np.abs([week_sales(before_christmas, week - 52 * WEEK) for week in weeks] - truth).sum() / truth.sum()
    assert error < 0.06
    assert error < naive / 2


@pytest.mark.parametrize("weekday", ["Friday", "Sunday"])
def test_a_forecast_of_christmas_2021_is_nearer_than_last_years_weeks(weekday):
    house = retailer(weekday, country="US", holidays=("Christmas Day",))
    calendar = Calendar.of(house)
    last = calendar.week_of(dt.date(2021, 12, 25))
    weeks = [last - number * WEEK for number in range(160, -2, -1)]
    sales = [100 * week_sales(before_christmas, week) for week in weeks]
    frame = pd.DataFrame({"feature_date": pd.to_datetime(weeks), "weekly_sales": sales})
    panel = panel_from_frame(frame.assign(store_id=1, dept_id=1, store_type="A", is_holiday=False), house)
    history = panel.until(panel.week_count - 4)
    truth = panel.sales[0, -4:]
    error, naive = (
        np.abs(model.predict(history, 4).point[0] - truth).sum() for model in (AlignedSeasonal(), SeasonalNaive())
    )
    assert error < 0.85 * naive
    # Day for day of the date it was 888 of 4,503 in weeks that end on Fridays.
    assert error < 300


def ramadan(day: dt.date) -> float:
    """1 a day; 2 in the four weeks before Eid al-Fitr of 2020 to 2023 (the days that Turkey publishes); 0.5 in it."""
    feasts = ((2020, 5, 24), (2021, 5, 13), (2022, 5, 2), (2023, 4, 21))
    for feast in (dt.date(*feast) for feast in feasts):
        left = (feast - day).days
        if 0 < left <= 28:
            return 2.0
        if -3 < left <= 0:
            return 0.5
    return 1.0


@pytest.mark.parametrize("weekday", ["Saturday", "Sunday", "Wednesday"])
@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_ramadan_is_compared_with_ramadan(weekday, year):
    feast = {"name": "Eid al-Fitr", "weeks_before": 4}
    calendar = Calendar.of(retailer(weekday, country="TR", aligned=(AlignedHoliday(**feast),)))
    day = min(holiday.day for holiday in calendar.holidays(year) if holiday.name == "Eid al-Fitr")
    weeks = [calendar.week_of(day) + number * WEEK for number in range(-4, 2)]
    truth = np.array([week_sales(ramadan, week) for week in weeks])
    views = [calendar_views(calendar, week, 1)[0] for week in weeks]
    made = [
        sum(weight * week_sales(ramadan, week - back * WEEK) for back, weight in view.items())
        for week, view in zip(weeks, views, strict=True)
    ]
    naive = [week_sales(ramadan, week - 52 * WEEK) for week in weeks]
    # Where Ramadan begins, no holiday says: the week that it begins in is met by half.
    assert np.abs(made - truth).sum() < 0.08 * truth.sum()
    assert np.abs(made - truth).sum() < 0.4 * np.abs(naive - truth).sum()


def test_an_event_of_its_own_dates_is_compared_with_its_last_time():
    fair = Event(name="Fair", dates=(dt.date(2018, 5, 14), dt.date(2019, 6, 3), dt.date(2020, 5, 18)))
    calendar = Calendar.of(retailer(events=(fair,)))
    # 2019-06-03 is 55 weeks after 2018-05-14, 2020-05-18 50 weeks after it.
    assert calendar_views(calendar, dt.date(2019, 6, 9), 1)[0] == {55: 1.0}
    assert calendar_views(calendar, dt.date(2020, 5, 24), 1)[0] == {50: 1.0}
    assert calendar_views(calendar, dt.date(2018, 5, 20), 1)[0] == {52: 1.0}


def test_a_calendar_full_of_events_still_has_likes_for_every_week():
    days = tuple(dt.date(2018, 1, 3) + number * WEEK for number in range(200))
    calendar = Calendar.of(retailer(events=(Event(name="Market", dates=days),)))
    for week in (dt.date(2020, 1, 5) + number * WEEK for number in range(60)):
        assert sum(like_weeks(calendar, week, 1).values()) == pytest.approx(1.0)
        assert sum(ordinary_weeks(calendar, week).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("weekday", ["Saturday", "Sunday", "Wednesday"])
@pytest.mark.parametrize("first", ["1970-01-01", "2015-12-20", "2020-12-20"])
def test_likes_sum_to_one_over_week_53_and_the_turn_of_the_year(weekday, first):
    calendar = Calendar.of(retailer(weekday, country="DE", region="BY"))
    begin = calendar.week_of(dt.date.fromisoformat(first))
    for week in (begin + number * WEEK for number in range(56)):
        for years in (1, 2):
            weights = like_weeks(calendar, week, years)
            assert sum(weights.values()) == pytest.approx(1.0), week
            assert all(abs(back - 52.18 * years) < 10 for back in weights), week
