"""What the learned models are trained on: rows of past origins, each as it was known then, with what came.

The label is (sales - base) / scale and the weight is the scale, so that a unit of sales counts alike in every series;
but one that sells a thousand times what others do counts as the largest of them, so that it cannot rule their trees.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Literal, Protocol, TypeVar, cast, runtime_checkable

import numpy as np

from ml.forecasting.models.level_inputs import level_rows, priced_rows
from ml.forecasting.models.model_inputs import Rows, rows_at_origin
from ml.forecasting.models.price_inputs import TargetPrices, planned_prices
from ml.forecasting.panel import BoolArray, FloatArray, IntArray, Panel, largest_scale

FIRST_ORIGIN_WEEKS: Mapping["RowKind", int] = {"season": 54, "level": 16}
"""Weeks of history that an origin needs before rows are taken from it: for a season a year and what aligns it."""
ORIGIN_STEP_WEEKS = 3
"""Rows are taken from every third week: origins side by side share seven of their eight target weeks."""
MOST_ROWS: Mapping["RowKind", int] = {"season": 1_000_000, "level": 500_000}
"""Beyond so many rows each origin gives rows of fewer series: a fit stays bounded in time and memory."""
LEAST_ROWS = 500
TOLD_SHARE = 0.5
"""Share of series whose rows are told the prices of their weeks where nobody planned them, a fraction."""
SEED = 11

RowKind = Literal["season", "level"]
"""What rows are relative to: the seasonal base, or the median of the last year."""
ROWS: Mapping[RowKind, Callable[[Panel, int], Rows]] = {"season": rows_at_origin, "level": level_rows}

Fitted = TypeVar("Fitted")
InputArray = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(frozen=True)
class TrainingTable:
    """Rows whose target week is known, n of them.

    Attributes:
        names: names of the inputs, F of them.
        inputs: NaN where not known, (n, F), 32 bits.
        labels: (sales - base) / scale, (n,).
        weights: scale of the series in the unit of the sales, bounded, over the mean of all rows, (n,).
        series: number of the series in the panel, (n,).
    """

    names: tuple[str, ...]
    inputs: InputArray
    labels: FloatArray
    weights: FloatArray
    series: IntArray


@dataclass(frozen=True)
class OriginRows:
    """The rows of one origin, n of them, whether or not their target weeks are known.

    Attributes:
        names: names of the inputs, F of them.
        inputs: (n, F).
        base: in the unit of the sales, (n,).
        scale: of the series in the unit of the sales, (n,).
        series: number of the series in the panel, (n,).
        week: number of the target week in the panel, (n,).
    """

    names: tuple[str, ...]
    inputs: InputArray
    base: FloatArray
    scale: FloatArray
    series: IntArray
    week: IntArray

    def known(self, sales: FloatArray) -> "OriginRows":
        """Returns the rows whose target week has known sales, (S, T)."""
        is_past = self.week < sales.shape[1]
        is_known = is_past & ~np.isnan(sales[self.series, np.where(is_past, self.week, 0)])
        arrays = (getattr(self, name)[is_known] for name in ("inputs", "base", "scale", "series", "week"))
        return OriginRows(self.names, *arrays)


@runtime_checkable
class HasStore(Protocol):
    """A model that learns from rows."""

    @property
    def store(self) -> "RowStore":
        """Where its rows are kept."""


@dataclass
class RowStore:
    """Rows, tables and fits of one panel, so that the members of a blend and the origins of a backtest share them.

    A history shares the memory of the panel it was cut from; one that does not is another panel, and empties the store.
    """

    kind: RowKind = "season"
    source: tuple[FloatArray, ...] = ()
    rows: dict[tuple[int, int, float], OriginRows] = field(default_factory=dict)
    tables: dict[int, TrainingTable | None] = field(default_factory=dict)
    fits: dict[tuple[str, int], object] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def table(self, history: Panel) -> TrainingTable | None:
        """Returns the rows of all origins of a history; None where they are too few to learn from."""
        with self.lock:
            self._claim(history)
            if history.week_count not in self.tables:
                self.tables[history.week_count] = self._table(history)
            return self.tables[history.week_count]

    def fit(self, name: str, history: Panel, make: Callable[[TrainingTable | None], Fitted]) -> Fitted:
        """Returns what a model made of the rows of a history; a second call with the name gets the first's."""
        table = self.table(history)
        key = (name, history.week_count)
        if key not in self.fits:
            self.fits[key] = make(table)
        return cast("Fitted", self.fits[key])

    def _claim(self, history: Panel) -> None:
        arrays = (history.sales, *history.features.values())
        is_known = len(arrays) == len(self.source) and all(map(np.may_share_memory, arrays, self.source))
        if not is_known:
            self.rows.clear()
            self.tables.clear()
            self.fits.clear()
            self.source = arrays

    def _at(self, history: Panel, week_count: int) -> OriginRows:
        """Returns the rows of an origin; those that are told prices are told none that the history does not know."""
        is_priced = self.kind == "level" and history.prices is not None and history.plan is not None
        known = min(history.week_count, week_count + history.horizon) if is_priced else 0
        key = (week_count, known, self._share(history))
        if key not in self.rows:
            self.rows[key] = self._made(history, week_count, is_priced, key[2])
        return self.rows[key]

    def _made(self, history: Panel, week_count: int, is_priced: bool, share: float) -> OriginRows:
        cut = history.until(week_count)
        rows = priced_rows(cut, _shown_later(history, cut)) if is_priced else ROWS[self.kind](cut, history.horizon)
        is_taken = cut.active & _is_sampled(cut, share)
        series, step = np.nonzero(np.broadcast_to(is_taken[:, None], rows.base.point.shape))
        return OriginRows(
            names=rows.names,
            inputs=rows.values[series, step],
            base=rows.base.point[series, step],
            scale=rows.scale[series],
            series=series,
            week=week_count + step,
        )

    def _share(self, history: Panel) -> float:
        """Returns the share of series that an origin gives rows of: many origins teach more than many series.

        It is a power of a half, so that the origins of a backtest, with ever more weeks behind them, share their rows.
        """
        weeks = max(history.week_count - FIRST_ORIGIN_WEEKS[self.kind], 1)
        rows = history.series_count * history.horizon * weeks / ORIGIN_STEP_WEEKS
        return float(0.5 ** max(0, math.ceil(math.log2(rows / MOST_ROWS[self.kind]))))

    def _table(self, history: Panel) -> TrainingTable | None:
        weeks = range(FIRST_ORIGIN_WEEKS[self.kind], history.week_count, ORIGIN_STEP_WEEKS)
        origins = [self._at(history, week_count).known(history.sales) for week_count in weeks]
        if sum(len(origin.base) for origin in origins) < LEAST_ROWS:
            return None
        scale = np.concatenate([origin.scale for origin in origins])
        weights = np.minimum(scale, largest_scale(scale))
        errors = [history.sales[origin.series, origin.week] - origin.base for origin in origins]
        return TrainingTable(
            names=origins[0].names,
            inputs=np.concatenate([origin.inputs for origin in origins]),
            labels=np.concatenate(errors) / scale,
            weights=weights / weights.mean(),
            series=np.concatenate([origin.series for origin in origins]),
        )


def row_store(models: Iterable[object]) -> RowStore:
    """Returns the store of rows on the seasonal base that the models share, a new one where none has one."""
    stores = (model.store for model in models if isinstance(model, HasStore))
    return next((store for store in stores if store.kind == "season"), None) or RowStore()


def _is_sampled(cut: Panel, share: float) -> BoolArray:
    """Returns whether each series gives rows at an origin; the choice knows nothing of its sales, (S,)."""
    return np.random.default_rng([SEED, cut.week_count]).random(cut.series_count) < share


def _shown_later(history: Panel, cut: Panel) -> TargetPrices:
    """Returns the prices of the weeks after an origin, as far as the history has them.

    What was planned of weeks that have come is told wherever it was. Where nothing was, what a piece came to cost
    stands in for the plan in half of the series, drawn anew at each origin: rows teach both what a plan says and what
    weeks without one bring. Whoever plans nothing at all is told no prices: that errs less where none are known. What
    is planned of weeks to come teaches nothing.

    Args:
        history: all that is known.
        cut: the history as it was known at the origin.
    """
    assert history.prices is not None, "a plan is told where prices are known"
    assert history.plan is not None, "whoever plans nothing is told no prices"
    come = replace(cut, plan=history.plan.come(history.week_count).until(cut.week_count))
    planned = planned_prices(come, history.horizon, is_filled=False)
    shown = np.full(planned.price.shape, np.nan)
    later = history.prices[:, cut.week_count : cut.week_count + history.horizon]
    shown[:, : later.shape[1]] = later
    is_planned = ~np.isnan(planned.price).all(axis=1)
    is_told = is_planned | (np.random.default_rng([SEED + 1, cut.week_count]).random(cut.series_count) < TOLD_SHARE)
    return replace(planned, price=np.where(np.isnan(planned.price) & is_told[:, None], shown, planned.price))
