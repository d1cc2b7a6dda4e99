"""The two candidates without machine learning: seasonal naive, and the calendar-aligned seasonal base."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.forecasting.models import seasonal_base
from ml.forecasting.models.protocol import PointForecast, base_parts
from ml.forecasting.panel import FloatArray, Panel, known_mean, weeks_back
from warehouse.conventions import BASELINE, YEAR_WEEKS


@dataclass(frozen=True)
class SeasonalNaive:
    """The baseline to beat: the sales of 52 weeks before. It has nothing to fit, so it is its own fitted model."""

    name: str = BASELINE

    @property
    def parameters(self) -> Mapping[str, object]:
        """The season, in weeks."""
        return {"season_weeks": YEAR_WEEKS}

    def fit(self, history: Panel) -> "SeasonalNaive":
        """Returns itself."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns last year's sales; where they are not known, the mean of the last known 52 weeks."""
        last_year = weeks_back(history.sales, YEAR_WEEKS, horizon)
        unknown = np.isnan(last_year)
        point = np.where(unknown, known_mean(history.sales[:, -YEAR_WEEKS:])[:, None], last_year)
        return PointForecast(
            seasonal_base.plausible(point, history.sales),
            np.where(unknown.any(axis=1), "mean of the last known weeks", ""),
        )

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns last year's sales, or the recent mean where they are not known."""
        point = self.predict(history, horizon).point[series]
        return base_parts(point, weeks_back(history.sales, YEAR_WEEKS, horizon)[series])

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}


@dataclass(frozen=True)
class AlignedSeasonal:
    """Level plus season, and last year times growth, on an aligned calendar. It has nothing to fit either."""

    name: str = "aligned_seasonal"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constants of the seasonal base."""
        return {
            "level_weeks": seasonal_base.LEVEL_WEEKS,
            "level_smoothing": seasonal_base.LEVEL_SMOOTHING,
            "growth_weeks": seasonal_base.GROWTH_WEEKS,
            "season_ranks": seasonal_base.SEASON_RANKS,
            "last_year_weight": seasonal_base.LAST_YEAR_WEIGHT,
        }

    def fit(self, history: Panel) -> "AlignedSeasonal":
        """Returns itself."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the seasonal base."""
        base = seasonal_base.seasonal_base(history, horizon)
        return PointForecast(base.point, base.fallback)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns last year's aligned sales, and what growth and the recent level add."""
        return seasonal_base.seasonal_base(history, horizon).parts(series)

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}
