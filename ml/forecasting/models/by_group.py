"""By group: each group of demand is served by the candidate that erred least on it at earlier origins.

What suits a smooth series with a season does not suit one that sells now and then. The choice is made by the backtest,
which has the forecasts of all candidates at hand; one candidate serves all groups where none does clearly better.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml.forecasting.demand_groups import DEMAND_GROUPS, chosen_by_group, demand_groups, group_errors
from ml.forecasting.models.protocol import FittedModel, PointForecast, follows_plans, mean_importance
from ml.forecasting.panel import BoolArray, FloatArray, Panel

MARGIN = 0.01
"""By what fraction a candidate's error in a group must lie below that of the one that serves all, to take its place."""
LEAST_FORECASTS = 400
"""Scored forecasts that a group needs to have a candidate of its own."""


@dataclass(frozen=True)
class ByGroup:
    """The candidate; the backtest chooses for it among all others, and fits it by choosing once more on all origins."""

    name: str = "by_group"

    @property
    def parameters(self) -> Mapping[str, object]:
        """The groups, and what it takes to be chosen."""
        return {"groups": ", ".join(DEMAND_GROUPS), "margin": MARGIN, "least_forecasts": LEAST_FORECASTS}


@dataclass(frozen=True)
class Trial:
    """What candidates said at an origin, beside what came.

    Attributes:
        history: as it was known at the origin.
        actual: sales of the target weeks in the unit of the sales, NaN where not known yet, (series, horizon).
        is_holiday: whether the data flags the target weeks, (horizon,).
        point: by candidate, (series, horizon).
    """

    history: Panel
    actual: FloatArray
    is_holiday: BoolArray
    point: Mapping[str, FloatArray]


def best_on(trials: Iterable[Trial], names: Sequence[str]) -> dict[str, str]:
    """Returns the best candidate of each group of demand at some origins; the last of all where none is known yet."""
    errors = {name: np.zeros(len(DEMAND_GROUPS)) for name in names}
    counts = np.zeros(len(DEMAND_GROUPS))
    for trial in trials:
        actual = np.where(trial.history.active[:, None], trial.actual, np.nan)
        weights = np.where(trial.is_holiday, trial.history.retailer.holiday_weight, 1.0)
        for name in names:
            errors[name] += group_errors(trial.point[name] - actual, trial.history, weights)
        scored = (~np.isnan(actual)).sum(axis=1)
        counts += np.bincount(demand_groups(trial.history), scored, minlength=len(DEMAND_GROUPS))
    return best_by_group(errors, counts) if counts.any() else dict.fromkeys(DEMAND_GROUPS, names[-1])


def best_by_group(errors: Mapping[str, FloatArray], counts: FloatArray) -> dict[str, str]:
    """Returns the candidate of each group, by its name.

    Args:
        errors: sum of the errors of each group by candidate, (groups,); at least one candidate.
        counts: scored forecasts of each group, (groups,).
    """
    overall = min(errors, key=lambda name: (errors[name].sum(), name))
    choice = dict.fromkeys(DEMAND_GROUPS, overall)
    for place, group in enumerate(DEMAND_GROUPS):
        best = min(errors, key=lambda name: (errors[name][place], name))
        if counts[place] >= LEAST_FORECASTS and errors[best][place] < (1 - MARGIN) * errors[overall][place]:
            choice[group] = best
    return choice


def pieced_together(choice: Mapping[str, str], history: Panel, forecasts: Mapping[str, PointForecast]) -> PointForecast:
    """Returns the forecasts in which each series has those of the candidate of its group."""
    chosen = chosen_by_group(choice, history)
    first = next(iter(forecasts.values()))
    point, fallback = np.empty_like(first.point), np.empty(history.series_count, dtype=object)
    for name in np.unique(chosen):
        mine = chosen == name
        point[mine], fallback[mine] = forecasts[name].point[mine], forecasts[name].fallback[mine]
    return PointForecast(point, fallback.astype(str))


@dataclass(frozen=True)
class FittedByGroup:
    """The candidates that serve some group, and which of them serves which."""

    choice: Mapping[str, str]
    members: Mapping[str, FittedModel]

    @property
    def follows_plans(self) -> bool:
        """Whether a candidate that serves some group follows plans."""
        return any(map(follows_plans, self.members.values()))

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns each series' forecast by the candidate of its group."""
        needed = np.unique(chosen_by_group(self.choice, history))
        forecasts = {name: self.members[name].predict(history, horizon) for name in needed}
        return pieced_together(self.choice, history, forecasts)

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns the parts of the candidate that serves the series."""
        return self.members[str(chosen_by_group(self.choice, history)[series])].explain(history, horizon, series)

    def importance(self) -> Mapping[str, float]:
        """Returns the mean share of each input over the candidates that learn."""
        return mean_importance(self.members.values())
