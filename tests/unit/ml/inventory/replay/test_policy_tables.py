"""Policies replayed as they are: lead times in whole weeks, targets by their distribution, kinds by hand, refusals."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ml.forecasting.panel import panel_from_frame
from ml.inventory.orders.levels import Before, decide
from ml.inventory.orders.positions import Positions
from ml.inventory.policy import resolve_policies
from ml.inventory.replay.baselines import history_of_sales
from ml.inventory.replay.engine import replay_paths
from ml.inventory.replay.policy_tables import PolicyTable, replay_policies, replayed_orders, whole_week_lead_times
from ml.inventory.replay.reviews import known_reviews
from retailers import WALMART

PAIRS, WEEKS, START = 12, 92, 76


@pytest.fixture(scope="module")
def panel():
    generator = np.random.default_rng(9)
    sales = np.geomspace(500, 9000, PAIRS)[:, None] * np.exp(0.25 * generator.standard_normal((PAIRS, WEEKS)))
    weeks = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    return panel_from_frame(
        pd.DataFrame(
            {
                "store_id": np.repeat(np.arange(PAIRS) // 4, WEEKS),
                "dept_id": np.repeat(np.arange(PAIRS) % 4, WEEKS),
                "feature_date": np.tile(weeks, PAIRS),
                "store_type": np.repeat(np.where(np.arange(PAIRS) < 8, "A", "B"), WEEKS),
                "weekly_sales": sales.ravel(),
                "is_holiday": False,
            }
        ),
        WALMART,
    )


@pytest.fixture(scope="module")
def reviews(panel):
    return known_reviews(panel, START)


def policies_of(panel, **columns):
    """One policy for all: the seed's default with some columns changed."""
    row = {
        "policy_id": "default",
        "store_type": None,
        "store_code": None,
        "product_code": None,
        "policy_kind": "(R,S)",
        "target_kind": "cycle_service",
        "service_level_rate": 0.95,
        "lead_time_weeks": 2,
        "lead_time_deviation_weeks": 0.5,
        "review_period_weeks": 1,
        "minimum_order_amount": 0,
        "pack_size_amount": 1,
        "holding_cost_rate": 0.25,
        "ordering_cost_amount": 25,
        "margin_rate": 0.3,
        "maximum_stock_weeks": 12,
    }
    pairs = pd.DataFrame({"store_id": panel.store_ids, "dept_id": panel.dept_ids, "store_type": panel.store_types})
    return resolve_policies(pd.DataFrame([row | columns]), pairs)


def outcome(panel, reviews, is_fixed=False, **columns):
    table, history = PolicyTable("mine.csv", policies_of(panel, **columns)), history_of_sales(panel.sales, START)
    return replay_policies(table, reviews, np.arange(PAIRS), history, panel.store_types, range(3), is_fixed)


def test_whole_week_lead_times_have_the_chances_of_the_normal_one_nearest_to_them(panel):
    found = whole_week_lead_times(policies_of(panel))
    # Mean 2, deviation 0.5, cut at 2.5 deviations: 1.5 and 2.5 weeks lie one deviation away.
    tail = (norm.cdf(-1) - norm.cdf(-2.5)) / (1 - 2 * norm.cdf(-2.5))
    assert found.weeks == (1, 2, 3)
    assert np.asarray(found.probabilities)[0] == pytest.approx([tail, 1 - 2 * tail, tail])
    fixed = whole_week_lead_times(policies_of(panel), is_fixed=True)
    assert (fixed.weeks, np.asarray(fixed.probabilities).tolist()) == ((2,), [[1.0]] * PAIRS)
    mixed = policies_of(panel).changed(lead_time_deviation_weeks=np.where(np.arange(PAIRS) < 2, 0.0, 0.5))
    assert np.asarray(whole_week_lead_times(mixed).probabilities)[0].tolist() == [0.0, 1.0, 0.0]


def test_every_order_is_the_one_that_would_have_been_recommended(panel, reviews):
    # Week by week: what `decide` says of the position, and of the order of the week before.
    policies = policies_of(panel, policy_kind="(R,s,S)", pack_size_amount=50, minimum_order_amount=120)
    policies = policies.changed(lead_time_deviation_weeks=0)
    replayed, position = replayed_orders(policies, reviews, np.arange(PAIRS)).decide(), 2.5 * panel.sales[:, START]
    before = None
    for week, demand in enumerate(reviews.demand):
        stock = Positions(position, np.zeros(PAIRS), np.zeros(PAIRS))
        recommended = decide(demand, policies, stock, before)
        order = replayed(week, position[None])[0]
        assert order == pytest.approx(recommended["order_quantity"])
        before = Before(recommended["status"], recommended["order_quantity"] > 0)
        position = position + order - panel.sales[:, START + week]


@pytest.mark.parametrize("kind", ["(R,S)", "(R,s,S)", "(s,Q)"])
@pytest.mark.parametrize("pack", [0.35, 5000.0])
def test_a_replay_walked_on_its_own_lost_sales_orders_what_is_recommended(panel, reviews, kind, pack):
    policies = policies_of(panel, policy_kind=kind, pack_size_amount=pack, minimum_order_amount=500)
    policies = policies.changed(lead_time_deviation_weeks=0, target_kind="fill_rate")
    orders, history = replayed_orders(policies, reviews, np.arange(PAIRS)), history_of_sales(panel.sales, START)
    paths = replay_paths(history, orders.decide(), orders.lead_times.draw([3], len(reviews.demand), PAIRS))
    position, before = history.opening, None
    for week, demand in enumerate(reviews.demand):
        recommended = decide(demand, policies, Positions(position, np.zeros(PAIRS), np.zeros(PAIRS)), before)
        assert paths.order[0, :, week] == pytest.approx(recommended["order_quantity"])
        before = Before(recommended["status"], recommended["order_quantity"] > 0)
        position = position + paths.order[0, :, week] - paths.sold[0, :, week]


@pytest.mark.parametrize("target_kind", ["cycle_service", "fill_rate"])
def test_a_higher_target_never_means_less_stock_nor_more_lost_sales(panel, reviews, target_kind):
    chain = [
        outcome(panel, reviews, target_kind=target_kind, service_level_rate=target)[0].kpis
        for target in (0.7, 0.85, 0.95, 0.99)
    ]
    for less, more in pairwise(chain):
        assert more.stock_amount >= less.stock_amount
        assert more.lost_amount <= less.lost_amount


def test_the_kinds_order_as_their_names_say(panel, reviews):
    weekly, up_to, lots = (
        outcome(panel, reviews, policy_kind=kind, ordering_cost_amount=200)[0] for kind in ("(R,S)", "(R,s,S)", "(s,Q)")
    )
    assert weekly.orders > 1.5 * up_to.orders
    assert weekly.orders > 1.5 * lots.orders
    assert min(up_to.kpis.stock_weeks, lots.kpis.stock_weeks) > weekly.kpis.stock_weeks
    twice = outcome(panel, reviews, review_period_weeks=2)[0]
    assert twice.orders < 0.6 * weekly.orders
    # (s,Q) is looked at every week, whatever review period stands there.
    lots_only = policies_of(panel, policy_kind="(s,Q)", review_period_weeks=4)
    assert replayed_orders(lots_only, reviews, np.arange(PAIRS)).policies.review_period_weeks.tolist() == [1] * PAIRS


def test_reviews_come_every_so_many_weeks(panel, reviews):
    decide_orders = replayed_orders(policies_of(panel, review_period_weeks=3), reviews, np.arange(PAIRS)).decide()
    ordered = [(decide_orders(week, np.zeros((1, PAIRS))) > 0).any() for week in range(7)]
    assert ordered == [True, False, False, True, False, False, True]


def test_s_q_orders_whole_lots_that_bring_the_position_above_s(panel, reviews):
    policies = policies_of(panel, policy_kind="(s,Q)", pack_size_amount=50)
    orders = replayed_orders(policies, reviews, np.arange(PAIRS))
    lots = orders.decide()(0, np.zeros((1, PAIRS)))[0] / orders.levels.lot[:, 0]
    assert (orders.levels.lot % 50 == 0).all()
    assert lots == pytest.approx(np.rint(lots))
    assert (lots * orders.levels.lot[:, 0] > orders.levels.reorder_point[:, 0]).all()


def test_store_types_add_up_to_the_chain(panel, reviews):
    chain, *kinds = outcome(panel, reviews)
    assert [(one.store_type, one.pairs) for one in (chain, *kinds)] == [("", 12), ("A", 8), ("B", 4)]
    assert sum(one.profit_amount for one in kinds) == pytest.approx(chain.profit_amount)
    assert sum(one.orders for one in kinds) == pytest.approx(chain.orders)


def test_a_lead_time_beyond_the_forecast_is_replayed_as_it_is_recommended(panel, reviews):
    far = outcome(panel, reviews, lead_time_weeks=9, lead_time_deviation_weeks=0)[0]
    assert far.kpis.fill_rate < outcome(panel, reviews)[0].kpis.fill_rate


def test_nothing_of_a_week_or_after_it_moves_the_levels_of_a_policy(panel):
    week = START + 5
    sales = panel.sales.copy()
    sales[:, week:] = np.random.default_rng(1).gamma(1.0, 1e5, sales[:, week:].shape)
    known = [known_reviews(one, START) for one in (panel, replace(panel, sales=sales))]
    for kinds in ({}, {"policy_kind": "(R,s,S)", "target_kind": "fill_rate"}):
        orders = [replayed_orders(policies_of(panel, **kinds), one, np.arange(PAIRS)).levels for one in known]
        for name in ("order_up_to", "reorder_point", "margin", "lot"):
            before, after = (getattr(levels, name) for levels in orders)
            assert (before[:, :6] == after[:, :6]).all()
            assert name == "lot" or kinds == {} or (before[:, 6:] != after[:, 6:]).any()


@pytest.mark.parametrize("value", [1e12, np.nan, 0.0, -1e9])
@pytest.mark.parametrize("kind", ["(R,s,S)", "(s,Q)"])
def test_no_order_up_to_a_week_knows_what_that_week_sells_or_any_later_one(panel, kind, value):
    week, paths = START + 5, []
    sales = panel.sales.copy()
    sales[:, week:] = value
    for one in (panel, replace(panel, sales=sales)):
        orders = replayed_orders(policies_of(panel, policy_kind=kind), known_reviews(one, START), np.arange(PAIRS))
        history = history_of_sales(one.sales, START)
        paths.append(replay_paths(history, orders.decide(), orders.lead_times.draw([1, 2], WEEKS - START, PAIRS)).order)
    assert (paths[0][:, :, :6] == paths[1][:, :, :6]).all()
    assert (paths[0][:, :, 6:] != paths[1][:, :, 6:]).any()
