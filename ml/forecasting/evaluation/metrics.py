"""The scorecard: figures of error, bias, coverage and interval quality over arrays of forecasts and actual sales."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import BoolArray, FloatArray, IntArray

HOLIDAY_WEIGHT = 5.0
"""Weight of a holiday week in the weighted mean absolute error, as in the competition that published the data."""
BOUND_LEVELS = (0.1, 0.9, 0.025, 0.975)
"""Levels of the quantiles that the bounds stand for: lower and upper at 80 %, then at 95 %."""


@dataclass(frozen=True)
class Score:
    """Figures of one candidate over some rows.

    Attributes:
        count: rows scored.
        sales: sum of absolute sales in dollars; equal for candidates that were scored on the same rows.
        wmae: weighted mean absolute error in dollars; holiday weeks weigh 5.
        mae: mean absolute error in dollars.
        rmse: root mean squared error in dollars.
        wape: sum of absolute errors over sum of absolute sales, a fraction.
        bias: sum of (forecast - actual) over sum of absolute sales, a fraction.
        coverage_80: share of the rows with bounds whose actual lies within the 80 % interval; NaN without such rows.
        coverage_95: the same at 95 %.
        width_80: mean width of the 80 % intervals in dollars.
        interval_score_80: scaled interval score at 80 %, a fraction of sales; see `scaled_interval_score`.
        pinball: mean pinball loss of the four bounds in dollars.
        store_total_wape: WAPE of the weekly totals of stores, a fraction; NaN where the rows name no totals.
    """

    count: int
    sales: float
    wmae: float
    mae: float
    rmse: float
    wape: float
    bias: float
    coverage_80: float
    coverage_95: float
    width_80: float
    interval_score_80: float
    pinball: float
    store_total_wape: float


def score(
    actual: FloatArray,
    point: FloatArray,
    is_holiday: BoolArray,
    bounds: FloatArray | None = None,
    store_total: IntArray | None = None,
) -> Score:
    """Returns the figures of forecasts.

    Args:
        actual: sales in dollars, (n,).
        point: forecasts in dollars, (n,).
        is_holiday: whether the week is a holiday week, (n,).
        bounds: lower and upper bounds at 80 %, then at 95 %, NaN where there are none, (4, n).
        store_total: label of the total that a row belongs to, one per store, origin and week, (n,).
    """
    bounds = np.full((4, len(actual)), np.nan) if bounds is None else bounds
    error = point - actual
    sales = float(np.abs(actual).sum())
    total = max(sales, 1e-9)
    losses = [pinball_loss(actual, bound, level) for bound, level in zip(bounds, BOUND_LEVELS, strict=True)]
    return Score(
        count=len(actual),
        sales=sales,
        wmae=wmae(actual, point, is_holiday),
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        wape=float(np.abs(error).sum()) / total,
        bias=float(error.sum()) / total,
        coverage_80=coverage(actual, bounds[0], bounds[1]),
        coverage_95=coverage(actual, bounds[2], bounds[3]),
        width_80=_mean_known(bounds[1] - bounds[0]),
        interval_score_80=scaled_interval_score(actual, bounds[0], bounds[1], 0.8),
        pinball=_mean_known(np.array(losses)),
        store_total_wape=float("nan") if store_total is None else total_wape(actual, point, store_total),
    )


def wmae(actual: FloatArray, point: FloatArray, is_holiday: BoolArray) -> float:
    """Returns the mean absolute error in dollars in which holiday weeks weigh 5."""
    weights = np.where(is_holiday, HOLIDAY_WEIGHT, 1.0)
    return float((weights * np.abs(point - actual)).sum() / weights.sum())


def total_wape(actual: FloatArray, point: FloatArray, total: IntArray) -> float:
    """Returns the sum of absolute errors of totals over the sum of their absolute sales, a fraction.

    Errors of opposite sign cancel within a total, so it is at most the WAPE of the rows where all sales are positive.

    Args:
        actual: sales in dollars, (n,).
        point: forecasts in dollars, (n,).
        total: label of the total that a row belongs to, (n,).
    """
    member = np.unique(total, return_inverse=True)[1]
    missed, sales = (np.abs(np.bincount(member, values)).sum() for values in (point - actual, actual))
    return float(missed) / max(float(sales), 1e-9)


def coverage(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Returns the share of the rows with bounds whose actual lies within them, NaN where no row has bounds."""
    has_bounds = ~np.isnan(lower)
    inside = (actual >= lower) & (actual <= upper)
    return float(inside[has_bounds].mean()) if has_bounds.any() else float("nan")


def coverage_by(
    groups: npt.NDArray[np.generic], actual: FloatArray, lower: FloatArray, upper: FloatArray
) -> FloatArray:
    """Returns the coverage of each group, in the order of `np.unique(groups)`, NaN where a group has no bounds.

    Args:
        groups: label of the group of each row, (n,).
        actual: sales in dollars, (n,).
        lower: lower bounds in dollars, NaN where there are none, (n,).
        upper: upper bounds in dollars, (n,).
    """
    labels, group = np.unique(groups, return_inverse=True)
    has_bounds = ~np.isnan(lower)
    inside = has_bounds & (actual >= lower) & (actual <= upper)
    counts = np.bincount(group[has_bounds], minlength=len(labels))
    covered = np.bincount(group[inside], minlength=len(labels))
    return np.asarray(np.where(counts > 0, covered / np.maximum(counts, 1), np.nan))


def interval_score(actual: FloatArray, lower: FloatArray, upper: FloatArray, level: float) -> FloatArray:
    """Returns the interval score of each row in dollars, (n,): the width, and 2 / alpha for each dollar outside.

    Less is better; no other bounds score less in expectation than the true quantiles. Source: Gneiting and Raftery,
    Strictly Proper Scoring Rules, Prediction, and Estimation, 2007, equation 43.

    Args:
        actual: sales in dollars, (n,).
        lower: lower bounds in dollars, NaN where there are none, (n,).
        upper: upper bounds in dollars, (n,).
        level: share that the interval is meant to cover, 1 - alpha.
    """
    missed = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    return np.asarray(upper - lower + 2.0 / (1.0 - level) * missed)


def scaled_interval_score(actual: FloatArray, lower: FloatArray, upper: FloatArray, level: float) -> float:
    """Returns the sum of interval scores over the sum of absolute sales, over the rows with bounds; NaN without any."""
    has_bounds = ~np.isnan(lower)
    if not has_bounds.any():
        return float("nan")
    total = interval_score(actual[has_bounds], lower[has_bounds], upper[has_bounds], level).sum()
    return float(total) / max(float(np.abs(actual[has_bounds]).sum()), 1e-9)


def pinball_loss(actual: FloatArray, quantile: FloatArray, level: float) -> FloatArray:
    """Returns the pinball loss of each row in dollars, (n,), NaN where there is no quantile.

    A dollar of sales above the quantile costs `level`, one below costs 1 - `level`. Source: Koenker and Bassett,
    Regression Quantiles, 1978. The interval score is 2 / alpha times the sum of the losses of its two bounds.
    """
    above = actual - quantile
    return np.asarray(np.maximum(level * above, (level - 1.0) * above))


def value_added(error: float, baseline: float) -> float:
    """Returns by what fraction an error lies below the baseline's; 0 where the baseline makes none."""
    return 1 - error / baseline if baseline > 0 else 0.0


def _mean_known(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
