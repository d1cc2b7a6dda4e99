"""Top-down: what the total of a store says about its departments, believed in part.

A store's total is smoother than its parts, so its level is known better. The pairs of a store are scaled towards the
forecast of its total. Totals of departments, store types and the chain are sums of the pairs, so all levels add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.seasonal_base import (
    SeriesGroups,
    additive_forecast,
    group_weights,
    plausible,
    seasonal_base,
    sum_by,
)
from ml.forecasting.panel import FloatArray, IntArray, Panel, known_mean
from warehouse.conventions import YEAR_WEEKS

RATIO_BOUNDS = (0.7, 1.4)


def scaled_to_totals(point: FloatArray, history: Panel, group: IntArray, belief: float) -> FloatArray:
    """Returns the forecasts, those of active series scaled towards the forecast of their group's total.

    A series that breaks or ends keeps its own forecast, and its group is scaled without it.

    Args:
        point: forecasts in the unit of the sales, (series, horizon).
        history: what was known.
        group: position of the group of each series, (series,).
        belief: exponent of the ratio of the total to the sum of the series, 1 is wholly.
    """
    active = history.active[:, None]
    weights = group_weights(history, group)[:, None]
    first = np.unique(group, return_index=True)[1]
    usual = known_mean(history.sales[:, -YEAR_WEEKS:])[:, None]
    # A week that is not known sold something: without it, the total would seem to have grown.
    sales = np.where(np.isnan(history.sales), usual, history.sales)
    totals = sum_by(np.where(active, weights * sales, 0.0), group)[first]
    wanted = additive_forecast(totals, history.calendar, history.weeks, history.future_weeks(point.shape[1]))[group]
    summed = sum_by(np.where(active, weights * point, 0.0), group)
    usable = active & (weights > 0) & (wanted > 0) & (summed > 0)
    ratio = np.clip(np.where(usable, wanted, 1.0) / np.where(usable, summed, 1.0), *RATIO_BOUNDS)
    return np.asarray(point * ratio**belief)


@dataclass(frozen=True)
class DepartmentShares:
    """The candidate that forecasts departments over all stores and shares their totals down by the seasonal base.

    It has nothing to fit, so it is its own fitted model.
    """

    name: str = "department_shares"

    @property
    def parameters(self) -> Mapping[str, object]:
        """What is forecast, and how it is shared down."""
        return {"level": "department, then shared down to stores by the seasonal base", "ratio_bounds": RATIO_BOUNDS}

    def fit(self, history: Panel) -> "DepartmentShares":
        """Returns itself."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns each series' share of the forecast of its department."""
        base = seasonal_base(history, horizon)
        scaled = scaled_to_totals(base.point, history, SeriesGroups.of(history).department, 1.0)
        return PointForecast(plausible(scaled, history.sales), base.fallback)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the base's parts, and what the department's total adds, in the unit of the sales."""
        base = seasonal_base(history, horizon)
        point = self.predict(history, horizon).point[series]
        return base.parts(series) | {"coherence": point - base.point[series]}

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}
