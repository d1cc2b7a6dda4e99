"""What every candidate is: a name, a fit on a history, and a fitted model that forecasts from a history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ml.forecasting.panel import FloatArray, Panel, TextArray

PARTS = ("last_year", "holiday", "growth", "recent_level", "season", "promotion", "coherence", "other")
"""Parts of a forecast that an explanation names, in the unit of the sales; they add up to it."""


@dataclass(frozen=True)
class PointForecast:
    """Forecasts for the weeks after the last week of a history.

    Attributes:
        point: in the unit of the sales, never NaN, (series, horizon).
        fallback: name of the simpler method used, the empty string where none was needed, (series,).
    """

    point: FloatArray
    fallback: TextArray


class FittedModel(Protocol):
    """A candidate after its fit: a dataclass that `ml.forecasting.model_file` knows how to keep."""

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the forecasts of every series for the weeks after the last week of the history."""

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the parts of one series' forecast in its unit, (horizon,) each; they add up to the forecast."""

    def importance(self) -> Mapping[str, float]:
        """Returns the share of each input in the fit, a fraction; empty where there are no inputs."""


class Forecaster(Protocol):
    """A candidate."""

    @property
    def name(self) -> str:
        """Name in tables, registry and scorecard."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """Everything that was chosen by hand, for the experiment log."""

    def fit(self, history: Panel) -> FittedModel:
        """Returns the model fitted on a history; nothing after its last week is known to it."""


@runtime_checkable
class Planned(Protocol):
    """A fitted model that may follow planned prices and promotions."""

    @property
    def follows_plans(self) -> bool:
        """Whether a plan can move its forecasts."""


def follows_plans(model: object) -> bool:
    """Returns whether planned prices and promotions can move the forecasts of a fitted model."""
    return isinstance(model, Planned) and model.follows_plans


def mean_importance(models: Iterable[FittedModel]) -> dict[str, float]:
    """Returns the mean share of each input over the models that learn."""
    shares = [share for share in (model.importance() for model in models) if share]
    names = dict.fromkeys(name for share in shares for name in share)
    return {name: float(np.mean([share.get(name, 0.0) for share in shares])) for name in names}


def base_parts(point: FloatArray, last_year: FloatArray) -> dict[str, FloatArray]:
    """Returns the parts of a forecast without inputs: last year's sales, and what the recent level adds.

    Args:
        point: forecast in the unit of the sales, (horizon,).
        last_year: aligned sales of last year in the unit of the sales, NaN where not known, (horizon,).
    """
    known = np.where(np.isnan(last_year), 0.0, last_year)
    return {"last_year": known, "recent_level": point - known}
