"""The replay in which policies learn only from their own sales: what is lost is never seen.

From the first replayed week on, each policy and each draw of lead times has its own history: what it sold, not what was
demanded. A level of a week is made from that history. Sales before the replay are the recorded ones for all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel
from ml.inventory.policy import FloatArray
from ml.inventory.protection import ErrorModel
from ml.inventory.replay.baselines import Family
from ml.inventory.replay.engine import Decide, History, Lanes, OrderRule, Tally, replay
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadArray, LeadTimes
from ml.inventory.replay.reviews import FIRST_ORIGIN, RELEARN_WEEKS, known_at, quantiles

LOOKED_BACK_WEEKS = 105
"""Weeks that the ordinary policies read at most: errors of the last year, against the year before it."""

Learner = Callable[[FloatArray], OrderRule]
"""From the sales known at a review, (pairs, weeks), to the levels of the review, (pairs, 1)."""

MakeFamily = Callable[[FloatArray, int], Family]
"""From sales and the first replayed week to the rules of an ordinary policy, as `baselines` makes them."""


def censored_tally(history: History, past: FloatArray, make: Callable[[], Learner], lead: LeadArray) -> Tally:
    """Returns the figures of a policy that sees only what it sold, each draw of lead times on its own.

    Args:
        history: what is replayed, one row a pair.
        past: (pairs, weeks) recorded sales before the replay, NaN where not known.
        make: makes what learns in a draw, from known sales to levels.
        lead: lead times, (draws, weeks, pairs).
    """
    tallies = [replay(history, censored_orders(past, make(), history.opening), one[None]) for one in lead]
    first = tallies[0]
    apart = {
        name: np.concatenate([getattr(one, name) for one in tallies])
        for name in ("stockout_weeks", "lost", "on_hand", "excess", "orders")
    }
    return Tally(first.weeks, first.demand, first.decisions, **apart)


def censored_orders(past: FloatArray, learn: Learner, opening: FloatArray) -> Decide:
    """Returns what decides the orders of a policy that learns from what it sold: what its position fell by.

    Args:
        past: (pairs, weeks) recorded sales before the replay.
        learn: from known sales to levels.
        opening: (pairs,) stock before the first review.
    """
    sold, restored = [past], opening[None]

    def orders(week: int, position: Lanes) -> Lanes:
        nonlocal restored
        if week:
            sold.append((restored - position).T)
        rule = learn(np.hstack(sold))
        wanted = rule.order_up_to.T - position
        is_due = True if rule.reorder_point is None else position <= rule.reorder_point.T
        order = np.where(is_due, np.maximum(wanted, 0.0), 0.0)
        restored = position + order
        return order

    return orders


def family_learner(make: MakeFamily, knob: float) -> Learner:
    """Returns the learner of an ordinary policy at a knob: its rule for the week after the known ones."""

    def learn(sales: FloatArray) -> OrderRule:
        known = sales[:, -LOOKED_BACK_WEEKS:]
        return make(np.hstack([known, np.full((len(known), 1), np.nan)]), known.shape[1])(knob)

    return learn


@dataclass
class OwnLearner:
    """Our policy on the seasonal base, one draw of lead times: forecasts and errors from its own sales.

    Attributes:
        panel: recorded sales; of replayed series only those before the replay are read.
        rows: replayed series.
        lead_times: what is known of them.
        service_level: target.
        forecasts: base forecasts of the origins before the replay, which no policy changed; those since then follow.
        review_weeks: weeks between two reviews.
        model: what was learned last.
    """

    panel: Panel
    rows: npt.NDArray[np.intp]
    lead_times: LeadTimes
    service_level: float
    forecasts: WeeklyForecasts
    review_weeks: int = 1
    model: ErrorModel | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.start = FIRST_ORIGIN + self.forecasts.point.shape[1]

    def __call__(self, sales: FloatArray) -> OrderRule:
        """Returns the levels of the review after the known weeks; reviews are asked for in order."""
        week = sales.shape[1]
        known = self._panel(sales)
        made = base_forecasts(known, [week], self.forecasts.point.shape[2])
        point = np.concatenate([self.forecasts.point, made.point], axis=1)
        self.forecasts = WeeklyForecasts(FIRST_ORIGIN, point)
        knowledge = known_at(known, FIRST_ORIGIN, self.forecasts)
        if self.model is None or (week - self.start) % RELEARN_WEEKS == 0:
            self.model = knowledge.learned(week)
        demand = knowledge.demand(self.model, week).take(self.rows)
        service = np.full((1, len(self.rows)), self.service_level)
        return OrderRule(quantiles(demand, self.lead_times, self.review_weeks, service).T)

    def _panel(self, sales: FloatArray) -> Panel:
        """Returns the panel as this policy knows it: its own sales where it was replayed."""
        known = self.panel.until(sales.shape[1])
        own = known.sales.copy()
        own[self.rows] = sales
        return replace(known, sales=own)
