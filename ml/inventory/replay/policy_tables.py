"""A table of policies, replayed as it is: every order is the one that would have been recommended.

Levels, lots, packs, minimum orders and hysteresis are those of `ml.inventory.orders.levels`. A replay moves in weeks,
so lead times are whole ones here: the chance of each is that of a normal lead time of the policy's mean and deviation
to fall nearest to it, cut at 2.5 deviations; review periods are rounded to whole weeks, one at least.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.inventory.orders.levels import Before, Levels, order_quantities, protection_blocks, stock_levels
from ml.inventory.policy import Policies
from ml.inventory.protection import CUT_DEVIATIONS
from ml.inventory.replay.engine import Decide, History, Lanes, replay
from ml.inventory.replay.kpis import Sums, kpis_of, profit, sums_of
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.report import PolicyOutcome
from ml.inventory.replay.reviews import Reviews, in_parallel


@dataclass(frozen=True)
class PolicyTable:
    """Policies to replay.

    Attributes:
        source: where they are from, for a reader.
        policies: one for each series of the panel.
    """

    source: str
    policies: Policies


@dataclass(frozen=True)
class ReplayedOrders:
    """What would have been recommended at each review of some pairs.

    Attributes:
        policies: of the pairs, in whole weeks.
        lead_times: of their orders.
        levels: of each pair and review, (pairs, weeks).
    """

    policies: Policies
    lead_times: LeadTimes
    levels: Levels

    def decide(self) -> Decide:
        """Returns what decides the orders of a replay from its first week on, as every recommendation is followed.

        An order that was due the week before is due within the margin too, as in the recommendations.
        """
        was_due = np.zeros(len(self.policies), bool)

        def orders(week: int, position: Lanes) -> Lanes:
            nonlocal was_due
            now = Levels(**{column.name: getattr(self.levels, column.name)[:, week] for column in fields(Levels)})
            order = order_quantities(now, self.policies, position, Before(np.empty(0, np.str_), was_due))
            is_review = week % self.policies.review_period_weeks == 0
            was_due = np.where(is_review, order > 0, was_due)
            return np.where(is_review, order, 0.0)

        return orders


def replayed_orders(
    policies: Policies, reviews: Reviews, rows: npt.NDArray[np.intp], is_fixed: bool = False
) -> ReplayedOrders:
    """Returns what would have been recommended at each review.

    Args:
        policies: of all series of the panel.
        reviews: what was known.
        rows: replayed series.
        is_fixed: whether every order takes the policy's mean lead time, in whole weeks.
    """
    review = np.maximum(np.floor(policies.reviewed_weeks + 0.5), 1.0)
    own = policies.changed(review_period_weeks=review).take(rows)
    lead_times = whole_week_lead_times(own, is_fixed)

    def of_week(week: int) -> Levels:
        demand = reviews.demand[week].take(rows)
        lead = lead_times.at(demand.model.lead_time_ranks)
        parts = [stock_levels(seen, policy) for _, seen, policy in protection_blocks(demand, own, lead=lead)]
        return _joined(parts, np.concatenate)

    weeks = in_parallel(of_week, range(len(reviews.demand)))
    return ReplayedOrders(own, lead_times, _joined(weeks, lambda columns: np.stack(columns, axis=1)))


def whole_week_lead_times(policies: Policies, is_fixed: bool = False) -> LeadTimes:
    """Returns the chances of whole-week lead times of each pair, (pairs, values)."""
    from scipy.stats import norm

    mean, deviation = policies.lead_time_weeks, policies.lead_time_deviation_weeks
    reach_weeks = np.ceil((mean + CUT_DEVIATIONS * deviation).max())
    weeks = np.arange(int(reach_weeks) + 1)
    nearest = weeks[None, :] == np.floor(mean + 0.5)[:, None]
    if is_fixed or not deviation.any():
        chances = nearest.astype(float)
    else:
        scale = np.where(deviation > 0, deviation, 1.0)[:, None]
        edges = np.concatenate([[-np.inf], weeks[:-1] + 0.5, [np.inf]])
        cut = np.clip((edges[None, :] - mean[:, None]) / scale, -CUT_DEVIATIONS, CUT_DEVIATIONS)
        mass = np.diff(norm.cdf(cut), axis=1)
        chances = np.where(deviation[:, None] > 0, mass / mass.sum(axis=1, keepdims=True), nearest)
    used = chances.any(axis=0)
    return LeadTimes(tuple(weeks[used].tolist()), chances[:, used])


def replay_policies(
    table: PolicyTable,
    reviews: Reviews,
    rows: npt.NDArray[np.intp],
    history: History,
    store_types: npt.NDArray[np.str_],
    seeds: Sequence[int],
    is_fixed: bool = False,
) -> list[PolicyOutcome]:
    """Returns how some series would have fared under a table of policies: the chain, then its store types.

    Args:
        table: policies of all series of the panel.
        reviews: what was known.
        rows: replayed series.
        history: of them.
        store_types: of them.
        seeds: draws of lead times.
        is_fixed: whether every order takes the policy's mean, in whole weeks.
    """
    orders = replayed_orders(table.policies, reviews, rows, is_fixed)
    lead = orders.lead_times.draw(seeds, history.demand.shape[1], len(rows))
    return _outcomes(
        table.source, orders.policies, sums_of(replay(history, orders.decide(), lead)), store_types, history
    )


def _outcomes(
    source: str, policies: Policies, sums: Sums, store_types: npt.NDArray[np.str_], history: History
) -> list[PolicyOutcome]:
    earned = profit(sums, policies.margin_rate, policies.holding_cost_rate, policies.ordering_cost_amount)
    masks = {"": np.ones(len(store_types), bool)} | {str(kind): store_types == kind for kind in np.unique(store_types)}
    totals = {kind: sums.total(mask) for kind, mask in masks.items()}
    return [
        PolicyOutcome(
            source=source,
            store_type=kind,
            pairs=int(mask.sum()),
            kpis=kpis_of(totals[kind], history.demand.shape[1]),
            orders=float(totals[kind].orders),
            profit_amount=float(earned[mask].sum()),
        )
        for kind, mask in masks.items()
    ]


def _joined(parts: Sequence[Levels], join: Callable[[list[npt.NDArray[Any]]], npt.NDArray[Any]]) -> Levels:
    return Levels(**{column.name: join([getattr(part, column.name) for part in parts]) for column in fields(Levels)})
