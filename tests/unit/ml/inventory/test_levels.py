"""Levels, risk, order and status: figures by hand and the properties that hold them together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.inventory import levels
from ml.inventory.demand import ResidualPool
from ml.inventory.policy import Policies
from ml.inventory.positions import Positions

DRAWS = 200
RNG = np.random.default_rng(8)
WALK = np.cumsum(RNG.standard_normal((2, DRAWS, 8)), axis=2) / 2 + RNG.standard_normal((2, DRAWS, 8))
POOL = ResidualPool(np.array([1000.0]), WALK, np.ones(2), {}, RNG.permutation(np.linspace(-2.4, 2.4, DRAWS)))
COLUMNS = {
    "policy_kind": "(R,s,S)", "target_kind": "cycle_service",
    "service_level_rate": 0.95, "lead_time_weeks": 2.0, "lead_time_deviation_weeks": 0.5, "review_period_weeks": 1.0,
    "minimum_order_amount": 100.0, "pack_size_amount": 50.0, "holding_cost_rate": 0.2, "ordering_cost_amount": 25.0,
    "margin_rate": 0.3, "maximum_stock_weeks": 12.0,
}  # fmt: skip
CASES = {
    "base": st.floats(20, 5000),
    "noise": st.floats(0, 0.6),
    "on_hand": st.floats(0, 10),
    "on_order": st.floats(0, 4),
    "due": st.floats(0, 4),
    "service": st.floats(0.5, 0.99),
    "lead": st.floats(0.5, 6),
}
LESS = settings(max_examples=60, deadline=None)


def policy(**changes):
    return Policies(**{name: np.array([changes.get(name, value)]) for name, value in COLUMNS.items()})


def decide(base=1000.0, noise=0.2, on_hand=4.0, on_order=0.0, due=1.0, service=0.95, lead=2.0, **changes):
    """Figures of one pair; stock in weeks of its base demand."""
    stock = Positions(np.array([on_hand * base]), np.array([on_order * base]), np.array([due]))
    rules = policy(service_level_rate=service, lead_time_weeks=lead, **changes)
    found = levels.decide(np.full((1, 8), base), np.array([noise * base]), np.array([0]), POOL, rules, stock)
    return {name: column[0] for name, column in found.items()}


def position(found):
    return found["current_stock"] + found["on_order"]


def test_certain_demand_gives_the_figures_worked_by_hand():
    # 100 dollars a day, two weeks of lead time and one of review, no uncertainty: 21 days of demand are 2,100 dollars.
    found = decide(base=700.0, noise=0, on_hand=2.0, lead=2.0, lead_time_deviation_weeks=0, pack_size_amount=250)
    assert found["avg_daily_demand"] == pytest.approx(100)
    assert found["reorder_point"] == pytest.approx(2100)
    assert found["safety_stock"] == 0
    economic = np.sqrt(2 * 25 * 700 * 52 / (0.2 * 0.7))
    assert found["order_up_to_level"] == pytest.approx(2100 + economic)
    assert found["order_quantity"] == 250 * np.ceil((2100 + economic - 1400) / 250)
    assert found["days_until_stockout"] == pytest.approx(14)
    assert found["holding_cost"] == pytest.approx(1400 * 0.2 * 0.7 / 52)
    assert found["status"] == "reorder"


def test_lost_margin_is_what_the_gap_before_delivery_costs():
    # Half a week of stock against two weeks until delivery: 1.5 weeks of 1,000 dollars are lost, 30 % of it margin.
    found = decide(noise=0, on_hand=0.5, lead_time_deviation_weeks=0)
    assert found["expected_lost_margin"] == pytest.approx(0.3 * 1500)
    assert found["stockout_probability"] == 1
    assert found["status"] == "critical"


def test_stock_on_order_helps_from_the_day_it_arrives():
    early = decide(noise=0, on_hand=1.0, on_order=5.0, due=0.5, lead_time_deviation_weeks=0)
    late = decide(noise=0, on_hand=1.0, on_order=5.0, due=1.5, lead_time_deviation_weeks=0)
    assert early["stockout_probability"] == 0
    assert (late["stockout_probability"], late["status"], late["order_quantity"]) == (1, "critical", 0)
    assert late["expected_lost_margin"] == pytest.approx(0.3 * 500)


def test_a_pair_without_demand_is_left_alone():
    stock = Positions(np.zeros(1), np.zeros(1), np.zeros(1))
    found = levels.decide(np.zeros((1, 8)), np.zeros(1), np.array([0]), POOL, policy(), stock)
    assert found["status"][0] == "adequate"
    assert found["order_quantity"][0] == 0


def test_excess_stock_costs_money_and_counts_as_value_at_risk():
    # Certain demand: 20,000 dollars stand above the level, held for two weeks of lead time and one of review.
    level = decide(noise=0, lead_time_deviation_weeks=0)["order_up_to_level"]
    found = decide(noise=0, on_hand=level / 1000 + 20, lead_time_deviation_weeks=0)
    assert found["value_at_risk"] == pytest.approx(0.2 * 0.7 / 52 * 20_000 * 3)
    assert np.isnan(found["days_until_stockout"])


def test_value_at_risk_is_the_margin_lost_until_the_next_chance_if_nothing_is_ordered():
    # Two weeks of stock against three of protection: one week of 1,000 dollars is lost, though none before delivery.
    found = decide(noise=0, on_hand=2.0, lead_time_deviation_weeks=0)
    assert found["expected_lost_margin"] == pytest.approx(0)
    assert found["value_at_risk"] == pytest.approx(0.3 * 1000)


def test_the_order_respects_minimum_pack_and_maximum():
    assert decide(on_hand=3.0, minimum_order_amount=20_001)["order_quantity"] == 20_050
    capped = decide(on_hand=0.0, holding_cost_rate=0.0, maximum_stock_weeks=6, pack_size_amount=400)
    assert capped["order_quantity"] % 400 == 0
    assert capped["order_quantity"] <= 6 * 7 * capped["avg_daily_demand"] + 1e-6


def test_results_do_not_depend_on_which_other_pairs_are_asked_for():
    pairs = 150
    rng = np.random.default_rng(1)
    forecast, noise = rng.gamma(3, 300, (pairs, 8)), rng.gamma(2, 40, pairs)
    stock = Positions(rng.gamma(3, 1000, pairs), rng.gamma(1, 300, pairs), rng.random(pairs) * 2)
    rules = Policies(**{name: np.full(pairs, value) for name, value in COLUMNS.items()})
    rules = replace(rules, lead_time_weeks=rng.uniform(1, 9, pairs))
    band = rng.integers(0, 2, pairs)
    every = levels.decide(forecast, noise, band, POOL, rules, stock)
    rows = np.array([140, 3, 77])
    some = levels.decide(forecast[rows], noise[rows], band[rows], POOL, rules.take(rows), stock.take(rows))
    for name, column in some.items():
        np.testing.assert_array_equal(column, every[name][rows])


@LESS
@given(**CASES, more=st.floats(0, 0.4))
def test_more_service_never_means_less_stock(more, **case):
    low, high = decide(**case), decide(**{**case, "service": min(case["service"] + more, 0.999)})
    for name in ("reorder_point", "safety_stock", "order_up_to_level"):
        assert high[name] >= low[name]


@LESS
@given(**CASES, more=st.floats(0, 5))
def test_more_stock_never_raises_the_risk(more, **case):
    low, high = decide(**case), decide(**{**case, "on_hand": case["on_hand"] + more})
    assert high["stockout_probability"] <= low["stockout_probability"]
    assert high["expected_lost_margin"] <= low["expected_lost_margin"] + 1e-9
    assert not high["days_until_stockout"] < low["days_until_stockout"]


@LESS
@given(**CASES, more=st.floats(0, 6))
def test_a_longer_lead_time_never_lowers_the_reorder_point(more, **case):
    low, high = decide(**case), decide(**{**case, "lead": case["lead"] + more})
    assert high["reorder_point"] >= low["reorder_point"]
    assert high["stockout_probability"] >= low["stockout_probability"]


@LESS
@given(**CASES)
def test_an_order_is_recommended_exactly_where_the_position_is_not_above_the_reorder_point(**case):
    found = decide(**case)
    assert (found["order_quantity"] > 0) == (position(found) <= found["reorder_point"])
    assert found["order_quantity"] % 50 == pytest.approx(0)


@LESS
@given(**CASES)
def test_the_status_agrees_with_position_and_probability(**case):
    found = decide(**case)
    is_due = position(found) <= found["reorder_point"]
    assert (found["status"] == "critical") == (found["stockout_probability"] > levels.CRITICAL_PROBABILITY)
    assert found["status"] != "reorder" or is_due
    assert found["status"] not in ("monitor", "adequate") or not is_due
    assert found["status"] != "adequate" or found["stockout_probability"] <= 1 - case["service"]


@LESS
@given(**CASES)
def test_the_reorder_point_is_the_service_quantile_of_protection_demand(**case):
    rules = policy(service_level_rate=case["service"], lead_time_weeks=case["lead"])
    stock = Positions(np.zeros(1), np.zeros(1), np.zeros(1))
    forecast, noise = np.full((1, 8), case["base"]), np.array([case["noise"] * case["base"]])
    seen = levels.look_ahead(forecast, noise, POOL.shapes[0], POOL.lead_time_draws, rules, stock)
    found = levels.stock_levels(seen, rules)
    covered = (seen.protection <= found.reorder_point[0]).mean()
    below = (seen.protection < found.reorder_point[0]).mean()
    assert covered >= case["service"] - 1e-9
    assert below < case["service"]
    assert found.order_up_to[0] >= found.reorder_point[0]
    assert found.safety_stock[0] == max(found.reorder_point[0] - found.mean_demand[0], 0)
