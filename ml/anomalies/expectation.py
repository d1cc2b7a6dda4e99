"""What a week should have sold, and how far from it is unusual: functions over (pairs, weeks) of sales."""

import numpy as np
import numpy.typing as npt

from ml.anomalies.panel import FloatArray
from warehouse.conventions import YEAR_WEEKS

LEVEL_WEEKS = 13
LEVEL_WEEKS_KNOWN = 4
"""The level of a pair is the median of the weeks before, of four known ones at least."""

SEASON_STORES = 5
"""Stores below which a department has no season of its own."""

OWN_SEASON_LIMITS = (0.5, 2.0)
OWN_SEASON_WEIGHT = 0.5
"""How much of last year's deviation from the department's season is expected again: half of it on a log scale, within
limits, so that last year's accident does not become this year's."""

FLOOR_SHARE = 0.1
"""Sales and expectation count as at least this share of the pair's level in a ratio: returns have no logarithm."""

LEAST_DEVIATION_SHARE = 0.15

SMALLEST_SPREAD = 0.05
SPREAD_SHRINKAGE_WEEKS = 16.0
NORMAL_MAD = 1.4826
"""Median absolute deviation times this is the standard deviation of a normal variable (Huber, Robust Statistics)."""


def trailing_level(sales: FloatArray) -> FloatArray:
    """Returns the median sales of the 13 weeks before each week; NaN where under four are known or none were sold."""
    import pandas as pd

    rolled = pd.DataFrame(sales.T).rolling(LEVEL_WEEKS, min_periods=LEVEL_WEEKS_KNOWN).median().shift(1)
    level = rolled.to_numpy(dtype=float).T
    return np.where(level > 0, level, np.nan)


def seasonal_expectation(sales: FloatArray, level: FloatArray, dept_id: npt.NDArray[np.int64]) -> FloatArray:
    """Returns what each week should have sold: the pair's own level times the season of its department.

    The season of a week is the median over stores of sales relative to level, so it moves with weather and
    promotions that all stores share; half of what the pair did otherwise a year before is expected again. In a
    department of few stores the pair's own ratio of a year before is the season. NaN where none of this is known.
    It looks at the other stores in the same week: an expectation for looking back, not a forecast.
    """
    ratio = sales / level
    season = _department_season(ratio, dept_id)
    own = _year_before(ratio / season)
    habit = np.exp(OWN_SEASON_WEIGHT * np.log(np.clip(own, *OWN_SEASON_LIMITS)))
    shared = level * season * np.where(np.isfinite(habit), habit, 1.0)
    expected = np.where(np.isfinite(season), shared, level * _year_before(ratio))
    return np.where(expected > 0, expected, np.nan)


def robust_scores(sales: FloatArray, expected: FloatArray, level: FloatArray) -> FloatArray:
    """Returns the deviation of each week in robust standard deviations of its pair, the sign being the direction.

    Deviations are logarithms of sales over expectation, so that twice and half are equally far. The spread of a
    pair is its median absolute deviation, shrunk towards the median pair's for want of weeks, and never under five
    percent.
    """
    size = np.fmax(level, expected)
    least = FLOOR_SHARE * np.where(size > 0, size, np.nan)
    deviation = np.log(np.maximum(sales, least) / np.maximum(expected, least))
    return deviation / _spread(deviation)[:, None]


def least_deviation(sales: FloatArray) -> float:
    """Returns the deviation below which it is nobody's concern: a share of the median pair's mean week."""
    known = np.isfinite(sales)
    mean = np.where(known, sales, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return LEAST_DEVIATION_SHARE * float(np.median(mean)) if len(mean) else 0.0


def same_direction_share(scores: FloatArray, groups: npt.NDArray[np.int64], sign: int, least: float) -> FloatArray:
    """Returns the share of known scores of a pair's group that reach `least` in that direction, by pair and week."""
    import pandas as pd

    known = pd.DataFrame(np.isfinite(scores).astype(float)).groupby(groups).transform("sum").to_numpy()
    moved = pd.DataFrame((sign * scores >= least).astype(float)).groupby(groups).transform("sum").to_numpy()
    share: FloatArray = np.divide(moved, known, out=np.zeros_like(moved), where=known > 0)
    return share


def weeks_in_a_row(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Returns how many weeks in a row the mask has held, the week itself included."""
    runs = np.zeros(mask.shape, dtype=np.int64)
    for week in range(mask.shape[1]):
        before = runs[:, week - 1] if week else 0
        runs[:, week] = np.where(mask[:, week], before + 1, 0)
    return runs


def _department_season(ratio: FloatArray, dept_id: npt.NDArray[np.int64]) -> FloatArray:
    import pandas as pd

    groups = pd.DataFrame(ratio).groupby(dept_id)
    season = groups.transform("median").to_numpy(dtype=float)
    enough = groups.transform("count").to_numpy() >= SEASON_STORES
    return np.where(enough & (season > 0), season, np.nan)


def _year_before(values: FloatArray) -> FloatArray:
    shifted = np.full_like(values, np.nan)
    shifted[:, YEAR_WEEKS:] = values[:, :-YEAR_WEEKS]
    return shifted


def _spread(deviation: FloatArray) -> FloatArray:
    import pandas as pd

    weeks = np.isfinite(deviation).sum(axis=1)
    own = NORMAL_MAD * pd.DataFrame(np.abs(deviation)).median(axis=1).to_numpy(dtype=float)
    common = float(np.nanmedian(own)) if np.isfinite(own).any() else SMALLEST_SPREAD
    shrunk: FloatArray = (weeks * np.nan_to_num(own) + SPREAD_SHRINKAGE_WEEKS * common) / (
        weeks + SPREAD_SHRINKAGE_WEEKS
    )
    return np.maximum(shrunk, SMALLEST_SPREAD)
