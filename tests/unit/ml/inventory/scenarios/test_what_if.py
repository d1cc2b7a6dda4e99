"""Scenarios: what is changed shows, what is not changed stays to the cent, and what makes no sense is refused."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.orders.positions import Positions
from ml.inventory.orders.recommend import recommendations
from ml.inventory.protection import normal_demand
from ml.inventory.scenarios.what_if import Promotion, Scenario, compared, evaluate, exchange, rows_of, what_if
from policies import plain_policies
from warehouse.errors import ShelfcastError, UsageError

PAIRS = pd.DataFrame(
    {"store_id": [1, 1, 2, 2, 3], "dept_id": [38, 40, 38, 40, 38], "store_type": ["A", "A", "B", "B", "C"]}
)
LESS = settings(max_examples=25, deadline=None)


def make_inputs(seed=5, noise=0.2):
    rng = np.random.default_rng(seed)
    base = rng.gamma(2, 600, len(PAIRS))
    forecast = base[:, None] * rng.uniform(0.7, 1.4, (len(PAIRS), 8))
    values = {
        "decision_date": dt.date(2012, 8, 31),
        "pairs": PAIRS,
        "demand": replace(normal_demand(base, noise * base), forecast=forecast),
        "policies": plain_policies(len(PAIRS)),
        "positions": Positions(base * rng.uniform(0, 5, len(PAIRS)), np.zeros(len(PAIRS)), np.zeros(len(PAIRS))),
        "stock_source": np.full(len(PAIRS), "simulated"),
    }
    return DecisionInputs(**values)


def asked_for(found):
    return found.kpis.order_amount + found.kpis.stock_amount


def test_nothing_changed_gives_the_published_recommendations_to_the_cent():
    inputs = make_inputs()
    found = what_if(inputs, Scenario())
    pd.testing.assert_frame_equal(found.after.recommendations, recommendations(inputs))
    assert found.before is found.after


def test_a_pair_has_the_figures_that_it_has_in_the_chain():
    inputs, scenario = make_inputs(), Scenario(service_level_rate=0.99, lead_time_weeks=3, demand_shift_rate=0.1)
    every, alone = what_if(inputs, scenario), what_if(inputs, scenario, rows_of(inputs, 2, 40))
    for whole, part in ((every.before, alone.before), (every.after, alone.after)):
        pd.testing.assert_frame_equal(whole.recommendations.iloc[[3]].reset_index(drop=True), part.recommendations)
        pd.testing.assert_frame_equal(whole.expected.iloc[[3]].reset_index(drop=True), part.expected)


def test_figures_of_the_chain_are_the_sums_over_its_pairs():
    inputs = make_inputs()
    chain = evaluate(inputs).kpis
    stores = [evaluate(inputs.take(rows_of(inputs, store))).kpis for store in (1, 2, 3)]
    for name in ("order_amount", "stock_amount", "profit_amount", "lost_margin_amount", "demand_amount"):
        assert getattr(chain, name) == pytest.approx(sum(getattr(store, name) for store in stores))
    assert chain.stockout_rate == pytest.approx(sum(store.pairs * store.stockout_rate for store in stores) / 5)


@LESS
@given(st.integers(0, 50), st.floats(0.5, 0.99), st.floats(0.001, 0.4))
def test_more_service_never_asks_for_less_stock_nor_leaves_more_demand_unmet(seed, service, more):
    inputs = make_inputs(seed)
    low = what_if(inputs, Scenario(service_level_rate=service)).after
    high = what_if(inputs, Scenario(service_level_rate=min(service + more, 0.999))).after
    orders = [found.recommendations["order_quantity"].to_numpy() for found in (low, high)]
    stock = [found.expected["average_stock_amount"].to_numpy() for found in (low, high)]
    assert (orders[1] >= orders[0]).all()
    assert (stock[1] >= stock[0] - 1e-6).all()
    assert high.kpis.fill_rate >= low.kpis.fill_rate - 1e-12
    assert high.kpis.stockout_rate <= low.kpis.stockout_rate + 1e-12


@LESS
@given(st.integers(0, 50), st.floats(0, 0.8))
def test_more_demand_never_lowers_a_level(seed, noise):
    inputs = make_inputs(seed, noise)
    found = what_if(inputs, Scenario(demand_shift_rate=0.1))
    for name in ("reorder_point", "order_up_to_level", "safety_stock", "avg_daily_demand"):
        assert (found.after.recommendations[name] >= found.before.recommendations[name]).all(), name


def test_a_shift_moves_demand_in_every_draw_by_as_much():
    inputs = make_inputs()
    found = what_if(inputs, Scenario(demand_shift_rate=0.25))
    assert found.after.recommendations["reorder_point"].to_numpy() == pytest.approx(
        1.25 * found.before.recommendations["reorder_point"].to_numpy(), abs=0.02
    )
    assert found.after.kpis.demand_amount == pytest.approx(1.25 * found.before.kpis.demand_amount)


def test_a_promotion_adds_its_week_to_certain_demand():
    inputs = make_inputs(noise=0.0)
    found = what_if(inputs, Scenario(lead_time_deviation_weeks=0, promotions=(Promotion(2, 0.5),)))
    flat = what_if(inputs, Scenario(lead_time_deviation_weeks=0))
    gain = found.after.recommendations["reorder_point"] - flat.after.recommendations["reorder_point"]
    assert gain.to_numpy() == pytest.approx(0.5 * inputs.demand.forecast[:, 1], abs=0.02)


def test_another_price_moves_its_week_by_the_elasticity_and_its_money_and_margin_with_it():
    inputs = replace(make_inputs(), price_elasticity=np.array([-2.0, -2.0, -2.0, -2.0, np.nan]))
    found = what_if(inputs, Scenario(promotions=(Promotion(2, price_change_rate=-0.2),)))
    week = inputs.demand.forecast[:, 1]
    # A fifth less price sells 0.8 ** -2 times as much: 1.5625; the pair of which nothing is known sells as before.
    pieces = week * np.array([1.5625] * 4 + [1.0])
    sales = found.after.kpis.sales_ahead_amount - found.before.kpis.sales_ahead_amount
    assert sales == pytest.approx((0.8 * pieces - week).sum())
    rate = inputs.policies.margin_rate
    margin = found.after.kpis.margin_ahead_amount - found.before.kpis.margin_ahead_amount
    assert margin == pytest.approx((pieces * (0.8 - (1 - rate)) - week * rate).sum())
    assert found.after.kpis.order_amount > found.before.kpis.order_amount
    assert found.after.kpis.demand_amount == found.before.kpis.demand_amount


def test_a_change_of_price_whose_effect_nobody_knows_is_refused():
    scenario = Scenario(promotions=(Promotion(2, price_change_rate=-0.2),))
    for unknown in (None, np.full(len(PAIRS), np.nan)):
        with pytest.raises(UsageError, match="Give the uplift itself"):
            what_if(replace(make_inputs(), price_elasticity=unknown), scenario)


@pytest.mark.parametrize("change", [-0.95, 1.5])
def test_a_price_that_the_past_cannot_speak_for_is_refused(change):
    inputs = replace(make_inputs(), price_elasticity=np.full(len(PAIRS), -2.0))
    with pytest.raises(UsageError, match="price change of the promotion"):
        what_if(inputs, Scenario(promotions=(Promotion(2, price_change_rate=change),)))


def test_a_promotion_passes_so_the_year_does_not_know_of_it():
    found = what_if(make_inputs(), Scenario(promotions=(Promotion(1, 1.0),)))
    assert found.after.kpis.risk_rate > found.before.kpis.risk_rate
    assert found.after.kpis.order_amount > found.before.kpis.order_amount
    pd.testing.assert_frame_equal(found.after.expected, found.before.expected)


def test_a_promotion_after_the_protection_period_changes_no_order():
    inputs = make_inputs()
    found = what_if(inputs, Scenario(promotions=(Promotion(8, 2.0),)))
    assert found.after.recommendations["order_quantity"].equals(found.before.recommendations["order_quantity"])


def test_pairs_are_compared_with_the_largest_change_of_an_order_first():
    found = what_if(make_inputs(), Scenario(service_level_rate=0.99))
    table = compared(found.before, found.after)
    assert table["order_change_amount"].abs().is_monotonic_decreasing
    assert table["order_change_amount"].sum() == pytest.approx(
        found.after.kpis.order_amount - found.before.kpis.order_amount
    )
    pair = table[(table["store_id"] == 2) & (table["dept_id"] == 38)].iloc[0]
    assert pair["reorder_point_after_amount"] == found.after.recommendations["reorder_point"][2]


def test_the_exchange_of_stock_for_service_rises_along_the_targets_and_meets_the_scenario():
    inputs = make_inputs()
    curve = exchange(inputs, (0.8, 0.9, 0.95, 0.99))
    assert curve["stock_amount"].is_monotonic_increasing
    assert curve["fill_rate"].is_monotonic_increasing
    kpis = what_if(inputs, Scenario(service_level_rate=0.9)).after.kpis
    assert curve.loc[1, ["stock_amount", "fill_rate", "profit_amount"]].tolist() == pytest.approx(
        [kpis.stock_amount, kpis.fill_rate, kpis.profit_amount]
    )


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (
            Scenario(service_level_rate=1.0),
            r"The service level is 100 %; it must be at least 50 % and at most 99.9 %\.",
        ),
        (Scenario(lead_time_weeks=0), r"The lead time is 0 weeks; it must be above 0 weeks and at most 26 weeks\."),
        (Scenario(lead_time_weeks=60), r"The lead time is 60 weeks; it must be above 0 weeks"),
        (Scenario(lead_time_deviation_weeks=-1), r"The lead time deviation is -1 weeks; it must be at least 0 weeks"),
        (Scenario(review_period_weeks=0), r"The review period is 0 weeks; it must be above 0 weeks"),
        (Scenario(demand_shift_rate=-1.2), r"The demand shift is -120 %; it must be at least -100 % and at most 900"),
        (Scenario(demand_shift_rate=float("nan")), r"The demand shift is nan %"),
        (Scenario(promotions=(Promotion(9, 0.1),)), r"The week of the promotion is 9; it must be at least 1 and at m"),
        (Scenario(promotions=(Promotion(2, -1.5),)), r"The uplift of the promotion is -150 %; it must be at least -1"),
        (Scenario(promotions=(Promotion(2, 0.1), Promotion(2, 0.2))), r"Week 2 has two promotions\."),
    ],
)
def test_a_scenario_out_of_range_is_one_sentence_with_its_range(scenario, words):
    with pytest.raises(UsageError, match=words):
        what_if(make_inputs(), scenario)


def test_more_service_and_a_longer_lead_time_ask_a_pair_for_more_stock():
    inputs = make_inputs()
    rows = rows_of(inputs, 1, 40)
    base, more, longer = (
        what_if(inputs, scenario, rows).after.recommendations.iloc[0]
        for scenario in (Scenario(), Scenario(service_level_rate=0.99), Scenario(lead_time_weeks=4))
    )
    assert more["reorder_point"] > base["reorder_point"]
    assert longer["reorder_point"] > base["reorder_point"] + 1.5 * inputs.demand.forecast[1].min()
    assert (more["service_level"], longer["lead_time_weeks"]) == (0.99, 4)


def test_an_unknown_store_department_or_pair_is_one_sentence():
    inputs = make_inputs()
    with pytest.raises(ShelfcastError, match="Store 9 has no champion forecast from 2012-08-31"):
        rows_of(inputs, 9)
    with pytest.raises(ShelfcastError, match="Department 7 has no"):
        rows_of(inputs, dept_id=7)
    with pytest.raises(ShelfcastError, match="Store 3, department 40 has no champion forecast"):
        rows_of(inputs, 3, 40)
    assert rows_of(inputs, dept_id=38).tolist() == [0, 2, 4]
    assert len(rows_of(inputs)) == 5


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(lead_time_weeks=1 / 7),
        Scenario(lead_time_weeks=5, lead_time_deviation_weeks=1),
        Scenario(review_period_weeks=3),
        Scenario(service_level_rate=0.8),
    ],
)
def test_a_policy_changes_nothing_of_the_demand_of_a_year(scenario):
    inputs = make_inputs()
    found = what_if(inputs, scenario)
    assert found.after.kpis.demand_amount == found.before.kpis.demand_amount
    assert found.before.kpis.demand_amount == pytest.approx(52 * inputs.demand.forecast.mean(axis=1).sum(), rel=0.01)


def test_no_more_orders_are_placed_than_there_are_reviews():
    inputs = replace(make_inputs(), policies=plain_policies(len(PAIRS), policy_kind="(R,S)", pack_size_amount=0.01))
    orders = evaluate(inputs).expected["yearly_order_count"]
    assert orders.max() <= 52
    assert orders.max() == pytest.approx(52, rel=0.05)


def test_a_service_level_that_no_path_of_demand_reaches_is_refused_and_the_greatest_one_is_not():
    with pytest.raises(UsageError, match=r"99\.95 %; it must be at least 50 % and at most 99\.9 %"):
        what_if(make_inputs(), Scenario(service_level_rate=0.9995))
    assert what_if(make_inputs(), Scenario(service_level_rate=99.9 / 100)).after.kpis.pairs == len(PAIRS)
