import numpy as np
import pytest

from ml.inventory.formulas import normal_safety_stock
from ml.inventory.single_item import Demand, Policy, Stock, order_for
from warehouse.errors import ShelfcastError


def test_the_order_up_to_level_is_the_base_stock_of_the_textbook():
    order = order_for(Policy(service_level_rate=0.98, lead_time_weeks=3.0), Stock(0.0), Demand(80.0, 10.0))
    assert order.order_up_to_level == pytest.approx(4 * 80 + normal_safety_stock(0.98, 10 * np.sqrt(4)), rel=0.01)
    assert order.safety_stock == pytest.approx(order.order_up_to_level - 4 * 80, abs=0.5)


def test_an_order_fills_up_to_the_level_in_whole_packs():
    order = order_for(Policy(pack_size=25.0), Stock(on_hand=20.0, on_order=30.0), Demand(40.0, 5.0))
    assert order.quantity % 25 == 0
    assert order.order_up_to_level <= 50.0 + order.quantity < order.order_up_to_level + 25


def test_an_item_with_stock_enough_orders_nothing():
    order = order_for(Policy(), Stock(on_hand=1_000.0), Demand(40.0, 5.0))
    assert (order.quantity, order.status, order.stockout_probability_rate) == (0.0, "adequate", 0.0)


def test_a_target_out_of_range_is_one_sentence():
    with pytest.raises(ShelfcastError, match="service_level_rate"):
        order_for(Policy(service_level_rate=1.2), Stock(1.0), Demand(1.0, 1.0))


@pytest.mark.parametrize("weeks", [8, 12, 26])
@pytest.mark.parametrize("service", [0.5, 0.95, 0.98])
def test_a_long_lead_time_needs_the_safety_stock_of_independent_weeks(weeks, service):
    policy = Policy(service_level_rate=service, lead_time_weeks=weeks, review_period_weeks=4.0)
    order = order_for(policy, Stock(0.0), Demand(100.0, 15.0))
    safety = normal_safety_stock(service, 15 * np.sqrt(weeks + 4))
    assert order.order_up_to_level - 100 * (weeks + 4) == pytest.approx(safety, rel=0.03, abs=1.0)


def test_nothing_is_ordered_at_the_base_stock_and_a_pack_just_below_it():
    # Certain demand of 50 over three weeks: the level is 150.
    exact, below = (order_for(Policy(), Stock(on_hand), Demand(50.0, 0.0)) for on_hand in (150.0, 149.9))
    assert (exact.quantity, exact.status) == (0.0, "monitor")
    assert (below.quantity, below.status) == (1.0, "reorder")


def test_an_order_that_comes_after_the_protection_period_replaces_nothing():
    late, none = (order_for(Policy(), stock, Demand(50.0, 8.0)) for stock in (Stock(60.0, 500.0, 3.0), Stock(60.0)))
    assert late == none
    assert order_for(Policy(), Stock(60.0, 500.0, 2.9), Demand(50.0, 8.0)).quantity == 0.0


@pytest.mark.parametrize(
    ("stock", "demand", "words"),
    [
        (Stock(float("nan")), Demand(50.0, 8.0), "on_hand is nan; it must be a number"),
        (Stock(10.0, -5.0), Demand(50.0, 8.0), "on_order is -5; it must be a number of at least 0"),
        (Stock(10.0, 5.0, float("nan")), Demand(50.0, 8.0), "due_weeks is nan"),
        (Stock(10.0), Demand(float("nan"), 8.0), "weekly_mean is nan"),
        (Stock(10.0), Demand(50.0, float("inf")), "weekly_deviation is inf"),
        (Stock(10.0), Demand(50.0, -8.0), "weekly_deviation is -8"),
    ],
)
def test_stock_or_demand_that_makes_no_sense_is_refused_in_one_sentence(stock, demand, words):
    with pytest.raises(ShelfcastError, match=words):
        order_for(Policy(), stock, demand)


def test_stock_that_is_owed_to_customers_is_ordered_on_top():
    owed, empty = (order_for(Policy(), Stock(on_hand), Demand(50.0, 8.0)) for on_hand in (-40.0, 0.0))
    assert owed.quantity == empty.quantity + 40
