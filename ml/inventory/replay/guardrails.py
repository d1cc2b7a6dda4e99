"""Guardrails measured on history: how many orders need no person, and whether the flagged ones are the worse ones.

Every pair that is on sale is reviewed, also new and short series that are not compared elsewhere. Orders are those of
our policy at one service level; an order is worse where the level fails its target or the forecast was far off.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel, as_date
from ml.inventory.orders.guardrails import (
    AUTOMATIC,
    GUARDRAILS,
    TINY_AMOUNT,
    UNUSUAL_WEEKS,
    YEAR_WEEKS,
    flags,
    stale_pairs,
    unusual_weeks,
)
from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import history_of_sales, recent_mean
from ml.inventory.replay.engine import BoolArray, History, OrderRule, Paths, replay_paths
from ml.inventory.replay.forecasts import WeeklyForecasts
from ml.inventory.replay.kpis import protection_demand
from ml.inventory.replay.lead_times import LeadArray, LeadTimes
from ml.inventory.replay.protection import LearnedProtection

TARGET = 0.95
SEEDS = range(2)
REVIEW_WEEKS = 1


@dataclass(frozen=True)
class Reviewed:
    """Some pair-reviews of a replay.

    Attributes:
        share_rate: share of all reviews.
        covered_rate: share whose demand until the next delivery stayed at or below the level; NaN where there is none.
        error_rate: mean absolute error of the forecast of that demand over mean weekly sales; NaN where there is none.
    """

    share_rate: float
    covered_rate: float
    error_rate: float


@dataclass(frozen=True)
class GuardrailFigures:
    """What the guardrails would have done in the replayed weeks.

    Attributes:
        target: service level that was asked for.
        reviews: pair-reviews, of one draw of lead times.
        automatic: reviews without a reason.
        flagged: reviews with one.
        by_reason: reviews with each reason.
        automatic_rate_with_tiny: share without a reason if tiny pairs were asked about too.
        worst_week: week with the largest share flagged.
        worst_week_rate: that share.
    """

    target: float
    reviews: int
    automatic: Reviewed
    flagged: Reviewed
    by_reason: dict[str, Reviewed]
    automatic_rate_with_tiny: float
    worst_week: dt.date
    worst_week_rate: float


def measure_guardrails(
    panel: Panel, start: int, learned: LearnedProtection, forecasts: WeeklyForecasts, lead_times: LeadTimes
) -> GuardrailFigures:
    """Returns what the guardrails would have done with our policy's orders, over all pairs on sale.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        learned: demand over the protection period of every series of the panel.
        forecasts: of every series, made week by week.
        lead_times: of every order.
    """
    history = history_of_sales(panel.sales, start)
    lead = lead_times.draw(SEEDS, *history.demand.T.shape)
    level = learned.level(TARGET)
    reasons = replayed_flags(panel, start, forecasts, history, level, lead)
    with_tiny = replayed_flags(panel, start, forecasts, history, level, lead, tiny_amount=0.0)
    live = np.broadcast_to(history.is_live, reasons.shape)
    protection = protection_demand(history.demand, lead, REVIEW_WEEKS)
    expected = np.einsum("k,kpw->pw", learned.shares, learned.outlook.total)
    error = np.abs(protection - expected) / np.maximum(learned.outlook.scale, 1.0)
    is_known = live & ~np.isnan(protection)

    def reviewed(chosen: BoolArray) -> Reviewed:
        known = chosen & is_known
        share = float((chosen & live).sum() / max(live.sum(), 1))
        if not known.any():
            return Reviewed(share, float("nan"), float("nan"))
        covered = (protection <= level + 1e-9)[known]
        return Reviewed(share, float(covered.mean()), float(error[known].mean()))

    is_flagged = (reasons != AUTOMATIC) & live
    weekly = is_flagged.sum(axis=(0, 1)) / np.maximum(live.sum(axis=(0, 1)), 1)
    return GuardrailFigures(
        target=TARGET,
        reviews=int(history.is_live.sum()),
        automatic=reviewed(reasons == AUTOMATIC),
        flagged=reviewed(reasons != AUTOMATIC),
        by_reason={reason: reviewed(reasons == reason) for reason in GUARDRAILS},
        automatic_rate_with_tiny=reviewed(with_tiny == AUTOMATIC).share_rate,
        worst_week=as_date(panel.weeks[start + int(weekly.argmax())]),
        worst_week_rate=float(weekly.max()),
    )


def replayed_flags(
    panel: Panel,
    start: int,
    forecasts: WeeklyForecasts,
    history: History,
    level: FloatArray,
    lead: LeadArray,
    tiny_amount: float = TINY_AMOUNT,
) -> npt.NDArray[np.str_]:
    """Returns the flag of every review, (seeds, pairs, weeks); nothing of its week or later is read.

    A week counts as unusual by the forecast that was made a week before it.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        forecasts: of every series, made week by week.
        history: the replayed weeks of every series.
        level: (pairs, weeks) order-up-to levels.
        lead: (seeds, weeks, pairs) lead times.
        tiny_amount: see `guardrails.flags`.
    """
    paths = replay_paths(history, OrderRule(order_up_to=level), lead)
    position = _positions_before(paths, history.opening)
    unusual = _unusual(panel, forecasts)
    weeks_known = (~np.isnan(panel.sales)).cumsum(axis=1)
    found = np.empty(paths.order.shape, f"U{max(map(len, GUARDRAILS))}")
    for at in range(level.shape[1]):
        week = start + at
        sales, ahead = panel.sales[:, :week], forecasts.at([week])[:, 0]
        is_unusual = np.asarray(unusual[:, max(week - UNUSUAL_WEEKS, 0) : week].any(axis=1))
        for seed in range(len(found)):
            found[seed, :, at] = flags(
                paths.order[seed, :, at],
                position[seed, :, at],
                sales[:, -YEAR_WEEKS:],
                ahead,
                weeks_known[:, week - 1],
                is_unusual,
                stale_pairs(sales),
                tiny_amount,
            )
    return found


def _positions_before(paths: Paths, opening: FloatArray) -> FloatArray:
    """Returns the stock on hand and on order before each review, (seeds, pairs, weeks)."""
    moved = paths.order - paths.sold
    after = opening[None, :, None] + moved.cumsum(axis=2)
    return np.asarray(after - moved)


def _unusual(panel: Panel, forecasts: WeeklyForecasts) -> BoolArray:
    first = forecasts.first_origin
    scale = np.full(panel.sales.shape, np.nan)
    scale[:, first:] = recent_mean(np.abs(panel.sales), first, YEAR_WEEKS)
    return unusual_weeks(panel.sales, forecasts.of_next_week(panel.week_count), scale)
