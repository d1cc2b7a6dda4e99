"""What the learned models are trained on: rows of past origins, each as it was known then, with what came.

The label is (sales - base) / scale and the weight is the scale, so that a unit of sales counts alike in every series.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, Protocol, TypeVar, cast, runtime_checkable

import numpy as np

from ml.forecasting.models.level_inputs import level_rows
from ml.forecasting.models.model_inputs import Rows, rows_at_origin
from ml.forecasting.panel import FloatArray, IntArray, Panel

FIRST_ORIGIN_WEEKS: Mapping["RowKind", int] = {"season": 54, "level": 16}
"""Weeks of history that an origin needs before rows are taken from it: for a season a year and what aligns it."""
ORIGIN_STEP_WEEKS = 3
"""Rows are taken from every third week: origins side by side share seven of their eight target weeks."""
MOST_ROWS: Mapping["RowKind", int] = {"season": 1_000_000, "level": 300_000}
"""Beyond so many rows the origins stand further apart: time and memory of a fit stay bounded."""
LEAST_ROWS = 500

RowKind = Literal["season", "level"]
"""What rows are relative to: the seasonal base, or the median of the last year."""
ROWS: Mapping[RowKind, Callable[[Panel, int], Rows]] = {"season": rows_at_origin, "level": level_rows}

BELIEF: Mapping[RowKind, float] = {"season": 1.0, "level": 0.5}
"""How far what a model adds to the base is believed: what moves sales off their level is often known too late."""

Fitted = TypeVar("Fitted")
InputArray = np.ndarray[tuple[int, int], np.dtype[np.float32]]


@dataclass(frozen=True)
class TrainingTable:
    """Rows whose target week is known, n of them.

    Attributes:
        names: names of the inputs, F of them.
        inputs: NaN where not known, (n, F), 32 bits.
        labels: (sales - base) / scale, (n,).
        weights: scale of the series in the unit of the sales over the mean of all rows, (n,).
        series: number of the series in the panel, (n,).
    """

    names: tuple[str, ...]
    inputs: InputArray
    labels: FloatArray
    weights: FloatArray
    series: IntArray


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
    rows: dict[int, Rows] = field(default_factory=dict)
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

    def _at(self, history: Panel, week_count: int) -> Rows:
        if week_count not in self.rows:
            self.rows[week_count] = ROWS[self.kind](history.until(week_count), history.horizon)
        return self.rows[week_count]

    def _table(self, history: Panel) -> TrainingTable | None:
        inputs, labels, scales, numbers = [], [], [], []
        first = FIRST_ORIGIN_WEEKS[self.kind]
        for week_count in range(first, history.week_count, _step_weeks(history, first, MOST_ROWS[self.kind])):
            rows = self._at(history, week_count)
            series, step = _known_targets(history, week_count)
            error = history.sales[series, week_count + step] - rows.base.point[series, step]
            inputs.append(rows.values[series, step])
            labels.append(error / rows.scale[series])
            scales.append(rows.scale[series])
            numbers.append(series)
        if sum(map(len, labels)) < LEAST_ROWS:
            return None
        scale = np.concatenate(scales)
        return TrainingTable(
            rows.names, np.concatenate(inputs), np.concatenate(labels), scale / scale.mean(), np.concatenate(numbers)
        )


def row_store(models: Iterable[object]) -> RowStore:
    """Returns the store of rows on the seasonal base that the models share, a new one where none has one."""
    stores = (model.store for model in models if isinstance(model, HasStore))
    return next((store for store in stores if store.kind == "season"), None) or RowStore()


def _step_weeks(history: Panel, first: int, most_rows: int) -> int:
    """Returns the weeks between origins that rows are taken from, so that they are no more than the most."""
    rows_at_most = history.series_count * history.horizon * max(history.week_count - first, 0)
    return max(ORIGIN_STEP_WEEKS, -(-rows_at_most // most_rows))


def _known_targets(history: Panel, week_count: int) -> tuple[IntArray, IntArray]:
    """Returns series and step of the rows of an origin whose target week has known sales in the history."""
    later = history.sales[:, week_count : week_count + history.horizon]
    series, step = np.nonzero(~np.isnan(later) & history.until(week_count).active[:, None])
    return series, step
