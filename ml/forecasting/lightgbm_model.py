"""LightGBM: one model for all series and horizons, on what the seasonal base leaves over.

Rows of every past origin, as it was known then, whose target week is known by now. The label is
(sales - base) / scale, the loss absolute error weighted by the scale, so that a dollar counts alike in every series.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.forecaster import HORIZON, PointForecast, base_parts
from ml.forecasting.panel import FloatArray, IntArray, Panel
from ml.forecasting.rows import Rows, part_of, rows_at_origin
from ml.forecasting.seasonal import not_below_zero

if TYPE_CHECKING:
    import lightgbm

logger = logging.getLogger(__name__)

FIRST_ORIGIN_WEEKS = 54
"""Weeks of history that an origin needs before rows are taken from it: a year and what aligns it."""
TRAINING_ROWS = 120_000
"""Rows of a fit; more are thinned, the series with small sales first."""
LEAST_ROWS = 500
TREES = 200
SETTINGS: Mapping[str, object] = {
    "objective": "regression_l1",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 1.0,
    "max_bin": 127,
    "deterministic": True,
    "force_row_wise": True,
    # One thread a fit: with more, every tree waits for the busiest core. The backtest runs several fits at a time.
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass
class RowStore:
    """Rows and fits of one panel by origin, so that a backtest does not make them anew at every origin.

    A history shares the memory of the panel it was cut from; one that does not is another panel, and empties the store.
    """

    source: tuple[FloatArray, ...] = ()
    rows: dict[int, Rows] = field(default_factory=dict)
    fits: dict[int, "FittedLightGbm"] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def claim(self, history: Panel) -> None:
        """Empties the store where the history comes from another panel than what it holds."""
        with self.lock:
            self._claim(history)

    def _claim(self, history: Panel) -> None:
        arrays = (history.sales, *history.features.values())
        is_known = len(arrays) == len(self.source) and all(map(np.may_share_memory, arrays, self.source))
        if not is_known:
            self.rows.clear()
            self.fits.clear()
            self.source = arrays

    def at(self, history: Panel, week_count: int) -> Rows:
        """Returns the rows of the origin after `week_count` weeks."""
        with self.lock:
            if week_count not in self.rows:
                self.rows[week_count] = rows_at_origin(history.until(week_count), HORIZON)
            return self.rows[week_count]


@dataclass(frozen=True)
class LightGbm:
    """The candidate; `seed` decides which rows and inputs each tree sees."""

    seed: int
    name: str = "lightgbm"
    store: RowStore = field(default_factory=RowStore, repr=False, compare=False)

    @property
    def parameters(self) -> Mapping[str, object]:
        """LightGBM's parameters, the number of trees and of rows."""
        return {**SETTINGS, "trees": TREES, "training_rows": TRAINING_ROWS, "seed": self.seed}

    def fit(self, history: Panel) -> "FittedLightGbm":
        """Returns the model fitted on every origin of the history whose target weeks lie in it."""
        self.store.claim(history)
        if history.week_count not in self.store.fits:
            self.store.fits[history.week_count] = self._fit(history)
        return self.store.fits[history.week_count]

    def _fit(self, history: Panel) -> "FittedLightGbm":
        import lightgbm

        table = _training_table(self.store, history, self.seed)
        if table is None or len(table.labels) < LEAST_ROWS:
            return FittedLightGbm(None, ())
        data = lightgbm.Dataset(table.inputs, table.labels, weight=table.weights, feature_name=list(table.names))
        booster = lightgbm.train({**SETTINGS, "seed": self.seed}, data, TREES)
        logger.info("LightGBM fitted on %d rows to %s", len(table.labels), history.origin)
        return FittedLightGbm(booster, table.names)


@dataclass(frozen=True)
class FittedLightGbm:
    """The trees, or None where the history was too short for any; then the base alone forecasts."""

    booster: "lightgbm.Booster | None"
    names: tuple[str, ...]

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns base plus residual; where a series has no last year, the base leans on its department."""
        rows = rows_at_origin(history, horizon)
        fallback = rows.base.fallback
        if self.booster is None:
            fallback = np.where(fallback == "", "seasonal base", fallback)
        return PointForecast(self.point(history, rows), fallback)

    def point(self, history: Panel, rows: Rows) -> FloatArray:
        """Returns the forecasts in dollars from rows that are at hand."""
        if self.booster is None:
            return rows.base.point
        flat = rows.values.reshape(-1, rows.values.shape[2])
        residual = np.asarray(self.booster.predict(flat, num_threads=1)).reshape(rows.base.point.shape)
        return not_below_zero(rows.base.point + residual * rows.scale[:, None], history.sales)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the base's parts and the trees' contributions (Lundberg and others, 2018) by group of inputs."""
        rows = rows_at_origin(history, horizon)
        parts = base_parts(rows.base.point[series], rows.base.last_year[series])
        point = self.point(history, rows)[series]
        if self.booster is not None:
            shares = np.asarray(self.booster.predict(rows.values[series], pred_contrib=True)) * rows.scale[series]
            for position, name in enumerate(self.names):
                part = part_of(name)
                parts[part] = parts.get(part, np.zeros(horizon)) + shares[:, position]
        # The trees' mean, and what keeps a forecast from falling below zero.
        parts["other"] = parts.get("other", np.zeros(horizon)) + point - sum(parts.values())
        return parts

    def importance(self) -> Mapping[str, float]:
        """Returns the share of each input in the total gain of the splits."""
        if self.booster is None:
            return {}
        gain = self.booster.feature_importance("gain")
        return dict(zip(self.names, (gain / max(gain.sum(), 1e-9)).tolist(), strict=True))


@dataclass(frozen=True)
class Blend:
    """The equal mean of the seasonal base and LightGBM on it: it trusts the trees half way."""

    lightgbm: LightGbm
    name: str = "blend"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The members; both weigh the same."""
        return {"members": "aligned_seasonal, lightgbm"}

    def fit(self, history: Panel) -> "FittedBlend":
        """Returns the blend with its LightGBM fitted."""
        return FittedBlend(self.lightgbm.fit(history))


@dataclass(frozen=True)
class FittedBlend:
    """The fitted member; the base has nothing to fit."""

    member: FittedLightGbm

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the mean of both."""
        rows = rows_at_origin(history, horizon)
        return PointForecast((rows.base.point + self.member.point(history, rows)) / 2, rows.base.fallback)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the mean of the parts of both."""
        base = rows_at_origin(history, horizon).base
        halves = (base_parts(base.point[series], base.last_year[series]), self.member.explain(history, horizon, series))
        names = dict.fromkeys(name for half in halves for name in half)
        return {
            name: sum((half.get(name, np.zeros(horizon)) for half in halves), np.zeros(horizon)) / 2 for name in names
        }

    def importance(self) -> Mapping[str, float]:
        """Returns the shares of the inputs of its LightGBM."""
        return self.member.importance()


@dataclass(frozen=True)
class _Table:
    names: tuple[str, ...]
    inputs: "np.typing.NDArray[np.float32]"
    labels: FloatArray
    weights: FloatArray


def _training_table(store: RowStore, history: Panel, seed: int) -> _Table | None:
    """Returns the rows of all origins, thinned in proportion to the scale, each weighted by what it stands for."""
    origins = range(FIRST_ORIGIN_WEEKS, history.week_count)
    if not origins:
        return None
    picks = [_known_targets(history, week_count) for week_count in origins]
    scale = np.concatenate(
        [store.at(history, week_count).scale[pick[0]] for week_count, pick in zip(origins, picks, strict=True)]
    )
    chance = np.minimum(scale * (TRAINING_ROWS / scale.sum()), 1.0)
    kept = np.random.default_rng(seed).random(len(scale)) < chance
    inputs, labels, done = [], [], 0
    for week_count, (series, step) in zip(origins, picks, strict=True):
        mask = kept[done : done + len(series)]
        done += len(series)
        rows, chosen, ahead = store.at(history, week_count), series[mask], step[mask]
        inputs.append(rows.values[chosen, ahead])
        error = history.sales[chosen, week_count + ahead] - rows.base.point[chosen, ahead]
        labels.append(error / rows.scale[chosen])
    weights = (scale / chance)[kept]
    return _Table(rows.names, np.concatenate(inputs), np.concatenate(labels), weights / max(weights.mean(), 1e-9))


def _known_targets(history: Panel, week_count: int) -> tuple[IntArray, IntArray]:
    """Returns series and step of the rows of an origin whose target week has known sales in the history."""
    later = history.sales[:, week_count : week_count + HORIZON]
    series, step = np.nonzero(~np.isnan(later) & history.until(week_count).active[:, None])
    return series, step
