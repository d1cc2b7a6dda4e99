"""Demand over the protection period: the one distribution that every level, probability and shortage is read from.

The protection period of an order runs until the next one can arrive: its lead time plus a review period. What a level
must cover is the *sum* of demand over it, so the model learns errors of sums: of the forecasts that were made at past
origins for the first week, the first two, the first three and so on. Errors that stay for weeks, as those of a wrong
level do, are thereby counted as they are, with no assumption of independence or of a normal shape.

Each error is divided by an error scale, smooth in what was known at its origin: usual sales, the forecast, how far the
two are apart, the size of errors of pairs of like volume, and how noisy the pair itself has been, its own figure
weighed against theirs. What is left is pooled, and the distribution of a pair is taken between those of the two
nearest volumes, so that no pair falls off the edge of a band. Pairs that sell in nearly every week and pairs that do
not are pooled apart.

A pair's demand is `DRAWS` paths: the forecast plus the error scale times the quantiles of the pool at each length, in
the order in which real error paths were ranked (the Schaake shuffle: Clark and others, Journal of Hydrometeorology 5,
2004). At every length the paths have exactly the pooled distribution, and over the weeks they move as errors did. The
draws are the same for every pair and every scenario, so more stock can be compared with less, and no result depends on
a seed or on which other pairs are asked for. Amounts are in the unit of the sales; times are weeks.

Where a pair sells whole pieces, demand over a time is whole pieces on every path: rounded up as often as its fraction
says, so that its mean stays. A pair that sells a piece a year then has none on most paths, and needs no stock.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

DRAWS = 500
"""Paths of a pair: evenly spaced quantiles, so that a level is found to a fifth of a point of service."""

ANCHORS = 8
ROWS_PER_ANCHOR = 250
WINDOW = 0.75
"""Volumes at which errors are pooled, the errors below which one is not worth having, and how far, in distances
between two anchors, a pool reaches to either side."""

LEAST_ROWS = 40
"""Errors that a kind of pairs needs for a pool of its own: a few of its like tell more than many of the others."""

ERROR_LIMIT = 3.0
"""Errors beyond three units a week are clipped: data faults and opening weeks."""

FORECAST_WEIGHT, LEAST_SHARE = 0.5, 0.25
"""Errors are scaled by the geometric mean of usual sales and the forecast, that one at least a quarter of them."""

NOISE_WEEKS = 4
"""Lengths by which it is judged how noisy a pair is: the first four weeks, where protection periods mostly end."""

SHRINKAGE_PERIODS = 5.0
"""Separate periods of a pair's own errors that weigh as much as the figure of its pool."""

NOISE_LIMITS = (0.4, 3.0)
"""How far a pair's noise may stand from that of its pool."""

FOLDS = 2
"""Parts of the origins: how noisy a pair is beside its errors in one part is judged by the others. Judged by the same
errors, the pooled tails would be too thin."""

REGULAR_RATE = 0.75
"""Share of the weeks of the last year in which a pair must have sold to count as regular."""

HELD_WEEKS = 4
"""Beyond the forecast its last weeks are repeated, so that one odd last week does not stand for all that follow."""

SLACK_RATE = 1e-9
"""What a demand may exceed a position by, of it, and still be met: sums of whole pieces differ in their last digit."""
CUT_DEVIATIONS = 2.5
SHORTEST_LEAD_TIME_WEEKS = 1 / 7
MIDDLE_WEEK = 3
"""Length whose ranks the lead times are spread over, so that demand and lead time stay independent there."""

_GOLDEN, _SILVER = (5**0.5 - 1) / 2, 2**0.5 - 1
"""Multiples of them, taken without their whole part, are spread evenly however many there are (Weyl, 1916), and those
of one independently of those of the other."""


@dataclass(frozen=True)
class PastForecasts:
    """Forecasts of past origins beside what came, one row a pair and origin.

    Attributes:
        pair: number of the pair, (rows,).
        origin: week of the origin, (rows,).
        volume: mean absolute weekly sales of the year before the origin, (rows,).
        is_regular: whether the pair sold in nearly every week of that year, (rows,).
        forecast: of each week ahead, (rows, weeks).
        actual: demand of each week ahead, NaN where it is not known yet, (rows, weeks).
    """

    pair: IntArray
    origin: IntArray
    volume: FloatArray
    is_regular: BoolArray
    forecast: FloatArray
    actual: FloatArray

    def take(self, rows: "slice | BoolArray | npt.NDArray[np.intp]") -> "PastForecasts":
        """Returns some of the rows."""
        return PastForecasts(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class ErrorPool:
    """Errors of one kind of pairs, pooled at some volumes.

    Attributes:
        volume: logarithm of the volume of each anchor, ascending, (anchors,).
        size: mean absolute error of each length in units, (anchors, lengths).
        shapes: errors in error scales, (anchors, lengths, draws).
    """

    volume: FloatArray
    size: FloatArray
    shapes: FloatArray

    def between(self, table: FloatArray, volume: FloatArray) -> FloatArray:
        """Returns the entries of a table by anchor, interpolated at each volume."""
        return _between(table, self.volume, volume)


@dataclass(frozen=True)
class ErrorModel:
    """What past forecasts teach of the errors to come.

    Attributes:
        regular: pool of the pairs that sell in nearly every week.
        irregular: pool of the others.
        noise: error scale of each pair beside its pool's, (pairs,).
        lead_time_ranks: probability of the lead time that goes with each draw, (draws,).
    """

    regular: ErrorPool
    irregular: ErrorPool
    noise: FloatArray
    lead_time_ranks: FloatArray

    @property
    def rounding(self) -> FloatArray:
        """What is added to the pieces of each draw before their fraction is cut off, below one, (draws,)."""
        lengths = self.regular.shapes[0]
        ranks = lengths[min(MIDDLE_WEEK, len(lengths)) - 1].argsort(kind="stable").argsort(kind="stable")
        return _spread(ranks, _SILVER)

    def demand(
        self,
        forecast: FloatArray,
        volume: FloatArray,
        is_regular: BoolArray,
        noise: FloatArray,
        piece: FloatArray | None = None,
    ) -> "DemandAhead":
        """Returns demand over the coming weeks of n pairs.

        Args:
            forecast: (pairs, horizons) point forecasts of weekly demand.
            volume: (pairs,) mean absolute weekly sales of the last year.
            is_regular: (pairs,) whether the pair sold in nearly every week of it.
            noise: (pairs,) those of the pairs from `noise`, one where a pair was never forecast before.
            piece: (pairs,) what a piece is in the unit of the sales where only whole ones sell, NaN elsewhere.
        """
        sizes = [pool.between(pool.size, volume) for pool in (self.regular, self.irregular)]
        ahead = np.maximum(forecast[:, _held(sizes[0].shape[1], forecast.shape[1])], 0.0)
        scale = error_unit(volume, ahead) * np.where(is_regular[:, None], *sizes) * noise[:, None]
        return DemandAhead(forecast, scale, volume, is_regular, self, piece)


@dataclass(frozen=True)
class DemandAhead:
    """Demand of n pairs over the coming weeks, as a distribution.

    Attributes:
        forecast: (pairs, horizons) point forecasts of weekly demand.
        error_scale: (pairs, lengths) size of the error of demand over the first week, the first two, and so on.
        volume: (pairs,) mean absolute weekly sales of the last year.
        is_regular: (pairs,) whether the pair sold in nearly every week of it.
        model: where the distribution of the errors comes from.
        piece: (pairs,) what a piece is in the unit of the sales where only whole ones sell, NaN elsewhere.
    """

    forecast: FloatArray
    error_scale: FloatArray
    volume: FloatArray
    is_regular: BoolArray
    model: ErrorModel
    piece: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.forecast)

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "DemandAhead":
        """Returns the outlook of some pairs; every pair keeps its figures."""
        return DemandAhead(
            forecast=self.forecast[rows],
            error_scale=self.error_scale[rows],
            volume=self.volume[rows],
            is_regular=self.is_regular[rows],
            model=self.model,
            piece=None if self.piece is None else self.piece[rows],
        )

    def cumulative(self, weeks: int) -> FloatArray:
        """Returns demand from now to the end of each week, (pairs, weeks + 1, draws), starting with zero.

        It never falls from one week to the next, nor below zero. Beyond the forecast its last four weeks are repeated,
        with what the error grew by in them.
        """
        error = self._error_paths(min(weeks, self.error_scale.shape[1]))
        if weeks > error.shape[1]:
            # The weeks that are known stay as they are, bit for bit, however many follow.
            growth = np.diff(error, axis=1, prepend=0.0)[:, _held(weeks, error.shape[1])[error.shape[1] :]]
            error = np.concatenate([error, error[:, -1:] + growth.cumsum(axis=1)], axis=1)
        total = np.zeros((len(self), weeks + 1, error.shape[2]))
        total[:, 1:] = error + self.forecast[:, _held(weeks, self.forecast.shape[1])].cumsum(axis=1)[:, :, None]
        return np.maximum.accumulate(total, axis=1, out=total)

    def over(self, lead: FloatArray, review_weeks: FloatArray, least_weeks: int = 1) -> "ProtectionDemand":
        """Returns demand over the protection period of an order placed now.

        Args:
            lead: (pairs, draws) weeks from order to delivery, as `lead_times` draws them.
            review_weeks: (pairs,) weeks between two reviews.
            least_weeks: weeks that the paths have at least.
        """
        until = lead + review_weeks[:, None]
        total = self.cumulative(max(int(np.ceil(until.max(initial=0.0))), least_weeks))
        pieces = Pieces(self.piece, self.model.rounding)
        return ProtectionDemand(
            cumulative=total,
            lead=lead,
            pieces=pieces,
            until_delivery=pieces.whole(demand_until(total, lead)),
            protection=pieces.whole(demand_until(total, until)),
            protection_weeks=until.mean(axis=1),
            review_mean=demand_until(total, review_weeks[:, None]).mean(axis=1),
            weekly_mean=_weekly_mean(total, self.forecast.shape[1]),
        )

    def _error_paths(self, weeks: int) -> FloatArray:
        """Returns the error of demand to the end of each week, (pairs, weeks, draws)."""
        shape = np.empty((len(self), weeks, DRAWS))
        for pool, rows in ((self.model.regular, self.is_regular), (self.model.irregular, ~self.is_regular)):
            if rows.any():
                shape[rows] = pool.between(pool.shapes[:, :weeks], self.volume[rows])
        return np.multiply(shape, self.error_scale[:, :weeks, None], out=shape)


@dataclass(frozen=True)
class Pieces:
    """How demand comes in whole pieces.

    Attributes:
        piece: (pairs,) what a piece is in the unit of the sales, NaN where parts of one sell; None where all do.
        rounding: what is added to the pieces of each draw before their fraction is cut off, (draws,).
    """

    piece: FloatArray | None
    rounding: FloatArray

    def whole(self, demand: FloatArray) -> FloatArray:
        """Returns demand up to some time in whole pieces with the same mean, (pairs, draws); later is never less."""
        if self.piece is None:
            return demand
        piece = np.where(np.isnan(self.piece), 1.0, self.piece)[:, None]
        # What is whole already stays so, whatever the last digit of its quotient.
        rounded = np.floor(np.round(demand / piece, 6) + self.rounding) * piece
        return np.where(np.isnan(self.piece)[:, None], demand, rounded)


@dataclass(frozen=True)
class ProtectionDemand:
    """Simulated demand of n pairs as seen from an order placed now.

    Attributes:
        cumulative: (pairs, weeks + 1, draws) demand to the end of each week.
        lead: (pairs, draws) weeks until an order placed now is delivered.
        pieces: how demand comes in whole pieces; the cumulative one is not rounded.
        until_delivery: (pairs, draws) demand before that.
        protection: (pairs, draws) demand over lead time plus review period.
        protection_weeks: (pairs,) mean of lead time plus review period.
        review_mean: (pairs,) mean demand before the next review.
        weekly_mean: (pairs,) mean demand of a week of the forecast, as far as the paths go.
    """

    cumulative: FloatArray
    lead: FloatArray
    pieces: Pieces
    until_delivery: FloatArray
    protection: FloatArray
    protection_weeks: FloatArray
    review_mean: FloatArray
    weekly_mean: FloatArray

    def demand_until(self, weeks: FloatArray) -> FloatArray:
        """Returns demand up to a point in time, (pairs, draws); see the function of this name."""
        return self.pieces.whole(demand_until(self.cumulative, weeks))

    def quantile(self, service_level: FloatArray) -> FloatArray:
        """Returns the least demand that at least the share `service_level` of the draws does not exceed.

        Args:
            service_level: (pairs,), or (pairs, levels) for as many answers a pair.
        """
        draws = self.protection.shape[1]
        rank = np.clip(np.ceil(service_level * draws - 1e-9).astype(np.intp), 1, draws) - 1
        ordered = np.sort(self.protection, axis=1)
        return np.asarray(np.take_along_axis(ordered, rank.reshape(len(rank), -1), axis=1).reshape(rank.shape))

    def stockout_probability(self, position: FloatArray) -> FloatArray:
        """Returns the probability that demand over the protection period exceeds a position, (pairs,)."""
        return np.asarray((self.protection > (1 + SLACK_RATE) * position[:, None]).mean(axis=1))

    def expected_shortage(self, position: FloatArray) -> FloatArray:
        """Returns what demand over the protection period is expected to exceed a position by, (pairs,)."""
        return np.asarray(np.maximum(self.protection - position[:, None], 0.0).mean(axis=1))


def learn(past: PastForecasts, pairs: int) -> ErrorModel:
    """Returns what past forecasts teach: the same for the same rows, whatever their order.

    Args:
        past: forecasts and what came; nothing else is read, so what was not known then can't be learned.
        pairs: number of pairs that the rows may name.

    Raises:
        ValueError: there is no row with sales, a forecast and a week that is known.
    """
    is_known = np.isfinite(past.forecast).all(axis=1) & np.isfinite(past.actual[:, 0])
    past = past.take((past.volume > 0) & is_known)
    if not len(past.pair):
        raise ValueError("no past forecast to learn from")
    past = past.take(np.lexsort((past.origin, past.pair, past.volume)))
    error, kinds = _errors_in_units(past), _kinds(past.is_regular)
    error = error[:, : _known_lengths(error, kinds)]
    sizes = [_pooled_size(past.volume[kind], error[kind]) for kind in kinds]
    relative = np.empty_like(error)
    for kind, (anchors, size) in zip(kinds, sizes, strict=True):
        relative[kind] = error[kind] / _between(size, anchors, past.volume[kind])
    noise, unseen = _noise(past, relative, pairs)
    relative /= unseen[:, None]
    ranks = _path_ranks(relative)
    regular, irregular = (
        ErrorPool(anchors, size, _shapes(relative[kind], ranks))
        for kind, (anchors, size) in zip(kinds, sizes, strict=True)
    )
    return ErrorModel(regular, irregular, noise, _lead_time_ranks(ranks))


def normal_demand(mean: FloatArray, deviation: FloatArray, weeks: int = 8) -> DemandAhead:
    """Returns demand of n pairs whose weeks are normal and independent of each other, for textbook comparisons.

    Args:
        mean: (pairs,) of a week.
        deviation: (pairs,) of a week.
        weeks: horizon; beyond it the weeks go on alike.
    """
    walk = np.random.default_rng(0).standard_normal((weeks, DRAWS)).cumsum(axis=0)
    ranks = walk.argsort(axis=1).argsort(axis=1)
    growth = np.sqrt(np.arange(1, weeks + 1))
    shapes = growth[:, None] * norm.ppf((ranks + 0.5) / DRAWS)
    pool = ErrorPool(np.zeros(1), np.ones((1, weeks)), shapes[None])
    model = ErrorModel(pool, pool, np.ones(0), _lead_time_ranks(ranks))
    forecast, scale = (np.repeat(each[:, None], weeks, axis=1) for each in (mean, deviation))
    return DemandAhead(forecast, scale, mean, np.ones(len(mean), bool), model)


def error_unit(volume: FloatArray, forecast: FloatArray) -> FloatArray:
    """Returns what an error of the sum to each week is measured in, (rows, weeks), in the unit of the sales.

    It is the geometric mean of usual sales and the forecast, and grows up to twofold as the two depart.

    Args:
        volume: usual sales of a week, (rows,).
        forecast: of each week, none negative, (rows, weeks).
    """
    weekly = forecast.cumsum(axis=1) / np.arange(1, forecast.shape[1] + 1)
    usual = np.where(volume > 0, volume, forecast.mean(axis=1))[:, None]
    departure = np.minimum(np.abs(np.divide(weekly, usual, out=np.ones_like(weekly), where=usual > 0) - 1.0), 1.0)
    expected = np.maximum(weekly, LEAST_SHARE * usual)
    return np.asarray(usual ** (1 - FORECAST_WEIGHT) * expected**FORECAST_WEIGHT * (1.0 + departure))


def demand_until(total: FloatArray, weeks: FloatArray) -> FloatArray:
    """Returns cumulative demand at a point in time, (pairs, draws); within a week demand is even.

    Args:
        total: result of `DemandAhead.cumulative`.
        weeks: (pairs, draws) or (pairs, 1) weeks from now, fractions allowed, at most the weeks of the total.
    """
    time = np.broadcast_to(weeks, (len(total), total.shape[2]))
    whole = np.minimum(time.astype(np.intp), total.shape[1] - 2)[:, None, :]
    before = np.take_along_axis(total, whole, axis=1)[:, 0]
    after = np.take_along_axis(total, whole + 1, axis=1)[:, 0]
    demand: FloatArray = before + (time - whole[:, 0]) * (after - before)
    return demand


def _weekly_mean(total: FloatArray, horizons: int) -> FloatArray:
    weeks = min(total.shape[1] - 1, horizons)
    return np.asarray(total[:, weeks].mean(axis=1) / weeks)


def lead_times(mean: FloatArray, deviation: FloatArray, ranks: FloatArray) -> FloatArray:
    """Returns random lead times in weeks, (pairs, draws): normal, cut at 2.5 deviations and at one day.

    The same rank gives a longer lead time wherever the mean is longer.
    """
    bounded: FloatArray = np.clip(norm.ppf(ranks), -CUT_DEVIATIONS, CUT_DEVIATIONS)
    return np.maximum(mean[:, None] + deviation[:, None] * bounded, SHORTEST_LEAD_TIME_WEEKS)


def _logarithm(volume: FloatArray) -> FloatArray:
    return np.log(np.maximum(volume, np.finfo(float).tiny))


def _between(table: FloatArray, anchors: FloatArray, volume: FloatArray) -> FloatArray:
    """Returns the entries of a table by anchor, (anchors, ...), interpolated at each volume, (rows, ...)."""
    at = np.interp(_logarithm(volume), anchors, np.arange(len(anchors), dtype=float))
    low = at.astype(np.intp)
    share = (at - low).reshape(-1, *[1] * (table.ndim - 1))
    return np.asarray((1 - share) * table[low] + share * table[np.minimum(low + 1, len(table) - 1)])


def _held(weeks: int, horizons: int) -> npt.NDArray[np.intp]:
    ahead = np.arange(weeks)
    cycle = min(HELD_WEEKS, horizons)
    return np.where(ahead < horizons, ahead, horizons - cycle + (ahead - horizons) % cycle)


def _windows(rows: int) -> list[slice]:
    """Returns the rows, ordered by volume, that are pooled at each anchor."""
    anchors = int(np.clip(rows // ROWS_PER_ANCHOR, 1, ANCHORS))
    centres = (np.arange(anchors) + 0.5) / anchors
    low, high = (np.clip(centres + side * WINDOW / anchors, 0, 1) * rows for side in (-1, 1))
    return [slice(int(first), int(np.ceil(end))) for first, end in zip(low, high, strict=True)]


def _pooled_size(volume: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the logarithm of the volume of each anchor, and the mean absolute error there by length."""
    windows = _windows(len(volume))
    centres = np.quantile(_logarithm(volume), (np.arange(len(windows)) + 0.5) / len(windows))
    size = np.stack([np.nanmean(np.abs(error[window]), axis=0) for window in windows])
    return centres, np.maximum(size, np.finfo(float).eps)


def _known_lengths(error: FloatArray, kinds: list[BoolArray]) -> int:
    """Returns how many lengths have an error at every anchor; the first is known in every row.

    Longer sums go on from the last of them, as beyond the forecast. Without an error they would seem certain.
    """
    known = [np.isfinite(error[kind][window]).any(axis=0) for kind in kinds for window in _windows(int(kind.sum()))]
    return int(np.logical_and.reduce(known).sum())


def _errors_in_units(past: PastForecasts) -> FloatArray:
    """Returns clipped errors of demand to each week, (rows, weeks), NaN where it is not known yet."""
    unit = error_unit(past.volume, np.maximum(past.forecast, 0.0))
    limit = ERROR_LIMIT * np.arange(1, unit.shape[1] + 1)
    return np.clip((past.actual - past.forecast).cumsum(axis=1) / unit, -limit, limit)


def _kinds(is_regular: BoolArray) -> list[BoolArray]:
    """Returns the regular rows and the others, or twice all where one kind is too small for a pool of its own."""
    is_thin = min(is_regular.sum(), (~is_regular).sum()) < LEAST_ROWS
    return [np.ones_like(is_regular)] * 2 if is_thin else [is_regular, ~is_regular]


def _noise(past: PastForecasts, relative: FloatArray, pairs: int) -> tuple[FloatArray, FloatArray]:
    """Returns how noisy each pair is beside its pool, and each row's pair as judged by the other folds of origins."""
    own = np.nanmean(np.abs(relative[:, :NOISE_WEEKS]), axis=1)
    origins, place = np.unique(past.origin, return_inverse=True)
    apart = float(np.median(np.diff(origins))) if len(origins) > 1 else NOISE_WEEKS
    # Periods that overlap say less than periods apart.
    weight = min(apart / NOISE_WEEKS, 1.0)
    fold = place * FOLDS // len(origins)
    size, count = np.zeros((FOLDS, pairs)), np.zeros((FOLDS, pairs))
    np.add.at(size, (fold, past.pair), weight * own)
    np.add.at(count, (fold, past.pair), weight)
    unseen = _shrunk(size.sum(axis=0) - size, count.sum(axis=0) - count)
    return _shrunk(size.sum(axis=0), count.sum(axis=0)), unseen[fold, past.pair]


def _shrunk(size: FloatArray, count: FloatArray) -> FloatArray:
    mean = (size + SHRINKAGE_PERIODS) / (count + SHRINKAGE_PERIODS)
    return np.clip(mean, *NOISE_LIMITS)


def _path_ranks(relative: FloatArray) -> npt.NDArray[np.intp]:
    """Returns the rank of real error paths at each length, (lengths, draws): a permutation of all draws at each.

    The paths are spread evenly over the volumes. Without a whole path every length has the same order.
    """
    whole = np.flatnonzero(~np.isnan(relative).any(axis=1))
    if not len(whole):
        return np.repeat(np.arange(DRAWS)[None], relative.shape[1], axis=0)
    even = ((np.arange(DRAWS) + 0.5) / DRAWS * len(whole)).astype(np.intp)
    return np.asarray(relative[whole[even]].T.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable"))


def _lead_time_ranks(ranks: npt.NDArray[np.intp]) -> FloatArray:
    """Returns the probability of the lead time of each draw, spread evenly over those of demand."""
    return _spread(ranks[min(MIDDLE_WEEK, len(ranks)) - 1], _GOLDEN)


def _spread(ranks: npt.NDArray[np.intp], step: float) -> FloatArray:
    return np.asarray((ranks * step + 0.5 / DRAWS) % 1.0)


def _shapes(relative: FloatArray, ranks: npt.NDArray[np.intp]) -> FloatArray:
    """Returns the quantiles of pooled errors at each anchor, in the order of the ranks, (anchors, lengths, draws)."""
    windows = _windows(len(relative))
    shapes = np.zeros((len(windows), relative.shape[1], DRAWS))
    for anchor, window in enumerate(windows):
        for length, values in enumerate(np.sort(relative[window].T, axis=1)):
            known = values[: np.isfinite(values).sum()]
            at = (np.arange(DRAWS) + 0.5) / DRAWS * len(known) - 0.5
            shapes[anchor, length] = np.interp(at, np.arange(len(known)), known)[ranks[length]]
    return shapes
