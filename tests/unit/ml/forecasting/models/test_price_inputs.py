"""Prices as inputs: what is usual, what is planned, what weeks of a like price sold; what a plan does to a forecast."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import run_backtest, worth_of_plans
from ml.forecasting.models.lightgbm_model import LightGbm
from ml.forecasting.models.naive import SeasonalNaive
from ml.forecasting.models.price_inputs import (
    planned_prices,
    price_ratios,
    series_price_inputs,
    target_price_inputs,
    usual_price,
)
from ml.forecasting.models.training_rows import RowStore
from ml.forecasting.panel import FEATURE_COLUMNS, Panel, Plan, shown_prices
from retailers import WALMART
from warehouse.conventions import LONGEST_HORIZON

WEEKS, STORES, PRODUCTS = 130, 8, 6
USUAL, PROMOTED = 2.0, 1.5
LIFT = 3.0


def promoted_panel(seed: int = 5) -> Panel:
    """Eight stores with six products: 100 a week at 2.00 apiece, and 300 in one week of ten, which costs 1.50."""
    random = np.random.default_rng(seed)
    count = STORES * PRODUCTS
    is_promoted = np.repeat(random.random((PRODUCTS, WEEKS)) < 0.1, STORES, axis=0)
    sales = 100.0 * np.where(is_promoted, LIFT, 1.0) * (1 + 0.05 * random.standard_normal((count, WEEKS)))
    features = {name: np.full((count, WEEKS + 1), np.nan) for name in FEATURE_COLUMNS}
    return Panel(
        store_ids=np.tile(np.arange(STORES), PRODUCTS),
        dept_ids=np.repeat(np.arange(PRODUCTS), STORES),
        store_types=np.full(count, "all"),
        weeks=np.datetime64("2020-01-03") + 7 * np.arange(WEEKS),
        sales=sales,
        is_holiday=np.zeros(WEEKS, dtype=bool),
        retailer=WALMART,
        features=features,
        prices=np.where(is_promoted, PROMOTED, USUAL),
    )


def plan_of(panel: Panel, week_ahead: int, series: int, price: float) -> Panel:
    """The panel with one planned price: of one series, so many weeks ahead."""
    nothing = np.full((panel.series_count, panel.week_count + LONGEST_HORIZON), np.nan)
    planned = nothing.copy()
    planned[series, panel.week_count + week_ahead - 1] = price
    return replace(panel, plan=Plan(planned, nothing))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return promoted_panel()


@pytest.fixture(scope="module")
def trees(panel: Panel):
    return LightGbm(7, store=RowStore("level")).fit(plan_of(panel, 1, 0, USUAL))


def test_the_usual_price_is_not_that_of_promotions(panel: Panel) -> None:
    assert usual_price(panel).tolist() == [USUAL] * panel.series_count
    assert np.unique(np.round(price_ratios(panel), 4)).tolist() == [round(np.log(0.75), 4), 0.0]


def test_without_prices_nothing_is_told_of_them(panel: Panel) -> None:
    bare = replace(panel, prices=None)
    assert usual_price(bare) is None
    assert all(np.isnan(values).all() for values in series_price_inputs(bare).values())
    assert all(np.isnan(values).all() for values in target_price_inputs(bare, planned_prices(bare, 8)).values())


def test_a_series_that_is_planned_costs_its_usual_in_weeks_without_a_plan_and_others_are_not_known(
    panel: Panel,
) -> None:
    planned = planned_prices(plan_of(panel, 5, 3, PROMOTED), 8)
    assert planned.price[3].tolist() == [USUAL] * 4 + [PROMOTED] + [USUAL] * 3
    assert np.isnan(np.delete(planned.price, 3, axis=0)).all()
    assert planned.is_known.sum() == 8


def test_weeks_of_a_like_price_say_what_a_planned_one_sells(panel: Panel) -> None:
    with_plan = plan_of(panel, 5, 3, PROMOTED)
    like = target_price_inputs(with_plan, planned_prices(with_plan, 8))["plan_like_sales"][3] * panel.scale[3]
    assert like[4] == pytest.approx(100 * LIFT, rel=0.05)
    assert np.delete(like, 4) == pytest.approx(np.full(7, 100.0), rel=0.05)


def test_sales_without_promotions_are_the_regular_level(panel: Panel) -> None:
    inputs = series_price_inputs(panel)
    regular, promoted = (inputs[f"price_{name}"] * panel.scale for name in ("regular_median_52", "promoted_mean"))
    assert regular == pytest.approx(np.full(panel.series_count, 100.0), rel=0.05)
    assert promoted == pytest.approx(np.full(panel.series_count, 300.0), rel=0.05)


def test_a_planned_promotion_in_week_five_moves_week_five(panel: Panel, trees) -> None:
    without, plain, promoted = (
        trees.predict(some, 8).point for some in (panel, plan_of(panel, 5, 3, USUAL), plan_of(panel, 5, 3, PROMOTED))
    )
    assert plain[3] == pytest.approx(np.full(8, 100.0), rel=0.1)
    assert promoted[3, 4] == pytest.approx(100 * LIFT, rel=0.2)
    assert np.delete(promoted[3], 4) == pytest.approx(np.delete(plain[3], 4), rel=0.05)
    others = np.arange(panel.series_count) != 3
    assert promoted[others] == pytest.approx(without[others], rel=0.05)


def test_the_parts_of_a_forecast_name_what_the_promotion_adds(panel: Panel, trees) -> None:
    with_plan = plan_of(panel, 5, 3, PROMOTED)
    parts = trees.explain(with_plan, 8, 3)
    assert sum(parts.values()) == pytest.approx(trees.predict(with_plan, 8).point[3])
    assert parts["promotion"].argmax() == 4


def test_a_week_without_a_sale_shows_the_price_of_other_stores_else_the_one_before() -> None:
    known = np.array([[np.nan, 2.0, np.nan, np.nan], [np.nan, 4.0, 3.0, np.nan], [5.0, np.nan, np.nan, np.nan]])
    shown = shown_prices(known, np.array([1, 1, 2]))
    assert np.array_equal(
        shown, [[np.nan, 2.0, 3.0, 3.0], [np.nan, 4.0, 3.0, 3.0], [5.0, 5.0, 5.0, 5.0]], equal_nan=True
    )
    assert shown_prices(np.full((2, 3), np.nan), np.array([1, 1])) is None


def test_prices_after_a_week_say_nothing_of_it(panel: Panel) -> None:
    random = np.random.default_rng(1)
    known = np.where(random.random((6, 40)) < 0.6, random.uniform(1, 3, (6, 40)), np.nan)
    products = np.array([1, 1, 1, 2, 2, 2])
    later = known.copy()
    later[:, 30:] = 1e6
    assert shown_prices(known, products)[:, :30].tobytes() == shown_prices(later, products)[:, :30].tobytes()


def test_the_backtest_tells_what_plans_of_past_weeks_were_worth(panel: Panel) -> None:
    prices = np.full((panel.series_count, panel.week_count + LONGEST_HORIZON), np.nan)
    prices[:, : panel.week_count] = panel.prices
    planned = replace(panel, plan=Plan(prices, np.full_like(prices, np.nan)))
    model = LightGbm(7, store=RowStore("level"))
    [worth] = worth_of_plans(run_backtest(planned, [SeasonalNaive(), model], [106, 114]).origins)
    assert (worth.name, worth.forecasts) == ("level_trees", 2 * 8 * panel.series_count)
    # A tenth of the weeks sells three times as much: who knows which errs by the noise alone.
    assert worth.with_plan_rate < 0.08
    assert worth.usual_rate > 2 * worth.with_plan_rate
    assert worth_of_plans(run_backtest(panel, [SeasonalNaive(), model], [114]).origins) == []
