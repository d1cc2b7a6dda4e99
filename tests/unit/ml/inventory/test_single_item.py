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
