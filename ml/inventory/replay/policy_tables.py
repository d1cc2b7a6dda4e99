"""Our forecasts under a table of policies, replayed as they are: targets, kinds, lead times, reviews, packs, minimums.

Lead times are whole weeks here: the chance of each is that of a normal lead time of the policy's mean and deviation to
fall nearest to it, cut at 2.5 deviations. Review periods are rounded to whole weeks, one at least. A lot is fixed at
the first replayed week, from the mean week of the year before.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel
from ml.inventory.orders.fill_rate import reach
from ml.inventory.orders.levels import lot_sizes
from ml.inventory.policy import FloatArray, Policies
from ml.inventory.replay.baselines import history_of_sales
from ml.inventory.replay.engine import History, OrderRule, replay
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts
from ml.inventory.replay.kpis import Sums, kpis_of, profit, sums_of
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.protection import (
    FIRST_ORIGIN,
    PROBABILITIES,
    STEPS,
    LearnedProtection,
    ProtectionPool,
    ReplayOutlook,
    by_band,
    learn_protection,
)
from ml.inventory.replay.report import PolicyOutcome
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    from collections.abc import Sequence

CUT_DEVIATIONS = 2.5


@dataclass(frozen=True)
class PolicyTable:
    """Policies to replay.

    Attributes:
        source: where they are from, for a reader.
        policies: one for each series of the panel.
    """

    source: str
    policies: Policies


def replay_policies(
    panel: Panel,
    start: int,
    rows: npt.NDArray[np.intp],
    table: PolicyTable,
    forecasts: WeeklyForecasts,
    seeds: "Sequence[int]",
    is_fixed: bool = False,
) -> list[PolicyOutcome]:
    """Returns how some series would have fared under a table of policies: the chain, then its store types.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        rows: replayed series.
        table: policies of all series; errors are pooled over all.
        forecasts: of all series, made week by week.
        seeds: draws of lead times.
        is_fixed: whether every order takes the policy's mean, in whole weeks.

    Raises:
        ShelfcastError: lead time and review are so long that too few weeks are left to learn from.
    """
    lead_times = whole_week_lead_times(table.policies, is_fixed)
    review = review_weeks(table.policies)
    learned = _learned(panel, start, lead_times, review, forecasts, table.source)
    rule = policy_rule(learned, table.policies, review, rows)
    history = history_of_sales(panel.sales[rows], start)
    own = LeadTimes(lead_times.weeks, np.asarray(lead_times.probabilities)[rows])
    sums = sums_of(replay(history, rule, own.draw(seeds, history.demand.shape[1], len(rows))))
    return _outcomes(table, sums, panel.store_types[rows], rows, history)


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
        spread = np.where(deviation > 0, deviation, 1.0)[:, None]
        edges = np.concatenate([[-np.inf], weeks[:-1] + 0.5, [np.inf]])
        cut = np.clip((edges[None, :] - mean[:, None]) / spread, -CUT_DEVIATIONS, CUT_DEVIATIONS)
        mass = np.diff(norm.cdf(cut), axis=1)
        chances = np.where(deviation[:, None] > 0, mass / mass.sum(axis=1, keepdims=True), nearest)
    used = chances.any(axis=0)
    return LeadTimes(tuple(weeks[used].tolist()), chances[:, used])


def review_weeks(policies: Policies) -> npt.NDArray[np.int64]:
    """Returns whole weeks between two reviews of each pair."""
    return np.maximum(np.floor(policies.reviewed_weeks + 0.5), 1.0).astype(np.int64)


def policy_rule(
    learned: LearnedProtection, policies: Policies, review: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]
) -> OrderRule:
    """Returns when and how much some pairs order under their policies.

    All kinds are one rule: at a review that finds the position at or below s, up to S in packs. (R,S) has S at s, and
    (s,Q) too, with Q for a pack: as many lots as it takes.
    """
    weekly = _weekly(learned)
    lot = lot_sizes(policies, weekly[:, 0])
    points = reorder_points(learned, policies, review, weekly, lot)
    is_fixed = policies.policy_kind == "(s,Q)"
    up_to = reach(points, lot[:, None], policies.maximum_stock_weeks[:, None] * weekly)
    up_to = np.where(is_fixed[:, None], points, up_to)
    pack = np.where(is_fixed, lot, policies.pack_size_amount)
    return OrderRule(
        order_up_to=up_to[rows],
        reorder_point=points[rows],
        review_weeks=review[rows],
        pack_size=pack[rows],
        minimum_order=policies.minimum_order_amount[rows],
    )


def reorder_points(
    learned: LearnedProtection, policies: Policies, review: npt.NDArray[np.int64], weekly: FloatArray, lot: FloatArray
) -> FloatArray:
    """Returns the levels that reach each pair's target, (pairs, weeks).

    Cycle service is the quantile of protection demand. A fill rate accepts, in an order cycle, a shortage of its
    complement of the cycle's demand: that of the review period, or the lot where it is larger.

    Source: Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., section 6.7.
    """
    is_fill = policies.target_kind == "fill_rate"
    target = policies.service_level_rate[:, None]
    points = learned.level(target)
    if is_fill.any():
        cycle = np.maximum(review[:, None] * weekly, lot[:, None])
        points = np.where(is_fill[:, None], learned.level((1.0 - target) * cycle, shortage_level), points)
    return points


def shortage_level(
    pool: ProtectionPool, outlook: ReplayOutlook, shares: FloatArray, accepted: FloatArray
) -> FloatArray:
    """Returns the least level whose expected shortage is at most what is accepted, in dollars, (pairs, origins)."""
    return by_band(pool, outlook, shares, accepted, _bisect_shortage)


def _bisect_shortage(
    total: FloatArray, shares: FloatArray, spread: FloatArray, quantiles: FloatArray, accepted: FloatArray
) -> FloatArray:
    losses = [_expected_excess(quantile) for quantile in quantiles]
    parts = total + spread * quantiles[:, -1][:, None]
    low, high = np.zeros(total.shape[1]), np.maximum(np.where(shares > 0, parts, 0.0).max(axis=0), 0.0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        shortage = sum(
            share * spread * np.interp((middle - mean) / spread, quantile, loss)
            + share * spread * np.maximum(quantile[0] - (middle - mean) / spread, 0.0)
            for share, mean, quantile, loss in zip(shares, total, quantiles, losses, strict=True)
        )
        is_short = shortage > accepted
        low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
    return np.asarray(high)


def _expected_excess(quantile: FloatArray) -> FloatArray:
    """Returns the mean of what an error exceeds each of its own quantiles by: the area above, by trapezoids."""
    above = (1.0 - (PROBABILITIES[1:] + PROBABILITIES[:-1]) / 2) * np.diff(quantile)
    return np.asarray(np.append(above[::-1].cumsum()[::-1], 0.0))


def _weekly(learned: LearnedProtection) -> FloatArray:
    """Returns the mean week of the year before each review, one dollar at least, (pairs, weeks)."""
    return np.maximum(learned.outlook.scale, 1.0)


def _learned(
    panel: Panel,
    start: int,
    lead_times: LeadTimes,
    review: npt.NDArray[np.int64],
    forecasts: WeeklyForecasts,
    source: str,
) -> LearnedProtection:
    """Returns what was known of demand over each pair's protection periods at each review."""
    chances = np.asarray(lead_times.probabilities, float)
    each = review[:, None] + np.array(lead_times.weeks)[None, :]
    periods = sorted(np.unique(each[chances > 0]).tolist())
    longest = start - FIRST_ORIGIN - 1
    if periods[-1] > longest:
        raise ShelfcastError(
            f"Lead time and review of the policies {source} take up to {periods[-1]} weeks, and the weeks before the "
            f"replay say something of {longest} at most.",
            "Choose fewer --weeks, or a shorter lead time or review.",
        )
    shares = np.stack([np.where(each == period, chances, 0.0).sum(axis=1) for period in periods], axis=1)
    horizon = forecasts.point.shape[2]
    if periods[-1] > horizon:
        further = base_forecasts(panel, range(forecasts.first_origin, panel.week_count), periods[-1])
        point = np.concatenate([forecasts.point, further.point[:, :, horizon:]], axis=2)
        forecasts = WeeklyForecasts(forecasts.first_origin, point)
    return learn_protection(panel, start, periods, shares, forecasts=forecasts)


def _outcomes(
    table: PolicyTable, sums: Sums, store_types: npt.NDArray[np.str_], rows: npt.NDArray[np.intp], history: History
) -> list[PolicyOutcome]:
    policies, weeks = table.policies.take(rows), history.demand.shape[1]
    earned = profit(sums, policies.margin_rate, policies.holding_cost_rate, policies.ordering_cost_amount)
    kinds = [str(kind) for kind in np.unique(store_types)]
    masks = [("", np.ones(len(rows), bool)), *((kind, store_types == kind) for kind in kinds)]
    found = []
    for kind, mask in masks:
        total = sums.total(mask)
        outcome = PolicyOutcome(
            table.source, kind, int(mask.sum()), kpis_of(total, weeks), float(total.orders), float(earned[mask].sum())
        )
        found.append(outcome)
    return found
