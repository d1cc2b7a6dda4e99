"""The fill rate of a level: by hand, against the textbook, against a simulated shop."""

import numpy as np
import pytest

from ml.inventory.formulas import normal_fill_rate
from ml.inventory.orders.fill_rate import expected_fill_rate, fill_rate_level, reach

RNG = np.random.default_rng(3)


def column(*values):
    return np.array(values, dtype=float)


def test_what_is_missing_counts_once_and_only_in_its_own_cycle():
    # Demand 20 before delivery and 10 in the cycle: 27 leave 3 of 10 unmet, 15 leave all 10, 31 none.
    before, until = np.full((3, 4), 20.0), np.full((3, 4), 30.0)
    level = column(27, 15, 31)
    assert expected_fill_rate(before, until, level, level).tolist() == pytest.approx([0.7, 0.0, 1.0])


def test_a_position_spread_over_a_lot_meets_the_mean_of_what_its_positions_meet():
    # Between 25 and 35 half of the positions miss nothing, the others 2.5 of 10 in the mean.
    before, until = np.full((1, 4), 20.0), np.full((1, 4), 30.0)
    assert expected_fill_rate(before, until, column(25), column(35))[0] == pytest.approx(1 - 0.5 * 0.25)


def test_without_demand_nothing_is_missing():
    none = np.zeros((1, 4))
    assert expected_fill_rate(none, none, column(0), column(0))[0] == 1
    assert fill_rate_level(column(0.9), none, none, column(0), column(0))[0] == 0


def test_normal_demand_has_the_fill_rate_of_the_textbook():
    # Orders at each review that arrive at once: the cycle's demand is all demand, normal with mean 100, deviation 25.
    until = np.maximum(RNG.normal(100, 25, (1, 400_000)), 0)
    for level in (80.0, 110.0, 140.0):
        found = expected_fill_rate(np.zeros_like(until), until, column(level), column(level))[0]
        assert found == pytest.approx(normal_fill_rate(level, 100, 25, 100), abs=1e-3)


def test_the_level_is_the_smallest_that_reaches_the_target():
    until = RNG.gamma(4, 25, (5, 500))
    before = until * RNG.uniform(0, 0.9, (5, 500))
    target, lot, room = column(0.5, 0.9, 0.95, 0.99, 0.999), column(0, 30, 0, 500, np.inf), np.full(5, 300.0)
    level = fill_rate_level(target, before, until, lot, room)
    met = expected_fill_rate(before, until, level, reach(level, lot, room))
    below = expected_fill_rate(before, until, level - 0.01, reach(level - 0.01, lot, room))
    assert (met >= target).all()
    assert (below < target).all()


def test_a_shop_that_orders_fixed_quantities_meets_the_share_that_is_expected():
    # Weekly gamma demand of 100, two weeks of lead time, weekly review, lots of 250 at 260; late demand is delivered.
    weeks, point, lot = 60_000, 260.0, 250.0
    demand = RNG.gamma(4, 25, weeks)
    coming, on_hand, position, met = np.zeros(weeks + 3), point + lot, point + lot, 0.0
    for week in range(weeks):
        if position <= point:
            placed = lot * (np.floor((point - position) / lot) + 1)
            coming[week + 2] += placed
            position += placed
        on_hand += coming[week]
        met += min(max(on_hand, 0.0), demand[week])
        on_hand, position = on_hand - demand[week], position - demand[week]
    paths = RNG.gamma(4, 25, (1, 200_000, 3)).cumsum(axis=2)
    expected = expected_fill_rate(paths[:, :, 1], paths[:, :, 2], column(point), column(point + lot))[0]
    assert met / demand.sum() == pytest.approx(expected, abs=0.004)
    assert 0.8 < expected < 0.95
