"""Stand-ins: forecasts for pairs that no model forecasts, because they stopped selling or were never sold.

The pair's own past comes first, then the department in stores like this one, then nothing. Each value says which of
them made it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, alignment_matrix
from ml.forecasting.panel import FloatArray, IntArray, Panel, TextArray
from warehouse.conventions import ACTIVE_WEEKS, YEAR_WEEKS

LAST_YEAR = "stand_in_last_year"
OWN_MEAN = "stand_in_own_mean"
LIKE_STORES = "stand_in_like_stores"
NOT_SOLD = "stand_in_not_sold"

LEAST_PEERS = 3
"""Stores of the same type that must sell the department before stores of other types are left out."""
SEASON_BOUNDS = (0.25, 3.0)
"""How far the department's season may move a pair's own mean, as factors."""
NEWCOMER_RATE = 0.1
"""What a pair that is new to its store sells of what stores like it sell of the department, a fraction: in the public
data 401 first weeks of such pairs, at 17 origins, sold a tenth of it in all."""
LENDERS = 50
"""Forecast series, nearest in scale, that lend their intervals."""
WIDENING = 3.0
"""How much wider than theirs the interval of a stand-in is."""
LEAST_SCALE = 0.01
"""Scale that the interval of a stand-in has at the least, as a fraction of the median scale of the active series.
With both, 80.7 % and 88.2 % of 626 sales of the public data, from 8 origins, lay within the 80 % and 95 % intervals."""
_NO_LENDER = (-1.0, 1.0, -2.0, 2.0)


@dataclass(frozen=True)
class Stores:
    """What is known of the stores, also of those that never sold anything.

    Attributes:
        store_ids: (stores,), ascending.
        types: A, B or C, (stores,).
        sizes: square feet, (stores,).
    """

    store_ids: IntArray
    types: TextArray
    sizes: FloatArray

    def position(self, store_ids: IntArray) -> IntArray:
        """Returns where stores that are known stand in the arrays."""
        return np.searchsorted(self.store_ids, store_ids)


@dataclass(frozen=True)
class StandIns:
    """Forecasts of pairs in the unit of the sales, and the method behind each.

    Attributes:
        point: never NaN, (pairs, horizon).
        bounds: lower and upper at 80 %, then at 95 %, (4, pairs, horizon).
        method: one of the names above, (pairs, horizon).
    """

    point: FloatArray
    bounds: FloatArray
    method: TextArray


def stand_ins(
    history: Panel, point: FloatArray, bounds: FloatArray, pairs: list[tuple[int, int]], stores: Stores
) -> StandIns:
    """Returns the stand-ins of some pairs.

    Args:
        history: all that is known.
        point: the model's forecasts of the history's series in the unit of the sales, of which the active ones count,
            (series, horizon).
        bounds: their bounds, (4, series, horizon).
        pairs: store and department of each; the stores are known.
        stores: type and size of each store.
    """
    seasons = _Seasons(history, point, stores)
    made = [seasons.stand_in(store, department) for store, department in pairs]
    values = np.stack([one.point for one in made])
    scale = np.array([_interval_scale(history, one) for one in made])
    floor = np.array([one.floor for one in made])
    method = np.stack([one.method for one in made])
    edges = values + WIDENING * _lent_widths(history, point, bounds, scale) * scale[:, None]
    edges[0::2] = np.maximum(edges[0::2], np.minimum(values, floor[:, None]))
    # Nothing is expected of what no store sells.
    return StandIns(values, np.where(method == NOT_SOLD, 0.0, edges), method)


@dataclass(frozen=True)
class _StandIn:
    """One pair's: point and method, (horizon,), and the scale and least sales that its interval is made from."""

    point: FloatArray
    method: TextArray
    scale: float
    floor: float


@dataclass(frozen=True)
class _Seasons:
    """The weeks known and the weeks to come of every series, as the stand-ins read them."""

    history: Panel
    point: FloatArray
    stores: Stores

    @property
    def horizon(self) -> int:
        """Weeks to forecast."""
        return int(self.point.shape[1])

    @cached_property
    def weekly(self) -> FloatArray:
        """Sales a square foot, then forecasts of active series and last year's of others, (series, T + h)."""
        future = np.where(self.history.active[:, None], self.point, self.last_year)
        size = self.stores.sizes[self.stores.position(self.history.store_ids)]
        return np.asarray(np.concatenate([self.history.sales, future], axis=1) / size[:, None])

    @cached_property
    def last_year(self) -> FloatArray:
        """Aligned sales of last year in the unit of the sales, NaN where not known, (series, horizon)."""
        like = alignment_matrix(self.history.calendar, self.history.weeks, self.history.future_weeks(self.horizon), 1)
        return aligned(self.history.sales, like)

    @cached_property
    def series(self) -> dict[tuple[int, int], int]:
        """Position of each pair that was ever sold."""
        sold = np.flatnonzero((~np.isnan(self.history.sales)).any(axis=1))
        keys = zip(self.history.store_ids[sold].tolist(), self.history.dept_ids[sold].tolist(), strict=True)
        return dict(zip(keys, sold.tolist(), strict=True))

    def stand_in(self, store: int, department: int) -> _StandIn:
        """Returns the stand-in of one pair; of its own past where it has one."""
        row = self.series.get((store, department))
        usual = self.usual_sales(store, department)
        if row is not None:
            return _from_own_past(self.history.sales[row], self.last_year[row], usual)
        before, after = np.split(usual, [len(usual) - self.horizon])
        is_sold = ~np.isnan(after)
        return _StandIn(
            point=NEWCOMER_RATE * np.where(is_sold, np.maximum(after, 0.0), 0.0),
            method=np.where(is_sold, LIKE_STORES, NOT_SOLD),
            scale=NEWCOMER_RATE * abs(_mean(before[-YEAR_WEEKS:])),
            floor=0.0,
        )

    def usual_sales(self, store: int, department: int) -> FloatArray:
        """Returns what other stores usually sell of a department, scaled to this store's size, (T + horizon,).

        The median over the stores of the same type that sell it now; over those of every type where these are few;
        over those that once sold it where none does now. NaN in weeks where none is known.
        """
        history, place = self.history, int(self.stores.position(np.array([store]))[0])
        others = (history.dept_ids == department) & (history.store_ids != store)
        selling = others & history.active
        alike = selling & (history.store_types == self.stores.types[place])
        peers = alike if alike.sum() >= LEAST_PEERS else selling if selling.any() else others
        return np.asarray(_known_median(self.weekly[peers]) * self.stores.sizes[place])


def _from_own_past(sales: FloatArray, last_year: FloatArray, usual: FloatArray) -> _StandIn:
    """Returns last year's sales where known, else the mean of the last known weeks moved by the season."""
    known = np.flatnonzero(~np.isnan(sales))
    latest = known[-ACTIVE_WEEKS:]
    mean = sales[latest].mean()
    before, after = _mean(usual[latest]), usual[len(sales) :]
    # Returns above sales have no season.
    has_season = before > 0 and mean > 0
    factor = np.where(after > 0, after, before) / before if has_season else np.ones(len(after))
    seasonal = mean * np.clip(np.where(np.isnan(factor), 1.0, factor), *SEASON_BOUNDS)
    has_last_year = ~np.isnan(last_year)
    past = sales[known[-YEAR_WEEKS:]]
    return _StandIn(
        point=np.where(has_last_year, last_year, seasonal),
        method=np.where(has_last_year, LAST_YEAR, OWN_MEAN),
        scale=float(np.abs(past).mean()),
        floor=float(min(past.min(), 0.0)),
    )


def _interval_scale(history: Panel, one: _StandIn) -> float:
    """Returns the scale of a stand-in's interval in the unit of the sales."""
    if not history.active.any():
        return one.scale
    return max(one.scale, LEAST_SCALE * float(np.median(history.scale[history.active])))


def _lent_widths(history: Panel, point: FloatArray, bounds: FloatArray, scale: FloatArray) -> FloatArray:
    """Returns how far the bounds of the active series nearest in scale lie from their point, (4, pairs, horizon).

    As a fraction of the scale; the median over the lenders.
    """
    active = np.flatnonzero(history.active)
    if not len(active):
        return np.broadcast_to(np.array(_NO_LENDER)[:, None, None], (4, len(scale), point.shape[1]))
    ordered = active[np.argsort(history.scale[active], kind="stable")]
    width = (bounds - point)[:, ordered] / history.scale[ordered][:, None]
    count = min(LENDERS, len(ordered))
    middle = np.searchsorted(history.scale[ordered], scale)
    first = np.clip(middle - count // 2, 0, len(ordered) - count)
    return np.stack([np.median(width[:, start : start + count], axis=1) for start in first], axis=1)


def _known_median(values: FloatArray) -> FloatArray:
    """Returns the median of the known values of each column, NaN where none is known."""
    median = np.full(values.shape[1], np.nan)
    known = (~np.isnan(values)).any(axis=0)
    median[known] = np.nanmedian(values[:, known], axis=0)
    return np.asarray(median)


def _mean(values: FloatArray) -> float:
    """Returns the mean of the known values, 0 where none is known."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0
