"""Stock positions: counted ones brought to money, and simulated ones where nobody counted."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray, Policies

if TYPE_CHECKING:
    import pandas as pd

REPLAYED_WEEKS = 26
"""Weeks of sales that a simulated stock has behind it: long enough to forget how it was started."""

AVERAGED_WEEKS = 4
"""The simulated shop orders on the mean of its last four weeks of sales."""

TRIGGER_SLACK_WEEKS = (0.5, 1.5)
CYCLE_WEEKS = (3.0, 7.0)
"""How a pair of the simulated shop is run, drawn per pair: cover beyond the protection period at which it orders,
and how many weeks of sales it then orders above that."""

_DEADLINE = 12
"""Longest lead time in weeks in the simulated past."""


@dataclass(frozen=True)
class Positions:
    """Stock of n pairs at the decision, in money at retail value.

    Attributes:
        on_hand: stock that can be sold.
        on_order: ordered and not yet received.
        due_weeks: weeks from now until what is on order arrives.
    """

    on_hand: FloatArray
    on_order: FloatArray
    due_weeks: FloatArray

    def __len__(self) -> int:
        return len(self.on_hand)

    @property
    def total(self) -> FloatArray:
        """On hand plus on order, whenever that arrives."""
        return self.on_hand + self.on_order

    def within(self, weeks: FloatArray) -> FloatArray:
        """Returns the inventory position of periods of so many weeks: what arrives later protects nothing in them."""
        return self.on_hand + np.where(self.due_weeks < weeks, self.on_order, 0.0)

    def in_whole(self, piece: FloatArray) -> "Positions":
        """Returns the positions rounded to whole pieces that are worth so much each, (pairs,); as they are at NaN."""
        on_hand, on_order = (
            np.where(np.isnan(piece), amount, np.rint(amount / piece) * piece)
            for amount in (self.on_hand, self.on_order)
        )
        return Positions(on_hand, on_order, self.due_weeks)

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Positions":
        """Returns the positions of some pairs."""
        return Positions(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def counted_positions(stock: "pd.DataFrame", worth: FloatArray, lead_time_weeks: FloatArray) -> Positions:
    """Returns counted stock in money at retail value.

    Args:
        stock: on_hand and on_order as counted; weeks_until_expected, missing where the day of delivery is not known.
        worth: (rows,) money of what is counted as one: the price of a piece, or 1 where money is counted.
        lead_time_weeks: mean lead time of each row.

    An order that is overdue counts as arriving now; a guardrail asks a person to look at it. One without a date may
    have been placed at any time within the last lead time: it is expected after half of it.
    """
    due = stock["weeks_until_expected"].to_numpy(float)
    due = np.where(np.isnan(due), lead_time_weeks / 2, np.maximum(due, 0.0))
    return Positions(stock["on_hand"].to_numpy(float) * worth, stock["on_order"].to_numpy(float) * worth, due)


def simulated_positions(
    sales: FloatArray, policies: Policies, store_id: npt.NDArray[np.int64], dept_id: npt.NDArray[np.int64], seed: int
) -> Positions:
    """Returns the stock that a plainly run shop would have now, in the unit of the sales.

    The last weeks of sales are replayed: every week the shop looks at its position and, once that is no more than
    lead time, review period and a slack of average sales, orders up to some weeks above. Lead times are random
    whole weeks, what is not in stock is not sold. How a pair is run and its lead times follow from the seed, the
    store and the department alone.

    Args:
        sales: (pairs, weeks) weekly sales up to the decision; missing and negative weeks count as no sales.
        policies: lead time and review period of each pair.
        store_id: store of each pair.
        dept_id: department of each pair.
        seed: seed of the project.
    """
    demand = np.maximum(np.nan_to_num(sales), 0.0)
    start = max(demand.shape[1] - REPLAYED_WEEKS, min(AVERAGED_WEEKS, demand.shape[1]))
    weeks = demand.shape[1] - start
    normal, uniform = _pair_draws(store_id, dept_id, seed, weeks)
    slack = _between(TRIGGER_SLACK_WEEKS, uniform[:, 0])
    trigger = policies.lead_time_weeks + policies.review_period_weeks + slack
    level = trigger + _between(CYCLE_WEEKS, uniform[:, 1])
    lead = _whole_lead_times(policies, normal)
    on_hand = _average(demand, start) * (trigger + uniform[:, 2] * (level - trigger))
    pipeline = np.zeros((len(demand), weeks + _DEADLINE + 1))
    rows = np.arange(len(demand))
    for week in range(weeks):
        on_hand += pipeline[:, week]
        on_hand = np.maximum(on_hand - demand[:, start + week], 0.0)
        if week < weeks - 1:  # the order of the last week is the one still to be decided
            average = _average(demand, start + week + 1)
            position = on_hand + pipeline[:, week + 1 :].sum(axis=1)
            order = np.where(position <= trigger * average, np.maximum(level * average - position, 0.0), 0.0)
            pipeline[rows, week + lead[:, week]] += order
    return _position(on_hand, pipeline[:, weeks:])


def _position(on_hand: FloatArray, pipeline: FloatArray) -> Positions:
    """Returns the position with what is under way due at its mean week; column 0 arrives in the coming week."""
    on_order = pipeline.sum(axis=1)
    arrival = np.arange(pipeline.shape[1]) + 0.0
    due = np.divide(pipeline @ arrival, on_order, out=np.zeros_like(on_order), where=on_order > 0)
    return Positions(on_hand, on_order, due)


def _pair_draws(
    store_id: npt.NDArray[np.int64], dept_id: npt.NDArray[np.int64], seed: int, weeks: int
) -> tuple[FloatArray, FloatArray]:
    normal, uniform = np.empty((len(store_id), weeks)), np.empty((len(store_id), 3))
    for row, (store, dept) in enumerate(zip(store_id.tolist(), dept_id.tolist(), strict=True)):
        generator = np.random.default_rng([seed, store, dept])
        uniform[row], normal[row] = generator.random(3), generator.standard_normal(weeks)
    return normal, uniform


def _between(limits: tuple[float, float], share: FloatArray) -> FloatArray:
    return limits[0] + share * (limits[1] - limits[0])


def _whole_lead_times(policies: Policies, normal: FloatArray) -> npt.NDArray[np.intp]:
    weeks = policies.lead_time_weeks[:, None] + policies.lead_time_deviation_weeks[:, None] * normal
    return np.clip(np.rint(weeks), 1, _DEADLINE).astype(np.intp)


def _average(demand: FloatArray, end: int) -> FloatArray:
    """Returns mean demand of the last weeks before `end`; a pair with none yet averages zero."""
    window = demand[:, max(end - AVERAGED_WEEKS, 0) : end]
    return window.mean(axis=1) if window.shape[1] else np.zeros(len(demand))
