"""The simple baseline: a moving mean or median, or a method for demand now and then, chosen by group of demand.

Which it is, is learned on the last two years of a history: at each origin every method forecasts the weeks after it
from what was known then, and the group takes the method with the least error. What a single series can contribute to
that choice is bounded.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ml.forecasting.demand_groups import DEMAND_GROUPS, chosen_by_group, group_errors
from ml.forecasting.models.protocol import PointForecast, base_parts
from ml.forecasting.models.seasonal_base import plausible
from ml.forecasting.panel import FloatArray, Panel, known_mean, weeks_back
from warehouse.conventions import SIMPLE, YEAR_WEEKS

CHOICE_ORIGINS = 13
CHOICE_STEP_WEEKS = 8
LEAST_WEEKS = 8
"""Weeks of history that an origin needs before a method is judged at it."""
DEFAULT = "median_52"
SMOOTHING = 0.1
"""Of sizes and of the chance of a sale in the methods for demand now and then."""


def known_median(values: FloatArray) -> FloatArray:
    """Returns the median of the known values of each row, 0 where none is known; unlike `np.nanmedian` in one sort."""
    ordered = np.sort(values, axis=1)
    count = (~np.isnan(ordered)).sum(axis=1)
    rows = np.arange(len(values))
    low, high = (ordered[rows, np.maximum(place, 0)] for place in ((count - 1) // 2, count // 2 - (count == 0)))
    return np.where(count > 0, (low + high) / 2, 0.0)


def known_quantile(values: FloatArray, share: float) -> FloatArray:
    """Returns the known value of each row below which that share of its known values lies, 0 where none is known."""
    ordered, count = np.sort(values, axis=1), (~np.isnan(values)).sum(axis=1)
    place = np.maximum((share * (count - 1)).astype(np.int64), 0)
    return np.where(count > 0, ordered[np.arange(len(values)), place], 0.0)


def smoothed_demand(sales: FloatArray) -> FloatArray:
    """Returns the chance of a sale times its size, both smoothed week by week, (S,).

    TSB: Teunter, Syntetos and Babai, Intermittent demand: Linking forecasting to inventory obsolescence, European
    Journal of Operational Research 214, 2011. Weeks that are not known change nothing; more returned than sold is no
    sale.
    """
    sold, known = sales > 0, ~np.isnan(sales)
    size = np.where(sold, sales, 0.0).sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    chance = sold.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    for week in range(sales.shape[1]):
        chance += SMOOTHING * np.where(known[:, week], sold[:, week] - chance, 0.0)
        size += SMOOTHING * np.where(sold[:, week], sales[:, week] - size, 0.0)
    return np.asarray(chance * size)


def corrected_croston(sales: FloatArray) -> FloatArray:
    """Returns the size of a sale over the weeks from sale to sale, both smoothed at sales alone, and corrected, (S,).

    SBA: Syntetos and Boylan, The accuracy of intermittent demand estimates, International Journal of Forecasting 21,
    2005, in the form of Syntetos, which is right where every week sells. Weeks that are not known pass no time.
    """
    sold, known = sales > 0, ~np.isnan(sales)
    size = np.where(sold, sales, 0.0).sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    interval = known.sum(axis=1) / np.maximum(sold.sum(axis=1), 1)
    waited = np.zeros(len(sales))
    for week in range(sales.shape[1]):
        waited += known[:, week]
        size += SMOOTHING * np.where(sold[:, week], sales[:, week] - size, 0.0)
        interval += SMOOTHING * np.where(sold[:, week], waited - interval, 0.0)
        waited[sold[:, week]] = 0.0
    return np.asarray((1 - SMOOTHING / 2) * size / (np.maximum(interval, 1.0) - SMOOTHING / 2))


METHODS: Mapping[str, tuple[Callable[[FloatArray], FloatArray], int]] = {
    **{f"mean_{weeks}": (known_mean, weeks) for weeks in (4, 13, 26, 52)},
    **{f"median_{weeks}": (known_median, weeks) for weeks in (13, 26, 52)},
    "tsb": (smoothed_demand, 2 * YEAR_WEEKS),
    "sba": (corrected_croston, 2 * YEAR_WEEKS),
}
"""How each method makes one figure of the last so many weeks, (S, weeks) to (S,)."""


def level_by(method: str, sales: FloatArray) -> FloatArray:
    """Returns what a method expects of every week to come, from all sales until now, (S,)."""
    statistic, weeks = METHODS[method]
    return statistic(sales[:, -weeks:])


@dataclass(frozen=True)
class Simple:
    """The candidate."""

    name: str = SIMPLE

    @property
    def parameters(self) -> Mapping[str, object]:
        """The methods, and at how many origins they are judged."""
        return {"methods": ", ".join(METHODS), "choice_origins": CHOICE_ORIGINS, "smoothing": SMOOTHING}

    def fit(self, history: Panel) -> "FittedSimple":
        """Returns the method of each group that did best on the last two years of the history."""
        errors = np.zeros((len(DEMAND_GROUPS), len(METHODS)))
        for week_count in _origins(history):
            errors += _errors_at(history, week_count)
        if not errors.any():
            return FittedSimple(dict.fromkeys(DEMAND_GROUPS, DEFAULT))
        names = list(METHODS)
        # What no series of the group could be judged by, all series judge.
        judged = np.where(errors.any(axis=1, keepdims=True), errors, errors.sum(axis=0))
        return FittedSimple(
            {group: names[best] for group, best in zip(DEMAND_GROUPS, judged.argmin(axis=1), strict=True)}
        )


@dataclass(frozen=True)
class FittedSimple:
    """The method of each group of demand, by its name."""

    methods: Mapping[str, str]

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns the same figure for every week ahead."""
        chosen = chosen_by_group(self.methods, history)
        level = np.zeros(history.series_count)
        for name in np.unique(chosen):
            level[chosen == name] = level_by(name, history.sales[chosen == name])
        point = np.repeat(level[:, None], horizon, axis=1)
        return PointForecast(plausible(point, history.sales), np.full(history.series_count, ""))

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns last year's sales, and what the recent level adds."""
        point = self.predict(history, horizon).point[series]
        return base_parts(point, weeks_back(history.sales, YEAR_WEEKS, horizon)[series])

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}


def _origins(history: Panel) -> range:
    last = history.week_count - history.horizon
    return range(last, max(last - CHOICE_ORIGINS * CHOICE_STEP_WEEKS, LEAST_WEEKS - 1), -CHOICE_STEP_WEEKS)


def _errors_at(history: Panel, week_count: int) -> FloatArray:
    """Returns the error of each method at an origin by group, in units of the sales, (groups, methods)."""
    past = history.until(week_count)
    later = history.sales[:, week_count : week_count + history.horizon]
    actual = np.where(past.active[:, None], later, np.nan)
    errors = [group_errors(level_by(method, past.sales)[:, None] - actual, past) for method in METHODS]
    return np.stack(errors, axis=1)
