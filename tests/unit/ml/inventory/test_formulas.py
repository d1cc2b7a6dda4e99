"""Closed-form formulas against textbook examples and against stockpyl."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stockpyl import eoq, loss_functions, newsvendor

from ml.inventory import formulas


def test_the_economic_order_quantity_is_that_of_the_textbook_example():
    # Snyder and Shen, example 3.1: K = 8, h = 0.225, D = 1300.
    assert formulas.economic_order_quantity(8, 0.225, 1300) == pytest.approx(304.1, abs=0.06)


@given(st.floats(1, 500), st.floats(0.01, 20), st.floats(1, 1e6))
def test_the_economic_order_quantity_agrees_with_stockpyl(ordering, holding, demand):
    expected, _ = eoq.economic_order_quantity(fixed_cost=ordering, holding_cost=holding, demand_rate=demand)
    assert formulas.economic_order_quantity(ordering, holding, demand) == pytest.approx(expected)


def test_free_orders_are_small_and_free_stock_is_endless():
    assert formulas.economic_order_quantity(0, 1, 100) == 0
    assert formulas.economic_order_quantity(5, 1, 0) == 0
    assert math.isinf(formulas.economic_order_quantity(5, 0, 100))


def test_demand_over_a_random_lead_time_varies_as_in_the_textbook_example():
    # Chopra and Meindl, lead-time uncertainty: 2,500 a day with deviation 500, lead time 7 days with deviation 7.
    deviation = formulas.demand_deviation_over_lead_time(2500, 500, 7, 7)
    assert deviation == pytest.approx(17_550, abs=1)
    assert formulas.normal_safety_stock(0.9, deviation) == pytest.approx(22_491, abs=2)


def test_a_fixed_lead_time_leaves_the_square_root_rule():
    assert formulas.demand_deviation_over_lead_time(100, 20, 4) == pytest.approx(40)


def test_the_newsvendor_ratio_gives_the_stock_of_the_textbook_example():
    # Snyder and Shen, example 4.3: holding 0.18, stockout 0.70, demand normal with mean 50 and deviation 8: 56.6.
    ratio = formulas.newsvendor_ratio(underage_cost=0.70, overage_cost=0.18)
    assert formulas.normal_reorder_point(ratio, 50, 8) == pytest.approx(56.6, abs=0.05)
    expected, _ = newsvendor.newsvendor_normal(holding_cost=0.18, stockout_cost=0.70, demand_mean=50, demand_sd=8)
    assert formulas.normal_reorder_point(ratio, 50, 8) == pytest.approx(expected)


@given(st.floats(-4, 4))
def test_the_standard_normal_loss_agrees_with_stockpyl(z):
    assert formulas.standard_normal_loss(z) == pytest.approx(loss_functions.standard_normal_loss(z)[0], abs=1e-12)


@given(st.floats(0, 300), st.floats(10, 200), st.floats(1, 60))
def test_the_expected_shortage_agrees_with_stockpyl(stock, mean, deviation):
    expected, _ = loss_functions.normal_loss(stock, mean, deviation)
    assert formulas.normal_expected_shortage(stock, mean, deviation) == pytest.approx(expected, abs=1e-9)


def test_certain_demand_falls_short_by_exactly_what_is_missing():
    assert formulas.normal_expected_shortage(30, 50, 0) == 20
    assert formulas.normal_expected_shortage(80, 50, 0) == 0


@pytest.mark.parametrize("level", [0.0, 1.0, -0.2, 1.5])
def test_a_service_level_outside_its_range_is_refused(level):
    with pytest.raises(ValueError, match="not between 0 and 1"):
        formulas.normal_safety_stock(level, 10)


def test_negative_costs_are_refused():
    with pytest.raises(ValueError, match="negative"):
        formulas.economic_order_quantity(-1, 1, 1)
    with pytest.raises(ValueError, match="negative"):
        formulas.newsvendor_ratio(-1, 1)


def test_the_fill_rate_is_that_of_the_textbook_examples():
    # Chopra and Meindl: 2,500 a week with deviation 500, two weeks, reorder point 6,000, lots of 10,000: 0.9975.
    assert formulas.normal_fill_rate(6000, 5000, 500 * math.sqrt(2), 10_000) == pytest.approx(0.9975, abs=5e-5)
    # Nahmias, Harvey's Specialty Shop: mean 100, deviation 25, lots of 100: 98 % at a reorder point of 126.
    assert formulas.normal_fill_rate(126, 100, 25, 100) == pytest.approx(0.98, abs=1e-3)


@given(st.floats(0, 300), st.floats(10, 200), st.floats(1, 60), st.floats(1, 500))
def test_the_fill_rate_agrees_with_the_loss_function_of_stockpyl(stock, mean, deviation, lot):
    short, _ = loss_functions.normal_loss(stock, mean, deviation)
    assert formulas.normal_fill_rate(stock, mean, deviation, lot) == pytest.approx(max(1 - short / lot, 0), abs=1e-9)


def test_a_fill_rate_without_orders_is_refused():
    with pytest.raises(ValueError, match="not above 0"):
        formulas.normal_fill_rate(10, 5, 1, 0)
