"""What a policy leads to if the coming weeks went on for a year: stock, service, orders and profit of each pair.

Amounts are money at retail value, rates fractions. The demand is that of the recommendation.

After a review the inventory position is at the top, where an order was placed, or anywhere between the reorder point
and the top with equal chance, where none was; with (s,Q) it is anywhere between with equal chance (Axsäter, Inventory
Control, 3rd edition, section 5.3). The share of reviews that order is demand over order size; the size is the way from
the reorder point to the top plus the undershoot, the expected residual of a renewal process (Cox, Renewal Theory,
1962, section 5.2). For exponential demand this is exact, for other demand close (the tests say how close). What happens
then is the textbook account of a review cycle: an order placed now decides the time from its delivery to that of the
next (Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th edition, sections 6.9 and 7.9;
Hadley and Whitin, Analysis of Inventory Systems, 1963, chapter 5). It owes what it cannot sell; in a shop that loses
it, service is a little better.
"""

from dataclasses import dataclass

import numpy as np

from ml.inventory.orders.fill_rate import excess
from ml.inventory.orders.levels import Levels
from ml.inventory.packs import whole_packs
from ml.inventory.policy import FloatArray, Policies
from ml.inventory.protection import ProtectionDemand
from warehouse.conventions import YEAR_WEEKS


@dataclass(frozen=True)
class SteadyPositions:
    """Inventory position of n pairs after a review, in money at retail value.

    Attributes:
        bottom: reorder point; without an order the position is above it.
        top: where an order brings the position.
        top_rate: share of the reviews after which it is there; zero for (s,Q), which spreads it evenly.
        order_rate: share of the reviews at which an order is placed.
    """

    bottom: FloatArray
    top: FloatArray
    top_rate: FloatArray
    order_rate: FloatArray

    def mean(self, at_top: FloatArray, over_range: FloatArray) -> FloatArray:
        """Returns the mean of a figure over the position: its value at the top, and its mean from bottom to top."""
        return self.top_rate * at_top + (1 - self.top_rate) * over_range


def steady_state(seen: ProtectionDemand, levels: Levels, policies: Policies) -> dict[str, FloatArray]:
    """Returns what to expect of each pair in a year of demand like that ahead, as columns.

    yearly_demand_amount, yearly_lost_amount (sales), stockout_rate (share of review cycles in which stock runs out),
    fill_rate (share of demand met), average_stock_amount (on hand), yearly_order_count, and a year's
    yearly_lost_margin_amount, yearly_holding_cost_amount, yearly_ordering_cost_amount and yearly_profit_amount:
    margin of what is sold less holding and ordering cost.
    """
    cycle = seen.protection - seen.until_delivery
    demand = cycle.mean(axis=1)
    position = positions_after_review(levels, policies, demand, cycle.var(axis=1))
    owed_before, owed_after = (_mean_excess(amount, position) for amount in (seen.until_delivery, seen.protection))
    lost = np.clip(owed_after - owed_before, 0.0, demand)
    mean_position = position.mean(position.top, (position.bottom + position.top) / 2)
    over_cycle = (seen.until_delivery.mean(axis=1) + seen.protection.mean(axis=1)) / 2
    stock = np.maximum(mean_position - over_cycle + (owed_before + owed_after) / 2, 0.0)
    lost_rate = np.divide(lost, demand, out=np.zeros_like(lost), where=demand > 0)
    # A year has the same demand whatever part of the coming weeks a policy makes the cycle.
    yearly, reviews = YEAR_WEEKS * seen.weekly_mean, YEAR_WEEKS / policies.reviewed_weeks
    cycles = np.divide(yearly, demand, out=np.zeros_like(demand), where=demand > 0)
    figures = {
        "yearly_demand_amount": yearly,
        "yearly_lost_amount": lost_rate * yearly,
        "stockout_rate": _stockout_rate(seen.protection, position),
        "fill_rate": 1 - lost_rate,
        "average_stock_amount": stock,
        "yearly_order_count": np.minimum(position.order_rate * cycles, reviews),
    }
    return {**figures, **_money(figures, policies)}


def positions_after_review(
    levels: Levels, policies: Policies, demand: FloatArray, variance: FloatArray
) -> SteadyPositions:
    """Returns where the position of each pair stands after a review.

    Args:
        levels: of the pairs.
        policies: for pack size and minimum order: on average the last pack goes half a pack too far.
        demand: mean demand of a review period.
        variance: variance of it.
    """
    is_ordered, is_fixed = levels.needs_stock & (demand > 0), policies.policy_kind == "(s,Q)"
    known = np.where(is_ordered, demand, 1.0)
    undershoot = np.where(is_fixed, 0.0, (variance + known**2) / (2 * known))
    pack, bottom = policies.pack_size_amount, levels.reorder_point
    smallest = whole_packs(pack, pack, policies.minimum_order_amount)
    filled = np.where(is_fixed, bottom + levels.lot, np.minimum(levels.order_up_to + pack / 2, levels.ceiling))
    top = np.maximum(np.maximum(filled, bottom - undershoot + smallest), bottom)
    rate = np.where(is_ordered, np.minimum(known / (top - bottom + undershoot), 1.0), 0.0)
    return SteadyPositions(bottom, np.where(is_ordered, top, bottom), np.where(is_fixed, 0.0, rate), rate)


def _mean_excess(demand: FloatArray, position: SteadyPositions) -> FloatArray:
    """Returns the expected demand above the position."""
    at_top = np.maximum(demand - position.top[:, None], 0.0).mean(axis=1)
    return position.mean(at_top, excess(demand, position.bottom, position.top))


def _stockout_rate(demand: FloatArray, position: SteadyPositions) -> FloatArray:
    """Returns the probability that demand is above the position."""
    is_above_top = demand > position.top[:, None]
    reached = np.maximum(demand - position.bottom[:, None], 0.0)
    width = (position.top - position.bottom)[:, None]
    share = np.where(is_above_top, 1.0, np.divide(reached, width, out=np.zeros_like(reached), where=width > 0))
    return position.mean(is_above_top.mean(axis=1), share.mean(axis=1))


def _money(figures: dict[str, FloatArray], policies: Policies) -> dict[str, FloatArray]:
    sold = figures["yearly_demand_amount"] - figures["yearly_lost_amount"]
    holding = policies.holding_cost_rate * (1 - policies.margin_rate) * figures["average_stock_amount"]
    ordering = policies.ordering_cost_amount * figures["yearly_order_count"]
    return {
        "yearly_lost_margin_amount": policies.margin_rate * figures["yearly_lost_amount"],
        "yearly_holding_cost_amount": holding,
        "yearly_ordering_cost_amount": ordering,
        "yearly_profit_amount": policies.margin_rate * sold - holding - ordering,
    }
