"""Guardrails: which orders may go out by themselves, and which a person should look at first, with the reason.

Orders and forecasts are compared with what the pair sold lately and with what it sold in the same weeks of last year:
with recent weeks alone, the weeks before Christmas and after New Year would flood the planner. Thresholds were chosen
on the weeks before the last 52 of the public data. Amounts are money at retail value.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ml.inventory.policy import FloatArray
from warehouse.conventions import YEAR_WEEKS

BoolArray = npt.NDArray[np.bool_]

AUTOMATIC = ""
STALE_DATA, OVERDUE_DELIVERY = "stale_data", "overdue_delivery"
SHORT_HISTORY, UNUSUAL_SALES = "short_history", "unusual_sales"
FORECAST_MOVED, LARGE_ORDER = "forecast_moved", "large_order"

GUARDRAILS: Mapping[str, str] = {
    STALE_DATA: "The latest weeks of sales are missing, so the order rests on old figures.",
    OVERDUE_DELIVERY: "Stock on order was due before the count and had not come; the order counts on it all the same.",
    SHORT_HISTORY: "The series has too few weeks of sales to learn from.",
    UNUSUAL_SALES: "Sales of the last weeks were far from what was expected.",
    FORECAST_MOVED: "The forecast is far from both the last weeks and the same weeks of last year.",
    LARGE_ORDER: "The order is far above what sold lately and in the same weeks of last year.",
}
"""Reasons why a person should look, the gravest first, with a sentence for each."""

COMPARED_WEEKS = 4
"""Weeks that are averaged: forecasts ahead, sales lately, sales of the same weeks of last year."""

USUAL_WEEKS = 13

SHORTEST_HISTORY_WEEKS = 13
"""A series with fewer known weeks is new, or hardly ever sold."""

STALE_WEEKS = 4
"""Latest weeks that all lack sales make the data of a series stale."""

FORECAST_MULTIPLES = (0.75, 1.5)
"""A forecast below so many times the lesser, or above so many times the greater, of recent and last year's sales."""

FORECAST_DEVIATIONS = 2.0
"""Standard deviations of a mean of so many weeks that the forecast must lie beyond them as well."""

ORDER_WEEKS = 2.5
"""An order that exceeds its economic lot, and what its stock lacks of the usual sales until it comes, by more than so
many of the best of its usual weeks is large. The lot is what the policy orders at once on purpose; a forecast that is
ten times too high raises it threefold only."""

LASTING_WEEKS = 13
"""An order that lasts so many of these weeks beyond its lot or pack, and what its stock lacks, is large however little
money it is."""

STEADY_SHARE = 0.75
"""Share of the weeks of a year with sales, a fraction, from which a month without any is unusual for a pair."""

UNUSUAL_MULTIPLE = 1.25
"""A week missed by more than so many times the mean week of the last year is unusual."""

UNUSUAL_WEEKS = 4
"""Weeks for which an unusual one is remembered."""


def flags(
    order: FloatArray,
    position: FloatArray,
    sales: FloatArray,
    forecast: FloatArray,
    weeks_known: npt.NDArray[np.int64],
    is_unusual: BoolArray,
    is_stale: BoolArray,
    tiny_amount: FloatArray | float,
    lot: FloatArray | float = 0.0,
    is_overdue: BoolArray | bool = False,
    pack: FloatArray | float = 0.0,
    lead_time_weeks: FloatArray | float = 0.0,
) -> npt.NDArray[np.str_]:
    """Returns the gravest of `GUARDRAILS` that holds for each of n pairs, and '' where the order is automatic.

    Args:
        order: (n,) proposed order.
        position: (n,) stock on hand and on order before it.
        sales: (n, weeks) sales up to the decision, NaN where not known; a year of them, at least.
        forecast: (n, horizons) forecast of the coming weeks.
        weeks_known: (n,) weeks with known sales in the whole history.
        is_unusual: (n,) whether a week of the last four was unusual, see `unusual_weeks`.
        is_stale: (n,) whether the latest sales are missing, see `stale_pairs`.
        tiny_amount: where order, position, and a month of sales and forecast are all below it, no person is asked for
            what is only unusual but for the end of sales, and an order is large where it would last for a quarter; see
            `ml.inventory.sizes.tiny_amount`.
        lot: (n,) order-up-to level less reorder point, 0 where every review orders.
        is_overdue: (n,) whether what is on order should have come before the stock was counted.
        pack: (n,) least that can be ordered at all.
        lead_time_weeks: (n,) mean weeks until an order comes.
    """
    ahead = np.maximum(forecast[:, :COMPARED_WEEKS], 0.0).mean(axis=1)
    lately = np.nan_to_num(_mean_sold(sales[:, -COMPARED_WEEKS:]))
    month = COMPARED_WEEKS * np.maximum(ahead, lately)
    is_tiny = np.maximum(np.maximum(order, position), month) < tiny_amount
    usual = usual_week(sales)
    # What only fills a shelf up to the sales until the delivery is no reason to ask.
    refill = np.maximum(lead_time_weeks * usual - position, 0.0)
    is_lasting = is_large(order - np.maximum(lot, pack) - refill, usual, LASTING_WEEKS)
    reasons = {
        STALE_DATA: is_stale,
        OVERDUE_DELIVERY: np.broadcast_to(is_overdue, order.shape),
        SHORT_HISTORY: weeks_known < SHORTEST_HISTORY_WEEKS,
        UNUSUAL_SALES: (is_unusual & ~is_tiny) | has_stopped(sales),
        FORECAST_MOVED: has_moved(ahead, sales) & ~is_tiny,
        LARGE_ORDER: np.where(is_tiny, is_lasting, is_large(order - lot - refill, usual, ORDER_WEEKS)),
    }
    return np.asarray(np.select(list(reasons.values()), list(reasons), AUTOMATIC))


def has_moved(ahead: FloatArray, sales: FloatArray) -> BoolArray:
    """Returns whether a weekly forecast is far above or below both recent sales and last year's season, (n,).

    Farther than the mean of so many weeks varies by itself, too: of what sells now and then it is hardly ever the same.
    """
    lately, season = _mean_sold(sales[:, -COMPARED_WEEKS:]), _mean_sold(_last_year(sales))
    least, most = np.fmin(lately, season), np.fmax(lately, season)
    low, high = FORECAST_MULTIPLES
    is_comparable = ~np.isnan(lately) | ~np.isnan(season)
    noise = FORECAST_DEVIATIONS * _mean_deviation(sales)
    is_low, is_high = ahead < np.minimum(low * least, least - noise), ahead > np.maximum(high * most, most + noise)
    return np.asarray(is_comparable & (is_low | is_high))


def has_stopped(sales: FloatArray) -> BoolArray:
    """Returns whether a pair that sold in most weeks of its last year sold nothing in the last ones, (n,).

    Returns are no sales.
    """
    before, lately = sales[:, -YEAR_WEEKS:-COMPARED_WEEKS], sales[:, -COMPARED_WEEKS:]
    known = (~np.isnan(before)).sum(axis=1)
    is_steady = (known >= USUAL_WEEKS) & ((before > 0).sum(axis=1) >= STEADY_SHARE * known)
    return np.asarray(is_steady & (lately <= 0).all(axis=1))


def usual_week(sales: FloatArray) -> FloatArray:
    """Returns the greatest of the mean weeks lately, of the quarter and of last year's season, (n,)."""
    windows = (sales[:, -COMPARED_WEEKS:], sales[:, -USUAL_WEEKS:], _last_year(sales))
    return np.asarray(np.max([np.nan_to_num(_mean_sold(window)) for window in windows], axis=0))


def is_large(order: FloatArray, usual: FloatArray, weeks: float) -> BoolArray:
    """Returns whether an order is one at all and exceeds so many usual weeks, (n,)."""
    return np.asarray((order > 0) & (order > weeks * usual))


def unusual_weeks(sales: FloatArray, expected: FloatArray, scale: FloatArray, least_scale: float) -> BoolArray:
    """Returns which weeks sold far from what was expected of them a week before, (n, weeks).

    Args:
        sales: (n, weeks) sales, NaN where not known; such a week is not unusual.
        expected: (n, weeks) forecast of each week, made before it.
        scale: (n, weeks) mean absolute sales of the year before each week.
        least_scale: what they are taken to be at the least, see `ml.forecasting.panel.least_scale`.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(sales - expected) > UNUSUAL_MULTIPLE * np.maximum(scale, least_scale))


def stale_pairs(sales: FloatArray) -> BoolArray:
    """Returns whether the latest weeks of each pair are all missing, (n,)."""
    return np.asarray(np.isnan(sales[:, -STALE_WEEKS:]).all(axis=1))


def _mean_deviation(sales: FloatArray) -> FloatArray:
    """Returns the standard deviation of a mean of the compared weeks, by how weeks of the last year follow, (n,).

    By the mean absolute step and not its square: one promotion does not excuse a year of forecasts. Steps of the normal
    distribution are in the mean 2 / sqrt(pi) deviations long.
    """
    steps = np.abs(np.diff(sales[:, -YEAR_WEEKS:], axis=1))
    known = (~np.isnan(steps)).sum(axis=1)
    step = np.nansum(steps, axis=1) / np.maximum(known, 1)
    return np.asarray(step * np.sqrt(np.pi) / 2 / np.sqrt(COMPARED_WEEKS))


def _last_year(sales: FloatArray) -> FloatArray:
    """Returns what sold 52 weeks before each of the coming weeks; the columns that there are."""
    weeks = sales.shape[1]
    return sales[:, max(weeks - YEAR_WEEKS, 0) : max(weeks - YEAR_WEEKS + COMPARED_WEEKS, 0)]


def _mean_sold(sales: FloatArray) -> FloatArray:
    """Returns the mean of the known weeks, returns counted as none, NaN where no week is known."""
    known = ~np.isnan(sales)
    total, count = np.where(known, np.maximum(sales, 0.0), 0.0).sum(axis=1), known.sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(sales), np.nan), where=count > 0))
