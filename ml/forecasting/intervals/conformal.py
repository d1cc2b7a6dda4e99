"""Conformal prediction intervals: past errors, counted in error scales, set the bounds.

Split conformal prediction with signed errors (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World,
2005; finite-sample rank as in Lei and others, Distribution-Free Predictive Inference for Regression, 2018, section 2;
a learned error scale as in Romano, Patterson and Candes, Conformalized Quantile Regression, 2019), within groups of
demand and in each of them within thirds of the series by volume. Past and future weeks are not exchangeable, so
coverage is measured, not promised.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.demand_groups import DEMAND_GROUPS, demand_groups
from ml.forecasting.intervals.error_scale import FittedErrorScale
from ml.forecasting.panel import BoolArray, FloatArray, IntArray, Panel
from warehouse.conventions import YEAR_WEEKS

LEVELS = (0.80, 0.95)
VOLUMES = 3
KINDS = len(DEMAND_GROUPS) * VOLUMES
LEAST_SCORES = 100
"""Scores that a kind of series, or its group, needs before its quantiles are its own."""
WIDER_PER_WEEK = 0.007
"""By what fraction intervals widen with each week beyond those that the backtest scores.

On the public data the base errs 4 % more at 9 to 12 weeks than at 5 to 8 for the same target weeks, 13 % more at 21 to
26, 18 % more at 33 to 39.
"""


@dataclass(frozen=True)
class Scores:
    """Errors of past forecasts, (actual - forecast) / error scale, with the kind of their series, (n,) each."""

    value: FloatArray
    kind: IntArray


@dataclass(frozen=True)
class Situation:
    """What the intervals need to know at an origin.

    Attributes:
        error_scale: expected size of an error in the unit of the sales, above zero, (series, horizon).
        kind: `VOLUMES` times the place of the group of demand, and 0, 1 or 2 for the third of the active series by
            scale, (series,).
    """

    error_scale: FloatArray
    kind: IntArray


@dataclass(frozen=True)
class IntervalCalibration:
    """Bounds in error scales by level, side (lower, upper) and kind of series, (2, 2, `KINDS`)."""

    quantiles: FloatArray

    def __post_init__(self) -> None:
        if self.quantiles.shape != (len(LEVELS), 2, KINDS):
            raise ValueError(f"a calibration holds {len(LEVELS)} levels, 2 sides and {KINDS} kinds of series")

    def bounds(self, point: FloatArray, situation: Situation, floor: FloatArray) -> FloatArray:
        """Returns lower and upper at 80 %, then at 95 %, in the unit of the sales, (4, series, horizon).

        They enclose the point and each other; lower bounds stay above `floor`, (series,), where the point does.
        """
        edges = point + self.quantiles[:, :, situation.kind, None] * situation.error_scale
        edges[:, 0] = np.maximum(edges[:, 0], np.minimum(point, floor[:, None]))
        return np.asarray(edges.reshape(4, *point.shape))


def situation_at(history: Panel, error_scale: FittedErrorScale, horizon: int | None = None) -> Situation:
    """Returns what is known at the last week of a history about the errors to come."""
    volume = np.zeros(history.series_count, dtype=np.int64)
    if history.active.any():
        edges = np.quantile(history.scale[history.active], np.arange(1, VOLUMES) / VOLUMES)
        volume = np.asarray(np.searchsorted(edges, history.scale), dtype=np.int64)
    horizon = horizon or history.horizon
    beyond = np.maximum(np.arange(1, horizon + 1) - history.horizon, 0)
    kind = demand_groups(history) * VOLUMES + volume
    return Situation(error_scale.amount(history, horizon) * (1 + WIDER_PER_WEEK * beyond), kind)


def sales_floor(history: Panel) -> FloatArray:
    """Returns the least sales of the last 52 weeks where negative, else 0: what lower bounds do not go below, (S,)."""
    recent = history.sales[:, -YEAR_WEEKS:]
    return np.asarray(np.where(np.isnan(recent), 0.0, np.minimum(recent, 0.0)).min(axis=1))


def scores_of(actual: FloatArray, point: FloatArray, situation: Situation, active: BoolArray) -> Scores:
    """Returns the scores of an origin's forecasts.

    Args:
        actual: sales in the unit of the sales, NaN where not known, (series, horizon).
        point: forecasts, (series, horizon).
        situation: as it was at the origin.
        active: whether each series was forecast, (series,).
    """
    series, step = np.nonzero(~np.isnan(actual) & active[:, None])
    error = actual[series, step] - point[series, step]
    return Scores(error / situation.error_scale[series, step], situation.kind[series])


def join_scores(parts: list[Scores]) -> Scores:
    """Returns the scores of several origins as one."""
    return Scores(np.concatenate([part.value for part in parts]), np.concatenate([part.kind for part in parts]))


def calibrate(scores: Scores) -> IntervalCalibration:
    """Returns the bounds that past scores support: of a kind of series by its own, its group's, or all scores.

    Args:
        scores: of forecasts whose weeks were known when the interval is made; at least one.
    """
    quantiles = np.zeros((len(LEVELS), 2, KINDS))
    for kind in range(KINDS):
        same_group = scores.kind // VOLUMES == kind // VOLUMES
        choices = (scores.value[scores.kind == kind], scores.value[same_group])
        like = next((values for values in choices if len(values) >= LEAST_SCORES), scores.value)
        quantiles[:, :, kind] = signed_quantiles(like)
    return IntervalCalibration(quantiles)


def signed_quantiles(values: FloatArray) -> FloatArray:
    """Returns the lower and upper bounds of the scores at each level, (levels, 2); they enclose zero.

    With n scores and miscoverage a, each side takes the ceil((n + 1)(1 - a / 2))-th smallest, the largest where n is
    too small for that rank.
    """
    ordered = np.sort(values)
    count = len(ordered)
    edges = []
    for level in LEVELS:
        rank = min(int(np.ceil((count + 1) * (1 + level) / 2)), count)
        edges.append((min(ordered[count - rank], 0.0), max(ordered[rank - 1], 0.0)))
    return np.array(edges)
