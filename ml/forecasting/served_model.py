"""A registered model: a fitted candidate with its calibration, as MLflow loads and serves it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.forecasting.intervals.conformal import IntervalCalibration, situation_at
from ml.forecasting.intervals.error_scale import FittedErrorScale
from ml.forecasting.models.protocol import FittedModel, PointForecast
from ml.forecasting.panel import FloatArray, Panel, panel_from_frame
from warehouse.retailer import Retailer

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ServedModel:
    """What the registry keeps of a candidate.

    Attributes:
        name: name of the candidate.
        model: the fitted candidate.
        calibration: what turns its point forecasts into intervals.
        error_scale: how far forecasts may lie off, which the calibration multiplies.
        retailer: whose sales it was fitted on.
    """

    name: str
    model: FittedModel
    calibration: IntervalCalibration
    error_scale: FittedErrorScale
    retailer: Retailer

    def forecast(self, history: Panel, horizon: int | None = None) -> tuple[PointForecast, FloatArray]:
        """Returns the forecasts after a history, and their bounds as `IntervalCalibration.bounds` gives them.

        Args:
            history: all that is known.
            horizon: weeks to forecast; as many as the retailer says without it.
        """
        horizon = horizon or history.horizon
        forecast = self.model.predict(history, horizon)
        situation = situation_at(history, self.error_scale, horizon)
        return forecast, self.calibration.bounds(forecast.point, situation)

    def predict(self, model_input: "pd.DataFrame", params: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """Returns the weeks ahead of every active series: the interface that MLflow calls.

        Args:
            model_input: rows of `features.engineered_features`, the row beyond the last known week included.
            params: not used.
        """
        history = panel_from_frame(model_input, self.retailer)
        forecast, bounds = self.forecast(history)
        return forecast_frame(history, forecast, bounds)


def forecast_frame(history: Panel, forecast: PointForecast, bounds: FloatArray) -> "pd.DataFrame":
    """Returns one row per active series and week to come, with the columns of `ml.forecasts` that a model knows."""
    import pandas as pd

    horizon = forecast.point.shape[1]
    series = np.repeat(np.flatnonzero(history.active), horizon)
    step = np.tile(np.arange(horizon), int(history.active.sum()))
    return pd.DataFrame(
        {
            "store_id": history.store_ids[series],
            "dept_id": history.dept_ids[series],
            "origin_date": pd.to_datetime(str(history.origin)),
            "forecast_date": history.future_weeks(horizon)[step].astype("datetime64[ns]"),
            "horizon_weeks": step + 1,
            "predicted_sales": forecast.point[series, step],
            "prediction_lower": bounds[0, series, step],
            "prediction_upper": bounds[1, series, step],
            "prediction_lower_95": bounds[2, series, step],
            "prediction_upper_95": bounds[3, series, step],
            "fallback": forecast.fallback[series].astype(object),
        }
    )
