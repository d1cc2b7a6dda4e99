"""What days are worth of which only the sums of weeks are known, where a holiday parts a week in two."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ml.forecasting.panel import FloatArray
from warehouse.calendar import WEEK_DAYS

WEEKS_BESIDE = 2
"""Weeks before and after those of the days that say how sales rise and fall."""


@lru_cache(maxsize=256)
def week_shares(begin: int, holiday: int) -> Mapping[int, float]:
    """Returns the weights of weeks whose sum, weighted, is that of seven days; they sum to one.

    The days are those of the smoothest course of days that has the weeks' sums and is free to jump at the holiday. A
    weight is below zero where a week tells how little of another lies on the far side of the holiday.

    Args:
        begin: first of the seven days, 0 for the first day of week 0.
        holiday: the day of the holiday, counted like it.
    """
    days = daily_course(2 * WEEKS_BESIDE + 2, holiday + WEEKS_BESIDE * WEEK_DAYS)
    first = begin + WEEKS_BESIDE * WEEK_DAYS
    weights = days[first : first + WEEK_DAYS].sum(axis=0)
    return {number - WEEKS_BESIDE: float(weight) for number, weight in enumerate(weights)}


def daily_course(weeks: int, holiday: int) -> FloatArray:
    """Returns the days of the smoothest course with given sums of weeks, as weights of those, (days, weeks).

    The sum of squared changes from day to day is least (Boot, Feibes and Lisman, 1967, Further methods of derivation of
    quarterly figures from annual data, Applied Statistics 16), the change to the holiday left out: shoppers come up to
    the day before it and stay away from it on.

    Args:
        weeks: number of weeks.
        holiday: the day, 0 for the first one.
    """
    days = weeks * WEEK_DAYS
    changes = np.diff(np.eye(days), axis=0)[[day for day in range(days - 1) if day + 1 != holiday]]
    sums = np.kron(np.eye(weeks), np.ones(WEEK_DAYS))
    conditions = np.block([[2 * changes.T @ changes, sums.T], [sums, np.zeros((weeks, weeks))]])
    wanted = np.vstack([np.zeros((days, weeks)), np.eye(weeks)])
    return np.asarray(np.linalg.solve(conditions, wanted)[:days])
