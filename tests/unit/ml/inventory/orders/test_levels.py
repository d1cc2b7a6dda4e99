"""Levels, risk, order and status: figures by hand and the properties that hold them together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.inventory.orders import levels
from ml.inventory.orders.fill_rate import expected_fill_rate
from ml.inventory.orders.levels import Before
from ml.inventory.orders.positions import Positions
from ml.inventory.protection import DRAWS, SLACK_RATE, DemandAhead, ErrorModel, ErrorPool, lead_times
from policies import plain_policies

RNG = np.random.default_rng(8)
WALK = np.cumsum(RNG.standard_normal((2, DRAWS, 8)), axis=2) / 2 + RNG.standard_normal((2, DRAWS, 8))
# Errors that stay for weeks, at two volumes: cumulated over the weeks, as the model has them.
POOL = ErrorPool(np.log([500.0, 2000.0]), np.ones((2, 8)), np.swapaxes(WALK.cumsum(axis=2), 1, 2))
MODEL = ErrorModel(POOL, POOL, np.ones(0), RNG.permutation((np.arange(DRAWS) + 0.5) / DRAWS))
CASES = {
    "base": st.floats(20, 5000),
    "noise": st.floats(0, 0.6),
    "on_hand": st.floats(0, 10),
    "on_order": st.floats(0, 4),
    "due": st.floats(0, 4),
    "service": st.floats(0.5, 0.99),
    "lead": st.floats(0.5, 6),
    "policy_kind": st.sampled_from(["(R,S)", "(R,s,S)", "(s,Q)"]),
    "target_kind": st.sampled_from(["cycle_service", "fill_rate"]),
}
LESS = settings(max_examples=60, deadline=None)


def policy(**changes):
    return plain_policies(1, **changes)


def demand_of(forecast, noise):
    """Demand of pairs by their forecasts, (pairs, 8), and the size of an error of a week, (pairs,)."""
    forecast, scale = np.atleast_2d(forecast), np.repeat(np.atleast_1d(noise)[:, None], 8, axis=1)
    return DemandAhead(forecast, scale, forecast.mean(axis=1), np.ones(len(forecast), bool), MODEL)


def decide(base=1000.0, noise=0.2, on_hand=4.0, on_order=0.0, due=1.0, service=0.95, lead=2.0, before=None, **changes):
    """Figures of one pair; stock in weeks of its base demand."""
    stock = Positions(np.array([on_hand * base]), np.array([on_order * base]), np.array([due]))
    rules = policy(service_level_rate=service, lead_time_weeks=lead, **changes)
    found = levels.decide(demand_of(np.full(8, base), noise * base), rules, stock, before)
    return {name: column[0] for name, column in found.items()}


def is_low(found):
    lacks = found["stock_position"] < (1 - SLACK_RATE) * found["order_up_to_level"]
    return found["stock_position"] <= found["reorder_point"] and lacks


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
    found = levels.decide(demand_of(np.zeros(8), 0.0), policy(), stock)
    assert found["status"][0] == "adequate"
    assert found["order_quantity"][0] == 0


@pytest.mark.parametrize("target", [("cycle_service", 0.999), ("fill_rate", 0.99)])
@pytest.mark.parametrize(("weekly", "is_ordered"), [(0.01, False), (0.05, True)])
def test_a_piece_that_is_not_expected_to_sell_within_a_year_is_not_ordered_by_itself(weekly, is_ordered, target):
    kind, rate = target
    rules = policy(target_kind=kind, service_level_rate=rate, lead_time_weeks=6.0, pack_size_amount=2.5)
    demand = replace(demand_of(np.full(8, 2.5 * weekly), 0.0), piece=np.array([2.5]))
    found = levels.decide(demand, rules, Positions(np.zeros(1), np.zeros(1), np.zeros(1)))
    assert (found["order_quantity"][0] > 0) == is_ordered


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
    rules = replace(plain_policies(pairs), lead_time_weeks=rng.uniform(1, 9, pairs))
    demand = demand_of(forecast, noise)
    every = levels.decide(demand, rules, stock)
    rows = np.array([140, 3, 77])
    some = levels.decide(demand.take(rows), rules.take(rows), stock.take(rows))
    for name, column in some.items():
        np.testing.assert_array_equal(column, every[name][rows])


def test_up_to_at_each_review_orders_exactly_what_is_missing_to_the_reorder_point():
    # Certain demand of 1,000 a week over two weeks of lead time and one of review: up to 3,000.
    found = decide(noise=0, on_hand=2.2, lead_time_deviation_weeks=0, policy_kind="(R,S)")
    assert found["reorder_point"] == found["order_up_to_level"] == pytest.approx(3000)
    assert found["order_quantity"] == pytest.approx(800)
    assert found["order_value_cost"] == pytest.approx(0.7 * 800)


def test_a_fixed_quantity_is_the_economic_one_in_whole_packs_as_often_as_it_takes():
    # sqrt(2 * 25 * 52,000 / 0.14) = 4,309 dollars are 11 packs of 400; three of them lift 2,000 above 14,000.
    rules = {"noise": 0, "lead_time_deviation_weeks": 0, "policy_kind": "(s,Q)", "pack_size_amount": 400}
    assert decide(on_hand=2.9, **rules)["order_quantity"] == 4400
    assert decide(on_hand=2.9, **rules)["order_up_to_level"] == pytest.approx(3000 + 4400)
    far = decide(on_hand=2.0, lead=13, maximum_stock_weeks=40, **rules)
    assert far["reorder_point"] == pytest.approx(14_000)
    assert far["order_quantity"] == 3 * 4400


def test_a_fixed_quantity_is_reviewed_every_week_whatever_the_review_period():
    found = decide(noise=0, review_period_weeks=4, lead_time_deviation_weeks=0, policy_kind="(s,Q)")
    assert (found["review_period_weeks"], found["reorder_point"]) == (1, pytest.approx(3000))


def test_a_fill_rate_target_is_met_by_the_level_worked_by_hand():
    # Certain demand: the week between deliveries, the third, asks for 1,000; 900 of them in stock are 90 %.
    rules = {"noise": 0, "lead_time_deviation_weeks": 0, "target_kind": "fill_rate", "service": 0.9}
    found = decide(policy_kind="(R,S)", **rules)
    assert found["reorder_point"] == pytest.approx(2900)
    assert found["expected_fill_rate"] == pytest.approx(0.9)
    # With lots the position lies evenly over them: those below 3,000 miss half of their distance to it.
    lots = decide(policy_kind="(R,s,S)", **rules)
    width = lots["order_up_to_level"] - lots["reorder_point"]
    assert (3000 - lots["reorder_point"]) ** 2 / (2 * width) == pytest.approx(100)


def test_a_fill_rate_of_99_percent_asks_for_less_than_a_cycle_service_of_99_percent():
    fill = decide(service=0.99, target_kind="fill_rate")
    assert fill["reorder_point"] < decide(service=0.99)["reorder_point"]
    assert fill["expected_fill_rate"] == pytest.approx(0.99, abs=1e-6)


def test_a_position_that_hovers_around_the_reorder_point_does_not_flip():
    # A quarter of a week's demand is the margin: 50 dollars either side stay due, 300 above do not.
    point = decide(noise=0, lead_time_deviation_weeks=0)["reorder_point"]
    before, seen = None, []
    for offset in (400, -50, 50, -50, 200, -10, 300, 50):
        found = decide(noise=0, lead_time_deviation_weeks=0, on_hand=(point + offset) / 1000, before=before)
        before = Before(np.array([found["status"]]), np.array([found["order_quantity"] > 0]))
        seen.append((str(found["status"]), bool(found["order_quantity"] > 0)))
    due, near = ("reorder", True), ("monitor", False)
    assert seen == [near, due, due, due, due, due, near, near]


def test_an_order_always_lifts_a_pair_out_of_the_margin():
    for kind in ("(R,s,S)", "(s,Q)"):
        rules = {"policy_kind": kind, "ordering_cost_amount": 0.01, "pack_size_amount": 1, "minimum_order_amount": 0}
        first = decide(on_hand=2.0, **rules)
        before = Before(np.array([first["status"]]), np.array([True]))
        after = decide(on_hand=2.0, on_order=first["order_quantity"] / 1000, before=before, **rules)
        assert after["order_quantity"] == 0


def test_a_pair_gets_worse_at_once_whatever_it_was_before():
    calm = Before(np.array(["adequate"]), np.array([False]))
    assert decide(on_hand=0.5, before=calm) == decide(on_hand=0.5)


@LESS
@given(**CASES, more=st.floats(0, 0.4))
def test_more_service_never_means_less_stock(more, **case):
    low, high = decide(**case), decide(**{**case, "service": min(case["service"] + more, 0.999)})
    for name in ("reorder_point", "safety_stock", "order_up_to_level", "expected_fill_rate"):
        assert high[name] >= low[name] - 1e-6


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
    assert high["reorder_point"] >= low["reorder_point"] - 1e-6
    assert high["stockout_probability"] >= low["stockout_probability"]


@LESS
@given(**CASES)
def test_an_order_is_recommended_exactly_where_the_position_is_not_above_the_reorder_point_and_lacks_something(**case):
    found = decide(**case)
    assert (found["order_quantity"] > 0) == is_low(found)
    assert found["order_quantity"] % 50 == pytest.approx(0)


@LESS
@given(**CASES, was=st.sampled_from(["", "critical", "reorder", "monitor", "adequate"]), was_due=st.booleans())
def test_the_status_agrees_with_position_and_probability(was, was_due, **case):
    found = decide(**case)
    tolerance = accepted_risk(**case)
    is_due = is_low(found)
    assert (found["status"] == "critical") == (found["stockout_probability"] > levels.CRITICAL_PROBABILITY)
    assert (found["status"] == "reorder") == (is_due and found["status"] != "critical")
    assert found["status"] != "adequate" or found["stockout_probability"] <= tolerance
    held = decide(**case, before=Before(np.array([was]), np.array([was_due])))
    severity = ["adequate", "monitor", "reorder", "critical"].index
    assert severity(held["status"]) >= severity(found["status"])
    assert held["status"] in (found["status"], "monitor", "reorder", was)
    assert (held["order_quantity"] > 0) == (held["status"] == "reorder") or held["status"] == "critical"


@LESS
@given(**CASES)
def test_the_reorder_point_is_the_service_quantile_of_protection_demand(**case):
    seen, found = levels_of(**{**case, "target_kind": "cycle_service"})
    covered = (seen.protection <= found.reorder_point[0]).mean()
    below = (seen.protection < found.reorder_point[0]).mean()
    assert covered >= case["service"] - 1e-9
    assert below < case["service"]
    assert found.order_up_to[0] >= found.reorder_point[0]
    assert found.safety_stock[0] == max(found.reorder_point[0] - found.mean_demand[0], 0)


@LESS
@given(**CASES)
def test_a_fill_rate_level_reaches_its_target_and_a_little_less_does_not(**case):
    seen, found = levels_of(**{**case, "target_kind": "fill_rate"})
    assert found.fill_rate[0] >= case["service"] - 1e-9
    lower = 0.999 * found.reorder_point
    top = np.minimum(lower + found.lot, np.maximum(found.ceiling, lower))
    less = expected_fill_rate(seen.until_delivery, seen.protection, lower, top)
    assert less[0] < case["service"] or found.reorder_point[0] == 0


def levels_of(**case):
    rules = policy(
        service_level_rate=case["service"],
        lead_time_weeks=case["lead"],
        policy_kind=case["policy_kind"],
        target_kind=case["target_kind"],
    )
    lead = lead_times(rules.lead_time_weeks, rules.lead_time_deviation_weeks, MODEL.lead_time_ranks)
    seen = demand_of(np.full(8, case["base"]), case["noise"] * case["base"]).over(lead, rules.reviewed_weeks, 8)
    return seen, levels.stock_levels(seen, rules)


def accepted_risk(**case):
    return levels_of(**case)[1].tolerance[0]


def test_stock_on_order_counts_only_where_it_comes_within_the_protection_period():
    # Two weeks of lead time and one of review: what is due in three weeks or more protects nothing of them.
    rules = {"noise": 0, "on_hand": 1.0, "lead_time_deviation_weeks": 0}
    nothing, late, early = (
        decide(**rules),
        decide(on_order=9.0, due=3.0, **rules),
        decide(on_order=9.0, due=2.9, **rules),
    )
    for name in ("stock_position", "order_quantity", "status", "value_at_risk"):
        assert late[name] == nothing[name]
    assert (late["on_order"], late["stock_position"], early["stock_position"]) == (9000, 1000, 10_000)
    assert early["order_quantity"] == 0


@pytest.mark.parametrize(("due", "days"), [(0.0, 35), (0.9, 35), (1.0, 35), (1.1, 7), (5.0, 7)])
def test_stock_lasts_until_it_runs_out_before_the_delivery_or_all_of_it_does(due, days):
    # 1,000 a week: 1,000 on hand are gone after a week, where the 4,000 on order have not come by then.
    found = decide(noise=0, on_hand=1.0, on_order=4.0, due=due, lead_time_deviation_weeks=0)
    assert found["days_until_stockout"] == pytest.approx(days)


def test_a_pair_has_the_same_figures_to_the_bit_beside_pairs_that_wait_half_a_year():
    pairs = 130
    rng = np.random.default_rng(2)
    rules = plain_policies(pairs, target_kind=np.where(np.arange(pairs) % 2, "fill_rate", "cycle_service"))
    rules = replace(rules, lead_time_weeks=np.where(np.arange(pairs) % 50 == 7, 26.0, rng.uniform(0.2, 12, pairs)))
    demand = demand_of(rng.gamma(3, 300, (pairs, 8)), rng.gamma(2, 40, pairs))
    stock = Positions(rng.gamma(3, 1000, pairs), rng.gamma(1, 300, pairs), rng.random(pairs) * 2)
    every = levels.decide(demand, rules, stock)
    for row in range(pairs):
        alone = slice(row, row + 1)
        one = levels.decide(demand.take(alone), rules.take(alone), stock.take(alone))
        for name, column in one.items():
            np.testing.assert_array_equal(column, every[name][alone], err_msg=name)
