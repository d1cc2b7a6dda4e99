"""Which weeks of a year ago, or two, are like a week to come: the calendar seen three ways, averaged.

Retail weeks are dated by their Friday, so 52 weeks back is the same weekday but one or two days off the date.
Sales that hang on a date (Christmas, pay days) and sales that hang on a moving holiday (Easter, Thanksgiving)
need different sources. None of the three views is best everywhere; their mean is better than each.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count

import numpy as np

from ml.forecasting.panel import DateArray, FloatArray, as_date
from warehouse.calendar import easter_sunday, friday_on_or_after, holiday_of, holiday_weeks
from warehouse.conventions import YEAR_WEEKS

_WEEK = dt.timedelta(days=7)
# First and last week around each moving holiday that are aligned on it.
_MOVABLE = {"easter": (-1, 1), "thanksgiving": (0, 2), "labor_day": (0, 0)}
# Dated holidays: they and the weeks beside them are interpolated by date even where weekdays lead otherwise.
_DATED = ((2, 14), (7, 4), (10, 31), (12, 25))
VIEWS = 3


def alignment_matrix(history: DateArray, targets: DateArray, years: int) -> FloatArray:
    """Returns the weight of each week of history in each target's week of `years` ago, (targets, weeks).

    Rows sum to one, or to less where a source lies outside the history.
    """
    return weight_matrix(history, targets, [like_weeks(as_date(target), years) for target in targets])


def weight_matrix(history: DateArray, targets: DateArray, likes: Sequence[Mapping[int, float]]) -> FloatArray:
    """Returns weights by weeks back of each target as a matrix over the history, (targets, weeks)."""
    matrix = np.zeros((len(targets), len(history)))
    for row, (target, view) in enumerate(zip(targets, likes, strict=True)):
        here = int((target - history[0]).astype("timedelta64[D]").astype(np.int64)) // 7
        for weeks_back, weight in view.items():
            if 0 <= here - weeks_back < len(history):
                matrix[row, here - weeks_back] += weight
    return matrix


def aligned(values: FloatArray, matrix: FloatArray) -> FloatArray:
    """Returns the weighted mean of the known sources, (series, targets), NaN where under half the weight is known.

    Args:
        values: (series, weeks), NaN where not known.
        matrix: (targets, weeks), from `alignment_matrix`.
    """
    known = ~np.isnan(values)
    weight = known.astype(np.float64) @ matrix.T
    total = np.where(known, values, 0.0) @ matrix.T
    return np.asarray(np.where(weight > 0.5, total / np.maximum(weight, 1e-9), np.nan))


@lru_cache(maxsize=4096)
def like_weeks(week: dt.date, years: int) -> Mapping[int, float]:
    """Returns how many weeks before a week its likes of `years` ago lie, with weights that sum to one.

    The mean of the three views.
    """
    total: dict[int, float] = {}
    for view in calendar_views(week, years):
        for weeks_back, weight in view.items():
            total[weeks_back] = total.get(weeks_back, 0.0) + weight / VIEWS
    return total


@lru_cache(maxsize=4096)
def calendar_views(week: dt.date, years: int) -> tuple[Mapping[int, float], ...]:
    """Returns the three views of a week's likes of `years` ago, each as weights by weeks back that sum to one.

    By weekday, but dated holidays by date; by date; both with moving holidays aligned on the holiday; and by date
    always. A week beside a holiday never leans on the holiday of another year: where it would, the nearest weeks
    outside stand in.
    """
    by_date = _by_date(week, years)
    by_holiday = _by_holiday(week, years)
    if by_holiday is not None:
        return by_holiday, by_holiday, by_date
    by_weekday = by_date if _is_dated(week) else {YEAR_WEEKS * years: 1.0}
    aside = [_beside_holidays(week, years, view) for view in (by_weekday, by_date)]
    return aside[0], aside[1], aside[1]


@lru_cache(maxsize=4096)
def ordinary_weeks(week: dt.date) -> Mapping[int, float]:
    """Returns how many weeks before a week its weekday of a year ago lies; for a holiday the ordinary weeks beside it.

    What the likes of a week sold more than these is what holidays and pay days bring.
    """
    older, newer = (
        next(back for back in count(YEAR_WEEKS, step) if not _is_holiday(week - back * _WEEK)) for step in (1, -1)
    )
    if older == newer:
        return {YEAR_WEEKS: 1.0}
    share = (YEAR_WEEKS - newer) / (older - newer)
    return {older: share, newer: 1 - share}


def _is_holiday(week: dt.date) -> bool:
    """Returns whether a week is a flagged one, the one before Christmas's, or Easter's: their sales stand out alone."""
    shopping = holiday_weeks(week.year)["christmas"] - _WEEK
    return holiday_of(week) is not None or week in (shopping, _holiday_week("easter", week.year))


def _by_date(week: dt.date, years: int) -> dict[int, float]:
    day = min(week.day, 28) if week.month == 2 else week.day
    weeks_back, days = divmod((week - week.replace(year=week.year - years, day=day)).days, 7)
    return {weeks_back: 1 - days / 7, weeks_back + 1: days / 7}


def _by_holiday(week: dt.date, years: int) -> dict[int, float] | None:
    for name, (first, last) in _MOVABLE.items():
        offset = (week - _holiday_week(name, week.year)).days // 7
        if first <= offset <= last:
            return {(week - _holiday_week(name, week.year - years)).days // 7 - offset: 1.0}
    return None


def _beside_holidays(week: dt.date, years: int, view: Mapping[int, float]) -> Mapping[int, float]:
    """Returns the view; where most of it lies among a holiday's weeks, the weeks before and after those instead."""
    for name, (first, last) in _MOVABLE.items():
        holiday = _holiday_week(name, week.year - years)
        begin, end = (week - holiday).days // 7 - last, (week - holiday).days // 7 - first
        if sum(weight for weeks_back, weight in view.items() if begin <= weeks_back <= end) > 0.5:
            middle = sum(weight * min(max(weeks_back, begin), end) for weeks_back, weight in view.items())
            older = (middle - begin + 1) / (end - begin + 2)
            return {begin - 1: 1 - older, end + 1: older}
    return view


def _holiday_week(name: str, year: int) -> dt.date:
    if name == "easter":
        return easter_sunday(year) - dt.timedelta(days=2)
    return holiday_weeks(year)[name]


def _is_dated(week: dt.date) -> bool:
    for month, day in _DATED:
        holiday = friday_on_or_after(dt.date(week.year, month, day))
        if abs(week - holiday) <= _WEEK:
            return True
    return False
