"""Groups of series that behave alike: by how often they sell and by how much the size of a sale varies.

The classes and their limits are those of Syntetos, Boylan and Croston, On the categorization of demand patterns,
Journal of the Operational Research Society 56, 2005. Series with less than a year behind them are a group of their own:
nothing can be known of their season.
"""

from collections.abc import Mapping

import numpy as np

from ml.forecasting.panel import FloatArray, IntArray, Panel, TextArray, largest_scale
from warehouse.conventions import YEAR_WEEKS

DEMAND_GROUPS = ("short", "smooth", "erratic", "intermittent", "lumpy")
RARE_GROUPS = ("intermittent", "lumpy")
"""Groups that are judged by their total over the horizon: week by week, to expect nothing would seem best of all."""
WINDOW_WEEKS = 2 * YEAR_WEEKS
"""The last weeks that a series is judged by."""
INTERVAL_LIMIT = 1.32
"""Mean weeks from sale to sale from which a series sells now and then."""
VARIATION_LIMIT = 0.49
"""Squared coefficient of variation of the weeks with sales from which their size varies much."""
LARGEST_ERROR = 5.0
"""Mean weekly sales of a series beyond which an error of it counts no further in a choice."""


def demand_groups(history: Panel) -> IntArray:
    """Returns the place in `DEMAND_GROUPS` of each series, as it was known at the last week of the history, (S,)."""
    return history.once("demand groups", lambda: _demand_groups(history))


def chosen_by_group(choice: Mapping[str, str], history: Panel) -> TextArray:
    """Returns what is chosen for the group of each series, (S,)."""
    return np.array([choice[group] for group in DEMAND_GROUPS])[demand_groups(history)]


def _demand_groups(history: Panel) -> IntArray:
    recent = history.sales[:, -WINDOW_WEEKS:]
    known, sold = ~np.isnan(recent), recent > 0
    counts = np.maximum(sold.sum(axis=1), 1)
    amounts = np.where(sold, recent, 0.0)
    mean = amounts.sum(axis=1) / counts
    variance = np.where(sold, (recent - mean[:, None]) ** 2, 0.0).sum(axis=1) / counts
    variation = variance / np.where(mean > 0, mean, 1.0) ** 2
    is_rare = known.sum(axis=1) / counts >= INTERVAL_LIMIT
    behaviour = 1 + 2 * is_rare + (variation >= VARIATION_LIMIT)
    has_begun = np.maximum.accumulate(~np.isnan(history.sales), axis=1)
    return np.where(has_begun.sum(axis=1) < YEAR_WEEKS, 0, behaviour).astype(np.int64)


def group_errors(error: FloatArray, history: Panel, week_weights: FloatArray | None = None) -> FloatArray:
    """Returns the sum of absolute errors of each group, in which no single series can outweigh the others, (groups,).

    Errors of weeks, or of the horizon's total where a group sells now and then.

    Args:
        error: forecast less actual in the unit of the sales, NaN where it does not count, (series, horizon).
        history: as it was known when the forecasts were made.
        week_weights: how much each week counts, (horizon,), where weeks are judged; alike without it.
    """
    group, scale = demand_groups(history), history.scale
    largest = np.zeros(len(DEMAND_GROUPS))
    for place in range(len(DEMAND_GROUPS)):
        largest[place] = largest_scale(scale[(group == place) & history.active])
    relative = np.nan_to_num(error / scale[:, None])
    weeks = np.minimum(np.abs(relative), LARGEST_ERROR) * (1.0 if week_weights is None else week_weights)
    total = np.minimum(np.abs(relative.sum(axis=1)), LARGEST_ERROR * error.shape[1])
    is_rare = np.isin(DEMAND_GROUPS, RARE_GROUPS)[group]
    counted = np.where(is_rare, total, weeks.sum(axis=1))
    weight = np.minimum(scale, largest[group])
    return np.asarray(np.bincount(group, weight * counted, len(DEMAND_GROUPS)), dtype=np.float64)
