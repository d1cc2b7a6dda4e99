"""Key figures of a replay for all pairs or any group of them, and what the policy earned.

Stock is that of the middle of a week: the mean of what is there after receipts, before demand, and of what is left.
Amounts are money at retail value; rates are fractions.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from ml.inventory.replay.engine import Tally
from ml.inventory.replay.lead_times import LeadArray
from warehouse.conventions import YEAR_WEEKS


@dataclass(frozen=True)
class Sums:
    """Sums over counted weeks, mean over seeds, per pair or per (..., pair); they add up over pairs.

    Attributes:
        weeks: counted weeks.
        decisions: reviews whose excess stock is known.
        demand: demand.
        stockout_weeks: weeks with lost sales.
        lost: lost sales.
        stock: sum over the weeks of the stock in the middle of the week.
        excess: sum over the decisions of the position after ordering above the coming real demand.
        orders: orders placed.
    """

    weeks: FloatArray
    decisions: FloatArray
    demand: FloatArray
    stockout_weeks: FloatArray
    lost: FloatArray
    stock: FloatArray
    excess: FloatArray
    orders: FloatArray

    def total(self, weight: npt.ArrayLike) -> "Sums":
        """Returns the sums over pairs, each counted `weight` times: a mask of a group, or how often it was drawn."""
        of = np.asarray(weight, float)
        return Sums(**{column.name: np.asarray(getattr(self, column.name) @ of) for column in fields(self)})


@dataclass(frozen=True)
class Kpis:
    """Key figures of a group of pairs; arrays of the same shape, one element a policy or knob.

    Attributes:
        stockout_rate: share of the pair-weeks in which sales were lost.
        fill_rate: share of demand that was sold.
        lost_amount: lost sales in the counted weeks.
        stock_amount: average stock of all pairs together.
        stock_weeks: the same in weeks of mean demand.
        excess_amount: average excess of all pairs together, after ordering.
        excess_weeks: the same in weeks of mean demand.
        turns_rate: sales of a year over average stock.
        orders_rate: orders per pair-week.
    """

    stockout_rate: FloatArray
    fill_rate: FloatArray
    lost_amount: FloatArray
    stock_amount: FloatArray
    stock_weeks: FloatArray
    excess_amount: FloatArray
    excess_weeks: FloatArray
    turns_rate: FloatArray
    orders_rate: FloatArray


def sums_of(tally: Tally) -> Sums:
    """Returns the sums of a replay per pair, mean over its seeds."""
    lost = tally.lost.mean(axis=0)
    return Sums(
        weeks=tally.weeks,
        decisions=tally.decisions,
        demand=tally.demand,
        stockout_weeks=tally.stockout_weeks.mean(axis=0),
        lost=lost,
        stock=tally.on_hand.mean(axis=0) + (tally.demand - lost) / 2,
        excess=tally.excess.mean(axis=0),
        orders=tally.orders.mean(axis=0),
    )


def sums_by_seed(tally: Tally) -> Sums:
    """Returns the sums of a replay over all pairs, (seeds,)."""
    seeds = len(tally.lost)
    weeks, decisions, demand = (np.full(seeds, each.sum()) for each in (tally.weeks, tally.decisions, tally.demand))
    lost = tally.lost.sum(axis=1)
    return Sums(
        weeks=weeks,
        decisions=decisions,
        demand=demand,
        stockout_weeks=tally.stockout_weeks.sum(axis=1),
        lost=lost,
        stock=tally.on_hand.sum(axis=1) + (demand - lost) / 2,
        excess=tally.excess.sum(axis=1),
        orders=tally.orders.sum(axis=1),
    )


def kpis_of(total: Sums, replayed_weeks: float) -> Kpis:
    """Returns the key figures of sums over pairs.

    Args:
        total: result of `Sums.total`.
        replayed_weeks: weeks that were counted at most, for averages over time of the whole group.
    """
    weekly = _ratio(total.demand, total.weeks)
    stock, excess = _ratio(total.stock, total.weeks), _ratio(total.excess, total.decisions)
    pairs = total.weeks / replayed_weeks
    return Kpis(
        stockout_rate=_ratio(total.stockout_weeks, total.weeks),
        fill_rate=1.0 - _ratio(total.lost, total.demand),
        lost_amount=total.lost,
        stock_amount=stock * pairs,
        stock_weeks=_ratio(stock, weekly),
        excess_amount=excess * pairs,
        excess_weeks=_ratio(excess, weekly),
        turns_rate=YEAR_WEEKS * _ratio(total.demand - total.lost, total.stock),
        orders_rate=_ratio(total.orders, total.weeks),
    )


def profit(
    sums: Sums, margin_rate: npt.ArrayLike, holding_cost_rate: npt.ArrayLike, ordering_cost_amount: npt.ArrayLike
) -> FloatArray:
    """Returns margin less holding and ordering cost in the counted weeks, in money, (pairs,).

    Args:
        sums: sums per pair.
        margin_rate: share of the retail value that is margin.
        holding_cost_rate: cost of holding stock for a year, as a fraction of its cost value.
        ordering_cost_amount: fixed cost of an order.
    """
    margin = np.asarray(margin_rate, float)
    holding = np.asarray(holding_cost_rate, float) * (1 - margin) / YEAR_WEEKS
    earned = margin * (sums.demand - sums.lost)
    return np.asarray(earned - holding * sums.stock - np.asarray(ordering_cost_amount, float) * sums.orders)


def protection_demand(demand: FloatArray, lead: LeadArray, review_weeks: int | npt.NDArray[np.int64] = 1) -> FloatArray:
    """Returns real demand from the order of each week until the next one can arrive, (seeds, pairs, weeks).

    NaN where the period runs beyond the last week.
    """
    total = np.pad(demand.cumsum(axis=1), ((0, 0), (1, 0)))
    end = np.arange(demand.shape[1])[:, None] + lead.astype(np.intp) + review_weeks
    rows = np.arange(len(demand))
    until = total[rows[None, None, :], np.minimum(end, demand.shape[1])]
    found = np.where(end <= demand.shape[1], until - total[:, :-1].T, np.nan)
    return np.asarray(found.swapaxes(1, 2))


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Returns the quotient, NaN where there is nothing to divide by."""
    above, below = np.broadcast_arrays(above, below)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
