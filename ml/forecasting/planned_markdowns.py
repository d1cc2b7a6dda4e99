"""Planned promotions: what the markdowns that the user has planned for a week to come move its forecast by.

The response to markdowns is a ridge regression per department, shrunk towards the response of all of them (Hastie,
Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition, section 3.4.1). It explains what sales
differed by from last year's aligned week times growth with what the depth of the markdown differed by between the two
weeks; depth is log(1 + markdown / weekly sales of the store). Where last year's markdown is not known, the mean depth
of the last year stands in, and what all stores share in a week is left out: in the first year of records a season
can't be told from a promotion, only stores that promote more from stores that promote less.

Measured on the public data with the true markdowns of the weeks ahead as the plan and the aligned seasonal base as
the forecast, eight weeks from five origins: WMAE 1458.3 without and 1458.0 with the plan. Of single origins, the two of
2011-11-18 and 2012-01-20 have too few weeks of markdowns to learn from; 2012-03-16 gains 1.1, 2012-05-11 0.9 and
2012-07-06 0.2. No shrinkage, or a single response for all departments, changes the pooled gain by 0.2 at most.
"""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, alignment_matrix
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.seasonal_base import GROWTH_BOUNDS, SeriesGroups, sum_by
from ml.forecasting.panel import BoolArray, FloatArray, IntArray, Panel, known_mean
from warehouse.conventions import YEAR_WEEKS

LEAST_WEEKS = 13
"""Weeks with a known markdown that a response can be learned from; with fewer a plan moves nothing."""
SHRINKAGE = 10.0
"""Weight of the response of all departments, in departments of mean evidence."""
EFFECT_LIMIT = 0.3
"""By what fraction of a forecast a plan can move it at most."""
# Below this fraction it is the rounding of a plan that is like last year.
_LEAST_EFFECT = 1e-6


@dataclass(frozen=True)
class PlannedPromotions:
    """What the planned markdowns move each forecast by, as a fraction of it; 0 without a plan, (series, horizon)."""

    effect: FloatArray

    @property
    def is_used(self) -> BoolArray:
        """Whether the plan moves a forecast, (series, horizon)."""
        return np.asarray(self.effect != 0)

    def amount(self, point: FloatArray) -> FloatArray:
        """Returns what the plan adds to forecasts, in the unit of the sales, (series, horizon)."""
        return np.asarray(self.effect * np.maximum(point, 0.0))

    def applied(self, forecast: PointForecast, bounds: FloatArray) -> tuple[PointForecast, FloatArray]:
        """Returns forecasts and bounds, (4, series, horizon), moved by the plan; no bound falls below zero by it."""
        if not self.is_used.any():
            return forecast, bounds
        amount = self.amount(forecast.point)
        moved = np.maximum(bounds + amount, np.minimum(bounds, 0.0))
        return PointForecast(forecast.point + amount, forecast.fallback), moved


def planned_promotions(history: Panel, horizon: int) -> PlannedPromotions:
    """Returns what the plan of a history moves the weeks after it by, learned from nothing later than its last week."""
    effect = np.zeros((history.series_count, horizon))
    depth = _past_depth(history)
    if history.planned_markdown is None or (~np.isnan(depth)).any(axis=0).sum() < LEAST_WEEKS:
        return PlannedPromotions(effect)
    plan = history.planned_markdown[:, history.week_count : history.week_count + horizon]
    effect[:, : plan.shape[1]] = _response(history, depth)[:, None] * _surplus(history, depth, _depth(history, plan))
    is_moved = np.abs(effect) > _LEAST_EFFECT
    return PlannedPromotions(np.clip(np.where(is_moved, effect, 0.0), -EFFECT_LIMIT, EFFECT_LIMIT))


def _depth(history: Panel, markdown: FloatArray) -> FloatArray:
    """Returns log(1 + markdown / weekly sales of the store), NaN where the markdown is not known, (S, weeks)."""
    store_sales = sum_by(np.where(history.active, history.scale, 0.0), SeriesGroups.of(history).store)
    return np.asarray(np.log1p(np.maximum(markdown, 0.0) / np.maximum(store_sales, history.least_scale)[:, None]))


def _past_depth(history: Panel) -> FloatArray:
    """Returns the depth of the markdowns of the weeks of a history, also where a series of the store has no row."""
    # A feature row holds the markdown of the week before it.
    markdown = history.features["total_markdown"][:, 1:]
    store = SeriesGroups.of(history).store
    known = sum_by((~np.isnan(markdown)).astype(np.float64), store)
    return _depth(history, np.where(known > 0, sum_by(markdown, store) / np.maximum(known, 1.0), np.nan))


def _surplus(history: Panel, depth: FloatArray, ahead: FloatArray) -> FloatArray:
    """Returns by how much weeks are deeper than the weeks they are aligned to, or than usual where that is not known.

    Args:
        history: the panel as it is known.
        depth: of its weeks, (S, T).
        ahead: of the weeks after it, (S, horizon); `depth` itself for its own weeks.
    """
    targets = history.weeks if ahead is depth else history.future_weeks(ahead.shape[1])
    before = aligned(depth, alignment_matrix(history.calendar, history.weeks, targets, 1))
    usual = known_mean(depth[:, -YEAR_WEEKS:])[:, None]
    return np.asarray(ahead - np.where(np.isnan(before), usual, before))


def _response(history: Panel, depth: FloatArray) -> FloatArray:
    """Returns the fraction of sales that a unit of depth adds, not below zero, (S,)."""
    department = SeriesGroups.of(history).department
    like = alignment_matrix(history.calendar, history.weeks, history.weeks, 1)
    gain, surplus = _gain_on_last_year(history, depth, like), _surplus(history, depth, depth)
    usable = ~np.isnan(gain) & ~np.isnan(surplus) & history.active[:, None]
    weight = history.scale[:, None] * usable
    is_first_year = np.isnan(aligned(depth, like))
    gain, surplus = (
        _without_shared(_centred(values, usable), weight, department, is_first_year) for values in (gain, surplus)
    )
    joint, own = ((weight * surplus * other).sum(axis=1) for other in (gain, surplus))
    shared = max(joint.sum(), 0.0) / max(own.sum(), 1e-9)
    prior = SHRINKAGE * own.sum() / (department.max() + 1)
    slope = (sum_by(joint, department) + prior * shared) / np.maximum(sum_by(own, department) + prior, 1e-9)
    return np.asarray(np.maximum(slope, 0.0))


def _gain_on_last_year(history: Panel, depth: FloatArray, like: FloatArray) -> FloatArray:
    """Returns sales less last year's aligned times growth, over the scale, in weeks of known depth, (S, T)."""
    last_year = aligned(history.sales, like)
    both = ~np.isnan(history.sales) & ~np.isnan(last_year) & ~np.isnan(depth)
    now, then = (np.where(both, values, 0.0).sum(axis=1) for values in (history.sales, last_year))
    growth = np.clip(np.where(then > 0, now / np.where(then > 0, then, 1.0), 1.0), *GROWTH_BOUNDS)[:, None]
    gain = (history.sales - growth * last_year) / history.scale[:, None]
    # A week in which a series doubled was not made by a markdown.
    return np.where(both, np.clip(gain, -1.0, 1.0), np.nan)


def _centred(values: FloatArray, usable: BoolArray) -> FloatArray:
    """Returns the values less their mean by series, 0 where they can't be used."""
    mean = known_mean(np.where(usable, values, np.nan))[:, None]
    return np.asarray(np.where(usable, values - mean, 0.0))


def _without_shared(values: FloatArray, weight: FloatArray, group: IntArray, where: BoolArray) -> FloatArray:
    """Returns the values less the weighted mean of their group in the week, where that is asked for."""
    mean = sum_by(weight * values, group) / np.maximum(sum_by(weight, group), 1e-9)
    return np.asarray(np.where(where & (weight > 0), values - mean, values))
