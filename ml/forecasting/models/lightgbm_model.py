"""LightGBM: one model for all series and horizons, on what a base leaves over; also as extra-trees.

The base is the seasonal one, or the recent level where rows of that kind are learned from.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.models.model_inputs import Rows, part_of
from ml.forecasting.models.price_inputs import at_usual_prices
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.seasonal_base import plausible
from ml.forecasting.models.training_rows import ROWS, RowKind, RowStore, TrainingTable
from ml.forecasting.panel import FloatArray, Panel

if TYPE_CHECKING:
    import lightgbm

logger = logging.getLogger(__name__)

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


@dataclass(frozen=True)
class LightGbm:
    """The candidate.

    Attributes:
        seed: decides which rows and inputs each tree sees.
        has_random_splits: whether each split tries one threshold an input, drawn at random, as extra-trees do
            (Geurts, Ernst and Wehenkel, Machine Learning 63, 2006).
    """

    seed: int
    has_random_splits: bool = False
    store: RowStore = field(default_factory=RowStore, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name in tables, registry and scorecard."""
        if self.store.kind == "level":
            return "level_trees"
        return "extra_trees" if self.has_random_splits else "lightgbm"

    @property
    def parameters(self) -> Mapping[str, object]:
        """LightGBM's parameters and the number of trees."""
        return {**SETTINGS, "extra_trees": self.has_random_splits, "trees": TREES, "seed": self.seed}

    def fit(self, history: Panel) -> "FittedLightGbm":
        """Returns the model fitted on past origins of the history whose target weeks lie in it."""
        return self.store.fit(self.name, history, self._fit)

    def _fit(self, table: TrainingTable | None) -> "FittedLightGbm":
        if table is None:
            return FittedLightGbm(None, (), self.store.kind)
        booster = boosted(table, table.labels, {"seed": self.seed, "extra_trees": self.has_random_splits}, TREES)
        return FittedLightGbm(booster, table.names, self.store.kind)


def boosted(table: TrainingTable, labels: FloatArray, settings: Mapping[str, object], trees: int) -> "lightgbm.Booster":
    """Returns trees fitted to labels of the rows of a table, with our common settings and those on top."""
    import lightgbm

    data = lightgbm.Dataset(table.inputs, labels, weight=table.weights, feature_name=list(table.names))
    booster = lightgbm.train({**SETTINGS, **settings}, data, trees)
    logger.info("%d trees fitted on %d rows", trees, len(labels))
    return booster


@dataclass(frozen=True)
class FittedLightGbm:
    """The trees, or None where the history was too short for any; then the base alone forecasts."""

    booster: "lightgbm.Booster | None"
    names: tuple[str, ...]
    kind: RowKind = "season"

    @property
    def follows_plans(self) -> bool:
        """Whether planned prices are among the inputs: those of the level have them."""
        return self.kind == "level"

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns base plus residual; where a series has no last year, the seasonal base leans on its department."""
        return self.predict_rows(history, ROWS[self.kind](history, horizon))

    def predict_rows(self, history: Panel, rows: Rows) -> PointForecast:
        """Returns the forecasts from rows that are at hand."""
        fallback = rows.base.fallback
        if self.booster is None:
            plain = "seasonal base" if self.kind == "season" else "median of the last year"
            return PointForecast(rows.base.point, np.where(fallback == "", plain, fallback))
        if rows.names != self.names:
            raise LookupError("the inputs of the model are those of another version")
        flat = rows.values.reshape(-1, rows.values.shape[2])
        residual = np.asarray(self.booster.predict(flat, num_threads=1)).reshape(rows.base.point.shape)
        point = plausible(rows.base.point + residual * rows.scale[:, None], history.sales)
        return PointForecast(point, fallback)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the base's parts and the trees' contributions (Lundberg and others, 2018) by group of inputs."""
        rows = ROWS[self.kind](history, horizon)
        parts = rows.base.parts(series)
        point = self.predict_rows(history, rows).point[series]
        if self.booster is not None:
            shares = np.asarray(self.booster.predict(rows.values[series], pred_contrib=True))
            shares *= rows.scale[series]
            for position, name in enumerate(self.names):
                part = part_of(name)
                parts[part] = parts.get(part, np.zeros(horizon)) + shares[:, position]
            parts |= self._promotion_part(history, horizon, series, parts, point)
        # The trees' mean, and what keeps a forecast from falling below zero.
        parts["other"] = parts.get("other", np.zeros(horizon)) + point - sum(parts.values())
        return parts

    def _promotion_part(
        self, history: Panel, horizon: int, series: int, parts: Mapping[str, FloatArray], point: FloatArray
    ) -> dict[str, FloatArray]:
        """Returns what a plan adds against the usual price, and the recent level with what else is told of plans."""
        if "promotion" not in parts:
            return {}
        usual = at_usual_prices(history, horizon)
        added = np.zeros(horizon) if usual is history else point - self.predict(usual, horizon).point[series]
        return {"promotion": added, "recent_level": parts["recent_level"] + parts["promotion"] - added}

    def importance(self) -> Mapping[str, float]:
        """Returns the share of each input in the total gain of the splits."""
        if self.booster is None:
            return {}
        gain = self.booster.feature_importance("gain")
        return dict(zip(self.names, (gain / max(gain.sum(), 1e-9)).tolist(), strict=True))
