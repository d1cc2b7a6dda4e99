"""The replay in which policies learn only from their own sales: what is lost is never seen.

From the first replayed week on, each policy and each draw of lead times has its own history: what it sold, not what was
demanded. A level of a week is made from that history, so weeks are walked one by one; the figures then come from the
ordinary replay of the levels that were found. Sales before the replay are the recorded ones for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel
from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import Family, demand_of
from ml.inventory.replay.engine import SMALLEST_AMOUNT, History, OrderRule, Tally, replay
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.lead_times import LeadArray, LeadTimes
from ml.inventory.replay.protection import (
    FIRST_ORIGIN,
    RELEARN_WEEKS,
    ProtectionPool,
    build_protection_pool,
    greatest_level,
    look_out,
    mixture_quantile,
)

LOOKED_BACK_WEEKS = 105
"""Weeks that the ordinary policies read at most: errors of the last year, against the year before it."""

Learner = Callable[[FloatArray], "Known"]
"""From the sales known at a review, (lanes, weeks), to the levels of the review."""

MakeFamily = Callable[[FloatArray, int], Family]
"""From sales and the first replayed week to the rules of an ordinary policy, as `baselines` makes them."""


@dataclass(frozen=True)
class Known:
    """Levels of one review, (lanes,) each; without a reorder point every review orders."""

    order_up_to: FloatArray
    reorder_point: FloatArray | None = None


def censored_tally(history: History, past: FloatArray, learn: Learner, lead: LeadArray) -> Tally:
    """Returns the figures of a policy that sees only what it sold.

    Args:
        history: what is replayed, one row a pair.
        past: (pairs, weeks) recorded sales before the replay, NaN where not known.
        learn: from known sales to levels; lanes are the pairs of the first draw, then those of the next.
        lead: lead times, (draws, weeks, pairs).
    """
    draws, pairs = len(lead), len(history.demand)
    lanes = History(*(np.concatenate([each] * draws) for each in (history.demand, history.is_live, history.opening)))
    side_by_side = np.concatenate(list(lead), axis=1)
    rule = censored_rule(lanes, np.concatenate([past] * draws), learn, side_by_side)
    tally = replay(lanes, rule, side_by_side[None])
    apart = {
        name: getattr(tally, name).reshape(draws, pairs)
        for name in ("stockout_weeks", "lost", "on_hand", "excess", "orders")
    }
    return Tally(tally.weeks[:pairs], tally.demand[:pairs], tally.decisions[:pairs], **apart)


def censored_rule(history: History, past: FloatArray, learn: Learner, lead: npt.NDArray[np.uint8]) -> OrderRule:
    """Returns the levels that a policy finds when it learns from what those levels sold, (lanes, weeks).

    Args:
        history: what is replayed, one row a lane.
        past: (lanes, weeks) recorded sales before the replay.
        learn: from known sales to levels.
        lead: (weeks, lanes) lead times.
    """
    lanes, weeks = history.demand.shape
    start = past.shape[1]
    sold = np.concatenate([past, np.full((lanes, weeks), np.nan)], axis=1)
    arriving = np.zeros((weeks + int(lead.max(initial=0)) + 1, lanes))
    on_hand, position = history.opening.copy(), history.opening.copy()
    found: list[Known] = []
    for week in range(weeks):
        level = learn(sold[:, : start + week])
        wanted = level.order_up_to - position
        is_due = history.is_live[:, week] & (wanted > SMALLEST_AMOUNT)
        if level.reorder_point is not None:
            is_due &= position <= level.reorder_point
        order = np.where(is_due, wanted, 0.0)
        arriving[week + lead[week], np.arange(lanes)] += order
        on_hand += arriving[week]
        sales = np.minimum(on_hand, history.demand[:, week])
        on_hand -= sales
        position += order - sales
        sold[:, start + week] = sales
        found.append(level)
    reorder = [level.reorder_point for level in found if level.reorder_point is not None]
    return OrderRule(
        order_up_to=np.stack([level.order_up_to for level in found], axis=1),
        reorder_point=np.stack(reorder, axis=1) if reorder else None,
    )


def family_learner(make: MakeFamily, knob: float) -> Learner:
    """Returns the learner of an ordinary policy at a knob: its rule for the week after the known ones."""

    def learn(sales: FloatArray) -> Known:
        known = sales[:, -LOOKED_BACK_WEEKS:]
        rule = make(np.hstack([known, np.full((len(known), 1), np.nan)]), known.shape[1])(knob)
        if rule.order_up_to is None:
            raise ValueError("the policy has no order-up-to level")
        point = rule.reorder_point
        return Known(rule.order_up_to[:, 0], None if point is None else point[:, 0])

    return learn


@dataclass
class OwnLearner:
    """Our policy on the seasonal base, one draw of lead times: forecasts and errors from its own sales.

    Attributes:
        panel: recorded sales; of replayed series only those before the replay are read.
        rows: replayed series.
        lead_times: what is known of them.
        service_level: target.
        before: base forecasts of the origins before the replay, which no policy changed.
        review_weeks: weeks between two reviews.
    """

    panel: Panel
    rows: npt.NDArray[np.intp]
    lead_times: LeadTimes
    service_level: float
    before: WeeklyForecasts
    review_weeks: int = 1

    def __post_init__(self) -> None:
        self.made = [self.before.point]
        self.pool: ProtectionPool | None = None

    def __call__(self, sales: FloatArray) -> Known:
        """Returns the levels of the review after the known weeks; reviews are asked for in order."""
        week = sales.shape[1]
        periods = [weeks + self.review_weeks for weeks in self.lead_times.weeks]
        known = self._panel(sales)
        horizon = self.before.point.shape[2]
        self.made.append(base_forecasts(known, [week], horizon).point)
        forecasts = WeeklyForecasts(self.before.first_origin, np.concatenate(self.made, axis=1))
        self.made = [forecasts.point]
        outlook = look_out(known, range(FIRST_ORIGIN, week + 1), periods, forecasts)
        start = self.before.first_origin + self.before.point.shape[1]
        if self.pool is None or (week - start) % RELEARN_WEEKS == 0:
            ended = outlook.between(FIRST_ORIGIN, week - max(periods) + 1)
            self.pool = build_protection_pool(known, ended, periods)
        now = outlook.between(week, week + 1)
        shares = np.asarray(self.lead_times.probabilities, float)
        ceiling = np.maximum(greatest_level(demand_of(known.sales), week, max(periods)), now.total[-1][:, 0])
        level = mixture_quantile(self.pool, now, shares, self.service_level)[:, 0]
        return Known(np.clip(level, 0.0, ceiling)[self.rows])

    def _panel(self, sales: FloatArray) -> Panel:
        """Returns the panel as this policy knows it: its own sales where it was replayed."""
        known = self.panel.until(sales.shape[1])
        own = known.sales.copy()
        own[self.rows] = sales
        return replace(known, sales=own)


def own_tally(
    panel: Panel,
    rows: npt.NDArray[np.intp],
    start: int,
    history: History,
    lead_times: LeadTimes,
    lead: LeadArray,
    service_level: float,
    before: WeeklyForecasts,
    review_weeks: int = 1,
) -> Tally:
    """Returns the figures of our policy when it sees only what it sold, each draw of lead times on its own."""
    found = []
    for one in lead:
        learner = OwnLearner(panel, rows, lead_times, service_level, before, review_weeks)
        found.append(censored_tally(history, panel.sales[rows, :start], learner, one[None]))
    return joined(found)


def joined(tallies: Sequence[Tally]) -> Tally:
    """Returns the tallies of draws of the same pairs as one."""
    first = tallies[0]
    apart = {
        name: np.concatenate([getattr(one, name) for one in tallies])
        for name in ("stockout_weeks", "lost", "on_hand", "excess", "orders")
    }
    return Tally(first.weeks, first.demand, first.decisions, **apart)
