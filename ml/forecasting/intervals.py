"""Conformal prediction intervals: past residuals, scaled by how uneasy each series is, set the bounds.

Split conformal prediction with signed residuals (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World,
2005; finite-sample rank as in Lei and others, Distribution-Free Predictive Inference for Regression, 2018, section 2),
within groups of horizon, kind of week and volume. Past and future weeks are not exchangeable, so coverage is measured,
not promised.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.forecaster import HORIZON
from ml.forecasting.panel import YEAR_WEEKS, BoolArray, DateArray, FloatArray, IntArray, Panel, as_date
from ml.forecasting.seasonal import SeasonalBase, seasonal_base
from warehouse.calendar import holiday_of, holiday_weeks

LEVELS = (0.80, 0.95)
ORDINARY, HOLIDAY, PEAK = 0, 1, 2
KINDS = 3
VOLUMES = 3
LEAST_SCORES = 100
"""Scores that a group needs before its quantiles are its own."""
FACTOR_BOUNDS = (1.0, 3.0)
# Share of the scale that is uneasy at the least, so that a calm past does not promise a calm future.
_LEAST_UNEASE = 0.02


@dataclass(frozen=True)
class Scores:
    """Residuals of past forecasts, (actual - forecast) / unease, with the groups they belong to, (n,) each."""

    value: FloatArray
    step: IntArray
    kind: IntArray
    volume: IntArray

    def where(self, mask: BoolArray) -> "Scores":
        """Returns the scores that the mask keeps."""
        return Scores(self.value[mask], self.step[mask], self.kind[mask], self.volume[mask])


@dataclass(frozen=True)
class Situation:
    """What the intervals need to know at an origin.

    Attributes:
        unease: expected size of an error in dollars, above zero, (series,).
        volume: 0, 1 or 2: third of the active series by scale, (series,).
        kind: ordinary, holiday or peak week, (horizon,).
        factor: how much larger errors were in weeks of each kind during the last year, (kinds,).
    """

    unease: FloatArray
    volume: IntArray
    kind: IntArray
    factor: FloatArray


@dataclass(frozen=True)
class Calibration:
    """Scaled bounds by level, side (lower, upper), kind of week, horizon and volume, (2, 2, 3, horizon, 3)."""

    quantiles: FloatArray

    def bounds(self, point: FloatArray, situation: Situation, floor: FloatArray) -> FloatArray:
        """Returns lower and upper at 80 %, then at 95 %, in dollars, (4, series, horizon).

        They enclose the point and each other; lower bounds stay above `floor`, (series,), where the point does.
        """
        steps = np.arange(point.shape[1])
        scaled = self.quantiles[:, :, situation.kind[None, :], steps[None, :], situation.volume[:, None]]
        edges = point + scaled * situation.unease[:, None]
        edges[:, 0] = np.maximum(edges[:, 0], np.minimum(point, floor[:, None]))
        return np.asarray(edges.reshape(4, *point.shape))


def situation_at(history: Panel, base: SeasonalBase | None = None) -> Situation:
    """Returns what is known at the last week of a history about the errors to come."""
    base = base or seasonal_base(history, HORIZON)
    volume = np.zeros(history.series_count, dtype=np.int64)
    if history.active.any():
        edges = np.quantile(history.scale[history.active], np.arange(1, VOLUMES) / VOLUMES)
        volume = np.asarray(np.searchsorted(edges, history.scale), dtype=np.int64)
    return Situation(unease(history, base), volume, week_kinds(history.future_weeks(HORIZON)), _kind_factors(history))


def unease(history: Panel, base: SeasonalBase) -> FloatArray:
    """Returns the mean size of the last shocks beyond level and season, with a floor, in dollars, (S,)."""
    known = ~np.isnan(base.shocks)
    size = np.where(known, np.abs(base.shocks), 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.asarray(size + _LEAST_UNEASE * history.scale)


def sales_floor(history: Panel) -> FloatArray:
    """Returns the least sales of the last 52 weeks where negative, else 0: what lower bounds do not go below, (S,)."""
    recent = history.sales[:, -YEAR_WEEKS:]
    return np.asarray(np.where(np.isnan(recent), 0.0, np.minimum(recent, 0.0)).min(axis=1))


def week_kinds(weeks: DateArray) -> IntArray:
    """Returns for each week: peak from Thanksgiving to the week after Christmas, holiday, or ordinary."""
    kinds = []
    for week in map(as_date, weeks):
        feasts = holiday_weeks(week.year)
        is_peak = feasts["thanksgiving"] <= week <= feasts["christmas"]
        kinds.append(PEAK if is_peak else HOLIDAY if holiday_of(week) else ORDINARY)
    return np.array(kinds, dtype=np.int64)


def scores_of(actual: FloatArray, point: FloatArray, situation: Situation, active: BoolArray) -> Scores:
    """Returns the scores of an origin's forecasts.

    Args:
        actual: sales in dollars, NaN where not known, (series, horizon).
        point: forecasts, (series, horizon).
        situation: as it was at the origin.
        active: whether each series was forecast, (series,).
    """
    series, step = np.nonzero(~np.isnan(actual) & active[:, None])
    value = (actual[series, step] - point[series, step]) / situation.unease[series]
    return Scores(value, step, situation.kind[step], situation.volume[series])


def join_scores(parts: list[Scores]) -> Scores:
    """Returns the scores of several origins as one."""
    names = ("value", "step", "kind", "volume")
    return Scores(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def calibrate(scores: Scores, factor: FloatArray) -> Calibration:
    """Returns the bounds that past scores support.

    Args:
        scores: of forecasts whose weeks were known when the interval is made; at least one.
        factor: by kind of week, how far to widen where no week of that kind was scored, (kinds,).
    """
    quantiles = np.zeros((len(LEVELS), 2, KINDS, HORIZON, VOLUMES))
    for kind in range(KINDS):
        known = scores.where(scores.kind == kind)
        widening = 1.0
        if len(known.value) < LEAST_SCORES:
            known, widening = scores.where(scores.kind == ORDINARY), float(factor[kind])
        known = known if len(known.value) else scores
        for step in range(HORIZON):
            for volume in range(VOLUMES):
                group = _group(known, step, volume)
                quantiles[:, :, kind, step, volume] = widening * signed_quantiles(group)
    return Calibration(quantiles)


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


def _group(scores: Scores, step: int, volume: int) -> FloatArray:
    """Returns the scores most like a cell that are enough: of its volume and neighbouring horizons, or of more."""
    is_near, is_like = np.abs(scores.step - step) <= 1, scores.volume == volume
    for mask in (is_near & is_like, is_near, is_like):
        if mask.sum() >= LEAST_SCORES:
            return scores.value[mask]
    return scores.value


def _kind_factors(history: Panel) -> FloatArray:
    """Returns the errors of the seasonal base in each kind of week of the last year over those in ordinary weeks."""
    size, weight = np.zeros(KINDS), np.zeros(KINDS)
    for week_count in range(history.week_count - HORIZON, YEAR_WEEKS, -HORIZON):
        if history.week_count - week_count > YEAR_WEEKS + HORIZON:
            break
        past = history.until(week_count)
        base = seasonal_base(past, HORIZON)
        actual = history.sales[:, week_count : week_count + HORIZON]
        error = np.abs(actual - base.point) / unease(past, base)[:, None]
        counted = ~np.isnan(actual) & past.active[:, None]
        kinds = week_kinds(past.future_weeks(HORIZON))
        np.add.at(size, kinds, np.where(counted, error, 0.0).sum(axis=0))
        np.add.at(weight, kinds, counted.sum(axis=0))
    mean = size / np.maximum(weight, 1)
    return np.where((weight > 0) & (mean[0] > 0), np.clip(mean / max(mean[0], 1e-9), *FACTOR_BOUNDS), 1.0)
