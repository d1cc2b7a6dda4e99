"""What a policy leads to in the long run, against figures by hand and against a shop that is run for years."""

from dataclasses import fields

import numpy as np
import pytest

from ml.inventory.formulas import normal_expected_shortage
from ml.inventory.orders.levels import Levels, stock_levels
from ml.inventory.protection import Pieces, ProtectionDemand
from ml.inventory.scenarios.steady_state import steady_state
from policies import plain_policies

VALUES = {
    "lead_time_deviation_weeks": 0.0,
    "minimum_order_amount": 0.0,
    "pack_size_amount": 1e-6,
    "holding_cost_rate": 0.26,
    "maximum_stock_weeks": 50.0,
}


def policies(**changes):
    return plain_policies(1, **{**VALUES, **changes})


def outlook(weekly):
    """Demand of one pair from independent weeks, (draws, 3): two weeks of lead time, one of review."""
    total = np.concatenate([np.zeros((len(weekly), 1)), weekly.cumsum(axis=1)], axis=1).T
    return ProtectionDemand(
        cumulative=total[None],
        lead=np.full((1, len(weekly)), 2.0),
        pieces=Pieces(None, np.zeros(len(weekly))),
        until_delivery=total[None, 2],
        protection=total[None, 3],
        protection_weeks=np.array([3.0]),
        review_mean=total[1].mean(keepdims=True),
        weekly_mean=total[3].mean(keepdims=True) / 3,
    )


def levels(bottom, top, mean=300.0):
    values = {
        "mean_demand": mean,
        "weekly_demand": mean / 3,
        "reorder_point": bottom,
        "order_up_to": top,
        "lot": top - bottom,
        "ceiling": 1e9,
        "needs_stock": True,
    }
    return Levels(**{field.name: np.array([values.get(field.name, 0.0)]) for field in fields(Levels)})


def run_for_years(draw, bottom, top, is_fixed=False, shops=4000, weeks=60):
    """Fill, stockout share, mean stock and order share of shops that are reviewed weekly and owe what they lack."""
    demand = draw((shops, weeks + 3))
    total = np.concatenate([np.zeros((shops, 1)), demand.cumsum(axis=1)], axis=1)
    position, found = np.full(shops, top), []
    for week in range(weeks):
        is_due = position <= bottom
        lots = np.floor((bottom - position) / (top - bottom)) + 1 if is_fixed else 0
        position = np.where(is_due, position + lots * (top - bottom) if is_fixed else top, position)
        before, after = (total[:, week + ahead] - total[:, week] for ahead in (2, 3))
        owed = np.maximum(after - position, 0) - np.maximum(before - position, 0)
        stock = (np.maximum(position - before, 0) + np.maximum(position - after, 0)) / 2
        found.append((owed.mean(), (after > position).mean(), stock.mean(), is_due.mean()))
        position = position - demand[:, week]
    owed, stockout, stock, orders = np.mean(found[20:], axis=0)
    return 1 - owed / demand.mean(), stockout, stock, orders


@pytest.mark.parametrize(("shape", "tolerance"), [(1.0, 0.01), (4.0, 0.05), (10.0, 0.08)])
@pytest.mark.parametrize("width", [30.0, 150.0, 400.0])
def test_stock_service_and_orders_are_those_of_a_shop_that_is_run_for_years(shape, tolerance, width):
    rng = np.random.default_rng(4)
    draw = lambda size: rng.gamma(shape, 100 / shape, size)  # noqa: E731
    found = steady_state(outlook(draw((200_000, 3))), levels(330.0, 330.0 + width), policies())
    fill, stockout, stock, orders = run_for_years(draw, 330.0, 330.0 + width)
    assert found["average_stock_amount"][0] == pytest.approx(stock, rel=max(tolerance, 0.02))
    assert found["fill_rate"][0] == pytest.approx(fill, abs=tolerance / 2)
    assert found["stockout_rate"][0] == pytest.approx(stockout, abs=tolerance)
    assert found["yearly_order_count"][0] / 52 == pytest.approx(orders, abs=max(tolerance, 0.01) * 2.5)


def test_orders_of_a_fixed_size_spread_the_position_evenly_as_in_a_shop_that_is_run_for_years():
    rng = np.random.default_rng(4)
    draw = lambda size: rng.gamma(4, 25, size)  # noqa: E731
    found = steady_state(outlook(draw((200_000, 3))), levels(330.0, 630.0), policies(policy_kind="(s,Q)"))
    fill, stockout, stock, orders = run_for_years(draw, 330.0, 630.0, is_fixed=True)
    assert found["average_stock_amount"][0] == pytest.approx(stock, rel=0.01)
    assert found["fill_rate"][0] == pytest.approx(fill, abs=0.002)
    assert found["stockout_rate"][0] == pytest.approx(stockout, abs=0.005)
    assert found["yearly_order_count"][0] / 52 == pytest.approx(orders, abs=0.01)


def test_a_position_that_is_filled_up_at_every_review_has_the_fill_rate_of_the_normal_formula():
    rng = np.random.default_rng(3)
    weekly = rng.normal(100, 20, (400_000, 3))
    found = steady_state(outlook(weekly), levels(330.0, 330.0), policies())
    short = normal_expected_shortage(330, 300, 20 * 3**0.5) - normal_expected_shortage(330, 200, 20 * 2**0.5)
    assert found["yearly_order_count"][0] == pytest.approx(52)
    assert found["fill_rate"][0] == pytest.approx(1 - short / 100, abs=5e-4)


def test_certain_demand_gives_the_money_worked_by_hand():
    # 100 dollars a week, 2 weeks of lead time and 1 of review. Ordered up to 250: after two weeks 50 are on hand and
    # nothing a week later, half a week of demand is lost in every cycle. Mean of 50 and 0 is 25 on hand.
    found = steady_state(outlook(np.full((10, 3), 100.0)), levels(250.0, 250.0), policies())
    assert found["yearly_demand_amount"][0] == pytest.approx(5200)
    assert found["fill_rate"][0] == pytest.approx(0.5)
    assert found["stockout_rate"][0] == 1
    assert found["average_stock_amount"][0] == pytest.approx(25)
    assert found["yearly_lost_margin_amount"][0] == pytest.approx(0.3 * 2600)
    assert found["yearly_holding_cost_amount"][0] == pytest.approx(0.26 * 0.7 * 25)
    assert found["yearly_ordering_cost_amount"][0] == pytest.approx(52 * 25)
    assert found["yearly_profit_amount"][0] == pytest.approx(0.3 * 2600 - 0.26 * 0.7 * 25 - 1300)


def test_a_minimum_order_makes_orders_rare_and_stock_high():
    seen = outlook(np.random.default_rng(2).gamma(4, 25, (5000, 3)))
    few = steady_state(seen, levels(350.0, 350.0), policies(minimum_order_amount=1000.0, pack_size_amount=10.0))
    many = steady_state(seen, levels(350.0, 350.0), policies())
    assert few["yearly_order_count"][0] == pytest.approx(5.2, rel=0.02)
    assert few["average_stock_amount"][0] > many["average_stock_amount"][0] + 300


def test_a_pair_without_demand_costs_and_earns_nothing():
    seen = outlook(np.zeros((10, 3)))
    found = steady_state(seen, stock_levels(seen, policies()), policies())
    assert found["fill_rate"][0] == 1
    assert {name: column[0] for name, column in found.items() if name != "fill_rate"} == dict.fromkeys(
        [name for name in found if name != "fill_rate"], 0.0
    )
