"""Seasonal-trend decomposition with exponential smoothing, one model per series, from statsforecast.

STL (Cleveland, Cleveland, McRae and Terpenning, "STL: A Seasonal-Trend Decomposition Procedure Based on Loess",
Journal of Official Statistics 6, 1990) is linear in the sales as long as it weighs no outliers down, and the library's
default does not. So the library decomposes one unit impulse a week, once, and its answers, as a matrix, decompose
every series at once: the same numbers for a twentieth of the time. What is left after the season is smoothed
series by series.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, alignment_matrix
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.seasonal_base import plausible
from ml.forecasting.panel import BoolArray, FloatArray, Panel, TextArray
from warehouse.conventions import ACTIVE_WEEKS, YEAR_WEEKS

SEASON_FROM_WEEKS = 60
"""Known weeks from which a yearly season can be told from a level."""
LEAST_KNOWN_SHARE = 0.5
"""Share of the last 52 weeks that must have sales, or the series is intermittent and gets no season."""
RANGE_MARGIN = 0.5
"""How far a forecast may leave the range of the past sales of its series, as a fraction of that range."""
NO_SEASON = "exponential smoothing without season"
STOPPED = f"zero, as nothing sold in {ACTIVE_WEEKS} weeks"


@dataclass(frozen=True)
class StlEts:
    """The candidate, and its own fitted model: it is fitted anew at every origin, within `predict`."""

    name: str = "stl_ets"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constants of the decomposition and of the fallbacks."""
        return {
            "season_weeks": YEAR_WEEKS,
            "calendar": "season of last year's aligned week",
            "level": "simple exponential smoothing, its weight optimised per series",
            "season_from_weeks": SEASON_FROM_WEEKS,
            "least_known_share": LEAST_KNOWN_SHARE,
            "range_margin": RANGE_MARGIN,
        }

    def fit(self, history: Panel) -> "StlEts":
        """Returns itself: the fit happens at the origin of each forecast."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns level plus season; without enough history the level alone, and zero where nothing sells any more."""
        level, season = level_and_season(history, horizon)
        point = _within_range(level[:, None] + season, history.sales)
        point = np.where(history.active[:, None], plausible(point, history.sales), 0.0)
        return PointForecast(point, _fallback(history))

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the smoothed level and the season; what clipping took away counts as season."""
        point = self.predict(history, horizon).point[series]
        level = np.full(horizon, level_and_season(history, horizon)[0][series])
        return {"recent_level": level, "season": point - level}

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}


def level_and_season(history: Panel, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Returns the smoothed level (series,) and the season of the weeks to come (series, horizon), in their unit.

    The season is zero where the history is too short or too sparse to tell it.
    """
    level, season = np.zeros(history.series_count), np.zeros((history.series_count, horizon))
    has_season = seasonal_series(history.sales)
    if has_season.any():
        filled = filled_gaps(history.sales[has_season])
        past = filled @ season_operator(history.week_count).T
        like = aligned(past, alignment_matrix(history.calendar, history.weeks, history.future_weeks(horizon), 1))
        season[has_season] = np.where(np.isnan(like), 0.0, like)
        level[has_season] = [smoothed_level(row) for row in filled - past]
    for number in np.flatnonzero(~has_season & history.active):
        sold = history.sales[number]
        level[number] = smoothed_level(sold[~np.isnan(sold)])
    return level, season


def seasonal_series(sales: FloatArray) -> BoolArray:
    """Returns whether each series is known for long enough, and sells often enough, to have a season, (series,)."""
    known, sold = ~np.isnan(sales), ~np.isnan(sales) & (sales != 0)
    often = sold[:, -YEAR_WEEKS:].mean(axis=1) >= LEAST_KNOWN_SHARE
    return np.asarray((known.sum(axis=1) >= SEASON_FROM_WEEKS) & often)


def filled_gaps(sales: FloatArray) -> FloatArray:
    """Returns the sales with straight lines over the gaps, and the nearest known sales before the first week.

    Every series needs at least one known week.
    """
    weeks = np.arange(sales.shape[1])
    filled = sales.copy()
    for number in np.flatnonzero(np.isnan(sales).any(axis=1)):
        known = ~np.isnan(sales[number])
        filled[number] = np.interp(weeks, weeks[known], sales[number, known])
    return filled


@lru_cache(maxsize=64)
def season_operator(week_count: int) -> FloatArray:
    """Returns the matrix that turns so many weeks of sales into their yearly season by STL, (weeks, weeks)."""
    from statsforecast.mstl import mstl

    impulses = np.eye(week_count)
    return np.stack([mstl(impulse, period=YEAR_WEEKS)["seasonal"].to_numpy() for impulse in impulses], axis=1)


def smoothed_level(values: FloatArray) -> float:
    """Returns the level after the last value by simple exponential smoothing, its weight fitted to the values.

    Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 3rd edition, section 8.1.
    """
    from statsforecast.models import SimpleExponentialSmoothingOptimized

    if not len(values):
        return 0.0
    return float(SimpleExponentialSmoothingOptimized().forecast(values, 1)["mean"][0])


def _within_range(point: FloatArray, sales: FloatArray) -> FloatArray:
    """Returns the forecasts clipped to the range of past sales and a margin beyond it."""
    lowest = np.where(np.isnan(sales), np.inf, sales).min(axis=1, keepdims=True)
    highest = np.where(np.isnan(sales), -np.inf, sales).max(axis=1, keepdims=True)
    lowest, highest = np.where(np.isfinite(lowest), (lowest, highest), 0.0)
    margin = RANGE_MARGIN * (highest - lowest)
    return np.clip(point, lowest - margin, highest + margin)


def _fallback(history: Panel) -> TextArray:
    name = np.where(seasonal_series(history.sales), "", NO_SEASON)
    return np.where(history.active, name, STOPPED)
