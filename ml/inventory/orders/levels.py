"""Every inventory figure of a pair, from one distribution of demand: levels, risk, order, status and money.

Amounts are money at retail value, times are weeks unless a name says days, rates are fractions.

Demand over the protection period runs from an order placed now to the delivery of the next one: a random lead time
plus one review period. The reorder point is the service quantile of that demand, so that with a position above it
the next review is early enough; with a fill-rate target it is the smallest level that meets that share of demand.
What happens at or below it depends on the policy kind: (R,S) orders up to it, (R,s,S) up to one economic order above
it, (s,Q) an economic order in whole packs.

Statuses do not flip from week to week: a pair gets worse as soon as it crosses a limit, because delay costs sales, and
gets better only once it is past the limit by a margin: it stays due for an order while the position is within a
quarter of a review period's demand above the reorder point (at most half of the way to the order-up-to level, so that
an order always clears it), near for as far again above its own limit, and critical or monitored for risk while the
probability is above nine tenths of its limit. The order follows the status, so that the two never disagree.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.inventory.formulas import economic_order_quantity
from ml.inventory.orders.fill_rate import expected_fill_rate, fill_rate_level, reach
from ml.inventory.orders.positions import Positions
from ml.inventory.packs import whole_packs
from ml.inventory.policy import FloatArray, Policies, TextArray
from ml.inventory.protection import SLACK_RATE, BoolArray, DemandAhead, ProtectionDemand, lead_times
from warehouse.conventions import YEAR_WEEKS

CRITICAL_PROBABILITY = 0.5
"""Stockout is called likely when it is more likely than not."""

MARGIN_SHARE = 0.25
"""Part of a review period's demand by which a position must pass a limit before the status gets better."""

RISK_MARGIN = 0.9
"""Part of its limit below which a probability must fall before the status gets better."""


Columns = dict[str, npt.NDArray[Any]]
Measure = Callable[[ProtectionDemand, Policies], Columns]

BLOCK = 64
"""Pairs simulated at a time: the paths of a block stay near the processor."""


@dataclass(frozen=True)
class Before:
    """What the decision week before recommended for n pairs.

    Attributes:
        status: its status, empty where there was none.
        was_due: whether it recommended an order.
    """

    status: TextArray
    was_due: npt.NDArray[np.bool_]

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Before":
        """Returns what was recommended for some pairs."""
        return Before(self.status[rows], self.was_due[rows])


def nothing_before(pairs: int) -> Before:
    """Returns that nothing was recommended before."""
    return Before(np.full(pairs, "", dtype="<U8"), np.zeros(pairs, dtype=bool))


@dataclass(frozen=True)
class Levels:
    """Stock levels of n pairs in money at retail value.

    Attributes:
        mean_demand: mean demand over the protection period.
        weekly_demand: the same per week.
        reorder_point: service quantile of demand over the protection period, or the level of the fill-rate target.
        safety_stock: reorder point less mean demand, never below zero.
        lot: economic order; zero for (R,S), whole packs and at least the minimum order for (s,Q).
        order_up_to: position that an order restores.
        ceiling: position that an order should not exceed.
        margin: how far above a limit a position stays on the worse side of it.
        tolerance: probability of a stockout that the target accepts.
        fill_rate: share of demand that stock is expected to meet in a replenishment cycle run by these levels.
        needs_stock: whether the target asks for any stock at all.
    """

    mean_demand: FloatArray
    weekly_demand: FloatArray
    reorder_point: FloatArray
    safety_stock: FloatArray
    lot: FloatArray
    order_up_to: FloatArray
    ceiling: FloatArray
    margin: FloatArray
    tolerance: FloatArray
    fill_rate: FloatArray
    needs_stock: BoolArray


def decide(
    demand: DemandAhead,
    policies: Policies,
    positions: Positions,
    before: Before | None = None,
    measure: Measure = lambda demand, policies: {},
) -> Columns:
    """Returns the columns of a recommendation for n pairs, by the names of `ml.inventory_recommendations`.

    Args:
        demand: of the coming weeks, in money.
        policies: policy of each pair.
        positions: stock of each pair.
        before: what was recommended the week before, for hysteresis; without it every status stands alone.
        measure: makes further columns from the demand over the protection period and the policies of some pairs.
    """
    past = before or nothing_before(len(demand))
    weeks = demand.forecast.shape[1]
    return gathered(
        (rows, {**_columns(seen, weeks, policy, positions.take(rows), past.take(rows)), **measure(seen, policy)})
        for rows, seen, policy in protection_blocks(demand, policies, weeks)
    )


def protection_blocks(
    demand: DemandAhead, policies: Policies, least_weeks: int = 1, lead: FloatArray | None = None
) -> Iterator[tuple[slice, ProtectionDemand, Policies]]:
    """Gives some pairs at a time: their rows, demand over the protection periods of their policies, and the policies.

    Args:
        demand: of the coming weeks.
        policies: policy of each pair.
        least_weeks: weeks that the simulated paths have at least.
        lead: (pairs, draws) lead times, where they are not the policies' own.
    """
    if lead is None:
        ranks = demand.model.lead_time_ranks
        lead = lead_times(policies.lead_time_weeks, policies.lead_time_deviation_weeks, ranks)
    for first in range(0, len(demand), BLOCK):
        rows = slice(first, first + BLOCK)
        policy = policies.take(rows)
        yield rows, demand.take(rows).over(lead[rows], policy.reviewed_weeks, least_weeks), policy


def gathered(parts: Iterable[tuple[slice, Columns]]) -> Columns:
    """Returns columns that were found for some rows at a time, in the order of the rows."""
    found = [columns for _, columns in parts]
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def stock_levels(seen: ProtectionDemand, policies: Policies) -> Levels:
    """Returns reorder point, safety stock, order-up-to level and what goes with them for each pair.

    The order-up-to level lies one lot above the reorder point, but not above the maximum weeks of stock.
    Service comes first: where the reorder point itself is above the maximum, it is the level.
    """
    mean = seen.protection.mean(axis=1)
    weekly = mean / seen.protection_weeks
    lot, room = lot_sizes(policies, weekly), policies.maximum_stock_weeks * weekly
    reorder_point = _reorder_points(seen, policies, lot, room)
    order_up_to = reach(reorder_point, lot, room)
    is_fill = policies.target_kind == "fill_rate"
    return Levels(
        mean_demand=mean,
        weekly_demand=weekly,
        reorder_point=reorder_point,
        safety_stock=np.maximum(reorder_point - mean, 0.0),
        lot=lot,
        order_up_to=order_up_to,
        ceiling=np.maximum(room, reorder_point),
        margin=np.minimum(MARGIN_SHARE * seen.review_mean, (order_up_to - reorder_point) / 2),
        tolerance=np.where(is_fill, seen.stockout_probability(reorder_point), 1 - policies.service_level_rate),
        fill_rate=expected_fill_rate(seen.until_delivery, seen.protection, reorder_point, order_up_to),
        needs_stock=np.where(is_fill, mean > 0, reorder_point > 0) & ~_sells_no_piece(seen, weekly),
    )


def _sells_no_piece(seen: ProtectionDemand, weekly_demand: FloatArray) -> BoolArray:
    """Returns whether a pair that sells whole pieces is not expected to sell one within a year, (pairs,)."""
    if seen.pieces.piece is None:
        return np.zeros(len(weekly_demand), dtype=bool)
    return np.asarray(YEAR_WEEKS * weekly_demand < seen.pieces.piece)


def lot_sizes(policies: Policies, weekly_demand: FloatArray) -> FloatArray:
    """Returns how far above the reorder point an order reaches, in money.

    Nothing for (R,S), the economic order quantity for (R,s,S), the same in whole packs and at least the minimum order
    for (s,Q).
    """
    holding = policies.holding_cost_rate * (1 - policies.margin_rate)
    costs = zip(
        policies.ordering_cost_amount.tolist(), holding.tolist(), (weekly_demand * YEAR_WEEKS).tolist(), strict=True
    )
    economic = np.array([economic_order_quantity(*cost) for cost in costs])
    # The smallest lot is a pack, also of a pair whose economic order is nothing.
    packed = whole_packs(np.maximum(economic, policies.least_order_amount), policies.pack_size_amount)
    is_fixed, is_up_to = policies.policy_kind == "(s,Q)", policies.policy_kind == "(R,S)"
    return np.where(is_up_to, 0.0, np.where(is_fixed, packed, economic))


def _reorder_points(seen: ProtectionDemand, policies: Policies, lot: FloatArray, room: FloatArray) -> FloatArray:
    points = seen.quantile(policies.service_level_rate)
    rows = np.flatnonzero(policies.target_kind == "fill_rate")
    if len(rows):
        target, before, until = policies.service_level_rate[rows], seen.until_delivery[rows], seen.protection[rows]
        points[rows] = fill_rate_level(target, before, until, lot[rows], room[rows])
    return points


def order_quantities(
    levels: Levels, policies: Policies, position: FloatArray, before: Before | None = None
) -> FloatArray:
    """Returns the order of each pair in money: zero exactly where none is due.

    A due order fills up to the order-up-to level in whole packs; with (s,Q) it is as many lots as bring the position
    above the reorder point and its margin. It is cut to whole packs below the ceiling, and is never less than the
    minimum order.
    """
    pack = policies.pack_size_amount
    gap = levels.reorder_point + levels.margin - position
    lots = np.floor(np.maximum(gap, 0.0) / np.maximum(levels.lot, pack)) + 1
    wanted = np.where(policies.policy_kind == "(s,Q)", lots * levels.lot, levels.order_up_to - position)
    # A position that is due is worth a pack, however little it lacks.
    due = np.where(is_order_due(levels, position, before), np.maximum(wanted, pack), 0.0)
    return whole_packs(due, pack, policies.minimum_order_amount, levels.ceiling - position)


def is_order_due(levels: Levels, position: FloatArray, before: Before | None = None) -> BoolArray:
    """Returns whether the position is at or below the reorder point and lacks something to the order-up-to level.

    Where an order was due before, it is due within the margin above too. A pair that needs no stock is never due.
    """
    held = levels.margin * before.was_due if before else 0.0
    least = (1 - SLACK_RATE) * position
    is_low = (least <= levels.reorder_point + held) & (position < (1 - SLACK_RATE) * levels.order_up_to)
    due: BoolArray = is_low & levels.needs_stock
    return due


def stockout_risk(seen: ProtectionDemand, positions: Positions) -> tuple[FloatArray, FloatArray]:
    """Returns the probability that stock runs out before an order placed now is delivered, and the expected lost sales.

    Stock on order helps from the day it arrives; what is not in stock is lost, not owed.
    """
    on_hand, on_order, due = (each[:, None] for each in (positions.on_hand, positions.on_order, positions.due_weeks))
    until_due = seen.demand_until(np.minimum(due, seen.lead))
    lost_before = np.maximum(until_due - on_hand, 0.0)
    left = np.maximum(on_hand - until_due, 0.0) + np.where(due < seen.lead, on_order, 0.0)
    lost = lost_before + np.maximum(seen.until_delivery - until_due - left, 0.0)
    return (lost > SLACK_RATE * positions.total[:, None]).mean(axis=1), lost.mean(axis=1)


def days_until_stockout(median_path: FloatArray, positions: Positions) -> FloatArray:
    """Returns the days until the median path of demand exhausts the stock; NaN where it lasts beyond the path.

    Stock on order counts from the day it arrives: where demand has taken what is on hand before, it came too late.
    """
    alone, together = (_weeks_until(median_path, stock) for stock in (positions.on_hand, positions.total))
    return 7 * np.where(alone < positions.due_weeks, alone, together)


def _weeks_until(median_path: FloatArray, stock: FloatArray) -> FloatArray:
    """Returns the weeks after which the path reaches a stock, NaN where it never does."""
    exhausted = median_path >= stock[:, None]
    exhausted[:, 0] = stock <= 0
    week = exhausted.argmax(axis=1)
    rows = np.arange(len(stock))
    before = median_path[rows, np.maximum(week - 1, 0)]
    step = median_path[rows, week] - before
    part = np.divide(stock - before, step, out=np.zeros(len(stock)), where=step > 0)
    weeks = np.where(week == 0, 0.0, week - 1 + part)
    return np.where(exhausted.any(axis=1), weeks, np.nan)


def statuses(
    levels: Levels, position: FloatArray, probability: FloatArray, review_mean: FloatArray, before: Before | None = None
) -> TextArray:
    """Returns critical, reorder, monitor or adequate for each pair.

    critical: stockout before the delivery of an order placed now is more likely than not. reorder: an order is due.
    monitor: the mean demand of a review period brings the position to the reorder point, or the stock on order comes so
    late that stockout is likelier than the target tolerates. adequate: none of these. A pair that had a status or a
    worse one before keeps it until it is past its limit by the margin.
    """
    past = before or nothing_before(len(position))
    was_critical, was_watched = past.status == "critical", np.isin(past.status, ["critical", "reorder", "monitor"])
    near = levels.reorder_point + review_mean + levels.margin * was_watched
    is_near = (position <= near) & levels.needs_stock
    conditions = [
        probability > CRITICAL_PROBABILITY * np.where(was_critical, RISK_MARGIN, 1.0),
        is_order_due(levels, position, past),
        is_near | (probability > levels.tolerance * np.where(was_watched, RISK_MARGIN, 1.0)),
    ]
    return np.select(conditions, ["critical", "reorder", "monitor"], "adequate")


def excess_cost(levels: Levels, policies: Policies, position: FloatArray) -> FloatArray:
    """Returns the cost in money of holding what stands above the order-up-to level for a protection period."""
    weeks = policies.lead_time_weeks + policies.reviewed_weeks
    return _holding_rate(policies) * np.maximum(position - levels.order_up_to, 0.0) * weeks


def _holding_rate(policies: Policies) -> FloatArray:
    """Returns the cost of holding stock for a week, as a fraction of its retail value."""
    return policies.holding_cost_rate * (1 - policies.margin_rate) / YEAR_WEEKS


def _weekly_deviation(seen: ProtectionDemand) -> FloatArray:
    """Returns the root mean variance of demand over the weeks that the protection period touches."""
    variance = np.diff(seen.cumulative, axis=1).var(axis=2).cumsum(axis=1)
    touched = np.ceil(seen.protection_weeks).astype(np.intp)
    return np.asarray(np.sqrt(variance[np.arange(len(touched)), touched - 1] / touched))


def _columns(seen: ProtectionDemand, weeks: int, policies: Policies, positions: Positions, before: Before) -> Columns:
    levels = stock_levels(seen, policies)
    position = positions.within(policies.lead_time_weeks + policies.reviewed_weeks)
    probability, lost = stockout_risk(seen, positions)
    lost_margin = policies.margin_rate * lost
    at_stake = policies.margin_rate * np.maximum(seen.expected_shortage(position), lost)
    order = order_quantities(levels, policies, position, before)
    median_path = np.median(seen.cumulative[:, : weeks + 1], axis=2)
    return {
        "policy_kind": policies.policy_kind,
        "target_kind": policies.target_kind,
        "current_stock": positions.on_hand,
        "on_order": positions.on_order,
        "stock_position": position,
        "avg_daily_demand": levels.weekly_demand / 7,
        "demand_volatility": _weekly_deviation(seen),
        "lead_time_weeks": policies.lead_time_weeks,
        "review_period_weeks": policies.reviewed_weeks,
        "service_level": policies.service_level_rate,
        "reorder_point": levels.reorder_point,
        "safety_stock": levels.safety_stock,
        "order_up_to_level": levels.order_up_to,
        "order_quantity": order,
        "order_value_cost": order * (1 - policies.margin_rate),
        "days_until_stockout": days_until_stockout(median_path, positions),
        "stockout_probability": probability,
        "expected_fill_rate": levels.fill_rate,
        "status": statuses(levels, position, probability, seen.review_mean, before),
        "expected_lost_margin": lost_margin,
        "holding_cost": _holding_rate(policies) * positions.on_hand * policies.reviewed_weeks,
        "value_at_risk": at_stake + excess_cost(levels, policies, position),
    }
