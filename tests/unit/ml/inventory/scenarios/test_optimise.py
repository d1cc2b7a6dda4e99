"""Proposed service levels: the newsvendor's ratio where it rules alone, and the best of its neighbours everywhere."""

import datetime as dt
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from stockpyl.newsvendor import newsvendor_normal

from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.orders.positions import Positions
from ml.inventory.policy import Policies, resolve_policies
from ml.inventory.protection import normal_demand
from ml.inventory.scenarios.optimise import LEVELS, critical_rate, optimise
from ml.inventory.scenarios.what_if import evaluate, service_profile

ROW = {
    "policy_id": "default",
    "store_type": None,
    "store_code": None,
    "product_code": None,
    "policy_kind": "(R,s,S)",
    "target_kind": "cycle_service",
    "service_level_rate": 0.9,
    "lead_time_weeks": 2.0,
    "lead_time_deviation_weeks": 0.5,
    "review_period_weeks": 1.0,
    "minimum_order_amount": 100.0,
    "pack_size_amount": 50.0,
    "holding_cost_rate": 0.25,
    "ordering_cost_amount": 25.0,
    "margin_rate": 0.3,
    "maximum_stock_weeks": 12.0,
}


def policies(*rows):
    known = {field.name for field in fields(Policies)} | {"policy_id", "store_type", "store_code", "product_code"}
    return pd.DataFrame([{name: value for name, value in {**ROW, **row}.items() if name in known} for row in rows])


def make_inputs(rules, base=(1000.0, 300.0, 4000.0), noise=0.25):
    pairs = pd.DataFrame({"store_id": 1, "dept_id": range(1, len(base) + 1), "store_type": "A"})
    pairs = pairs.assign(store_code="1", product_code=pairs["dept_id"].astype(str))
    mean, none = np.array(base), np.zeros(len(base))
    return DecisionInputs(
        decision_date=dt.date(2012, 8, 31),
        pairs=pairs,
        demand=normal_demand(mean, noise * mean),
        policies=resolve_policies(rules, pairs),
        positions=Positions(none, none, none),
        stock_source=np.full(len(base), "simulated"),
    )


def test_the_critical_ratio_is_that_of_the_textbook_example():
    # Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed., example 4.3: holding 0.18, shortage 0.70. A margin
    # of 70 % leaves 30 cents of cost in a dollar; held for a week at 3,120 % a year they cost 18 cents.
    assert critical_rate(0.7, 31.2, 1.0) == pytest.approx(0.70 / 0.88)
    assert critical_rate(0.7, 31.2, 2.0) == pytest.approx(0.70 / 1.06)
    level, _ = newsvendor_normal(0.18, 0.70, 50, 8)
    assert level == pytest.approx(56.6, abs=0.01)


def test_where_every_review_orders_the_proposal_is_the_newsvendor_s():
    # No ordering cost, cents for packs: the position is filled up every week, so the reorder point is the base stock.
    holding = 0.3 / 19 / 0.7 * 52
    rules = policies(
        {
            "holding_cost_rate": holding,
            "ordering_cost_amount": 0.0,
            "minimum_order_amount": 0.0,
            "pack_size_amount": 0.01,
            "lead_time_deviation_weeks": 0.0,
        }
    )
    inputs = make_inputs(rules, (50.0,), 0.16)
    (found,) = optimise(inputs, rules, tuple(np.round(np.arange(0.8, 0.995, 0.01), 2)))
    assert found.critical_rate == pytest.approx(0.95)
    assert found.service_level_after == pytest.approx(0.95, abs=0.011)
    assert found.cycle_service_after == pytest.approx(found.service_level_after, abs=0.001)
    base_stock, _ = newsvendor_normal(1.0, 19.0, 50, 8, lead_time=2)
    at_ratio = make_inputs(policies({**rules.iloc[0], "service_level_rate": 0.95}), (50.0,), 0.16)
    assert evaluate(at_ratio).recommendations["reorder_point"][0] == pytest.approx(base_stock, rel=0.005)


def test_the_simulated_profit_of_a_proposal_is_not_below_that_of_any_other_level():
    rules = policies(
        {}, {"policy_id": "dear", "product_code": "2", "holding_cost_rate": 0.9, "ordering_cost_amount": 5.0}
    )
    inputs = make_inputs(rules)
    profit = service_profile(inputs, LEVELS)["yearly_profit_amount"]
    default, dear = optimise(inputs, rules)
    assert default.profit_after == pytest.approx(profit[[0, 2]].sum(axis=0).max())
    assert dear.profit_after == pytest.approx(profit[1].max())
    assert (default.pairs, dear.pairs) == (2, 1)
    assert dear.service_level_after < default.service_level_after
    assert default.cycle_service_after == pytest.approx(default.critical_rate, abs=0.01)


def test_figures_before_are_those_of_the_policy_in_force():
    rules = policies({"service_level_rate": 0.937})
    inputs = make_inputs(rules)
    (found,) = optimise(inputs, rules)
    kpis = evaluate(inputs).kpis
    assert (found.profit_before, found.stock_before) == pytest.approx((kpis.profit_amount, kpis.stock_amount))
    assert found.profit_after >= found.profit_before


def test_a_row_that_rules_no_pair_is_left_alone():
    rules = policies({}, {"policy_id": "elsewhere", "store_type": "C"})
    (_, found) = optimise(make_inputs(rules), rules)
    assert (found.pairs, found.service_level_before, found.service_level_after) == (0, 0.9, 0.9)


def test_the_ratio_of_a_lot_policy_is_that_of_its_weekly_reviews():
    weekly, monthly = (policies({"policy_kind": "(s,Q)", "review_period_weeks": weeks}) for weeks in (1.0, 4.0))
    ratios = [optimise(make_inputs(rules), rules)[0].critical_rate for rules in (weekly, monthly)]
    assert ratios[0] == ratios[1] == critical_rate(0.3, 0.25, 1.0)
