"""A week that cannot be right moves nothing that is learned; what is only unusual stays as it is."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.damping import ACTIVE_WEEKS, FIRST_WEEKS, RUN_WEEKS, implausible_weeks
from ml.forecasting.models.simple import Simple
from ml.forecasting.panel import Panel, panel_from_frame
from retailers import WALMART

WEEKS = 120


def plain(stores: int = 6, products: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Sales of about 1,000 a week, and the product of each series."""
    random = np.random.default_rng(3)
    return 1000 * random.uniform(0.8, 1.25, (stores * products, WEEKS)), np.tile(np.arange(products), stores)


def damp(sales: np.ndarray, products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The damped sales of stores with two series each, and which weeks are damped."""
    return implausible_weeks(sales, np.arange(len(sales)) // 2, products)


def damped_weeks(sales: np.ndarray, products: np.ndarray) -> list[tuple[int, int]]:
    return [tuple(place) for place in np.argwhere(damp(sales, products)[1]).tolist()]


@pytest.mark.parametrize("value", [100_149.0, 6_500.0, -5_000.0])
def test_a_wrong_cell_is_replaced_by_the_median_of_the_weeks_before(value: float):
    sales, products = plain()
    sales[3, 70] = value
    made, _ = damp(sales, products)
    assert damped_weeks(sales, products) == [(3, 70)]
    assert made[3, 70] == np.median(sales[3, 57:70])
    assert np.array_equal(np.delete(made[3], 70), np.delete(sales[3], 70))


@pytest.mark.parametrize("value", [4_000.0, 0.0, -300.0, np.nan])
def test_what_is_only_unusual_stays(value: float):
    sales, products = plain()
    sales[3, 70] = value
    assert damped_weeks(sales, products) == []


def test_a_promotion_of_the_product_in_all_stores_stays_and_one_beyond_the_others_does_not():
    sales, products = plain()
    sales[products == 0, 70] *= 8
    assert damped_weeks(sales, products) == []
    sales[0, 70] *= 20
    assert damped_weeks(sales, products) == [(0, 70)]


def test_a_new_scale_is_believed_after_some_weeks_and_later_where_it_is_beyond_belief():
    sales, products = plain()
    sales[3, 70:] *= 9
    sales[5, 70:] *= 1000
    assert damped_weeks(sales, products) == [(3, 70 + n) for n in range(RUN_WEEKS)] + [
        (5, 70 + n) for n in range(ACTIVE_WEEKS)
    ]


def test_a_series_that_has_hardly_sold_yet_may_grow_a_hundredfold_and_not_beyond_it_at_once():
    sales, products = plain()
    sales[[3, 5], :100] = np.where(np.arange(100) % 9 == 0, 20.0, 0.0)
    sales[5, 100:] *= 10
    assert damped_weeks(sales, products) == [(5, 100 + n) for n in range(RUN_WEEKS)]


def test_a_peak_of_the_whole_store_is_no_fault_though_nothing_like_it_came_before():
    # One store with eight products, in which Christmas is ten times an ordinary week.
    sales, _ = plain(stores=4)
    sales[:, 70:72] *= 10
    one_store, products = np.zeros(len(sales), int), np.arange(len(sales))
    assert not implausible_weeks(sales, one_store, products)[1].any()
    sales[3, 71] *= 10
    assert np.argwhere(implausible_weeks(sales, one_store, products)[1]).tolist() == [[3, 71]]


@pytest.mark.parametrize("times", [8, 60])
def test_a_peak_is_a_fault_once_and_a_season_when_it_comes_again(times: int):
    sales, _ = plain(stores=2)
    products = np.arange(len(sales))
    sales[1, [50, 102]] *= times
    assert damped_weeks(sales, products) == [(1, 50)]


def test_large_orders_now_and_then_are_demand_and_wrong_cells_are_not():
    sales, products = plain()
    sales[3, [40, 60, 80]] *= 9
    sales[5, [40, 60, 80]] *= 300
    assert damped_weeks(sales, products) == [(3, 40), (5, 40), (5, 60), (5, 80)]


@pytest.mark.parametrize("weeks", range(1, 21))
def test_a_history_of_any_length_can_be_looked_at(weeks: int):
    sales, products = plain()
    sales[2, :weeks][-1] = 1e6
    made, is_damped = damp(sales[:, :weeks], products)
    assert is_damped.sum() == (weeks > FIRST_WEEKS)
    assert np.array_equal(made[~is_damped], sales[:, :weeks][~is_damped])


@pytest.mark.parametrize("cut", [60, 71, 75, 100])
def test_a_cut_of_the_history_is_damped_as_the_whole_is(cut: int):
    sales, products = plain()
    sales[3, [40, 70, 71, 99]] = [50_000.0, 90_000.0, 80_000.0, -7_000.0]
    whole, _ = damp(sales, products)
    part, _ = damp(sales[:, :cut], products)
    assert np.array_equal(part, whole[:, :cut])


@pytest.fixture(scope="module")
def panels(make_frame: Callable[..., pd.DataFrame]) -> tuple[Panel, Panel]:
    """A panel as it is, and with one week of one series a hundred times what it was, as Spark makes its features."""
    frame = make_frame(stores=5, departments=3, weeks=125)
    wrong = frame.copy()
    row = wrong.index[(wrong["store_id"] == 2) & (wrong["dept_id"] == 2)][90]
    wrong.loc[row, "weekly_sales"] *= 100
    means = wrong.groupby(["store_id", "dept_id"])["weekly_sales"]
    for width in (4, 13, 52):
        wrong[f"rolling_mean_{width}"] = means.transform(lambda s, w=width: s.shift(1).rolling(w, min_periods=1).mean())
    return panel_from_frame(frame, WALMART), panel_from_frame(wrong, WALMART)


def test_a_panel_learns_from_the_stand_in_and_is_judged_by_what_was_reported(panels):
    true, wrong = panels
    series = int(np.flatnonzero((wrong.store_ids == 2) & (wrong.dept_ids == 2))[0])
    assert wrong.actual[series, 90] == pytest.approx(100 * true.sales[series, 90])
    assert wrong.sales[series, 90] == np.median(true.sales[series, 77:90])
    for name in ("rolling_mean_4", "rolling_mean_13", "rolling_mean_52"):
        ours, theirs = wrong.features[name][series], true.features[name][series]
        assert ours == pytest.approx(theirs, rel=0.3, nan_ok=True)
    others = np.arange(true.series_count) != series
    assert np.array_equal(wrong.features["rolling_mean_13"][others], true.features["rolling_mean_13"][others], True)


def test_a_week_that_is_damped_leaves_every_bit_before_it_as_it_was(panels):
    true, wrong = (panel.until(90) for panel in panels)
    assert wrong.fingerprint == true.fingerprint
    assert np.array_equal(wrong.sales, true.sales)


def test_a_wrong_cell_that_is_corrected_makes_another_panel(panels):
    wrong = panels[1]
    corrected = replace(wrong, reported=np.where(wrong.actual == wrong.actual.max(), 90_000.0, wrong.actual))
    assert corrected.fingerprint != wrong.fingerprint


def test_until_cuts_what_was_reported_too(panels):
    cut = panels[1].until(95)
    assert cut.actual.shape == cut.sales.shape
    assert (cut.actual != cut.sales).sum() == 1


def test_a_wrong_cell_moves_no_simple_forecast_of_another_series_and_hardly_its_own(panels):
    made = [Simple().fit(panel).predict(panel, 8).point for panel in panels]
    assert made[1] == pytest.approx(made[0], rel=0.02)
