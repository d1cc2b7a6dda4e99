"""What prices say of a series and of its weeks ahead: how far they lie from the usual price, what such weeks sold.

A price is told as the logarithm of what it is over the usual one, the upper quartile of the last year: a promotion is a
price clearly below it. Sales without promotions are the level that a week without one returns to. A week with a planned
price is told what the series, and its product over all stores, sold in weeks of a like price.
"""

from dataclasses import dataclass, replace

import numpy as np

from ml.forecasting.models.seasonal_base import SeriesGroups
from ml.forecasting.models.simple import known_median, known_quantile
from ml.forecasting.panel import BoolArray, FloatArray, IntArray, Panel, Plan, known_mean, known_sums
from warehouse.conventions import YEAR_WEEKS

USUAL_QUANTILE = 0.75
PROMOTED = -0.05
"""Logarithm of a price over the usual one from which on down a week counts as promoted."""
LIKE_WEEKS = 2 * YEAR_WEEKS
LIKE_WIDTH = 0.04
"""Difference of two such logarithms at which a week's weight is down to a third."""
LEVEL_WEEKS = 13
"""Weeks to either side whose sales without promotions are the level that a promotion lifts."""
SHRINKAGE_WEEKS = 2.0
"""Weeks of a like price that a series needs for its own lift to weigh as much as its product's."""
RATIO_BOUNDS = (-1.2, 0.7)
LARGEST_INDEX = 20.0
"""Multiple of its scale beyond which a week of a series counts no further in its product's."""

_OF_PLANS = (
    *("plan_price", "plan_product_price", "plan_price_before", "plan_price_after"),
    *("plan_like_sales", "plan_like_weeks", "plan_like_product", "plan_lift", "plan_product_lift", "plan_expected"),
)


@dataclass(frozen=True)
class TargetPrices:
    """Prices and promotions of weeks to come, as far as they are known, NaN elsewhere; (series, horizon) each.

    Attributes:
        price: money apiece.
        is_promoted: 1 where a promotion is planned, 0 where none is.
    """

    price: FloatArray
    is_promoted: FloatArray

    @property
    def is_known(self) -> BoolArray:
        """Whether anything is known of a week, (series, horizon)."""
        return ~(np.isnan(self.price) & np.isnan(self.is_promoted))


def planned_prices(history: Panel, horizon: int, is_filled: bool = True) -> TargetPrices:
    """Returns what is planned for the weeks after a history.

    Args:
        history: as it is known.
        horizon: weeks ahead.
        is_filled: whether a series that is planned at all costs its usual price in the other weeks.
    """
    nothing = np.full((history.series_count, horizon), np.nan)
    if history.plan is None:
        return TargetPrices(nothing, nothing)
    weeks = slice(history.week_count, history.week_count + horizon)
    price, is_promoted = history.plan.price[:, weeks].copy(), history.plan.is_promoted[:, weeks].copy()
    is_planned = ~np.isnan(price).all(axis=1, keepdims=True)
    usual = usual_price(history) if is_filled else None
    if usual is not None:
        price = np.where(np.isnan(price) & is_planned, usual[:, None], price)
    is_marked = ~np.isnan(is_promoted).all(axis=1, keepdims=True)
    return TargetPrices(price, np.where(np.isnan(is_promoted) & is_marked, 0.0, is_promoted))


def at_usual_prices(history: Panel, horizon: int) -> Panel:
    """Returns the history with a plan that has the usual price and no promotion wherever one is planned ahead."""
    plan, usual = history.plan, usual_price(history)
    if plan is None:
        return history
    price, is_promoted = plan.price.copy(), plan.is_promoted.copy()
    weeks = slice(history.week_count, history.week_count + horizon)
    is_promoted[:, weeks] = np.where(np.isnan(is_promoted[:, weeks]), np.nan, 0.0)
    if usual is not None:
        price[:, weeks] = np.where(np.isnan(price[:, weeks]), np.nan, usual[:, None])
    return replace(history, plan=Plan(price, is_promoted))


def usual_price(history: Panel) -> FloatArray | None:
    """Returns what a piece of each series usually costs in money, NaN where not known, (S,); None without prices."""
    if history.prices is None:
        return None
    prices = history.prices[:, -YEAR_WEEKS:]
    found = history.once("usual price", lambda: known_quantile(prices, USUAL_QUANTILE))
    return np.where(found > 0, found, np.nan)


def price_ratios(history: Panel) -> FloatArray:
    """Returns the logarithm of each of the last two years' prices over the usual one, NaN where not known, (S, W)."""
    usual = usual_price(history)
    recent = history.sales[:, -LIKE_WEEKS:]
    if usual is None or history.prices is None:
        return np.full(recent.shape, np.nan)
    return _ratio(history.prices[:, -LIKE_WEEKS:], usual)


def series_price_inputs(history: Panel) -> dict[str, FloatArray]:
    """Returns what prices say of each series, (S,) each; NaN where no price is known."""
    ratio, sales, scale = price_ratios(history), history.sales[:, -LIKE_WEEKS:], history.scale
    is_promoted = ratio < PROMOTED
    known = ~np.isnan(ratio)
    regular = np.where(is_promoted, np.nan, sales)
    inputs = {f"price_lag_{lag}": ratio[:, -lag] for lag in (1, 2, 3)}
    for weeks in (13, YEAR_WEEKS):
        inputs[f"price_promoted_share_{weeks}"] = known_mean(np.where(known, is_promoted, np.nan)[:, -weeks:])
        inputs[f"price_regular_median_{weeks}"] = known_median(regular[:, -weeks:]) / scale
    inputs["price_regular_mean_26"] = known_mean(regular[:, -26:]) / scale
    inputs["price_promoted_mean"] = known_mean(np.where(is_promoted, sales, np.nan)) / scale
    last = np.where(is_promoted, np.arange(ratio.shape[1]), -1).max(axis=1)
    inputs["price_weeks_since_promotion"] = np.where(last >= 0, ratio.shape[1] - 1.0 - last, LIKE_WEEKS)
    has_prices = known.any(axis=1)
    return {name: np.where(has_prices, values, np.nan) for name, values in inputs.items()}


def target_price_inputs(history: Panel, targets: TargetPrices) -> dict[str, FloatArray]:
    """Returns what is planned of each week ahead and what weeks of a like price sold, NaN without a plan, (S, H)."""
    shape = targets.price.shape
    usual = usual_price(history)
    if usual is None or np.isnan(targets.price).all():
        return {**{name: np.full(shape, np.nan) for name in _OF_PLANS}, "plan_promotion": targets.is_promoted}
    seen = _Seen.of(history, _ratio(targets.price, usual))
    found = {**_planned_ratios(seen), **_like_sales(seen), **_lifts(seen)}
    is_planned = ~np.isnan(seen.planned)
    return {
        **{name: np.where(is_planned, found[name], np.nan) for name in _OF_PLANS},
        "plan_promotion": targets.is_promoted,
    }


@dataclass(frozen=True)
class _Seen:
    """Prices as logarithms over the usual one and sales over the scale, of S series and their P products.

    Attributes:
        planned: of the weeks ahead, (S, H).
        past: of the last weeks, (S, W).
        sales: of the last weeks, (S, W).
        product: position of each series' product, (S,).
        product_planned: mean of the product's stores, (P, H).
        product_past: mean of the product's stores, (P, W).
        is_active: whether each series counts for its product, (S,).
    """

    planned: FloatArray
    past: FloatArray
    sales: FloatArray
    product: IntArray
    product_planned: FloatArray
    product_past: FloatArray
    is_active: BoolArray

    @classmethod
    def of(cls, history: Panel, planned: FloatArray) -> "_Seen":
        past, product = price_ratios(history), SeriesGroups.of(history).department
        sales = history.sales[:, -LIKE_WEEKS:] / history.scale[:, None]
        return cls(planned, past, sales, product, _means(planned, product), _means(past, product), history.active)

    def of_product(self, values: FloatArray) -> FloatArray:
        """Returns the mean of the active series of each product, single weeks bounded, (P, W)."""
        bounded = np.minimum(values, LARGEST_INDEX)
        return _means(np.where(self.is_active[:, None], bounded, np.nan), self.product)


def _planned_ratios(seen: _Seen) -> dict[str, FloatArray]:
    ahead, newest = seen.product_planned, seen.product_past[:, -1:]
    beside = np.concatenate([newest, ahead, ahead[:, -1:]], axis=1)[seen.product]
    return {
        "plan_price": seen.planned,
        "plan_product_price": ahead[seen.product],
        "plan_price_before": beside[:, :-2],
        "plan_price_after": beside[:, 2:],
    }


def _like_sales(seen: _Seen) -> dict[str, FloatArray]:
    """Returns what weeks of a like price sold, of the series and of its product, and how many there were."""
    own, weeks = _like_weeks(seen.past, seen.sales, seen.planned)
    product, _ = _like_weeks(seen.product_past, seen.of_product(seen.sales), seen.product_planned)
    return {"plan_like_sales": own, "plan_like_weeks": weeks, "plan_like_product": product[seen.product]}


def _lifts(seen: _Seen) -> dict[str, FloatArray]:
    """Returns by what factor weeks of a like price sold more than those around them, and what that makes of the level.

    The lift of a series is pulled towards its product's.
    """
    level = _regular_level(seen.sales, seen.past < PROMOTED)
    lifts = np.minimum(seen.sales / level, LARGEST_INDEX)
    own, weeks = _like_weeks(seen.past, lifts, seen.planned)
    product = _like_weeks(seen.product_past, seen.of_product(lifts), seen.product_planned)[0][seen.product]
    belief = weeks / (weeks + SHRINKAGE_WEEKS)
    shrunk = np.where(np.isnan(own), product, belief * own + (1 - belief) * product)
    return {"plan_lift": own, "plan_product_lift": product, "plan_expected": level[:, -1:] * shrunk}


def _regular_level(sales: FloatArray, is_promoted: BoolArray) -> FloatArray:
    """Returns the mean of the weeks without a promotion around each week, NaN where there is none, (S, W)."""
    sums, counts = known_sums(np.where(is_promoted, np.nan, sales))
    weeks = np.arange(sales.shape[1])
    first, last = np.maximum(weeks - LEVEL_WEEKS, 0), np.minimum(weeks + LEVEL_WEEKS + 1, sales.shape[1])
    total, count = sums[:, last] - sums[:, first], counts[:, last] - counts[:, first]
    return np.where(total > 0, total / np.maximum(count, 1.0), np.nan)


def _ratio(price: FloatArray, usual: FloatArray) -> FloatArray:
    return np.clip(np.log(price / usual[:, None]), *RATIO_BOUNDS)


def _means(values: FloatArray, group: IntArray) -> FloatArray:
    """Returns the mean of the known values of each group, NaN where none is known, (groups, ...)."""
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    known = ~np.isnan(values[order])
    counts = np.add.reduceat(known.astype(np.float64), first)
    sums = np.add.reduceat(np.where(known, values[order], 0.0), first)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan))


def _like_weeks(past: FloatArray, sales: FloatArray, planned: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns the mean sales of past weeks whose price was like the planned one, and how many weeks that is worth.

    Args:
        past: logarithms of past prices over the usual one, (n, W).
        sales: of those weeks in any unit, NaN where not known, (n, W).
        planned: logarithms of planned prices over the usual one, (n, H).
    """
    usable = ~np.isnan(past) & ~np.isnan(sales)
    known, at = np.where(usable, sales, 0.0), np.where(usable, past, np.inf)
    mean, weeks = np.full(planned.shape, np.nan), np.zeros(planned.shape)
    for step in range(planned.shape[1]):
        target = np.where(np.isnan(planned[:, step]), 0.0, planned[:, step])
        weight = np.exp(-np.abs(at - target[:, None]) / LIKE_WIDTH)
        weeks[:, step] = weight.sum(axis=1)
        enough = weeks[:, step] > 1e-6
        mean[enough, step] = (weight * known).sum(axis=1)[enough] / weeks[enough, step]
    return mean, weeks
