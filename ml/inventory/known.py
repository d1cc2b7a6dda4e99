"""What was known of each pair before each replayed week: means, deviations, whether it is on sale.

Arrays are (pairs, weeks replayed); column j belongs to week start + j and reads the sales before that week only. Sales
that are missing are left out of a mean; negative ones (returns) count as no demand.
"""

import numpy as np

from ml.inventory.policy import FloatArray
from ml.inventory.replay import BoolArray, History

LIVE_WEEKS = 13
"""A pair is live where it sold anything in so many weeks before the review."""

OPENING_WEEKS = 3
"""Weeks of the four-week mean that a pair starts a replay with: one protection period."""

OPENING_MEAN_WEEKS = 4


def demand_of(sales: FloatArray) -> FloatArray:
    """Returns demand, (pairs, weeks): sales, with none where they are missing or negative."""
    return np.maximum(np.nan_to_num(sales), 0.0)


def recent_mean(values: FloatArray, start: int, weeks: int) -> FloatArray:
    """Returns the mean of the known values, none negative, of the last weeks before each replayed week, else 0."""
    is_known = ~np.isnan(values)
    total = _window_sum(np.where(is_known, values, 0.0), start, weeks)
    return np.asarray(total / np.maximum(_window_sum(is_known.astype(float), start, weeks), 1.0))


def recent_count(is_so: BoolArray, start: int, weeks: int) -> FloatArray:
    """Returns in how many of the last weeks before each replayed week something was so."""
    return _window_sum(is_so.astype(float), start, weeks)


def live_weeks(sales: FloatArray, start: int) -> BoolArray:
    """Returns whether a pair was on sale by what was known at each review."""
    return recent_count(demand_of(sales) > 0, start, LIVE_WEEKS) > 0


def history_of_sales(sales: FloatArray, start: int) -> History:
    """Returns the history to replay from week `start` to the last, opening with three weeks of the four-week mean."""
    demand = demand_of(sales)
    known = np.where(np.isnan(sales), np.nan, demand)
    opening = OPENING_WEEKS * recent_mean(known, start, OPENING_MEAN_WEEKS)[:, 0]
    return History(demand[:, start:], live_weeks(sales, start), opening)


def _window_sum(values: FloatArray, start: int, weeks: int) -> FloatArray:
    total = np.pad(values.cumsum(axis=1), ((0, 0), (1, 0)))
    week = np.arange(start, values.shape[1])
    return np.asarray(np.maximum(total[:, week] - total[:, np.maximum(week - weeks, 0)], 0.0))
