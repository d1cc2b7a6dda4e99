"""The blend: the equal mean of three models of what the seasonal base leaves over, scaled to the stores' totals.

The members err differently: trees see the last weeks and interactions, ridge sees how a department follows the
calendar, extra-trees are calmer than trees. Equal weights did as well as weights learned on earlier origins.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ml.forecasting.models.lightgbm_model import FittedLightGbm, LightGbm
from ml.forecasting.models.model_inputs import rows_at_origin
from ml.forecasting.models.protocol import PointForecast, mean_importance
from ml.forecasting.models.ridge_model import FittedRidge, Ridge
from ml.forecasting.models.seasonal_base import SeriesGroups, plausible
from ml.forecasting.models.top_down import scaled_to_totals
from ml.forecasting.panel import FloatArray, Panel

STORE_BELIEF = 0.4
"""How far the ratio of a store's total to the sum of its pairs is believed, as an exponent."""


@dataclass(frozen=True)
class Blend:
    """The candidate; its members share the rows they are trained on."""

    ridge: Ridge
    lightgbm: LightGbm
    extra_trees: LightGbm
    name: str = "blend"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The members, which weigh the same, and the belief in the totals of stores."""
        return {"members": "ridge, lightgbm, extra_trees", "store_belief": STORE_BELIEF}

    def fit(self, history: Panel) -> "FittedBlend":
        """Returns the blend with its members fitted."""
        with ThreadPoolExecutor() as pool:
            trees = pool.map(lambda model: model.fit(history), (self.lightgbm, self.extra_trees))
            return FittedBlend((self.ridge.fit(history), *trees))


@dataclass(frozen=True)
class FittedBlend:
    """The fitted members."""

    members: tuple[FittedRidge | FittedLightGbm, ...]

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the mean of the members, scaled to the stores' totals."""
        rows = rows_at_origin(history, horizon)
        points = [member.predict_rows(history, rows).point for member in self.members]
        scaled = scaled_to_totals(np.mean(points, axis=0), history, SeriesGroups.of(history).store, STORE_BELIEF)
        return PointForecast(plausible(scaled, history.sales), rows.base.fallback)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the mean of the members' parts, and what the store's total adds, in the unit of the sales."""
        each = [member.explain(history, horizon, series) for member in self.members]
        names = dict.fromkeys(name for parts in each for name in parts)
        nothing = np.zeros(horizon)
        mean = {name: sum((parts.get(name, nothing) for parts in each), nothing) / len(each) for name in names}
        return mean | {"coherence": self.predict(history, horizon).point[series] - sum(mean.values(), nothing)}

    def importance(self) -> Mapping[str, float]:
        """Returns the mean share of each input over the members that learn."""
        return mean_importance(self.members)
