"""The replay: worked by hand, its laws, and path by path against stockcast."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stockcast import (
    InventoryStateDataFrame,
    MinimumOrderQuantity,
    OrderMultiple,
    OrderUpToPolicy,
    ReorderPointPolicy,
    SimulationEngine,
    Supplier,
    SupplyModel,
    rolling_schedule,
)

from ml.inventory.packs import whole_packs
from ml.inventory.replay import engine as replay_module
from ml.inventory.replay.engine import History, OrderRule, coming_demand, replay, replay_paths
from ml.inventory.replay.lead_times import LeadTimes

PAIRS, WEEKS = 100, 8
OPENING = pd.Timestamp("2012-01-06")
FIXED = LeadTimes((2,))
RANDOM = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))


def constant(value, demand):
    return np.full(demand.shape, float(value))


def history_of(demand, opening):
    demand = np.atleast_2d(np.asarray(demand, float))
    return History(demand, np.ones(demand.shape, bool), np.atleast_1d(np.asarray(opening, float)))


@pytest.fixture(scope="module")
def shop():
    """Bumpy demand of many pairs, their opening stock, and levels that move from week to week."""
    generator = np.random.default_rng(7)
    demand = generator.gamma(2.0, 50.0, (PAIRS, WEEKS)).round(2)
    levels = (demand.mean(axis=1)[:, None] * generator.uniform(2.0, 4.0, (PAIRS, WEEKS))).round(2)
    return history_of(demand, (demand[:, 0] * 2).round(2)), levels


def test_a_pair_worked_by_hand():
    # Order up to 30, lead time one week. Week 0: 12 on hand, order 18, sell 10, left 2. Week 1: 18 arrive, the
    # position is 20, order 10, sell 5, left 15. Week 2: 10 arrive, the position is 25, order 5, 25 on hand, demand
    # 28, lost 3. Week 3: 5 arrive, the position is 5, order 25, 5 on hand, demand 5, nothing lost, nothing left.
    history = history_of([10, 5, 28, 5], 12)
    rule = OrderRule(order_up_to=constant(30, history.demand))
    lead = LeadTimes((1,)).draw([0], 4, 1)
    paths = replay_paths(history, rule, lead)
    assert paths.order[0, 0].tolist() == [18, 10, 5, 25]
    assert paths.received[0, 0].tolist() == [0, 18, 10, 5]
    assert paths.sold[0, 0].tolist() == [10, 5, 25, 5]
    assert paths.on_hand[0, 0].tolist() == [2, 15, 0, 0]
    tally = replay(history, rule, lead)
    assert (tally.weeks[0], tally.demand[0], tally.lost[0, 0], tally.stockout_weeks[0, 0]) == (4, 48, 3, 1)
    assert (tally.on_hand[0, 0], tally.orders[0, 0]) == (17, 4)
    # After ordering the position is 30 both in week 0 (10 + 5 + 28 to come) and in week 1 (5 + 28 + 5 to come).
    assert (tally.decisions[0], tally.excess[0, 0]) == (2, 0)
    higher = replay(history, OrderRule(order_up_to=constant(40, history.demand)), lead)
    assert higher.excess[0, 0] == 2


def test_an_order_may_be_overtaken_by_a_later_one():
    history = history_of([10, 10, 10, 10, 10], 10)
    lead = np.array([3, 1, 1, 1, 1], np.uint8).reshape(1, 5, 1)
    paths = replay_paths(history, OrderRule(order_up_to=constant(25, history.demand)), lead)
    assert paths.order[0, 0].tolist() == [15, 10, 0, 10, 10]
    assert paths.received[0, 0].tolist() == [0, 0, 10, 15, 10]


def test_a_lead_time_of_zero_arrives_before_the_demand_of_its_week():
    history = history_of([10, 10], 0)
    paths = replay_paths(history, OrderRule(order_up_to=constant(10, history.demand)), LeadTimes((0,)).draw([0], 2, 1))
    assert paths.sold[0, 0].tolist() == [10, 10]


def test_what_decides_the_orders_sees_the_position_of_every_week_and_seed():
    history = history_of([[3, 3, 3], [3, 3, 3]], [10, 10])
    seen = []

    def decide(week, position):
        seen.append((week, position.copy()))
        return whole_packs(11 - position, np.array([4.0, 0.0]), np.array([0.0, 5.0]))

    paths = replay_paths(history, decide, LeadTimes((1,)).draw([0, 1], 3, 2))
    assert paths.order[0].tolist() == [[4, 0, 4], [5, 0, 5]]
    assert (paths.order[0] == paths.order[1]).all()
    assert [week for week, _ in seen] == [0, 1, 2]
    assert seen[1][1].tolist() == [[11, 12], [11, 12]]


def test_a_pair_that_is_not_live_is_neither_ordered_nor_counted_but_sells_what_is_left():
    history = History(np.full((1, 4), 10.0), np.array([[True, False, False, True]]), np.array([15.0]))
    rule = OrderRule(order_up_to=constant(15, history.demand))
    lead = LeadTimes((1,)).draw([0], 4, 1)
    paths, tally = replay_paths(history, rule, lead), replay(history, rule, lead)
    assert paths.order[0, 0].tolist() == [0, 0, 0, 15]
    assert paths.sold[0, 0].tolist() == [10, 5, 0, 0]
    assert (tally.weeks[0], tally.demand[0], tally.lost[0, 0], tally.stockout_weeks[0, 0]) == (2, 20, 10, 1)
    assert (tally.on_hand[0, 0], tally.decisions[0]) == (5, 1)


def test_the_last_two_decisions_have_no_excess_because_their_demand_is_not_known():
    assert coming_demand(np.array([[1.0, 2, 4, 8]])).tolist() == [[7, 14, np.inf, np.inf]]


@pytest.mark.parametrize("lead_times", [FIXED, RANDOM, LeadTimes((0, 5), (0.5, 0.5))])
def test_lead_times_are_drawn_as_in_stockcast(lead_times):
    expected = np.random.default_rng([3, 0]).choice(lead_times.weeks, (9, 40), p=lead_times.probabilities)
    assert (lead_times.draw([1, 3], 9, 40)[1] == expected).all()


def test_a_pair_may_have_its_own_lead_times():
    own = LeadTimes((1, 4), np.array([[1.0, 0.0], [0.0, 1.0]]))
    drawn = own.draw([0, 1], 5, 2)
    assert (drawn == np.array([1, 4])).all()
    assert own.mean.tolist() == [1, 4]
    assert own.deviation.tolist() == [0, 0]
    assert (float(RANDOM.mean), float(RANDOM.deviation)) == (2.0, 0.5)


def stockcast_paths(history, policy, schedule, lead_times, seed, constraints=None):
    """Orders, receipts, sales and stock as stockcast has them, each (pairs, weeks)."""
    pairs, weeks = history.demand.shape
    demand = pd.DataFrame(
        {
            "unique_id": np.tile(np.arange(pairs), weeks),
            "y": history.demand.T.ravel(),
            "date": np.repeat(OPENING + pd.to_timedelta(7 * np.arange(1, weeks + 1), unit="D"), pairs),
        }
    )
    chances = dict(zip(lead_times.weeks, np.asarray(lead_times.probabilities).tolist(), strict=True))
    result = SimulationEngine(verbose=0).run(
        policy=policy,
        policy_schedule=schedule,
        demand_source=demand,
        inventory=stock(history),
        freq="W-FRI",
        supply=SupplyModel([Supplier("depot", chances)], random_seed=seed),
        order_constraints=constraints,
    )
    events = result.to_event_frame().sort_values(["period", "unique_id"])
    names = {
        "order": "order_quantity",
        "received": "received_units",
        "sold": "fulfilled_units",
        "on_hand": "ending_on_hand",
    }
    return {ours: events[theirs].to_numpy(float).reshape(weeks, pairs).T for ours, theirs in names.items()}


def stock(history):
    counted = pd.DataFrame({"unique_id": np.arange(len(history.opening)), "on_hand": history.opening, "date": OPENING})
    return InventoryStateDataFrame.from_observed(counted, max_lead_time=8)


def assert_same_paths(history, rule, lead_times, expected, seed):
    pairs, weeks = history.demand.shape
    paths = replay_paths(history, rule, lead_times.draw([seed], weeks, pairs))
    for name, values in expected.items():
        assert np.abs(getattr(paths, name)[0] - values).max() < 1e-9, name


@pytest.mark.filterwarnings("ignore:supplier deliveries arrive at times other")
@pytest.mark.parametrize("lead_times", [FIXED, RANDOM])
def test_order_up_to_paths_are_those_of_stockcast(shop, lead_times):
    history, levels = shop
    policy = OrderUpToPolicy(lead_time=2, review_period=1, freq="W-FRI", allow_backorders=False)
    targets = pd.DataFrame(
        {
            "unique_id": np.tile(np.arange(PAIRS), WEEKS),
            "level": levels.T.ravel(),
            "cutoff": np.repeat(OPENING + pd.to_timedelta(7 * np.arange(WEEKS), unit="D"), PAIRS),
        }
    )
    schedule = rolling_schedule(policy, targets, stock(history), target_column="level")
    expected = stockcast_paths(history, schedule[0], schedule, lead_times, seed=5)
    assert_same_paths(history, OrderRule(order_up_to=levels), lead_times, expected, seed=5)


@pytest.mark.filterwarnings("ignore:supplier deliveries arrive at times other")
@pytest.mark.parametrize("kind", ["(R,s,S) with packs", "(s,Q) with a minimum"])
def test_reorder_point_paths_are_those_of_stockcast(shop, kind):
    history = History(shop[0].demand[:20], shop[0].is_live[:20], shop[0].opening[:20])
    if kind.startswith("(R,s,S)"):
        policy = ReorderPointPolicy(lead_time=2, review_period=2, allow_backorders=False)
        policy.fit(reorder_point=250.0, order_up_to_level=420.0)
        constraints = [MinimumOrderQuantity(200, mode="adjust"), OrderMultiple(48, mode="adjust")]

        def rule(week, position):
            is_due = (position <= 250) & (week % 2 == 0)
            return np.where(is_due, whole_packs(420 - position, 48.0, 200.0), 0.0)
    else:
        policy = ReorderPointPolicy(lead_time=2, review_period=1, order_quantity=150.0, allow_backorders=False)
        policy.fit(reorder_point=250.0)
        constraints = [MinimumOrderQuantity(180, mode="adjust")]

        def rule(week, position):
            return np.where(position <= 250, whole_packs(150.0, 0.0, 180.0), 0.0)

    expected = stockcast_paths(history, policy, None, RANDOM, 9, constraints)
    assert_same_paths(history, rule, RANDOM, expected, seed=9)


def test_the_figures_are_those_of_the_paths(shop):
    history, levels = shop
    lead = RANDOM.draw(range(3), WEEKS, PAIRS)
    rule, warm_up = OrderRule(order_up_to=levels), 2
    paths, tally = replay_paths(history, rule, lead), replay(history, rule, lead, warm_up)
    lost = (history.demand - paths.sold)[:, :, warm_up:]
    assert np.allclose(tally.lost, lost.sum(axis=2))
    assert (tally.stockout_weeks == (lost > 1e-9).sum(axis=2)).all()
    assert np.allclose(tally.on_hand, paths.on_hand[:, :, warm_up:].sum(axis=2))
    assert (tally.orders == (paths.order[:, :, warm_up:] > 0).sum(axis=2)).all()
    position = history.opening[:, None] + paths.order.cumsum(axis=2) - paths.sold.cumsum(axis=2) + paths.sold
    excess = np.maximum(position - coming_demand(history.demand), 0.0)[:, :, warm_up:]
    assert np.allclose(tally.excess, excess.sum(axis=2))
    assert tally.decisions.tolist() == [WEEKS - warm_up - 2] * PAIRS


def test_pairs_in_blocks_and_in_single_precision_have_the_same_figures(shop, monkeypatch):
    history, levels = shop
    lead = RANDOM.draw(range(3), WEEKS, PAIRS)
    whole = replay(history, OrderRule(order_up_to=levels), lead)
    monkeypatch.setattr(replay_module, "LANES", 3 * 7)
    parts = replay(history, OrderRule(order_up_to=levels), lead, dtype=np.float32)
    assert (whole.stockout_weeks == parts.stockout_weeks).all()
    for name in ("lost", "on_hand", "excess", "orders"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), rtol=1e-5, atol=0.01)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_stock_is_conserved(seed):
    generator = np.random.default_rng(seed)
    history = history_of(generator.gamma(1.0, 40.0, (5, 12)), generator.uniform(0, 200, 5))
    rule = OrderRule(generator.uniform(0, 300, (5, 12)), generator.uniform(0, 200, (5, 12)))
    paths = replay_paths(history, rule, RANDOM.draw([seed, seed + 1], 12, 5))
    arrived = history.opening + paths.received.sum(axis=2)
    assert np.allclose(arrived, paths.sold.sum(axis=2) + paths.on_hand[:, :, -1])
    assert (paths.received.sum(axis=2) <= paths.order.sum(axis=2) + 1e-9).all()
    assert (paths.on_hand >= 0).all()
    assert ((paths.sold < history.demand - 1e-9) <= (paths.on_hand < 1e-9)).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 4))
def test_more_stock_never_means_more_stockouts_under_a_fixed_lead_time(seed, lead_weeks):
    # Not so under random lead times: there an order may be overtaken, and a higher level may shift which one is.
    generator = np.random.default_rng(seed)
    history = history_of(generator.gamma(1.0, 40.0, (20, 15)), generator.uniform(0, 200, 20))
    level = np.repeat(generator.uniform(0, 300, (20, 1)), 15, axis=1)
    lead = LeadTimes((lead_weeks,)).draw([0], 15, 20)
    less = replay(history, OrderRule(order_up_to=level), lead)
    more = replay(history, OrderRule(order_up_to=level * generator.uniform(1.0, 1.5)), lead)
    assert (more.lost <= less.lost + 1e-6).all()
    assert (more.stockout_weeks <= less.stockout_weeks).all()


def test_what_is_wrong_is_refused():
    history = history_of([[1.0, 2.0]], [3.0])
    lead = FIXED.draw([0], 2, 1)
    for wrong in ([[-1.0, 2.0]], [[np.nan, 2.0]]):
        with pytest.raises(ValueError, match="missing or negative"):
            history_of(wrong, [3.0])
    with pytest.raises(ValueError, match="missing or negative"):
        history_of([[1.0, 2.0]], [-3.0])
    with pytest.raises(ValueError, match="same pairs and weeks"):
        history_of([[1.0, 2.0]], [3.0, 4.0])
    with pytest.raises(ValueError, match="missing at some review"):
        replay(history, OrderRule(order_up_to=np.array([[np.nan, 2.0]])), lead)
    with pytest.raises(ValueError, match="lead times are for"):
        replay(history, OrderRule(order_up_to=np.ones((1, 2))), FIXED.draw([0], 3, 1))
    for weeks, chances in (((2, 1), (0.5, 0.5)), ((1, 2), (0.5, 0.6)), ((1, 300), (0.5, 0.5)), ((1, 2), (1.0,))):
        with pytest.raises(ValueError, match="lead times"):
            LeadTimes(weeks, chances)
