"""Policies replayed as they are: lead times in whole weeks, targets by their distribution, kinds by hand, refusals."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from ml.forecasting.panel import panel_from_frame
from ml.inventory.policy import resolve_policies
from ml.inventory.replay.forecasts import base_forecasts
from ml.inventory.replay.policy_tables import (
    PolicyTable,
    policy_rule,
    replay_policies,
    review_weeks,
    shortage_level,
    whole_week_lead_times,
)
from ml.inventory.replay.protection import FIRST_ORIGIN, PROBABILITIES, ProtectionPool, ReplayOutlook, learn_protection
from warehouse.errors import ShelfcastError

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
        )
    )


@pytest.fixture(scope="module")
def forecasts(panel):
    return base_forecasts(panel, range(FIRST_ORIGIN, WEEKS))


def policies_of(panel, **columns):
    """One policy for all: the seed's default with some columns changed."""
    row = {
        "policy_id": "default",
        "store_type": None,
        "store_id": None,
        "dept_id": None,
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


def outcome(panel, forecasts, is_fixed=False, **columns):
    table = PolicyTable("mine.csv", policies_of(panel, **columns))
    return replay_policies(panel, START, np.arange(PAIRS), table, forecasts, range(3), is_fixed)


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


def test_the_expected_shortage_of_a_level_is_what_was_accepted():
    # Normal errors: the textbook loss of the level is the accepted shortage (Silver, Pyke and Thomas, appendix II).
    inner = norm.ppf(np.clip(PROBABILITIES, 1e-4, 1 - 1e-4))
    pool = ProtectionPool(np.empty(0), inner[None, None, :], np.array([1.0]))
    outlook = ReplayOutlook(0, np.full((1, 1, 1), 100.0), np.full((1, 1), 20.0), np.full((1, 1), 50.0))
    for accepted in (0.5, 2.0, 6.0):
        level = shortage_level(pool, outlook, np.array([1.0]), np.full((1, 1), accepted))[0, 0]
        z = (level - 100) / 20
        assert 20 * (norm.pdf(z) - z * norm.sf(z)) == pytest.approx(accepted, rel=0.03)


@pytest.mark.parametrize("target_kind", ["cycle_service", "fill_rate"])
def test_a_higher_target_never_means_less_stock_nor_more_lost_sales(panel, forecasts, target_kind):
    chain = [
        outcome(panel, forecasts, target_kind=target_kind, service_level_rate=target)[0].kpis
        for target in (0.7, 0.85, 0.95, 0.99)
    ]
    for less, more in pairwise(chain):
        assert more.stock_amount >= less.stock_amount
        assert more.lost_amount <= less.lost_amount


def test_the_kinds_order_as_their_names_say(panel, forecasts):
    weekly, up_to, lots = (
        outcome(panel, forecasts, policy_kind=kind, ordering_cost_amount=200)[0]
        for kind in ("(R,S)", "(R,s,S)", "(s,Q)")
    )
    assert weekly.orders > 1.5 * up_to.orders
    assert weekly.orders > 1.5 * lots.orders
    assert min(up_to.kpis.stock_weeks, lots.kpis.stock_weeks) > weekly.kpis.stock_weeks
    twice = outcome(panel, forecasts, review_period_weeks=2)[0]
    assert twice.orders < 0.6 * weekly.orders
    # (s,Q) is looked at every week, whatever review period stands there.
    assert review_weeks(policies_of(panel, policy_kind="(s,Q)", review_period_weeks=4)).tolist() == [1] * PAIRS


def test_s_q_orders_whole_lots_that_bring_the_position_above_s(panel, forecasts):
    policies = policies_of(panel, policy_kind="(s,Q)", pack_size_amount=50)
    learned = learn_protection(panel, START, [2, 3, 4], np.array([0.2, 0.6, 0.2]), forecasts=forecasts)
    rule = policy_rule(learned, policies, review_weeks(policies), np.arange(PAIRS))
    assert (rule.order_up_to == rule.reorder_point).all()
    assert (np.asarray(rule.pack_size) % 50 == 0).all()
    assert (np.asarray(rule.pack_size) > 50).all()


def test_store_types_add_up_to_the_chain(panel, forecasts):
    chain, *kinds = outcome(panel, forecasts)
    assert [(one.store_type, one.pairs) for one in (chain, *kinds)] == [("", 12), ("A", 8), ("B", 4)]
    assert sum(one.profit_amount for one in kinds) == pytest.approx(chain.profit_amount)
    assert sum(one.orders for one in kinds) == pytest.approx(chain.orders)


def test_a_lead_time_beyond_the_forecast_is_replayed_and_one_beyond_the_history_refused(panel, forecasts):
    far = outcome(panel, forecasts, lead_time_weeks=9, lead_time_deviation_weeks=0)[0]
    assert far.kpis.fill_rate < outcome(panel, forecasts)[0].kpis.fill_rate
    with pytest.raises(ShelfcastError, match=r"policies mine\.csv take up to 21 weeks.*of 19 at most"):
        outcome(panel, forecasts, lead_time_weeks=20, lead_time_deviation_weeks=0)


def test_nothing_of_a_week_or_after_it_moves_the_rule_of_a_policy(panel):
    week = START + 5
    sales = panel.sales.copy()
    sales[:, week:] = np.random.default_rng(1).gamma(1.0, 1e5, sales[:, week:].shape)
    for kinds in ({}, {"policy_kind": "(R,s,S)", "target_kind": "fill_rate"}):
        rules = []
        for one in (panel, replace(panel, sales=sales)):
            policies = policies_of(one, **kinds)
            made = base_forecasts(one, range(FIRST_ORIGIN, WEEKS))
            learned = learn_protection(one, START, [2, 3, 4], np.array([0.2, 0.6, 0.2]), forecasts=made)
            rules.append(policy_rule(learned, policies, review_weeks(policies), np.arange(PAIRS)))
        for name in ("order_up_to", "reorder_point"):
            before, after = (getattr(rule, name) for rule in rules)
            assert (before[:, :6] == after[:, :6]).all()
            assert (before[:, 6:] != after[:, 6:]).any()
