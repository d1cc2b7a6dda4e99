"""Simulated demand of pairs as seen from an order placed now: what every inventory figure is read from.

Amounts are dollars at retail value, times are weeks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.inventory.orders.demand import ResidualPool, cumulative, demand_until, lead_times, simulate_weeks
from ml.inventory.orders.positions import Positions
from ml.inventory.policy import FloatArray, Policies

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


def outlooks(
    forecast: FloatArray,
    noise: FloatArray,
    band: npt.NDArray[np.intp],
    pool: ResidualPool,
    policies: Policies,
    positions: Positions,
) -> Iterator[tuple[npt.NDArray[np.intp], Outlook, Policies, Positions]]:
    """Gives some pairs of a band at a time: rows, simulated demand, policies and positions; see `levels.decide`."""
    for number in np.unique(band):
        members = np.flatnonzero(band == number)
        for rows in np.split(members, range(BLOCK, len(members), BLOCK)):
            policy, stock = policies.take(rows), positions.take(rows)
            seen = look_ahead(forecast[rows], noise[rows], pool.shapes[number], pool.lead_time_draws, policy, stock)
            yield rows, seen, policy, stock


def gathered(parts: Iterable[tuple[npt.NDArray[np.intp], dict[str, npt.NDArray[Any]]]]) -> dict[str, npt.NDArray[Any]]:
    """Returns columns that were found for some rows at a time, in the order of the rows."""
    found = list(parts)
    order = np.argsort(np.concatenate([rows for rows, _ in found]))
    return {name: np.concatenate([part[name] for _, part in found])[order] for name in found[0][1]}


def look_ahead(
    forecast: FloatArray,
    noise: FloatArray,
    shapes: FloatArray,
    draws: FloatArray,
    policies: Policies,
    positions: Positions,
) -> Outlook:
    """Returns simulated demand of pairs of one band; see `levels.decide` for the arguments."""
    lead = lead_times(policies.lead_time_weeks, policies.lead_time_deviation_weeks, draws)
    protection = lead + policies.reviewed_weeks[:, None]
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
        review_mean=demand_until(total, policies.reviewed_weeks[:, None]).mean(axis=1),
        weekly_deviation=_weekly_deviation(paths, protection.mean(axis=1)),
        median_path=np.median(total[:, :, : forecast.shape[1] + 1], axis=1),
    )


def _weekly_deviation(paths: FloatArray, weeks: FloatArray) -> FloatArray:
    """Returns the root mean variance of demand over the weeks that the period touches."""
    variance = paths.var(axis=1)
    touched = np.arange(paths.shape[2])[None, :] < np.ceil(weeks)[:, None]
    mean: FloatArray = (variance * touched).sum(axis=1) / touched.sum(axis=1)
    return np.sqrt(mean)
