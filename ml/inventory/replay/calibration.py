"""Do service targets hold? How often demand over the protection period stayed at or below the levels of the replay.

Every possible lead time counts by its probability, so that the figures hold no noise of draws.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecasting.demand_groups import DEMAND_GROUPS, demand_groups
from ml.forecasting.panel import Panel
from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import recent_mean
from ml.inventory.replay.engine import BoolArray, History
from ml.inventory.replay.kpis import protection_demand
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.report import Calibration
from warehouse.conventions import YEAR_WEEKS

TARGETS = (0.80, 0.90, 0.95, 0.98)
FIFTHS = 5
PAIR_TOLERANCE = 0.05


@dataclass(frozen=True)
class Periods:
    """Protection periods after each review of some pairs, and the groups that they are looked at by.

    Attributes:
        chance: probability of each lead time, (lead times,).
        demand: real demand of each, NaN where it is not known, (lead times, pairs, weeks).
        is_known: whether it is, and the pair was on sale, (lead times, pairs, weeks).
        is_beside_holiday: whether a week of it is a holiday week or stands beside one, (lead times, pairs, weeks).
        store_type: of the pairs.
        fifth: 0 for the pairs that sold least in the year before, 4 for those that sold most.
        group: place in `DEMAND_GROUPS` as it was before the first review.
    """

    chance: FloatArray
    demand: FloatArray
    is_known: BoolArray
    is_beside_holiday: BoolArray
    store_type: npt.NDArray[np.str_]
    fifth: npt.NDArray[np.intp]
    group: npt.NDArray[np.int64]


def periods_of(
    panel: Panel, rows: npt.NDArray[np.intp], start: int, history: History, lead_times: LeadTimes, review_weeks: int
) -> Periods:
    """Returns the protection periods of some series from week `start` on, for every possible lead time."""
    pairs, weeks = history.demand.shape
    lead = np.broadcast_to(np.array(lead_times.weeks, np.uint8)[:, None, None], (len(lead_times.weeks), weeks, pairs))
    demand = protection_demand(history.demand, lead, review_weeks)
    holiday = panel.is_holiday.astype(float)
    beside = np.maximum.reduce([holiday, np.append(holiday[1:], 0.0), np.append(0.0, holiday[:-1])])[start:]
    weeks_beside = protection_demand(np.tile(beside, (pairs, 1)), lead, review_weeks)
    volume = recent_mean(np.abs(panel.sales[rows, : start + 1]), start, YEAR_WEEKS)[:, 0]
    return Periods(
        chance=np.asarray(lead_times.probabilities, float),
        demand=demand,
        is_known=~np.isnan(demand) & history.is_live,
        is_beside_holiday=np.nan_to_num(weeks_beside) > 0,
        store_type=panel.store_types[rows],
        fifth=volume.argsort(kind="stable").argsort(kind="stable") * FIFTHS // len(rows),
        group=demand_groups(panel.until(start))[rows],
    )


def calibrations(
    policy: str, lead_time: str, levels: Callable[[float], FloatArray], periods: Periods
) -> Iterator[Calibration]:
    """Gives how often the levels of a policy covered demand, one for each target.

    Args:
        policy: name of the policy.
        lead_time: random or fixed.
        levels: from the target to levels, (pairs, weeks).
        periods: what had to be covered.
    """
    chance = periods.chance[:, None, None]
    known, kinds = chance * periods.is_known, np.unique(periods.store_type)
    for target in TARGETS:
        covered = known * (periods.demand <= levels(target) + 1e-9)
        by_pair = covered.sum(axis=(0, 2)) / np.maximum(known.sum(axis=(0, 2)), np.finfo(float).tiny)
        yield Calibration(
            policy=policy,
            lead_time=lead_time,
            target=target,
            covered_rate=_share(covered, known),
            by_type={
                str(kind): _share(covered[:, members], known[:, members])
                for kind, members in ((kind, periods.store_type == kind) for kind in kinds)
            },
            by_fifth=tuple(
                _share(covered[:, members], known[:, members])
                for members in (periods.fifth == fifth for fifth in range(FIFTHS))
            ),
            beside_holidays_rate=_share(covered[periods.is_beside_holiday], known[periods.is_beside_holiday]),
            pairs_within_rate=share_within(by_pair[known.any(axis=(0, 2))], target),
            by_group={
                group: _share(covered[:, members], known[:, members])
                for group, members in ((name, periods.group == place) for place, name in enumerate(DEMAND_GROUPS))
                if members.any()
            },
        )


def share_within(by_pair: FloatArray, target: float) -> float:
    """Returns the share of pairs within the tolerance; all periods covered is five points from 95 %, not more."""
    return float(np.mean(np.abs(by_pair - target) <= PAIR_TOLERANCE + 1e-9)) if len(by_pair) else float("nan")


def _share(covered: FloatArray, known: FloatArray) -> float:
    return float(covered.sum() / known.sum()) if known.any() else float("nan")
