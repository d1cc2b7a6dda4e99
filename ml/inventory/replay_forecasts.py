"""Weekly forecasts to replay with: what each week would have been forecast, from what was known before it.

Either the seasonal base, which has nothing to fit, or a candidate that is fitted every eight weeks and forecasts in
between with the last fit and the sales known by then. Both read only the weeks before their origin.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.forecaster import HORIZON
from ml.forecasting.panel import Panel
from ml.forecasting.seasonal import seasonal_base
from ml.inventory.policy import FloatArray
from warehouse.progress import Progress, silent

if TYPE_CHECKING:
    from ml.forecasting.forecaster import FittedModel, Forecaster

logger = logging.getLogger(__name__)

FIT_WEEKS = 8
"""Weeks between two fits, as between two origins of the backtest."""


@dataclass(frozen=True)
class WeeklyForecasts:
    """Forecasts at consecutive origins.

    Attributes:
        first_origin: weeks that were known at the first origin.
        point: (series, origins, horizon) dollars; column 0 of the horizon is the week after the origin.
    """

    first_origin: int
    point: FloatArray

    def at(self, origins: Sequence[int]) -> FloatArray:
        """Returns the forecasts of some consecutive origins, (series, origins, horizon).

        Raises:
            ValueError: an origin was not forecast.
        """
        first, last = min(origins) - self.first_origin, max(origins) - self.first_origin
        if first < 0 or last >= self.point.shape[1]:
            raise ValueError(f"origins {min(origins)} to {max(origins)} were not all forecast")
        return self.point[:, first : last + 1]

    def of_next_week(self, week_count: int) -> FloatArray:
        """Returns what was expected of each week a week before, (series, weeks), NaN where nothing was forecast."""
        expected = np.full((len(self.point), week_count), np.nan)
        known = min(self.first_origin + self.point.shape[1], week_count)
        expected[:, self.first_origin : known] = self.point[:, : known - self.first_origin, 0]
        return expected


def base_forecasts(panel: Panel, origins: Sequence[int], horizon: int = HORIZON) -> WeeklyForecasts:
    """Returns the seasonal base at consecutive origins; only the first `origin` weeks are read for an origin."""
    point = [seasonal_base(panel.until(origin), horizon).point for origin in origins]
    return WeeklyForecasts(min(origins), np.stack(point, axis=1))


def model_forecasts(
    panel: Panel, model: "Forecaster", origins: Sequence[int], fit_weeks: int = FIT_WEEKS, progress: Progress = silent
) -> WeeklyForecasts:
    """Returns a candidate's forecasts at consecutive origins, fitted anew at the first and every `fit_weeks` weeks."""
    began, point = time.monotonic(), []
    fitted: FittedModel | None = None
    for number, origin in enumerate(origins):
        history = panel.until(origin)
        progress(number, len(origins), f"forecasts of {history.origin}, as {model.name} would have made them")
        if fitted is None or number % fit_weeks == 0:
            fitted = model.fit(history)
        point.append(fitted.predict(history, HORIZON).point)
    logger.info("%s forecast %d weeks in %.0f s", model.name, len(point), time.monotonic() - began)
    return WeeklyForecasts(min(origins), np.stack(point, axis=1))
