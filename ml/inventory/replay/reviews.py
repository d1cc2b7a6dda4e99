"""What was known at each review of a replay: demand ahead, from the forecasts and errors that had come by then.

Every few weeks the errors are learned anew, from the past forecasts whose weeks had come; that is learning. Settings
are constants of `ml.inventory.protection`, chosen on origins before the last 52 weeks of the public data.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel
from ml.inventory.orders.levels import BLOCK
from ml.inventory.policy import FloatArray
from ml.inventory.protection import REGULAR_RATE, BoolArray, DemandAhead, ErrorModel, PastForecasts, learn
from ml.inventory.replay.baselines import Family, demand_of, live_weeks, recent_count, recent_mean
from ml.inventory.replay.engine import OrderRule
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadTimes
from warehouse.conventions import YEAR_WEEKS

FIRST_ORIGIN = 56
"""Weeks of history that an origin must have: a year, and a month for the level."""

RELEARN_WEEKS = 4
"""Weeks after which errors are learned anew, with all that are known by then."""

LEARNED_WEEKS = 4
"""Lengths of a sum whose errors are learned; longer protection periods go on from there, as beyond a forecast."""

Answer = TypeVar("Answer")

SIZE_EXPONENT = 0.1
"""How fast the odds of a stockout grow with the size of a pair where service differs by size."""


@dataclass(frozen=True)
class Knowledge:
    """What is known of the series of a panel at consecutive origins; column 0 is the first origin.

    Attributes:
        first_origin: weeks that were known at the first origin.
        forecast: of the weeks ahead, (series, origins, weeks).
        actual: demand of the weeks ahead, NaN where not known, (series, origins, weeks).
        volume: mean absolute sales of the last year, (series, origins).
        is_regular: whether a series sold in nearly every week of it, (series, origins).
        is_live: whether it was on sale, (series, origins).
        piece: what a piece is in the unit of the sales where only whole ones sell, NaN elsewhere, (series,).
    """

    first_origin: int
    forecast: FloatArray
    actual: FloatArray
    volume: FloatArray
    is_regular: BoolArray
    is_live: BoolArray
    piece: FloatArray | None = None

    def past(self, week: int) -> PastForecasts:
        """Returns the past forecasts that teach something once so many weeks are known."""
        cut = slice(0, week - self.first_origin)
        series, place = np.nonzero(self.is_live[:, cut])
        origin = self.first_origin + place
        ahead = np.arange(1, self.actual.shape[2] + 1)
        has_come = origin[:, None] + ahead <= week
        return PastForecasts(
            pair=series,
            origin=origin,
            volume=self.volume[series, place],
            is_regular=self.is_regular[series, place],
            forecast=self.forecast[series, place, : len(ahead)],
            actual=np.where(has_come, self.actual[series, place], np.nan),
        )

    def learned(self, week: int) -> ErrorModel:
        """Returns what the past forecasts teach once so many weeks are known."""
        return learn(self.past(week), len(self.volume))

    def demand(self, model: ErrorModel, week: int) -> DemandAhead:
        """Returns demand ahead of all series once so many weeks are known."""
        at = week - self.first_origin
        known = (self.forecast[:, at], self.volume[:, at], self.is_regular[:, at], model.noise)
        return model.demand(*known, self.piece)


@dataclass(frozen=True)
class Reviews:
    """Demand ahead of every series of a panel at each review of a replay, as it was known then.

    Attributes:
        demand: one a replayed week.
    """

    demand: tuple[DemandAhead, ...]

    def levels(
        self, rows: npt.NDArray[np.intp], lead_times: LeadTimes, review_weeks: int, service_level: FloatArray
    ) -> FloatArray:
        """Returns the levels that cover demand over the protection period, (levels, pairs, weeks).

        Args:
            rows: series asked for.
            lead_times: of every order.
            review_weeks: weeks between two reviews.
            service_level: probabilities, (levels,), or (levels, pairs, weeks).
        """
        weeks = len(self.demand)
        service = np.asarray(service_level, float).reshape(len(service_level), *np.shape(service_level)[1:] or (1, 1))
        service = np.broadcast_to(service, (len(service), len(rows), weeks))

        def of_week(week: int) -> FloatArray:
            return quantiles(self.demand[week].take(rows), lead_times, review_weeks, service[:, :, week])

        return np.stack(in_parallel(of_week, range(weeks)), axis=2)


def in_parallel(work: Callable[[int], Answer], weeks: Sequence[int]) -> "list[Answer]":
    """Returns the answers of some weeks, worked out on all processors."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(work, weeks))


def known_at(panel: Panel, first_origin: int, forecasts: WeeklyForecasts) -> Knowledge:
    """Returns what is known at each origin from the first to the last week of the panel.

    Args:
        panel: sales; only the first `origin` weeks are read for what is known at an origin.
        first_origin: first origin.
        forecasts: of each origin, made from what was known then.
    """
    origins = range(first_origin, panel.week_count + 1)
    made = range(first_origin, min(origins.stop, forecasts.first_origin + forecasts.point.shape[1]))
    sales = np.hstack([panel.sales, np.full((panel.series_count, LEARNED_WEEKS + 1), np.nan)])
    # The demand that a replay meets: none in a week that is missing, as long as that week has come.
    demand = np.where(np.arange(sales.shape[1]) < panel.week_count, demand_of(sales), np.nan)
    count = len(origins)
    return Knowledge(
        first_origin=first_origin,
        forecast=np.maximum(forecasts.at(made), 0.0),
        actual=np.stack([demand[:, first_origin + ahead :][:, :count] for ahead in range(LEARNED_WEEKS)], axis=2),
        volume=recent_mean(np.abs(sales), first_origin, YEAR_WEEKS)[:, :count],
        is_regular=recent_count(demand > 0, first_origin, YEAR_WEEKS)[:, :count]
        >= REGULAR_RATE * np.minimum(YEAR_WEEKS, origins),
        is_live=live_weeks(sales, first_origin)[:, :count],
        piece=panel.piece,
    )


def known_reviews(
    panel: Panel, start: int, forecasts: WeeklyForecasts | None = None, relearn_weeks: int | None = RELEARN_WEEKS
) -> Reviews:
    """Returns demand ahead at each review from week `start` to the last.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        forecasts: made week by week from what was known; the seasonal base where none are given.
        relearn_weeks: weeks after which errors are learned anew, with all that are known by then; never if None.

    Raises:
        ValueError: there are no two origins to learn from before the replay.
    """
    if start - LEARNED_WEEKS < FIRST_ORIGIN + 1:
        raise ValueError(f"{start} weeks before the replay are too few to learn from")
    end, step = panel.week_count, relearn_weeks or panel.week_count
    known = known_at(panel, FIRST_ORIGIN, forecasts or base_forecasts(panel, range(FIRST_ORIGIN, end)))
    models = in_parallel(known.learned, range(start, end, step))
    return Reviews(tuple(known.demand(models[(week - start) // step], week) for week in range(start, end)))


def level_rule(
    reviews: Reviews,
    rows: npt.NDArray[np.intp],
    lead_times: LeadTimes,
    review_weeks: int,
    service_levels: Sequence[float],
    is_by_size: bool = False,
) -> Family:
    """Returns the rule that orders up to a quantile (the knob) of demand over the protection period.

    By size it gives small pairs more service than large ones, where it costs little stock: the knob is then the service
    level of the median pair, and the odds of a stockout grow with mean weekly sales to the power of `SIZE_EXPONENT`.

    Source: Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., section 6.11: a
    given stock has fewest stockout occasions where it is shared out by value, not by equal service.

    Args:
        reviews: what was known.
        rows: replayed series.
        lead_times: of every order.
        review_weeks: weeks between two reviews.
        service_levels: values that the knob may have.
        is_by_size: whether service differs by size.
    """
    knobs = np.array(service_levels)
    service = knobs
    if is_by_size:
        volume = np.maximum(np.stack([demand.volume for demand in reviews.demand], axis=1), np.finfo(float).tiny)
        weight = (volume / np.median(volume, axis=0))[rows] ** SIZE_EXPONENT
        service = 1.0 / (1.0 + ((1.0 - knobs) / knobs)[:, None, None] * weight)
    levels = dict(zip(knobs.tolist(), reviews.levels(rows, lead_times, review_weeks, service), strict=True))
    return lambda knob: OrderRule(order_up_to=levels[knob])


def quantiles(demand: DemandAhead, lead_times: LeadTimes, review_weeks: int, service: FloatArray) -> FloatArray:
    """Returns the levels that cover demand over the protection period, (levels, pairs); service has the same shape."""
    lead = lead_times.at(demand.model.lead_time_ranks)
    found = np.empty(service.shape)
    for first in range(0, len(demand), BLOCK):
        some = demand.take(slice(first, first + BLOCK))
        seen = some.over(np.broadcast_to(lead, (len(some), lead.shape[-1])), np.full(len(some), float(review_weeks)))
        found[:, first : first + BLOCK] = seen.quantile(service[:, first : first + BLOCK].T).T
    return found
