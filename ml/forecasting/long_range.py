"""Forecasts over any horizon up to 39 weeks, for every active series or for a list of pairs and weeks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.forecasting.cold_start import StandIns, Stores, stand_ins
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.panel import FloatArray, IntArray, Panel, TextArray
from ml.forecasting.planned_markdowns import planned_promotions
from ml.forecasting.served_model import ServedModel
from warehouse.conventions import LONGEST_HORIZON
from warehouse.errors import UsageError

MOST_WEEKS = LONGEST_HORIZON
"""The longest horizon: that of the public competition's test.csv."""


@dataclass(frozen=True)
class PairWeeks:
    """Store, department and number of weeks after the origin of each row that is asked for, (n,) each."""

    store_ids: IntArray
    dept_ids: IntArray
    steps: IntArray


@dataclass(frozen=True)
class PairForecasts:
    """Forecasts of rows that were asked for, in their order.

    Attributes:
        point: in the unit of the sales, never NaN, (n,).
        bounds: lower and upper at 80 %, then at 95 %, in the unit of the sales, (4, n).
        model: name of the model, or of the stand-in where no model forecasts the pair, (n,).
    """

    point: FloatArray
    bounds: FloatArray
    model: TextArray


def checked_horizon(weeks: int) -> int:
    """Returns the horizon.

    Raises:
        UsageError: it is not one of 1 to 39 weeks.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise UsageError(
            f"A horizon of {weeks} weeks cannot be forecast.", f"Choose a number of weeks from 1 to {MOST_WEEKS}."
        )
    return weeks


def range_forecast(served: ServedModel, history: Panel, horizon: int) -> tuple[PointForecast, FloatArray]:
    """Returns the forecasts of every series, (series, horizon), and their bounds, (4, series, horizon), in their unit.

    Planned markdowns move them where the history carries a plan.
    """
    plan = planned_promotions(history, horizon)
    return plan.applied(*served.forecast(history, horizon))


def pair_forecasts(served: ServedModel, history: Panel, asked: PairWeeks, stores: Stores) -> PairForecasts:
    """Returns the forecasts of the rows that are asked for, from the model where the pair is active.

    Args:
        served: the model.
        history: all that is known.
        asked: rows, from one to 39 weeks after the last week of the history, of stores that are known.
        stores: type and size of each store.
    """
    horizon = int(asked.steps.max())
    forecast, bounds = range_forecast(served, history, horizon)
    pairs, place = _pairs_of(asked)
    series = _active_series(history, pairs)
    is_model = series >= 0
    point = forecast.point[series]
    edges = bounds[:, series]
    model = np.full(point.shape, served.name, dtype=object)
    if not is_model.all():
        others = [pair for pair, known in zip(pairs, is_model, strict=True) if not known]
        made: StandIns = stand_ins(history, forecast.point, bounds, others, stores)
        point[~is_model], edges[:, ~is_model], model[~is_model] = made.point, made.bounds, made.method
    step = asked.steps - 1
    return PairForecasts(point[place, step], edges[:, place, step], model[place, step].astype(str))


def _pairs_of(asked: PairWeeks) -> tuple[list[tuple[int, int]], IntArray]:
    """Returns the pairs of the rows, each once, and the position of each row's pair."""
    both = np.stack([asked.store_ids, asked.dept_ids], axis=1)
    pairs, place = np.unique(both, axis=0, return_inverse=True)
    return [(int(store), int(department)) for store, department in pairs], place.reshape(-1)


def _active_series(history: Panel, pairs: Sequence[tuple[int, int]]) -> IntArray:
    """Returns the position of the series of each pair, -1 where it is not active."""
    active = np.flatnonzero(history.active)
    keys = zip(history.store_ids[active].tolist(), history.dept_ids[active].tolist(), strict=True)
    position = dict(zip(keys, active.tolist(), strict=True))
    return np.array([position.get(pair, -1) for pair in pairs], dtype=np.int64)
