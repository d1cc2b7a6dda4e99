"""Counted stock in dollars, and simulated stock that looks like a shop's."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.inventory.orders.positions import Positions, counted_positions, simulated_positions
from policies import plain_policies


def policies(pairs, **changes):
    return plain_policies(pairs, **{"minimum_order_amount": 0.0, "pack_size_amount": 1.0, **changes})


def simulate(sales, ids, seed=9):
    store, dept = np.array([pair[0] for pair in ids]), np.array([pair[1] for pair in ids])
    return simulated_positions(sales, policies(len(ids)), store, dept, seed)


@pytest.fixture
def sales():
    return np.random.default_rng(4).gamma(4, 250, (400, 30))


IDS = [(store, dept) for store in range(1, 21) for dept in range(1, 21)]


def test_pieces_become_money_and_money_stays():
    stock = pd.DataFrame(
        {"on_hand": [10.0, 500.0, 1.0], "on_order": [2.0, 100.0, 0.0], "weeks_until_expected": [1.5, np.nan, -3.0]}
    )
    found = counted_positions(stock, np.array([4.5, 1.0, 2.0]), np.array([2.0, 3.0, 2.0]))
    assert found.on_hand.tolist() == [45.0, 500.0, 2.0]
    assert found.on_order.tolist() == [9.0, 100.0, 0.0]
    assert found.due_weeks.tolist() == [1.5, 1.5, 0.0]
    assert found.total.tolist() == [54.0, 600.0, 2.0]


def test_simulated_stock_is_rounded_to_whole_pieces_where_they_are_whole():
    found = Positions(np.array([31.0, 31.0]), np.array([3.7, 3.7]), np.zeros(2)).in_whole(np.array([2.5, np.nan]))
    assert (found.on_hand.tolist(), found.on_order.tolist()) == ([30.0, 31.0], [2.5, 3.7])


def test_simulated_stock_follows_from_seed_store_and_department_alone(sales):
    every = simulate(sales, IDS)
    some = [7, 300, 21]
    alone = simulate(sales[some], [IDS[row] for row in some])
    assert alone.on_hand.tolist() == every.on_hand[some].tolist()
    assert alone.on_order.tolist() == every.on_order[some].tolist()
    assert (simulate(sales, IDS, seed=10).on_hand != every.on_hand).mean() > 0.9


def test_simulated_stock_is_never_negative_and_grows_with_sales(sales):
    small, large = simulate(sales, IDS), simulate(10 * sales, IDS)
    assert (small.on_hand >= 0).all()
    assert (small.on_order >= 0).all()
    assert large.on_hand == pytest.approx(10 * small.on_hand)


def test_the_simulated_shop_holds_some_weeks_of_sales_and_rarely_runs_out(sales):
    found = simulate(sales, IDS)
    weeks = found.total / sales[:, -4:].mean(axis=1)
    assert 4 < np.median(weeks) < 9
    assert (found.on_hand == 0).mean() < 0.1
    assert 0.1 < (found.on_order > 0).mean() < 0.7


def test_missing_negative_and_short_sales_are_taken_as_they_are():
    sales = np.array([[np.nan, np.nan, 100.0, -20.0, 100.0], [np.nan] * 5])
    found = simulate(sales, [(1, 1), (1, 2)])
    assert np.isfinite(found.on_hand).all()
    assert found.total[1] == 0
    assert simulate(sales[:, :1], [(1, 1), (1, 2)]).total.tolist() == [0, 0]


def test_a_position_can_be_taken_apart(sales):
    found = simulate(sales, IDS)
    assert len(found.take(slice(0, 5))) == 5
    assert replace(found, on_order=np.zeros(400)).total.tolist() == found.on_hand.tolist()
