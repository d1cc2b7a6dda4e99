"""Our own policy to replay: weekly forecasts plus pooled empirical errors of the whole protection period.

What is learned is the error of the *sum* of demand over lead time plus review period, one distribution for each lead
time. Every four weeks errors are pooled anew, from the origins whose protection periods had ended by then. Errors are
scaled by usual sales, the forecast and how far the two are apart, pooled over pairs of similar volume, and stretched
by how noisy the pair has been. That is learning; the settings, the constants below, are frozen: they were chosen on
origins before the last 52 weeks of the public data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel
from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import Family, demand_of, live_weeks, recent_mean
from ml.inventory.replay.engine import BoolArray, OrderRule
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadTimes

FIRST_ORIGIN = 56
"""Weeks of history that an origin must have: a year, and a month for the level."""

RELEARN_WEEKS = 4
"""Weeks after which errors are pooled anew, with all that are known by then."""

BANDS = 8
SMALLEST_BAND = 500
"""Volume bands of a pool, and the errors below which a band is not worth having."""

ERROR_LIMITS = (-3.0, 3.0)
"""Errors per week of protection beyond three times the unit are clipped: data faults and opening weeks."""

SHRINKAGE_ORIGINS = 20.0
"""Origins of a pair's own errors that weigh as much as its band's figure; neighbouring ones share most weeks."""

FOLDS = 2
"""Parts of the origins: how noisy a pair is beside its errors in one part is judged by the others. Judged by the same
errors, the pooled tails would be too thin."""

DISPERSION_LIMITS = (0.4, 3.0)
"""How far a pair's noise may stand from its band's."""

SCALE_WEEKS = 52
FORECAST_WEIGHT = 0.5
LEAST_SHARE = 0.25
"""Errors are scaled by the geometric mean of usual sales and the forecast, that one at least a quarter of them."""

LARGEST_MULTIPLE = 1.5
"""A level is at most so many times what the largest week of the last year would sell over the longest protection."""

SIZE_EXPONENT = 0.1
"""How fast the odds of a stockout grow with the size of a pair where service is spread by size."""

PROBABILITIES = np.concatenate([[0.0, 0.002, 0.005], np.arange(0.01, 0.995, 0.005), [0.995, 0.998, 1.0]])
STEPS = 14
"""Halvings of the bracket of a quantile: to a ten-thousandth of its width."""


@dataclass(frozen=True)
class ReplayOutlook:
    """Forecasts of the protection period at consecutive origins.

    Attributes:
        first_origin: weeks that were known at the first origin.
        total: (lead times, pairs, origins) forecast demand over each possible protection period, in dollars.
        unit: (pairs, origins) what an error of one week is measured in, in dollars.
        scale: (pairs, origins) mean absolute sales of the last year, in dollars.
    """

    first_origin: int
    total: FloatArray
    unit: FloatArray
    scale: FloatArray

    def between(self, first: int, end: int) -> "ReplayOutlook":
        """Returns the outlook at the origins from `first` to before `end`."""
        cut = slice(first - self.first_origin, end - self.first_origin)
        return ReplayOutlook(first, self.total[:, :, cut], self.unit[:, cut], self.scale[:, cut])


@dataclass(frozen=True)
class ProtectionPool:
    """Errors of protection demand, pooled.

    Attributes:
        edges: dollars of mean weekly sales between neighbouring bands, ascending.
        quantiles: (lead times, bands, probabilities) of the errors of pairs with dispersion 1, in units.
        dispersion: (pairs,) mean absolute error of each pair relative to its band's.
    """

    edges: FloatArray
    quantiles: FloatArray
    dispersion: FloatArray


@dataclass(frozen=True)
class LearnedProtection:
    """Demand over protection periods as it was known at each review of a replay, to take levels from.

    Attributes:
        outlook: forecasts at each review, one a replayed week.
        parts: pools, each with the replayed weeks that it rules, from and to before.
        ceiling: (pairs, weeks) greatest sensible level.
        shares: probability of each period, (periods,) for all pairs or (pairs, periods).
    """

    outlook: ReplayOutlook
    parts: tuple[tuple[ProtectionPool, int, int], ...]
    ceiling: FloatArray
    shares: FloatArray

    def level(self, service_level: float | FloatArray, of: "LevelRule | None" = None) -> FloatArray:
        """Returns the levels that give a service, (pairs, weeks).

        Args:
            service_level: for all pairs, or (pairs, 1) or (pairs, weeks).
            of: from a pool, an outlook, shares and the service to the levels; quantiles where none is given.
        """
        weeks, first = self.outlook.unit.shape[1], self.outlook.first_origin
        service = np.broadcast_to(np.asarray(service_level, float), (len(self.outlook.unit), weeks))
        found = [
            (of or mixture_quantile)(
                pool, self.outlook.between(first + at, first + end), self.shares, service[:, at:end]
            )
            for pool, at, end in self.parts
        ]
        return np.asarray(np.clip(np.hstack(found), 0.0, self.ceiling))


def empirical_protection(
    panel: Panel,
    start: int,
    lead_times: LeadTimes,
    review_weeks: int = 1,
    relearn_weeks: int | None = RELEARN_WEEKS,
    forecasts: WeeklyForecasts | None = None,
) -> Family:
    """Returns the rule that orders up to a quantile (the knob) of demand over the protection period.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        lead_times: possible lead times, the same for all pairs.
        review_weeks: weeks between two reviews.
        relearn_weeks: weeks after which errors are pooled anew, with all that are known by then; never if None.
        forecasts: made week by week from what was known; the seasonal base where none are given.

    Raises:
        ValueError: there are no two origins to learn from before the replay.
    """
    periods = [weeks + review_weeks for weeks in lead_times.weeks]
    shares = np.asarray(lead_times.probabilities, float)
    return level_rule(learn_protection(panel, start, periods, shares, relearn_weeks, forecasts))


def level_rule(learned: LearnedProtection) -> Family:
    """Returns the rule that orders all pairs up to the same quantile (the knob) of demand over the protection period.

    Raises:
        ValueError: by the rule, where the service level is not between 0 and 1, both excluded.
    """
    return lambda service_level: OrderRule(order_up_to=learned.level(service_level))


def level_rule_by_size(learned: LearnedProtection) -> Family:
    """Returns the rule that gives small pairs more service than large ones, where it costs little stock.

    The knob is the service level of the median pair; the odds of a stockout grow with mean weekly sales to the power
    of `SIZE_EXPONENT`.

    Source: Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., section 6.11: a
    given stock has fewest stockout occasions where it is spread by value, not by equal service.
    """
    scale = np.maximum(learned.outlook.scale, 1.0)
    weight = (scale / np.median(scale, axis=0)) ** SIZE_EXPONENT

    def rule(service_level: float) -> OrderRule:
        odds = (1.0 - service_level) / service_level * weight
        return OrderRule(order_up_to=learned.level(1.0 / (1.0 + odds)))

    return rule


def learn_protection(
    panel: Panel,
    start: int,
    periods: Sequence[int],
    shares: FloatArray,
    relearn_weeks: int | None = RELEARN_WEEKS,
    forecasts: WeeklyForecasts | None = None,
) -> LearnedProtection:
    """Returns what is known of demand over the protection periods at each review, learned from what was known then.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        periods: weeks of each possible protection period, ascending.
        shares: probability of each, (periods,) for all pairs or (pairs, periods).
        relearn_weeks: weeks after which errors are pooled anew, with all that are known by then; never if None.
        forecasts: made week by week from what was known; the seasonal base where none are given.

    Raises:
        ValueError: there are no two origins to learn from before the replay.
    """
    if start - max(periods) < FIRST_ORIGIN + 1:
        raise ValueError(f"{start} weeks before the replay are too few to learn from")
    end = panel.week_count
    outlook = look_out(panel, range(FIRST_ORIGIN, end), periods, forecasts)
    # A pool knows the origins whose longest period had ended before its first week.
    parts = [
        (
            build_protection_pool(panel, outlook.between(FIRST_ORIGIN, first - max(periods) + 1), periods),
            first - start,
            min(first + (relearn_weeks or end), end) - start,
        )
        for first in range(start, end, relearn_weeks or end)
    ]
    ahead = outlook.between(start, end)
    demand = demand_of(panel.sales)
    greatest = np.stack([greatest_level(demand, week, max(periods)) for week in range(start, end)], axis=1)
    ceiling = np.maximum(greatest, ahead.total[-1])
    return LearnedProtection(ahead, tuple(parts), ceiling, shares)


def look_out(
    panel: Panel, origins: Sequence[int], periods: Sequence[int], forecasts: WeeklyForecasts | None = None
) -> ReplayOutlook:
    """Returns forecasts of the protection periods, each made from the weeks that were known at its origin.

    Args:
        panel: sales; only the first `origin` weeks are read for an origin.
        origins: weeks known at each origin, consecutive.
        periods: weeks of each possible protection period.
        forecasts: of each origin; the seasonal base where none are given.
    """
    made = forecasts or base_forecasts(panel, origins, max(periods))
    ahead = np.maximum(made.at(origins)[:, :, : max(periods)], 0.0).cumsum(axis=2)
    total = np.stack([ahead[:, :, weeks - 1] for weeks in periods])
    scale = recent_mean(_one_week_more(np.abs(panel.sales[:, : max(origins)])), min(origins), SCALE_WEEKS)
    return ReplayOutlook(min(origins), total, _unit(scale, ahead[:, :, -1] / max(periods)), scale)


def build_protection_pool(panel: Panel, outlook: ReplayOutlook, periods: Sequence[int]) -> ProtectionPool:
    """Returns the pooled errors of an outlook; it reads no week after the protection period of its last origin."""
    error = _errors(panel, outlook, periods)
    end = outlook.first_origin + outlook.unit.shape[1]
    is_live = live_weeks(_one_week_more(panel.sales[:, : end - 1]), outlook.first_origin) & (outlook.scale > 1.0)
    edges = _band_edges(outlook.scale[is_live])
    band = np.searchsorted(edges, outlook.scale, side="right")
    relative = error / _band_size(error, is_live, band, len(edges) + 1)[:, band]
    unit_error = error / _unseen_dispersion(relative, is_live)
    quantiles = [
        np.quantile(unit_error[:, is_live & (band == number)], PROBABILITIES, axis=1).T
        for number in range(len(edges) + 1)
    ]
    return ProtectionPool(edges, np.stack(quantiles, axis=1), _dispersion(relative, is_live))


def mixture_quantile(
    pool: ProtectionPool, outlook: ReplayOutlook, shares: FloatArray, service_level: float | FloatArray
) -> FloatArray:
    """Returns the level that covers demand over a random protection period with that probability, (pairs, origins).

    The quantile of a mixture lies between the least and the greatest quantile of its parts; there it is bisected.

    Args:
        pool: errors.
        outlook: forecasts.
        shares: probability of each period, (periods,) for all pairs or (pairs, periods).
        service_level: one, or (pairs, origins).

    Raises:
        ValueError: a service level is not between 0 and 1, both excluded.
    """
    service = np.broadcast_to(np.asarray(service_level, float), outlook.unit.shape)
    wrong = ~((service > 0) & (service < 1))
    if wrong.any():
        raise ValueError(f"service level {service[wrong][0]} is not between 0 and 1")
    return by_band(pool, outlook, shares, service, _bisect)


BandRule = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray], FloatArray]
"""From total and shares, (periods, n), spread, quantiles of the band and service, (n,), to n levels."""

LevelRule = Callable[[ProtectionPool, ReplayOutlook, FloatArray, FloatArray], FloatArray]
"""From a pool, an outlook, shares and the service of each pair and origin to levels, (pairs, origins)."""


def by_band(
    pool: ProtectionPool, outlook: ReplayOutlook, shares: FloatArray, service: FloatArray, rule: BandRule
) -> FloatArray:
    """Returns the levels that a rule gives, (pairs, origins), each band of pairs with its own quantiles."""
    level = np.empty(outlook.unit.shape)
    band = np.searchsorted(pool.edges, outlook.scale, side="right")
    spread = outlook.unit * pool.dispersion[:, None]
    share = np.broadcast_to(shares, (len(level), len(outlook.total))).T
    for number in range(len(pool.edges) + 1):
        where = band == number
        each = share[:, np.nonzero(where)[0]]
        level[where] = rule(outlook.total[:, where], each, spread[where], pool.quantiles[:, number], service[where])
    return level


def _bisect(
    total: FloatArray, shares: FloatArray, spread: FloatArray, quantiles: FloatArray, service: FloatArray
) -> FloatArray:
    """Returns the mixture quantiles of (n,) situations of one band."""
    parts = np.stack([np.interp(service, PROBABILITIES, quantile) for quantile in quantiles])
    each = total + spread * parts
    low, high = np.where(shares > 0, each, np.inf).min(axis=0), np.where(shares > 0, each, -np.inf).max(axis=0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        covered = sum(
            share * np.interp((middle - mean) / spread, quantile, PROBABILITIES)
            for share, mean, quantile in zip(shares, total, quantiles, strict=True)
        )
        is_below = covered < service
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.asarray(high)


def _errors(panel: Panel, outlook: ReplayOutlook, periods: Sequence[int]) -> FloatArray:
    """Returns clipped errors of protection demand in units, (lead times, pairs, origins)."""
    week = outlook.first_origin + np.arange(outlook.unit.shape[1])
    cumulated = np.pad(demand_of(panel.sales).cumsum(axis=1), ((0, 0), (1, 0)))
    actual = np.stack([cumulated[:, week + weeks] - cumulated[:, week] for weeks in periods])
    length = np.array(periods, float)[:, None, None]
    scaled = (actual - outlook.total) / outlook.unit
    return np.asarray(np.clip(scaled, ERROR_LIMITS[0] * length, ERROR_LIMITS[1] * length))


def _one_week_more(values: FloatArray) -> FloatArray:
    """Returns the values with a week that is not known, so that what is known before it can be asked for."""
    return np.hstack([values, np.full((len(values), 1), np.nan)])


def _unit(scale: FloatArray, weekly: FloatArray) -> FloatArray:
    """Returns what errors are measured in; it grows up to twofold as the forecast departs from usual sales."""
    usual = np.maximum(scale, 1.0)
    departure = np.minimum(np.abs(weekly / usual - 1.0), 1.0)
    expected = np.maximum(weekly, LEAST_SHARE * usual)
    return np.asarray(usual ** (1 - FORECAST_WEIGHT) * expected**FORECAST_WEIGHT * (1.0 + departure))


def _band_edges(scale: FloatArray) -> FloatArray:
    bands = int(np.clip(len(scale) // SMALLEST_BAND, 1, BANDS))
    return np.asarray(np.unique(np.quantile(scale, np.arange(1, bands) / bands)))


def _band_size(error: FloatArray, is_live: BoolArray, band: npt.NDArray[np.intp], bands: int) -> FloatArray:
    """Returns the mean absolute error of each lead time and band, (lead times, bands)."""
    members = [is_live & (band == number) for number in range(bands)]
    size = [np.abs(error[:, member]).mean(axis=1) if member.any() else np.ones(len(error)) for member in members]
    return np.asarray(np.maximum(np.stack(size, axis=1), 1e-6))


def _dispersion(relative: FloatArray, is_live: BoolArray) -> FloatArray:
    """Returns how noisy each pair is beside its band, (pairs,), its own origins weighed against one."""
    size = np.where(is_live, np.abs(relative).mean(axis=0), 0.0).sum(axis=1)
    shrunk = (size + SHRINKAGE_ORIGINS) / (is_live.sum(axis=1) + SHRINKAGE_ORIGINS)
    return np.asarray(np.clip(shrunk, *DISPERSION_LIMITS))


def _unseen_dispersion(relative: FloatArray, is_live: BoolArray) -> FloatArray:
    """Returns how noisy each pair was at the origins of the other folds, (pairs, origins)."""
    origins = is_live.shape[1]
    fold = np.arange(origins) * FOLDS // origins
    others = [_dispersion(relative[:, :, fold != number], is_live[:, fold != number]) for number in range(FOLDS)]
    return np.asarray(np.stack(others, axis=1)[:, fold])


def greatest_level(demand: FloatArray, week: int, longest: int) -> FloatArray:
    """Returns the greatest sensible level of each pair at a review, from the largest week of the year before, (pairs,).

    Args:
        demand: (pairs, weeks); weeks from `week` on are not read.
        week: weeks known at the review.
        longest: weeks of the longest protection period.
    """
    return np.asarray(LARGEST_MULTIPLE * longest * demand[:, max(week - SCALE_WEEKS, 0) : week].max(axis=1))
