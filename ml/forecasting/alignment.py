"""Which weeks of a year ago, or two, are like a week to come: the calendar seen three ways, averaged.

Retail weeks are dated by their Friday, so 52 weeks back is the same weekday but one or two days off the date.
Sales that hang on a date (Christmas, pay days) and sales that hang on a movable feast (Easter, Thanksgiving)
need different sources. None of the three views is best everywhere; their mean is better than each.
"""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ml.forecasting.panel import YEAR_WEEKS, DateArray, FloatArray, as_date
from warehouse.calendar import friday_on_or_after, holiday_weeks

_WEEK = dt.timedelta(days=7)
# First and last week around each movable feast that are aligned on it.
_MOVABLE = {"easter": (-3, 1), "thanksgiving": (0, 2), "labor_day": (0, 0)}
# Feasts on a date: they and the weeks beside them are interpolated by date even where weekdays lead otherwise.
_DATED = ((2, 14), (7, 4), (10, 31), (12, 25))


def easter_sunday(year: int) -> dt.date:
    """Returns Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    weekday = (32 + 2 * century_rest + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return dt.date(year, month, day + 1)


def alignment_matrix(history: DateArray, targets: DateArray, years: int) -> FloatArray:
    """Returns the weight of each week of history in each target's week of `years` ago, (targets, weeks).

    Rows sum to one, or to less where a source lies outside the history.
    """
    matrix = np.zeros((len(targets), len(history)))
    first = as_date(history[0])
    for row, target in enumerate(targets):
        week = as_date(target)
        for weeks_back, weight in like_weeks(week, years).items():
            position = (week - first).days // 7 - weeks_back
            if 0 <= position < len(history):
                matrix[row, position] += weight
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
    """Returns how many weeks before a week its likes of `years` ago lie, with weights that sum to one."""
    by_date = _by_date(week, years)
    by_feast = _by_feast(week, years)
    by_weekday = by_date if _is_dated(week) else {YEAR_WEEKS * years: 1.0}
    total: dict[int, float] = {}
    for view in (by_feast or by_weekday, by_feast or by_date, by_date):
        for weeks_back, weight in view.items():
            total[weeks_back] = total.get(weeks_back, 0.0) + weight / 3
    return total


def _by_date(week: dt.date, years: int) -> dict[int, float]:
    day = min(week.day, 28) if week.month == 2 else week.day
    weeks_back, days = divmod((week - week.replace(year=week.year - years, day=day)).days, 7)
    return {weeks_back: 1 - days / 7, weeks_back + 1: days / 7}


def _by_feast(week: dt.date, years: int) -> dict[int, float] | None:
    for name, (first, last) in _MOVABLE.items():
        offset = (week - _feast_week(name, week.year)).days // 7
        if first <= offset <= last:
            return {(week - _feast_week(name, week.year - years)).days // 7 - offset: 1.0}
    return None


def _feast_week(name: str, year: int) -> dt.date:
    if name == "easter":
        return easter_sunday(year) - dt.timedelta(days=2)
    return holiday_weeks(year)[name]


def _is_dated(week: dt.date) -> bool:
    for month, day in _DATED:
        feast = friday_on_or_after(dt.date(week.year, month, day))
        if abs(week - feast) <= _WEEK:
            return True
    return False
