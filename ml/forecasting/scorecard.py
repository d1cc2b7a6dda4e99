"""The scorecard: figures of error, bias and coverage over arrays of forecasts and actual sales."""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.panel import BoolArray, FloatArray

HOLIDAY_WEIGHT = 5.0
"""Weight of a holiday week in the weighted mean absolute error, as in the competition that published the data."""


@dataclass(frozen=True)
class Score:
    """Figures of one candidate over some rows.

    Attributes:
        count: rows scored.
        wmae: weighted mean absolute error in dollars; holiday weeks weigh 5.
        mae: mean absolute error in dollars.
        rmse: root mean squared error in dollars.
        wape: sum of absolute errors over sum of absolute sales, a fraction.
        bias: sum of (forecast - actual) over sum of absolute sales, a fraction.
        coverage_80: share of the rows with bounds whose actual lies within the 80 % interval; NaN without such rows.
        coverage_95: the same at 95 %.
        width_80: mean width of the 80 % intervals in dollars.
    """

    count: int
    wmae: float
    mae: float
    rmse: float
    wape: float
    bias: float
    coverage_80: float
    coverage_95: float
    width_80: float


def score(actual: FloatArray, point: FloatArray, is_holiday: BoolArray, bounds: FloatArray | None = None) -> Score:
    """Returns the figures of forecasts.

    Args:
        actual: sales in dollars, (n,).
        point: forecasts in dollars, (n,).
        is_holiday: whether the week is a holiday week, (n,).
        bounds: lower and upper bounds at 80 %, then at 95 %, NaN where there are none, (4, n).
    """
    bounds = np.full((4, len(actual)), np.nan) if bounds is None else bounds
    error = point - actual
    total = max(float(np.abs(actual).sum()), 1e-9)
    return Score(
        count=len(actual),
        wmae=wmae(actual, point, is_holiday),
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        wape=float(np.abs(error).sum()) / total,
        bias=float(error.sum()) / total,
        coverage_80=coverage(actual, bounds[0], bounds[1]),
        coverage_95=coverage(actual, bounds[2], bounds[3]),
        width_80=_mean_known(bounds[1] - bounds[0]),
    )


def wmae(actual: FloatArray, point: FloatArray, is_holiday: BoolArray) -> float:
    """Returns the mean absolute error in dollars in which holiday weeks weigh 5."""
    weights = np.where(is_holiday, HOLIDAY_WEIGHT, 1.0)
    return float((weights * np.abs(point - actual)).sum() / weights.sum())


def coverage(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Returns the share of the rows with bounds whose actual lies within them, NaN where no row has bounds."""
    has_bounds = ~np.isnan(lower)
    inside = (actual >= lower) & (actual <= upper)
    return float(inside[has_bounds].mean()) if has_bounds.any() else float("nan")


def value_added(error: float, baseline: float) -> float:
    """Returns by what fraction an error lies below the baseline's; 0 where the baseline makes none."""
    return 1 - error / baseline if baseline > 0 else 0.0


def _mean_known(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
