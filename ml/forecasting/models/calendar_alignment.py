"""Which weeks of a year ago, or two, are like a week to come: the calendar seen three ways, averaged.

Weeks end on the same weekday, so 52 weeks back is one or two days off the date. Sales that hang on a date (Christmas,
pay days) and sales that hang on a moving holiday (Easter, Thanksgiving, Eid) need different sources. None of the three
views is best everywhere; their mean is better than each.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np

from ml.forecasting.models.daily_shares import week_shares
from ml.forecasting.panel import DateArray, FloatArray, as_date
from warehouse.calendar import WEEK_DAYS, Anchor, Calendar
from warehouse.conventions import YEAR_WEEKS

_WEEK = dt.timedelta(days=WEEK_DAYS)
_MOST_WEEKS_ASIDE = 13
"""How far an ordinary week is looked for beside a holiday."""
VIEWS = 3


def alignment_matrix(calendar: Calendar, history: DateArray, targets: DateArray, years: int) -> FloatArray:
    """Returns the weight of each week of history in each target's week of `years` ago, (targets, weeks).

    Rows sum to one, or to less where a source lies outside the history.
    """
    return weight_matrix(history, targets, [like_weeks(calendar, as_date(target), years) for target in targets])


def weight_matrix(history: DateArray, targets: DateArray, likes: Sequence[Mapping[int, float]]) -> FloatArray:
    """Returns weights by weeks back of each target as a matrix over the history, (targets, weeks)."""
    matrix = np.zeros((len(targets), len(history)))
    for row, (target, view) in enumerate(zip(targets, likes, strict=True)):
        here = int((target - history[0]).astype("timedelta64[D]").astype(np.int64)) // WEEK_DAYS
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
def like_weeks(calendar: Calendar, week: dt.date, years: int) -> Mapping[int, float]:
    """Returns how many weeks before a week its likes of `years` ago lie, with weights that sum to one.

    The mean of the three views.
    """
    total: dict[int, float] = {}
    for view in calendar_views(calendar, week, years):
        for weeks_back, weight in view.items():
            total[weeks_back] = total.get(weeks_back, 0.0) + weight / VIEWS
    return total


@lru_cache(maxsize=4096)
def calendar_views(calendar: Calendar, week: dt.date, years: int) -> tuple[Mapping[int, float], ...]:
    """Returns the three views of a week's likes of `years` ago, each as weights by weeks back that sum to one.

    By weekday, but dated holidays by date; by date; both with moving holidays aligned on the holiday; and by date
    always. A week beside a holiday never leans on the holiday of another year: where it would, the nearest weeks
    outside stand in.
    """
    by_dated = _by_holiday(calendar, week, years, is_moving=False)
    by_date = _by_date(week, years) if by_dated is None else by_dated
    by_moving = _by_holiday(calendar, week, years, is_moving=True)
    if by_moving is not None:
        return by_moving, by_moving, by_date
    by_weekday = {YEAR_WEEKS * years: 1.0} if by_dated is None else by_dated
    aside = [_beside_holidays(calendar, week, years, view) for view in (by_weekday, by_date)]
    return aside[0], aside[1], aside[1]


@lru_cache(maxsize=4096)
def ordinary_weeks(calendar: Calendar, week: dt.date) -> Mapping[int, float]:
    """Returns how many weeks before a week its weekday of a year ago lies; for a holiday the ordinary weeks beside it.

    What the likes of a week sold more than these is what holidays and pay days bring.
    """
    aside = range(_MOST_WEEKS_ASIDE + 1)
    older, newer = (
        next((back for back in directed if not _is_holiday(calendar, week - back * _WEEK)), YEAR_WEEKS)
        for directed in ((YEAR_WEEKS + number for number in aside), (YEAR_WEEKS - number for number in aside))
    )
    if older == newer:
        return {YEAR_WEEKS: 1.0}
    share = (YEAR_WEEKS - newer) / (older - newer)
    return {older: share, newer: 1 - share}


@lru_cache(maxsize=4096)
def _is_holiday(calendar: Calendar, week: dt.date) -> bool:
    """Returns whether a week's sales stand out alone.

    It is a flagged one, one that a moving holiday lies in, or the one before a flagged holiday that hangs on a date.
    """
    if calendar.holiday_of(week) is not None:
        return True
    shopped_for = (anchor for anchor in calendar.anchors if anchor.is_moving or anchor.is_flagged)
    return any(
        any(_times_near(calendar, anchor, week if anchor.is_moving else week + _WEEK, 0, 0)) for anchor in shopped_for
    )


def _by_date(week: dt.date, years: int) -> Mapping[int, float]:
    day = min(week.day, 28) if week.month == 2 else week.day
    return _evenly((week - week.replace(year=week.year - years, day=day)).days)


def _evenly(shift: int) -> Mapping[int, float]:
    """Returns the weights of the seven days that lie so many days back, every day of a week alike."""
    weeks_back, days = divmod(shift, WEEK_DAYS)
    return {weeks_back: 1 - days / WEEK_DAYS, weeks_back + 1: days / WEEK_DAYS} if days else {weeks_back: 1.0}


def _by_holiday(calendar: Calendar, week: dt.date, years: int, is_moving: bool) -> Mapping[int, float] | None:
    """Returns the weights of the days as far from a holiday as the week's, `years` ago; None away from holidays."""
    for anchor in calendar.anchors:
        if anchor.is_moving != is_moving:
            continue
        for time in _times_near(calendar, anchor, week, anchor.weeks_before, anchor.weeks_after):
            like = calendar.time_like(anchor.name, time, years)
            if like is not None:
                shift = (time - like).days
                return _as_far_from(calendar, week, shift) if anchor.is_flagged else _evenly(shift)
    return None


def _as_far_from(calendar: Calendar, week: dt.date, shift: int) -> Mapping[int, float]:
    """Returns the weights of the seven days so many days back.

    Where a flagged holiday parts a week that some of them lie in, six of them may be worth more than that week: they
    are told apart by the course of the days. Elsewhere the days of a week are taken to be alike, which errs less on the
    public data than a course that rises within the week.
    """
    weeks_back, days = divmod(shift, WEEK_DAYS)
    older = week - (weeks_back + 1) * _WEEK
    parting = next(filter(None, (_parting_day(calendar, older), _parting_day(calendar, older + _WEEK))), None)
    if not days or parting is None:
        return _evenly(shift)
    shares = week_shares(WEEK_DAYS - days, (parting - older).days + WEEK_DAYS - 1)
    return {weeks_back + 1 - number: share for number, share in shares.items()}


def _parting_day(calendar: Calendar, week: dt.date) -> dt.date | None:
    """Returns the first flagged holiday of a week; None where it has none, or its first day is one."""
    first = next((holiday.day for holiday in calendar.holidays_of(week) if holiday.is_flagged), None)
    return None if first is None or (week - first).days == WEEK_DAYS - 1 else first


def _beside_holidays(calendar: Calendar, week: dt.date, years: int, view: Mapping[int, float]) -> Mapping[int, float]:
    """Returns the view; where most of it lies among a holiday's weeks, the weeks before and after those instead."""
    for begin, end in _holiday_spans(calendar, week, years):
        if sum(weight for weeks_back, weight in view.items() if begin <= weeks_back <= end) > 0.5:
            middle = sum(weight * min(max(weeks_back, begin), end) for weeks_back, weight in view.items())
            older = (middle - begin + 1) / (end - begin + 2)
            return {begin - 1: 1 - older, end + 1: older}
    return view


def _holiday_spans(calendar: Calendar, week: dt.date, years: int) -> Iterator[tuple[int, int]]:
    """Returns the first and last weeks back of every run of weeks that moving holidays had about `years` ago."""
    held = {
        (week - calendar.week_of(time)) // _WEEK - number
        for anchor in calendar.anchors
        if anchor.is_moving
        for time in calendar.times_like(anchor.name, week, years)
        for number in range(-anchor.weeks_before, anchor.weeks_after + 1)
    }
    for begin in sorted(held):
        if begin - 1 not in held:
            yield begin, max(takewhile(held.__contains__, range(begin, begin + len(held))))


def _times_near(calendar: Calendar, anchor: Anchor, week: dt.date, before: int, after: int) -> Iterator[dt.date]:
    """Returns the times of a holiday that lie in a week, up to `after` weeks earlier or up to `before` weeks later."""
    first = week - (after + 1) * _WEEK + dt.timedelta(days=1)
    return calendar.times_between(anchor.name, first, week + before * _WEEK)
