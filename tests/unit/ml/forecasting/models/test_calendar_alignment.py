import datetime as dt

import numpy as np
import pytest

from ml.forecasting.models.calendar_alignment import (
    VIEWS,
    aligned,
    alignment_matrix,
    calendar_views,
    like_weeks,
    ordinary_weeks,
    weight_matrix,
)
from retailers import WALMART
from warehouse.calendar import Calendar, easter_sunday

CALENDAR = Calendar.of(WALMART)
WEEK = dt.timedelta(weeks=1)
FRIDAYS = [dt.date(2009, 1, 2) + number * WEEK for number in range(1148)]
"""All Fridays from 2009 to 2030."""


def _easter_week(year: int) -> dt.date:
    return easter_sunday(year) - dt.timedelta(days=2)


def _holiday_weeks(year: int) -> set[dt.date]:
    """The weeks of a year that are aligned on a moving holiday: of Easter, Thanksgiving and Labor Day."""
    week = {name: week for week, name in CALENDAR.holiday_weeks(year).items()}
    easter = {_easter_week(year) + number * WEEK for number in (-1, 0, 1)}
    return easter | {week["Thanksgiving Day"] + number * WEEK for number in (0, 1, 2)} | {week["Labor Day"]}


@pytest.mark.parametrize("day", ["2010-04-04", "2011-04-24", "2012-04-08", "2013-03-31", "2019-04-21", "2026-04-05"])
def test_easter_falls_on_the_published_sunday(day: str) -> None:
    assert easter_sunday(int(day[:4])) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("years", [1, 2])
def test_weights_of_like_weeks_sum_to_one_all_year_round(years: int) -> None:
    for number in range(200):
        weights = like_weeks(CALENDAR, dt.date(2012, 1, 6) + dt.timedelta(weeks=number), years)
        assert sum(weights.values()) == pytest.approx(1.0)
        assert all(52 * years - 4 <= weeks_back <= 52 * years + 5 for weeks_back in weights)


def test_good_friday_leads_mostly_to_last_years_good_friday() -> None:
    # Easter moved from 2011-04-24 to 2012-04-08: its week is 50 weeks after last year's.
    weights = like_weeks(CALENDAR, dt.date(2012, 4, 6), 1)
    assert max(weights, key=lambda weeks_back: weights[weeks_back]) == 50


def test_thanksgiving_leads_to_thanksgiving_also_where_53_weeks_lie_between() -> None:
    weights = like_weeks(CALENDAR, dt.date(2013, 11, 29), 1)
    assert max(weights, key=lambda weeks_back: weights[weeks_back]) == 53


def test_an_ordinary_week_leads_52_weeks_back_and_a_little_further_by_date() -> None:
    # 2011-06-10 is 365 days after 2010-06-10: 52 weeks and a day. Two of three views go by date.
    assert like_weeks(CALENDAR, dt.date(2011, 6, 10), 1) == pytest.approx({52: 1 / 3 + 2 / 3 * 6 / 7, 53: 2 / 3 / 7})


def test_aligned_values_are_unknown_where_the_sources_are() -> None:
    weeks = np.datetime64("2010-02-05") + np.timedelta64(7, "D") * np.arange(60)
    targets = weeks[-1] + np.timedelta64(7, "D") * np.arange(1, 3)
    matrix = alignment_matrix(CALENDAR, weeks, targets, 1)
    known = aligned(np.ones((1, 60)), matrix)
    unknown = aligned(np.full((1, 60), np.nan), matrix)
    assert known.tolist() == [[pytest.approx(1.0), pytest.approx(1.0)]]
    assert np.isnan(unknown).all()
    assert np.isnan(aligned(np.ones((1, 60)), alignment_matrix(CALENDAR, weeks, targets, 2))).all()


@pytest.mark.parametrize("years", [1, 2])
def test_weights_of_every_view_sum_to_one_on_every_friday_of_two_decades(years: int) -> None:
    assert (FRIDAYS[0].year, FRIDAYS[-1]) == (2009, dt.date(2030, 12, 27))
    for week in FRIDAYS:
        views = calendar_views(CALENDAR, week, years)
        assert len(views) == VIEWS
        for view in (*views, like_weeks(CALENDAR, week, years), ordinary_weeks(CALENDAR, week)):
            assert sum(view.values()) == pytest.approx(1.0), week
            # Only where Christmas parts a week does another week tell how little of it lies on the other side.
            assert min(view.values()) >= (-0.42 if (week.month, week.day) >= (12, 18) else 0), week
            assert all(isinstance(weeks_back, int) for weeks_back in view), week


def test_the_likes_are_the_mean_of_the_three_views() -> None:
    week = dt.date(2011, 6, 10)
    by_weekday, by_holiday, by_date = calendar_views(CALENDAR, week, 1)
    assert by_weekday == {52: 1.0}
    assert by_holiday == by_date == pytest.approx({52: 6 / 7, 53: 1 / 7})


@pytest.mark.parametrize("years", [1, 2])
def test_easter_week_is_like_easter_week_whatever_its_date(years: int) -> None:
    for year in range(2009 + years, 2031):
        here, there = _easter_week(year), _easter_week(year - years)
        back = (here - there) // WEEK
        first, second, _ = calendar_views(CALENDAR, here, years)
        assert first == second == {back: 1.0}, year
        assert like_weeks(CALENDAR, here, years)[back] >= 2 / 3 - 1e-9, year


def test_a_week_beside_easter_leans_on_no_week_of_last_year_s_easter() -> None:
    # 52 weeks before 2012-04-20 lies 2011-04-22, the week of Easter 2011: 04-15 to 04-29 are its weeks.
    week = dt.date(2012, 4, 20)
    assert _easter_week(2011) == week - 52 * WEEK
    for view in calendar_views(CALENDAR, week, 1):
        assert {week - weeks_back * WEEK for weeks_back in view} == {dt.date(2011, 4, 8), dt.date(2011, 5, 6)}
    by_weekday, _, by_date = calendar_views(CALENDAR, week, 1)
    # Easter lies in the middle of the three weeks left out: both sides count alike. A year ago to the day is two days
    # before it: 5/7 on 52 weeks back and 2/7 on 53, so (52 2/7 - 50) / 4 on the week before them.
    assert by_weekday == {50: 0.5, 54: 0.5}
    assert by_date == pytest.approx({50: 3 / 7, 54: 4 / 7})
    assert sum(like_weeks(CALENDAR, week, 1).values()) == pytest.approx(1.0)


@pytest.mark.parametrize("years", [1, 2])
def test_no_view_of_a_week_outside_holidays_lies_for_the_most_part_in_one(years: int) -> None:
    for week in FRIDAYS:
        if week in _holiday_weeks(week.year):
            continue
        holidays = _holiday_weeks(week.year - years)
        for view in calendar_views(CALENDAR, week, years):
            among = sum(weight for weeks_back, weight in view.items() if week - weeks_back * WEEK in holidays)
            assert among <= 0.5 + 1e-9, week


def test_every_source_lies_near_the_date_of_a_year_or_two_ago() -> None:
    for week in FRIDAYS:
        for years in (1, 2):
            for view in calendar_views(CALENDAR, week, years):
                assert all(abs(weeks_back - 52 * years) <= 6 for weeks_back in view), week


def test_a_matrix_of_weights_puts_them_where_the_weeks_back_are_and_drops_what_lies_outside() -> None:
    weeks = np.datetime64("2010-02-05") + np.timedelta64(7, "D") * np.arange(10)
    targets = weeks[-1] + np.timedelta64(7, "D") * np.arange(1, 3)
    matrix = weight_matrix(weeks, targets, [{1: 0.25, 3: 0.75}, {1: 0.5, 11: 0.5}])
    assert matrix[0].tolist() == [0, 0, 0, 0, 0, 0, 0, 0.75, 0, 0.25]
    # The week before the second target is itself to come: nothing is known of it.
    assert matrix[1].tolist() == [0.5, *[0] * 9]
