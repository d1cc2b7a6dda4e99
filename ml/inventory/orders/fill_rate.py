"""The fill rate of a stock level: the share of demand that it meets, and the level that a fill-rate target asks for.

A replenishment cycle is the time from the delivery of an order to the delivery of the next one. What is short in it is
the part of its demand by which demand since the order exceeds the position after the order (Silver, Pyke and Thomas,
Inventory and Production Management in Supply Chains, 4th ed., section 6.7, with the shortage of earlier cycles taken
off). Positions after a review lie evenly between the reorder point and the level that an order restores: exact for
(s,Q) at steady demand (Axsäter, Inventory Control, 3rd ed., section 5.3), on the safe side for (R,s,S), whose orders
restore the level in full; with (R,S) both are one.
"""

import numpy as np

from ml.inventory.policy import FloatArray

STEPS = 32
"""Halvings of the interval searched: the level is found to a part in four thousand million of the highest demand."""


def expected_fill_rate(before: FloatArray, until: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Returns the share of a cycle's expected demand that stock meets, (pairs,); one where nothing is demanded.

    Args:
        before: (pairs, draws) demand from an order to its delivery.
        until: (pairs, draws) demand from an order to the delivery of the next one, never below `before`.
        low: (pairs,) lowest position after a review.
        high: (pairs,) highest position after a review.
    """
    demanded = (until - before).mean(axis=1)
    short = excess(until, low, high) - excess(before, low, high)
    lost = np.divide(short, demanded, out=np.zeros_like(demanded), where=demanded > 0)
    met: FloatArray = np.clip(1 - lost, 0.0, 1.0)
    return met


def fill_rate_level(
    target: FloatArray, before: FloatArray, until: FloatArray, lot: FloatArray, room: FloatArray
) -> FloatArray:
    """Returns the smallest reorder point, zero or above, whose expected fill rate reaches the target, (pairs,).

    Args:
        target: (pairs,) fill rates, fractions below one.
        before: see `expected_fill_rate`.
        until: see `expected_fill_rate`.
        lot: (pairs,) how far above the reorder point an order restores, zero for (R,S).
        room: (pairs,) position that orders do not exceed, unless the reorder point itself does.

    The fill rate never falls as the level rises, and is one above all simulated demand: the interval is halved.
    """
    low, high = np.zeros(len(target)), until.max(axis=1)
    is_met = expected_fill_rate(before, until, low, reach(low, lot, room)) >= target
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_enough = expected_fill_rate(before, until, middle, reach(middle, lot, room)) >= target
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return np.where(is_met, 0.0, high)


def reach(reorder_point: FloatArray, lot: FloatArray, room: FloatArray) -> FloatArray:
    """Returns the position that an order restores: a lot above the reorder point, within the room; never below it."""
    return np.minimum(reorder_point + lot, np.maximum(room, reorder_point))


def excess(demand: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Returns mean demand above a position spread evenly from low to high."""
    above = demand - low[:, None]
    width = np.maximum(high - low, np.finfo(float).tiny)[:, None]
    with np.errstate(over="ignore"):
        share = np.clip(above / width, 0.0, 1.0)
    half = (np.maximum(above, 0.0) + np.maximum(demand - high[:, None], 0.0)) / 2
    mean: FloatArray = (share * half).mean(axis=1)
    return mean
