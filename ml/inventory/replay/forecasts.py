"""Weekly forecasts to replay with: what each week would have been forecast, from what was known before it.

Either the seasonal base, which has nothing to fit, or a candidate that is fitted every eight weeks and forecasts in
between with the last fit and the sales known by then. A champion by group of demand chooses anew at each fit, by how
far its members' forecasts lay off until then. All read only the weeks before their origin.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.demand_groups import chosen_by_group
from ml.forecasting.models.by_group import Trial, best_on
from ml.forecasting.models.seasonal_base import seasonal_base
from ml.forecasting.panel import Panel
from ml.inventory.policy import FloatArray
from warehouse.progress import Progress, silent

if TYPE_CHECKING:
    from ml.forecasting.models.protocol import FittedModel, Forecaster

logger = logging.getLogger(__name__)

FIT_WEEKS = 8
"""Weeks between two fits, as between two origins of the backtest."""

FIRST_FIT_WEEKS = 64
"""Weeks of history that a fit needs to be worth it; with fewer the seasonal base erred less, on the weeks before the
last 52 of the public data."""


@dataclass(frozen=True)
class WeeklyForecasts:
    """Forecasts at consecutive origins.

    Attributes:
        first_origin: weeks that were known at the first origin.
        point: (series, origins, horizon) in the unit of the sales; the horizon begins with the week after the origin.
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

    def valued(self, worth: FloatArray) -> "WeeklyForecasts":
        """Returns the forecasts in money, each series times what one of it is worth, (series,)."""
        return WeeklyForecasts(self.first_origin, self.point * worth[:, None, None])

    def of_next_week(self, week_count: int) -> FloatArray:
        """Returns what was expected of each week a week before, (series, weeks), NaN where nothing was forecast."""
        expected = np.full((len(self.point), week_count), np.nan)
        known = min(self.first_origin + self.point.shape[1], week_count)
        expected[:, self.first_origin : known] = self.point[:, : known - self.first_origin, 0]
        return expected


def base_forecasts(panel: Panel, origins: Sequence[int], horizon: int | None = None) -> WeeklyForecasts:
    """Returns the seasonal base at consecutive origins; only the first `origin` weeks are read for an origin."""
    point = [seasonal_base(panel.until(origin), horizon or panel.horizon).point for origin in origins]
    return WeeklyForecasts(min(origins), np.stack(point, axis=1))


def model_forecasts(
    panel: Panel, model: "Forecaster", origins: Sequence[int], fit_weeks: int = FIT_WEEKS, progress: Progress = silent
) -> WeeklyForecasts:
    """Returns a candidate's forecasts at consecutive origins, fitted anew every `fit_weeks` weeks.

    Origins of fewer than `FIRST_FIT_WEEKS` weeks have the seasonal base.
    """
    began, early = time.monotonic(), [origin for origin in origins if origin < FIRST_FIT_WEEKS]
    point = list(np.moveaxis(base_forecasts(panel, early).point, 1, 0)) if early else []
    with ThreadPoolExecutor() as pool:
        for at in range(len(early), len(origins), fit_weeks):
            first = panel.until(origins[at])
            progress(at, len(origins), f"{model.name} fitted as of {first.origin}")
            forecast = partial(_forecast, panel, model.fit(first))
            point.extend(pool.map(forecast, origins[at : at + fit_weeks]))
    logger.info("%s forecast %d weeks in %.0f s", model.name, len(point), time.monotonic() - began)
    return WeeklyForecasts(min(origins), np.stack(point, axis=1))


def forecasts_by_group(
    panel: Panel, made: Mapping[str, WeeklyForecasts], fit_weeks: int = FIT_WEEKS
) -> WeeklyForecasts:
    """Returns at each origin the forecasts of the member that erred least on a series' group before the last fit.

    Args:
        panel: the sales.
        made: forecasts of each member, at the same origins.
        fit_weeks: weeks between two choices.
    """
    names, one = list(made), next(iter(made.values()))
    point, trials = np.empty_like(one.point), list[int]()
    for at in range(one.point.shape[1]):
        origin = one.first_origin + at
        if at % fit_weeks == 0:
            known = panel.until(origin)
            choice = best_on((_trial(known, made, earlier) for earlier in trials), names)
            trials.append(origin)
        chosen = chosen_by_group(choice, panel.until(origin))
        for name in names:
            point[chosen == name, at] = made[name].point[chosen == name, at]
    return WeeklyForecasts(one.first_origin, point)


def _trial(known: Panel, made: Mapping[str, WeeklyForecasts], origin: int) -> Trial:
    """Returns what the members said at an origin, beside what is known to have come of it."""
    point = {name: forecasts.at([origin])[:, 0] for name, forecasts in made.items()}
    horizon = next(iter(point.values())).shape[1]
    return Trial(known.until(origin), *known.came_after(origin, horizon), point)


def _forecast(panel: Panel, fitted: "FittedModel", origin: int) -> FloatArray:
    return fitted.predict(panel.until(origin), panel.horizon).point
