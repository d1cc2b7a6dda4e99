"""Every inventory figure of a pair, from one distribution of demand: levels, risk, order, status and money.

Amounts are dollars at retail value, times are weeks unless a name says days, rates are fractions.

Demand over the protection period runs from an order placed now to the delivery of the next one: a random lead time
plus one review period. The reorder point is the service quantile of that demand, so that with a position above it
the next review is early enough. Below it an order restores the order-up-to level, one economic order above.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.inventory.demand import ResidualPool, cumulative, demand_until, lead_times, simulate_weeks
from ml.inventory.formulas import economic_order_quantity
from ml.inventory.policy import FloatArray, Policies
from ml.inventory.positions import Positions

CRITICAL_PROBABILITY = 0.5
"""Stockout is called likely when it is more likely than not."""

WEEKS_PER_YEAR = 52.0
BLOCK = 64
"""Pairs simulated at a time: the paths of a block stay near the processor."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Outlook:
    """Simulated demand of n pairs as seen from an order placed now.

    Attributes:
        until_delivery: (pairs, draws) demand before an order placed now is delivered.
        until_due: (pairs, draws) demand before stock on order arrives, or the new order where that is earlier.
        is_due_first: (pairs, draws) whether stock on order arrives before the new order.
        protection: (pairs, draws) demand over lead time plus review period.
        protection_weeks: (pairs,) mean of lead time plus review period.
        review_mean: (pairs,) mean demand before the next review.
        weekly_deviation: (pairs,) standard deviation of weekly demand in the protection period.
        median_path: (pairs, weeks + 1) median of cumulative demand at the end of each forecast week.
    """

    until_delivery: FloatArray
    until_due: FloatArray
    is_due_first: BoolArray
    protection: FloatArray
    protection_weeks: FloatArray
    review_mean: FloatArray
    weekly_deviation: FloatArray
    median_path: FloatArray


Measure = Callable[[Outlook, Policies, Positions], dict[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Levels:
    """Stock levels of n pairs in dollars at retail value.

    Attributes:
        mean_demand: mean demand over the protection period.
        weekly_demand: the same per week.
        reorder_point: service quantile of demand over the protection period.
        safety_stock: reorder point less mean demand, never below zero.
        order_up_to: position that an order restores.
        ceiling: position that an order should not exceed.
    """

    mean_demand: FloatArray
    weekly_demand: FloatArray
    reorder_point: FloatArray
    safety_stock: FloatArray
    order_up_to: FloatArray
    ceiling: FloatArray


def decide(
    forecast: FloatArray, noise: FloatArray, band: npt.NDArray[np.intp], pool: ResidualPool,
    policies: Policies, positions: Positions,
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """Returns the columns of a recommendation for n pairs, by the names of `ml.inventory_recommendations`.

    Args:
        forecast: (pairs, horizons) point forecasts of weekly demand in dollars.
        noise: mean absolute forecast error per week in dollars.
        band: volume band of each pair in the pool.
        pool: residual paths to draw from.
        policies: policy of each pair.
        positions: stock of each pair.
    """
    return decide_and_measure(_nothing_more, forecast, noise, band, pool, policies, positions)


def decide_and_measure(
    measure: Measure, forecast: FloatArray, noise: FloatArray, band: npt.NDArray[np.intp], pool: ResidualPool,
    policies: Policies, positions: Positions,
) -> dict[str, npt.NDArray[Any]]:  # fmt: skip
    """Returns the columns of `decide`, and beside them those that `measure` finds in the same simulated demand.

    `measure` makes columns of figures from the outlook, policies and positions of some pairs; the other arguments are
    those of `decide`.
    """
    found: list[tuple[npt.NDArray[np.intp], dict[str, npt.NDArray[Any]]]] = []
    for number in np.unique(band):
        members = np.flatnonzero(band == number)
        for rows in np.split(members, range(BLOCK, len(members), BLOCK)):
            policy, stock = policies.take(rows), positions.take(rows)
            seen = look_ahead(forecast[rows], noise[rows], pool.shapes[number], pool.lead_time_draws, policy, stock)
            found.append((rows, {**_columns(seen, policy, stock), **measure(seen, policy, stock)}))
    order = np.argsort(np.concatenate([rows for rows, _ in found]))
    return {name: np.concatenate([part[name] for _, part in found])[order] for name in found[0][1]}


def _nothing_more(seen: Outlook, policies: Policies, positions: Positions) -> dict[str, npt.NDArray[Any]]:
    return {}


def look_ahead(
    forecast: FloatArray,
    noise: FloatArray,
    shapes: FloatArray,
    draws: FloatArray,
    policies: Policies,
    positions: Positions,
) -> Outlook:
    """Returns simulated demand of pairs of one band; see `decide` for the arguments."""
    lead = lead_times(policies.lead_time_weeks, policies.lead_time_deviation_weeks, draws)
    protection = lead + policies.review_period_weeks[:, None]
    weeks = max(int(np.ceil(protection.max())), forecast.shape[1])
    paths = simulate_weeks(forecast, noise, shapes, weeks)
    total = cumulative(paths)
    due = positions.due_weeks[:, None]
    return Outlook(
        until_delivery=demand_until(total, lead),
        until_due=demand_until(total, np.minimum(due, lead)),
        is_due_first=due < lead,
        protection=demand_until(total, protection),
        protection_weeks=protection.mean(axis=1),
        review_mean=demand_until(total, policies.review_period_weeks[:, None]).mean(axis=1),
        weekly_deviation=_weekly_deviation(paths, protection.mean(axis=1)),
        median_path=np.median(total[:, :, : forecast.shape[1] + 1], axis=1),
    )


def stock_levels(seen: Outlook, policies: Policies) -> Levels:
    """Returns reorder point, safety stock and order-up-to level of each pair.

    The order-up-to level lies one economic order above the reorder point, but not above the maximum weeks of stock.
    Service comes first: where the reorder point itself is above the maximum, it is the level.
    """
    mean = seen.protection.mean(axis=1)
    weekly = mean / seen.protection_weeks
    reorder_point = service_quantile(seen.protection, policies.service_level_rate)
    holding = policies.holding_cost_rate * (1 - policies.margin_rate)
    costs = zip(
        policies.ordering_cost_amount.tolist(), holding.tolist(), (weekly * WEEKS_PER_YEAR).tolist(), strict=True
    )
    economic = np.array([economic_order_quantity(*cost) for cost in costs])
    ceiling = np.maximum(policies.maximum_stock_weeks * weekly, reorder_point)
    order_up_to = np.minimum(reorder_point + economic, ceiling)
    return Levels(mean, weekly, reorder_point, np.maximum(reorder_point - mean, 0.0), order_up_to, ceiling)


def service_quantile(protection: FloatArray, service_level: FloatArray) -> FloatArray:
    """Returns the least simulated demand that at least the share `service_level` of the draws does not exceed."""
    draws = protection.shape[1]
    rank = np.clip(np.ceil(service_level * draws - 1e-9).astype(np.intp), 1, draws) - 1
    return np.take_along_axis(np.sort(protection, axis=1), rank[:, None], axis=1)[:, 0]


def order_quantities(levels: Levels, policies: Policies, position: FloatArray) -> FloatArray:
    """Returns the order of each pair in dollars: zero exactly where the position is above the reorder point.

    A due order fills up to the order-up-to level in whole packs, is cut to whole packs below the ceiling, and is
    never less than the minimum order. A pair whose reorder point is zero needs no stock and is not ordered.
    """
    pack = policies.pack_size_amount
    smallest = np.maximum(np.ceil(policies.minimum_order_amount / pack), 1.0)
    wanted = np.ceil((levels.order_up_to - position) / pack - 1e-9)
    allowed = np.floor((levels.ceiling - position) / pack + 1e-9)
    packs = np.maximum(np.minimum(wanted, np.maximum(allowed, 1.0)), smallest)
    return np.where(is_order_due(levels, position), packs * pack, 0.0)


def is_order_due(levels: Levels, position: FloatArray) -> BoolArray:
    """Returns whether the position is at or below a reorder point above zero."""
    return (position <= levels.reorder_point) & (levels.reorder_point > 0)


def stockout_risk(seen: Outlook, positions: Positions) -> tuple[FloatArray, FloatArray]:
    """Returns the probability that stock runs out before an order placed now is delivered, and the expected lost sales.

    Stock on order helps from the day it arrives; what is not in stock is lost, not owed.
    """
    on_hand, on_order = positions.on_hand[:, None], positions.on_order[:, None]
    lost_before = np.maximum(seen.until_due - on_hand, 0.0)
    left = np.maximum(on_hand - seen.until_due, 0.0) + np.where(seen.is_due_first, on_order, 0.0)
    lost_after = np.maximum(seen.until_delivery - seen.until_due - left, 0.0)
    lost = lost_before + lost_after
    return (lost > 0).mean(axis=1), lost.mean(axis=1)


def days_until_stockout(median_path: FloatArray, position: FloatArray) -> FloatArray:
    """Returns the days until the median path of demand exhausts the position; NaN where it lasts beyond the path."""
    exhausted = median_path >= position[:, None]
    exhausted[:, 0] = position <= 0
    week = exhausted.argmax(axis=1)
    rows = np.arange(len(position))
    before = median_path[rows, np.maximum(week - 1, 0)]
    step = median_path[rows, week] - before
    part = np.divide(position - before, step, out=np.zeros(len(position)), where=step > 0)
    days = np.where(week == 0, 0.0, 7 * (week - 1 + part))
    return np.where(exhausted.any(axis=1), days, np.nan)


def statuses(
    levels: Levels, policies: Policies, position: FloatArray, probability: FloatArray, review_mean: FloatArray
) -> npt.NDArray[np.str_]:
    """Returns critical, reorder, monitor or adequate for each pair.

    critical: stockout before the delivery of an order placed now is more likely than not. reorder: an order is due.
    monitor: the mean demand of a review period brings the position to the reorder point, or the stock on order comes so
    late that stockout is likelier than the service level tolerates. adequate: none of these.
    """
    tolerance = 1 - policies.service_level_rate
    is_near = (position - review_mean <= levels.reorder_point) & (levels.reorder_point > 0)
    conditions = [
        probability > CRITICAL_PROBABILITY,
        is_order_due(levels, position),
        is_near | (probability > tolerance),
    ]
    return np.select(conditions, ["critical", "reorder", "monitor"], "adequate")


def excess_cost(levels: Levels, policies: Policies, position: FloatArray) -> FloatArray:
    """Returns the cost in dollars of holding what stands above the order-up-to level for a protection period."""
    weeks = policies.lead_time_weeks + policies.review_period_weeks
    return _holding_rate(policies) * np.maximum(position - levels.order_up_to, 0.0) * weeks


def shortage(seen: Outlook, position: FloatArray) -> FloatArray:
    """Returns the sales in dollars expected to be lost in the protection period if nothing is ordered now."""
    mean: FloatArray = np.maximum(seen.protection - position[:, None], 0.0).mean(axis=1)
    return mean


def _holding_rate(policies: Policies) -> FloatArray:
    """Returns the cost of holding a dollar of stock at retail value for a week."""
    return policies.holding_cost_rate * (1 - policies.margin_rate) / WEEKS_PER_YEAR


def _weekly_deviation(paths: FloatArray, weeks: FloatArray) -> FloatArray:
    """Returns the root mean variance of demand over the weeks that the period touches."""
    variance = paths.var(axis=1)
    touched = np.arange(paths.shape[2])[None, :] < np.ceil(weeks)[:, None]
    mean: FloatArray = (variance * touched).sum(axis=1) / touched.sum(axis=1)
    return np.sqrt(mean)


def _columns(seen: Outlook, policies: Policies, positions: Positions) -> dict[str, npt.NDArray[Any]]:
    levels, position = stock_levels(seen, policies), positions.total
    probability, lost = stockout_risk(seen, positions)
    lost_margin = policies.margin_rate * lost
    at_stake = policies.margin_rate * np.maximum(shortage(seen, position), lost)
    return {
        "current_stock": positions.on_hand,
        "on_order": positions.on_order,
        "avg_daily_demand": levels.weekly_demand / 7,
        "demand_volatility": seen.weekly_deviation,
        "lead_time_weeks": policies.lead_time_weeks,
        "review_period_weeks": policies.review_period_weeks,
        "service_level": policies.service_level_rate,
        "reorder_point": levels.reorder_point,
        "safety_stock": levels.safety_stock,
        "order_up_to_level": levels.order_up_to,
        "order_quantity": order_quantities(levels, policies, position),
        "days_until_stockout": days_until_stockout(seen.median_path, position),
        "stockout_probability": probability,
        "status": statuses(levels, policies, position, probability, seen.review_mean),
        "expected_lost_margin": lost_margin,
        "holding_cost": _holding_rate(policies) * positions.on_hand * policies.review_period_weeks,
        "value_at_risk": at_stake + excess_cost(levels, policies, position),
    }
