"""The replay of history: what a policy would have stocked, sold and lost, week by week, with what was known then.

Timing of week t, the same as in stockcast:

1. Review: the position (on hand plus on order) is looked at and an order is placed, with the levels of column t. They
   may know sales up to week t - 1 and nothing later.
2. Receipt: what was ordered L weeks ago arrives before the demand of week t; an order of week t arrives in week t + L.
   Each order draws its own L, so a later order may arrive first.
3. Demand of week t: what is in stock is sold, the rest is lost.

An order of week t is therefore in time for the demand of week t + L, and the next one for week t + R + L: the
protection period is the L + R weeks from t on. Amounts are money at retail value or pieces, one unit throughout.
All seeds and pairs move at once; only weeks are a loop. Figures are summed on the way, paths are kept on request.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from ml.inventory.replay.lead_times import LeadArray

BoolArray = npt.NDArray[np.bool_]
Lanes = npt.NDArray[Any]
"""State of (seeds, pairs) in the precision of the replay."""

SMALLEST_AMOUNT = 0.005
"""Half a cent: less than this is rounding, neither an order nor a lost sale."""

EXCESS_WEEKS = 3
"""Stock above the demand of so many weeks ahead is excess: mean lead time plus review period of the protocol."""

_FLOWS = ("lost", "on_hand", "excess")
_COUNTS = ("stockout_weeks", "orders")

LANES = 8192
"""Seeds times pairs that are walked at once: their state stays in the processor's cache."""


@dataclass(frozen=True)
class History:
    """What happened to n pairs in the replayed weeks.

    Attributes:
        demand: (pairs, weeks), never negative; lost sales do not lower it.
        is_live: (pairs, weeks) whether the pair was on sale by what was known at the review of the week. Others are
            not ordered; their weeks are not counted, though stock that is left still sells.
        opening: (pairs,) stock on hand before the first review; nothing is on order then.
    """

    demand: FloatArray
    is_live: BoolArray
    opening: FloatArray

    def __post_init__(self) -> None:
        if self.demand.shape != self.is_live.shape or self.opening.shape != self.demand.shape[:1]:
            raise ValueError("demand, is_live and opening do not have the same pairs and weeks")
        if not (np.isfinite(self.demand).all() and (self.demand >= 0).all()):
            raise ValueError("demand is missing or negative somewhere")
        if not (np.isfinite(self.opening).all() and (self.opening >= 0).all()):
            raise ValueError("opening stock is missing or negative somewhere")


@dataclass(frozen=True)
class OrderRule:
    """What is ordered at each weekly review, each level (pairs, weeks) as known at it.

    Only order_up_to: (R,S), order what the position lacks. With reorder_point: (R,s,S), only where the position is at
    or below it.

    Attributes:
        order_up_to: level that an order restores.
        reorder_point: position at or below which is ordered.
    """

    order_up_to: FloatArray
    reorder_point: FloatArray | None = None


Decide = Callable[[int, Lanes], Lanes]
"""From the week and the positions before its review, (seeds, pairs), to the orders; asked week by week, in order."""


@dataclass(frozen=True)
class Tally:
    """Sums over the counted weeks, per seed and pair; per pair where seeds make no difference.

    Attributes:
        weeks: (pairs,) counted weeks: live, after the warm-up.
        demand: (pairs,) demand in them.
        decisions: (pairs,) reviews in them whose excess stock is known.
        stockout_weeks: (seeds, pairs) weeks in which some demand was lost.
        lost: (seeds, pairs) lost sales.
        on_hand: (seeds, pairs) sum of the stock at the end of the weeks.
        excess: (seeds, pairs) sum over the decisions of the position after ordering above the coming real demand.
        orders: (seeds, pairs) orders placed.
    """

    weeks: FloatArray
    demand: FloatArray
    decisions: FloatArray
    stockout_weeks: FloatArray
    lost: FloatArray
    on_hand: FloatArray
    excess: FloatArray
    orders: FloatArray


@dataclass(frozen=True)
class Paths:
    """Every week of a replay, each (seeds, pairs, weeks).

    Attributes:
        order: ordered at the review.
        received: arrived before demand.
        sold: sold from stock.
        on_hand: stock at the end of the week.
    """

    order: FloatArray
    received: FloatArray
    sold: FloatArray
    on_hand: FloatArray


@dataclass(frozen=True)
class _Block:
    """Some pairs, weeks first; what differs by seed has it second.

    Levels that order nothing stand where there is no review, and an infinite coming demand where excess stock is not
    counted.
    """

    demand: Lanes
    coming: Lanes
    live: Lanes
    warm_up_weeks: int
    opening: Lanes
    order_up_to: Lanes | None
    reorder_point: Lanes | None
    decide: Decide | None
    lead: LeadArray


@dataclass(frozen=True)
class _State:
    """What is carried from week to week, and room to compute in, each (seeds, pairs)."""

    on_hand: Lanes
    position: Lanes
    pipeline: Lanes
    sums: dict[str, Lanes]
    order: Lanes
    spare: Lanes
    flag: BoolArray
    paths: dict[str, Lanes] = field(default_factory=dict)


def replay(
    history: History,
    rule: OrderRule | Decide,
    lead: LeadArray,
    warm_up_weeks: int = 0,
    excess_weeks: int = EXCESS_WEEKS,
    dtype: type[np.floating[Any]] = np.float64,
) -> Tally:
    """Returns the figures of a policy over the history.

    Args:
        history: demand, live weeks and opening stock.
        rule: the policy: levels, or what decides the orders of all pairs together.
        lead: lead times of `LeadTimes.draw`, (seeds, weeks, pairs).
        warm_up_weeks: first weeks that are walked but not counted.
        excess_weeks: stock above the real demand of so many weeks is excess; the last decisions do not know it.
        dtype: float64, or float32 for more speed where cents do not matter.

    Raises:
        ValueError: the shapes do not fit, or a level is missing at a review.
    """
    _check(history, rule, lead)
    tally, coming = _empty_tally(history, len(lead), warm_up_weeks, excess_weeks)
    pairs = len(history.demand)
    for rows in _row_blocks(pairs, len(lead)) if isinstance(rule, OrderRule) else [slice(0, pairs)]:
        state = _walk(_block(history, rule, coming, lead, rows, warm_up_weeks, dtype), keeps_paths=False)
        for name, total in state.sums.items():
            getattr(tally, name)[:, rows] = total
    return tally


def replay_paths(history: History, rule: OrderRule | Decide, lead: LeadArray) -> Paths:
    """Returns every week of a replay; for tests and pictures, as it takes four numbers a seed, pair and week."""
    _check(history, rule, lead)
    everything = slice(0, len(history.demand))
    state = _walk(_block(history, rule, history.demand, lead, everything, 0, np.float64), keeps_paths=True)
    return Paths(**{name: np.moveaxis(kept, 0, 2) for name, kept in state.paths.items()})


def coming_demand(demand: FloatArray, weeks: int = EXCESS_WEEKS) -> FloatArray:
    """Returns the demand of the week and those after it, (pairs, weeks); infinite where some of them are not known."""
    total = np.pad(demand.cumsum(axis=1), ((0, 0), (1, 0)))
    coming = np.full(demand.shape, np.inf)
    known = max(demand.shape[1] - weeks + 1, 0)
    coming[:, :known] = total[:, weeks:] - total[:, :known]
    return coming


def _check(history: History, rule: OrderRule | Decide, lead: LeadArray) -> None:
    pairs, weeks = history.demand.shape
    if lead.shape[1:] != (weeks, pairs):
        raise ValueError(f"lead times are for {lead.shape[1:]} weeks and pairs, demand has {(weeks, pairs)}")
    for name in ("order_up_to", "reorder_point"):
        level = getattr(rule, name, None)
        if level is not None and (level.shape != (pairs, weeks) or not (np.isfinite(level) | ~history.is_live).all()):
            raise ValueError(f"{name} is missing at some review")


def _empty_tally(history: History, seeds: int, warm_up_weeks: int, excess_weeks: int) -> tuple[Tally, FloatArray]:
    """Returns the tally before the first week, and the coming demand where excess is counted, else infinity."""
    is_counted = np.arange(history.demand.shape[1]) >= warm_up_weeks
    coming = np.where(history.is_live & is_counted, coming_demand(history.demand, excess_weeks), np.inf)
    weeks, demand = history.is_live @ is_counted.astype(float), (history.demand * history.is_live) @ is_counted
    sums = {name: np.zeros((seeds, len(coming))) for name in _FLOWS + _COUNTS}
    return Tally(weeks, demand, np.isfinite(coming).sum(axis=1).astype(float), **sums), coming


def _row_blocks(pairs: int, seeds: int) -> list[slice]:
    size = max(LANES // seeds, 1)
    return [slice(start, min(start + size, pairs)) for start in range(0, pairs, size)]


def _block(
    history: History,
    rule: OrderRule | Decide,
    coming: FloatArray,
    lead: LeadArray,
    rows: slice,
    warm_up_weeks: int,
    dtype: type[Any],
) -> _Block:
    def level(values: FloatArray | None, without: float) -> Lanes | None:
        return None if values is None else _weeks_first(np.where(history.is_live[rows], values[rows], without), dtype)

    levels = rule if isinstance(rule, OrderRule) else None
    return _Block(
        demand=_weeks_first(history.demand[rows], dtype),
        coming=_weeks_first(coming[rows], dtype),
        live=_weeks_first(history.is_live[rows], dtype),
        warm_up_weeks=warm_up_weeks,
        opening=history.opening[rows].astype(dtype),
        order_up_to=level(levels.order_up_to if levels else None, 0.0),
        reorder_point=level(levels.reorder_point if levels else None, -1.0),
        decide=None if isinstance(rule, OrderRule) else rule,
        lead=np.ascontiguousarray(lead[:, :, rows].swapaxes(0, 1)),
    )


def _weeks_first(values: npt.NDArray[Any], dtype: type[Any]) -> Lanes:
    return np.ascontiguousarray(values.T, dtype)


def _walk(block: _Block, keeps_paths: bool) -> _State:
    """Returns the state after the last week, with its sums."""
    state = _opening_state(block, keeps_paths)
    values = [int(value) for value in np.flatnonzero(np.bincount(block.lead.ravel()))]
    is_live_everywhere = np.asarray(block.live.all(axis=1))
    for week in range(len(block.demand)):
        is_counted = week >= block.warm_up_weeks
        _decide_order(block, state, week)
        if is_counted:
            _count_order(block, state, week)
        _place_order(block.lead[week], values, state, week)
        _sell(block, state, week)
        if is_counted:
            _count_week(state, None if is_live_everywhere[week] else block.live[week])
    return state


def _opening_state(block: _Block, keeps_paths: bool) -> _State:
    weeks, seeds, pairs = block.lead.shape

    def lanes(dtype: Any = block.demand.dtype) -> Lanes:
        return np.zeros((seeds, pairs), dtype)

    kept = ("order", "received", "sold", "on_hand") if keeps_paths else ()
    count = np.uint8 if weeks < 256 else np.uint32
    return _State(
        on_hand=lanes() + block.opening,
        position=lanes() + block.opening,
        pipeline=np.zeros((int(block.lead.max(initial=0)) + 1, seeds, pairs), block.demand.dtype),
        sums={name: lanes() for name in _FLOWS} | {name: lanes(count) for name in _COUNTS},
        order=lanes(),
        spare=lanes(),
        flag=lanes(bool),
        paths={name: np.zeros((weeks, seeds, pairs)) for name in kept},
    )


def _decide_order(block: _Block, state: _State, week: int) -> None:
    """Writes the orders of the week and raises the positions by them; the flag says who orders."""
    order, flag = state.order, state.flag
    if block.order_up_to is not None:
        np.subtract(block.order_up_to[week], state.position, out=order)
    elif block.decide is not None:
        np.multiply(block.decide(week, state.position), block.live[week], out=order)
    np.greater(order, SMALLEST_AMOUNT, out=flag)
    if block.reorder_point is not None:
        flag &= state.position <= block.reorder_point[week]
    np.multiply(order, flag, out=order)
    np.add(state.position, order, out=state.position)
    if state.paths:
        state.paths["order"][week] = order


def _count_order(block: _Block, state: _State, week: int) -> None:
    """Adds the orders, and the positions after them above the coming demand."""
    _count(state.sums["orders"], state.flag)
    np.subtract(state.position, block.coming[week], out=state.spare)
    np.maximum(state.spare, 0.0, out=state.spare)
    state.sums["excess"] += state.spare


def _place_order(lead: LeadArray, values: list[int], state: _State, week: int) -> None:
    """Moves the orders to the weeks of their arrival. The last lead time takes what the others left, exactly."""
    slots = len(state.pipeline)
    for value in values[:-1]:
        np.equal(lead, value, out=state.flag)
        np.multiply(state.order, state.flag, out=state.spare)
        state.pipeline[(week + value) % slots] += state.spare
        np.subtract(state.order, state.spare, out=state.order)
    state.pipeline[(week + values[-1]) % slots] += state.order


def _sell(block: _Block, state: _State, week: int) -> None:
    """Receives what is due and sells; leaves what was lost in the room of the order."""
    arriving = state.pipeline[week % len(state.pipeline)]
    np.add(state.on_hand, arriving, out=state.on_hand)
    np.minimum(state.on_hand, block.demand[week], out=state.spare)
    np.subtract(state.on_hand, state.spare, out=state.on_hand)
    np.subtract(state.position, state.spare, out=state.position)
    np.subtract(block.demand[week], state.spare, out=state.order)
    if state.paths:
        state.paths["received"][week] = arriving
        state.paths["sold"][week] = state.spare
        state.paths["on_hand"][week] = state.on_hand
    arriving.fill(0.0)


def _count_week(state: _State, live: Lanes | None) -> None:
    """Adds lost sales, weeks with some, and the stock that is left; only of live pairs, all where live is None."""
    stock = state.on_hand
    if live is not None:
        np.multiply(state.order, live, out=state.order)
        stock = np.multiply(state.on_hand, live, out=state.spare)
    state.sums["lost"] += state.order
    state.sums["on_hand"] += stock
    np.greater(state.order, SMALLEST_AMOUNT, out=state.flag)
    _count(state.sums["stockout_weeks"], state.flag)


def _count(total: Lanes, flag: BoolArray) -> None:
    np.add(total, flag.view(np.uint8), out=total)
