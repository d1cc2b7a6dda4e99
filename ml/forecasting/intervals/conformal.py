"""Conformal prediction intervals: past errors, counted in error scales, set the bounds.

Split conformal prediction with signed errors (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World,
2005; finite-sample rank as in Lei and others, Distribution-Free Predictive Inference for Regression, 2018, section 2;
a learned error scale as in Romano, Patterson and Candes, Conformalized Quantile Regression, 2019), within groups of
demand and in each of them within thirds of the series by volume. Past and future weeks are not exchangeable, so
coverage is measured, not promised.

Demand has an atom at zero: where a lower bound stands at the floor it covers all that lies there, and the same number
of errors on both sides would cover too much. So many are left out on each side as the bounds, as they are served, can
lose on past weeks. Where a series sells whole pieces its bounds are whole: the outermost that lie within.
"""

from dataclasses import dataclass, fields

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
    """Past forecasts and what came, n of them, in the unit of the sales.

    Attributes:
        actual: what came, (n,).
        point: forecasts, (n,).
        error_scale: as it was at the origin, (n,).
        floor: what lower bounds do not go below, (n,).
        is_whole: whether the series sells whole pieces, (n,).
        kind: of the series, (n,).
    """

    actual: FloatArray
    point: FloatArray
    error_scale: FloatArray
    floor: FloatArray
    is_whole: BoolArray
    kind: IntArray

    @property
    def value(self) -> FloatArray:
        """Errors in error scales, (n,)."""
        return (self.actual - self.point) / self.error_scale

    def take(self, rows: BoolArray) -> "Scores":
        """Returns some of them."""
        return Scores(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class Situation:
    """What the intervals need to know at an origin.

    Attributes:
        error_scale: expected size of an error in the unit of the sales, above zero, (series, horizon).
        kind: `VOLUMES` times the place of the group of demand, and 0, 1 or 2 for the third of the active series by
            scale, (series,).
        floor: what lower bounds do not go below, see `sales_floor`, (series,).
        is_whole: whether the series sells whole pieces, so that bounds are whole too, (series,).
    """

    error_scale: FloatArray
    kind: IntArray
    floor: FloatArray
    is_whole: BoolArray


@dataclass(frozen=True)
class IntervalCalibration:
    """Bounds in error scales by level, side (lower, upper) and kind of series, (2, 2, `KINDS`)."""

    quantiles: FloatArray

    def __post_init__(self) -> None:
        if self.quantiles.shape != (len(LEVELS), 2, KINDS):
            raise ValueError(f"a calibration holds {len(LEVELS)} levels, 2 sides and {KINDS} kinds of series")

    def bounds(self, point: FloatArray, situation: Situation) -> FloatArray:
        """Returns lower and upper at 80 %, then at 95 %, in the unit of the sales, (4, series, horizon).

        They enclose the point and each other; lower bounds stay above the floor where the point does.
        """
        floor, is_whole = situation.floor[:, None], situation.is_whole[:, None]
        edges = [
            _bounds(point, sides[:, situation.kind, None], situation.error_scale, floor, is_whole)
            for sides in self.quantiles
        ]
        return np.concatenate(edges)


def _bounds(
    point: FloatArray, sides: FloatArray, error_scale: FloatArray, floor: FloatArray, is_whole: BoolArray
) -> FloatArray:
    """Returns lower and upper bounds as they are served, (2, ...).

    Args:
        point: forecasts, (...).
        sides: bounds in error scales, (2, ...).
        error_scale: (...).
        floor: what lower bounds do not go below, (...).
        is_whole: whether bounds are whole pieces, (...).
    """
    lower, upper = point + sides * error_scale
    lower = np.maximum(lower, np.minimum(point, floor))
    if not is_whole.any():
        return np.stack([lower, upper])
    # A bound that is whole but for the last digit of its sum is whole.
    inner = np.ceil(np.round(lower, 9)), np.floor(np.round(upper, 9))
    whole = np.minimum(inner[0], np.floor(point)), np.maximum(inner[1], np.ceil(point))
    return np.where(is_whole, whole, (lower, upper))


def situation_at(history: Panel, error_scale: FittedErrorScale, horizon: int | None = None) -> Situation:
    """Returns what is known at the last week of a history about the errors to come."""
    volume = np.zeros(history.series_count, dtype=np.int64)
    if history.active.any():
        edges = np.quantile(history.scale[history.active], np.arange(1, VOLUMES) / VOLUMES)
        volume = np.asarray(np.searchsorted(edges, history.scale), dtype=np.int64)
    horizon = horizon or history.horizon
    beyond = np.maximum(np.arange(1, horizon + 1) - history.horizon, 0)
    return Situation(
        error_scale=error_scale.amount(history, horizon) * (1 + WIDER_PER_WEEK * beyond),
        kind=demand_groups(history) * VOLUMES + volume,
        floor=sales_floor(history),
        is_whole=sells_whole(history),
    )


def sales_floor(history: Panel) -> FloatArray:
    """Returns the least sales of the last 52 weeks where negative, else 0: what lower bounds do not go below, (S,)."""
    recent = history.sales[:, -YEAR_WEEKS:]
    return np.asarray(np.where(np.isnan(recent), 0.0, np.minimum(recent, 0.0)).min(axis=1))


def sells_whole(history: Panel) -> BoolArray:
    """Returns whether pieces are forecast and a series only ever sold whole ones, (S,)."""
    if not history.retailer.is_in_units:
        return np.zeros(history.series_count, dtype=bool)
    known = np.where(np.isnan(history.actual), 0.0, history.actual)
    return np.asarray((known == np.rint(known)).all(axis=1))


def scores_of(actual: FloatArray, point: FloatArray, situation: Situation, active: BoolArray) -> Scores:
    """Returns the scores of an origin's forecasts.

    Args:
        actual: sales in the unit of the sales, NaN where not known, (series, horizon).
        point: forecasts, (series, horizon).
        situation: as it was at the origin.
        active: whether each series was forecast, (series,).
    """
    series, step = np.nonzero(~np.isnan(actual) & active[:, None])
    return Scores(
        actual=actual[series, step],
        point=point[series, step],
        error_scale=situation.error_scale[series, step],
        floor=situation.floor[series],
        is_whole=situation.is_whole[series],
        kind=situation.kind[series],
    )


def join_scores(parts: list[Scores]) -> Scores:
    """Returns the scores of several origins as one."""
    return Scores(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Scores)}
    )


def calibrate(scores: Scores) -> IntervalCalibration:
    """Returns the bounds that past scores support: of a kind of series by its own, its group's, or all scores.

    Args:
        scores: of forecasts whose weeks were known when the interval is made; at least one.
    """
    counts = np.bincount(scores.kind, minlength=KINDS)
    by_group = counts.reshape(-1, VOLUMES).sum(axis=1)
    found: dict[tuple[str, int], FloatArray] = {}
    quantiles = np.zeros((len(LEVELS), 2, KINDS))
    for kind in range(KINDS):
        group = kind // VOLUMES
        if counts[kind] >= LEAST_SCORES:
            key, rows = ("kind", kind), scores.kind == kind
        elif by_group[group] >= LEAST_SCORES:
            key, rows = ("group", group), scores.kind // VOLUMES == group
        else:
            key, rows = ("all", 0), np.ones(len(scores.kind), dtype=bool)
        if key not in found:
            found[key] = covering_quantiles(scores.take(rows))
        quantiles[:, :, kind] = found[key]
    return IntervalCalibration(quantiles)


def covering_quantiles(scores: Scores) -> FloatArray:
    """Returns the lower and upper bounds of the scores at each level, in error scales, (levels, 2); they enclose zero.

    Of n scores as many are left out on each side as leave the served bounds covering at least (n + 1) times the level
    of them, all where n is too small for that. Without atoms these are the ranks of split conformal prediction.
    """
    ordered, count = np.sort(scores.value), len(scores.actual)
    edges = []
    for level in LEVELS:
        wanted = min(np.ceil((count + 1) * level), count)
        few, many = 0, (count + 1) // 2
        while many - few > 1:
            middle = (few + many) // 2
            few, many = (middle, many) if _covered(scores, _sides(ordered, middle)) >= wanted else (few, middle)
        edges.append(_sides(ordered, few))
    return np.array(edges)


def _sides(ordered: FloatArray, left_out: int) -> FloatArray:
    """Returns the bounds in error scales that leave so many scores out on each side, (2,)."""
    return np.array([min(ordered[left_out], 0.0), max(ordered[len(ordered) - 1 - left_out], 0.0)])


def _covered(scores: Scores, sides: FloatArray) -> int:
    """Returns how many past weeks the bounds would have covered."""
    lower, upper = _bounds(scores.point, sides[:, None], scores.error_scale, scores.floor, scores.is_whole)
    # A bound lies on a score: what only the last digit puts outside of it lies on it.
    slack = 1e-9 * np.maximum(np.abs(scores.actual), scores.error_scale)
    return int(((scores.actual >= lower - slack) & (scores.actual <= upper + slack)).sum())
