"""Three ordinary policies to be measured against, each with one knob that trades stock for service.

Each takes the sales and the first replayed week and returns a family: a function from the knob to an order rule, with
levels per pair and week that read only sales before the week. So does what any policy may know of a pair before each
replayed week: arrays are (pairs, weeks replayed), and column j belongs to week start + j. Sales that are missing are
left out of a mean; negative ones (returns) count as no demand.
"""

from collections.abc import Callable

import numpy as np

from ml.inventory.policy import FloatArray
from ml.inventory.replay.engine import BoolArray, History, OrderRule
from ml.inventory.replay.lead_times import LeadTimes
from warehouse.conventions import ACTIVE_WEEKS, YEAR_WEEKS

Family = Callable[[float], OrderRule]

COVER_MEAN_WEEKS = 4
MIN_MAX_WEEKS = 13

ORDER_CYCLE_WEEKS = 1.0
"""Weeks of mean sales between the minimum and the maximum of the min/max rule."""

FEWEST_ERRORS = 8
"""With fewer known errors of last year's sales the deviation of the last 13 weeks stands in."""

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
    return recent_count(demand_of(sales) > 0, start, ACTIVE_WEEKS) > 0


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


def weeks_of_cover(sales: FloatArray, start: int) -> Family:
    """Returns the rule that orders up to so many weeks (the knob) of the mean of the last four."""
    mean = recent_mean(_demand_known(sales), start, COVER_MEAN_WEEKS)
    return lambda cover_weeks: OrderRule(order_up_to=cover_weeks * mean)


def min_max(sales: FloatArray, start: int) -> Family:
    """Returns the min/max rule on the mean of 13 weeks: the minimum so many weeks (the knob), the maximum one more."""
    mean = recent_mean(_demand_known(sales), start, MIN_MAX_WEEKS)
    return lambda weeks: OrderRule(order_up_to=(weeks + ORDER_CYCLE_WEEKS) * mean, reorder_point=weeks * mean)


def seasonal_safety_stock(sales: FloatArray, start: int, lead_times: LeadTimes, review_weeks: int = 1) -> Family:
    """Returns the textbook rule: last year's sales of the protection period plus z (the knob) deviations.

    The deviation is that of demand over a random lead time plus the review period, `deviation_over_protection`; that
    of weekly demand is the root mean square of the errors that last year's sales made in the last 52 weeks. A week
    without sales last year takes the mean of the last 13 weeks.

    Args:
        sales: (pairs, weeks) the whole history, NaN where not known.
        start: first replayed week.
        lead_times: their mean and deviation are what the rule knows.
        review_weeks: weeks between two reviews.
    """
    protection = float(lead_times.mean) + review_weeks
    demand = _demand_known(sales)
    weekly, deviation = last_year(demand, start, int(np.ceil(protection))).mean(axis=2), error_deviation(demand, start)
    safety = deviation_over_protection(weekly, deviation, protection, float(lead_times.deviation))
    return lambda z: OrderRule(order_up_to=np.maximum(protection * weekly + z * safety, 0.0))


def last_year(demand: FloatArray, start: int, weeks: int) -> FloatArray:
    """Returns what sold 52 weeks before each week of the coming period, (pairs, weeks replayed, weeks)."""
    ahead = np.arange(start, demand.shape[1])[:, None] + np.arange(weeks) - YEAR_WEEKS
    then = np.where(ahead >= 0, demand[:, np.maximum(ahead, 0)], np.nan)
    return np.asarray(np.where(np.isnan(then), recent_mean(demand, start, MIN_MAX_WEEKS)[:, :, None], then))


def error_deviation(demand: FloatArray, start: int) -> FloatArray:
    """Returns the root mean square of the errors of last year's sales in the last 52 weeks, per pair and week."""
    error = np.full(demand.shape, np.nan)
    error[:, YEAR_WEEKS:] = demand[:, YEAR_WEEKS:] - demand[:, :-YEAR_WEEKS]
    known = recent_count(~np.isnan(error), start, YEAR_WEEKS)
    square, mean = (recent_mean(demand**power, start, MIN_MAX_WEEKS) for power in (2, 1))
    recent = np.sqrt(np.maximum(square - mean**2, 0.0))
    return np.where(known >= FEWEST_ERRORS, np.sqrt(recent_mean(error**2, start, YEAR_WEEKS)), recent)


def deviation_over_protection(
    mean: FloatArray, deviation: FloatArray, protection_weeks: float, lead_time_deviation: float
) -> FloatArray:
    """Returns `formulas.demand_deviation_over_lead_time` for many pairs, over lead time plus review period.

    Source: Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., section 6.10; the
    review period adds weeks of demand but no uncertainty of its own.
    """
    return np.asarray(np.sqrt(protection_weeks * deviation**2 + (mean * lead_time_deviation) ** 2))


def _demand_known(sales: FloatArray) -> FloatArray:
    """Returns demand where sales are known, NaN elsewhere."""
    return np.where(np.isnan(sales), np.nan, demand_of(sales))
