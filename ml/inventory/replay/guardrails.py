"""Guardrails measured on history: how many orders need no person, and whether the flagged ones are the worse ones.

Every pair that is on sale is reviewed, also new and short series that are not compared elsewhere. Orders are those that
the policies recommend; an order is worse where the level fails its target or the forecast was far off.
"""

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import Panel, as_date, known_mean
from ml.inventory.orders.guardrails import AUTOMATIC, GUARDRAILS, UNUSUAL_WEEKS, flags, stale_pairs, unusual_weeks
from ml.inventory.policy import FloatArray
from ml.inventory.replay.baselines import history_of_sales, recent_mean
from ml.inventory.replay.engine import BoolArray, History, Paths, replay_paths
from ml.inventory.replay.forecasts import WeeklyForecasts
from ml.inventory.replay.kpis import protection_demand
from ml.inventory.replay.lead_times import LeadArray
from ml.inventory.replay.policy_tables import ReplayedOrders
from ml.inventory.replay.report import GuardrailFigures, Reviewed
from ml.inventory.sizes import middle_week, tiny_amount
from warehouse.conventions import YEAR_WEEKS

SEEDS = range(2)


def measure_guardrails(
    panel: Panel, start: int, orders: ReplayedOrders, forecasts: WeeklyForecasts
) -> GuardrailFigures:
    """Returns what the guardrails would have done with the orders of the policies, over all pairs on sale.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        orders: of every series of the panel.
        forecasts: of every series, made week by week.
    """
    history = history_of_sales(panel.demand, start)
    lead = orders.lead_times.draw(SEEDS, *history.demand.T.shape)
    reasons = replayed_flags(panel, start, forecasts, history, orders, lead)
    with_tiny = replayed_flags(panel, start, forecasts, history, orders, lead, tiny=0.0)
    live = np.broadcast_to(history.is_live, reasons.shape)
    protection = protection_demand(history.demand, lead, orders.policies.review_period_weeks.astype(np.int64))
    level, scale = orders.levels.reorder_point, _usual_sales(panel, start)[:, start:]
    error = np.abs(protection - orders.levels.mean_demand) / np.maximum(scale, panel.until(start).least_scale)
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
        target=float(orders.policies.service_level_rate.mean()),
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
    orders: ReplayedOrders,
    lead: LeadArray,
    tiny: float | None = None,
) -> npt.NDArray[np.str_]:
    """Returns the flag of every review, (seeds, pairs, weeks); nothing of its week or later is read.

    A week counts as unusual by the forecast that was made a week before it.

    Args:
        panel: sales to the end of the replay.
        start: first replayed week.
        forecasts: of every series, made week by week.
        history: the replayed weeks of every series.
        orders: of every series.
        lead: (seeds, weeks, pairs) lead times.
        tiny: amount below which no person is asked; by the sales before the replay without it.
    """
    known = panel.until(start)
    tiny = tiny_amount(middle_week(known_mean(np.abs(known.sales[:, -YEAR_WEEKS:])))) if tiny is None else tiny
    paths = replay_paths(history, orders.decide(), lead)
    position = _positions_before(paths, history.opening)
    unusual = _unusual(panel, forecasts, known.least_scale)
    weeks_known = (~np.isnan(panel.sales)).cumsum(axis=1)
    lot = orders.levels.order_up_to - orders.levels.reorder_point
    found = np.empty(paths.order.shape, f"U{max(map(len, GUARDRAILS))}")
    for at in range(paths.order.shape[2]):
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
                tiny,
                lot[:, at],
                pack=orders.policies.least_order_amount,
                lead_time_weeks=orders.policies.lead_time_weeks,
            )
    return found


def _positions_before(paths: Paths, opening: FloatArray) -> FloatArray:
    """Returns the stock on hand and on order before each review, (seeds, pairs, weeks)."""
    moved = paths.order - paths.sold
    after = opening[None, :, None] + moved.cumsum(axis=2)
    return np.asarray(after - moved)


def _unusual(panel: Panel, forecasts: WeeklyForecasts, least: float) -> BoolArray:
    scale = _usual_sales(panel, forecasts.first_origin)
    return unusual_weeks(panel.actual, forecasts.of_next_week(panel.week_count), scale, least)


def _usual_sales(panel: Panel, first: int) -> FloatArray:
    """Returns the mean absolute sales of the year before each week, (series, weeks), NaN before the first."""
    usual = np.full(panel.sales.shape, np.nan)
    usual[:, first:] = recent_mean(np.abs(panel.sales), first, YEAR_WEEKS)
    return usual
