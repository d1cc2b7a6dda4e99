"""The error scale: how far a forecast may lie off, learned from how far the seasonal base lay off in like situations.

Quantile regression (Koenker and Bassett, Econometrica 46, 1978) by LightGBM of the absolute residual of the base: in
four weeks of five it was smaller. The interval of every candidate is as wide as the error scale times what its own past
errors, counted in error scales, ask for (`intervals`).
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.models.lightgbm_model import boosted
from ml.forecasting.models.model_inputs import rows_at_origin
from ml.forecasting.models.seasonal_base import seasonal_base
from ml.forecasting.models.training_rows import RowStore, TrainingTable
from ml.forecasting.panel import FloatArray, Panel, known_mean

if TYPE_CHECKING:
    import lightgbm

TREES = 120
QUANTILE = 0.8
SEED = 3
LEAST_RATE = 0.02
"""Least error scale as a fraction of the scale, so that a calm past does not promise a calm future."""


@dataclass(frozen=True)
class ErrorScale:
    """What is fitted once per origin and serves all candidates."""

    store: RowStore = field(default_factory=RowStore, repr=False, compare=False)

    def fit(self, history: Panel) -> "FittedErrorScale":
        """Returns the error scale fitted on past origins of the history whose target weeks lie in it."""
        return self.store.fit("error_scale", history, _fitted)


def _fitted(table: TrainingTable | None) -> "FittedErrorScale":
    if table is None:
        return FittedErrorScale(None)
    settings = {"objective": "quantile", "alpha": QUANTILE, "seed": SEED}
    return FittedErrorScale(boosted(table, np.abs(table.labels), settings, TREES))


@dataclass(frozen=True)
class FittedErrorScale:
    """The trees, or None where the history was too short for any."""

    booster: "lightgbm.Booster | None"

    def amount(self, history: Panel, horizon: int) -> FloatArray:
        """Returns the error scale of each target week in the unit of the sales, above zero, (series, horizon).

        Without trees it is the mean size of the last shocks beyond level and season.
        """
        rows = rows_at_origin(history, horizon)
        scale = rows.scale[:, None]
        if self.booster is None:
            shocks = seasonal_base(history, horizon).shocks
            size = known_mean(np.abs(shocks))[:, None] + LEAST_RATE * scale
            return np.broadcast_to(size, rows.base.point.shape)
        flat = rows.values.reshape(-1, rows.values.shape[2])
        rate = np.asarray(self.booster.predict(flat, num_threads=1)).reshape(rows.base.point.shape)
        return np.asarray(np.maximum(rate, LEAST_RATE) * scale)
