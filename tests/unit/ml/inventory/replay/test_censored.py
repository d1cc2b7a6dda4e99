"""Replays in which policies learn from their own sales: the same where nothing is lost, blindness, less stock."""

from dataclasses import fields
from functools import partial

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import panel_from_frame
from ml.inventory.replay.baselines import history_of_sales, min_max, seasonal_safety_stock, weeks_of_cover
from ml.inventory.replay.censored import OwnLearner, censored_orders, censored_tally, family_learner
from ml.inventory.replay.comparison import compare_policies
from ml.inventory.replay.engine import History, OrderRule, Tally, replay, replay_paths
from ml.inventory.replay.forecasts import base_forecasts
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.report import COVER, LEAD_TIMES, ReplaySettings
from ml.inventory.replay.reviews import FIRST_ORIGIN, known_reviews, level_rule
from retailers import WALMART
from warehouse.errors import UsageError

PAIRS, WEEKS, START = 12, 84, 72
REPLAYED = WEEKS - START


def naive(sales, start):
    return seasonal_safety_stock(sales, start, LEAD_TIMES)


@pytest.fixture(scope="module")
def panel():
    generator = np.random.default_rng(8)
    sales = np.geomspace(200, 9000, PAIRS)[:, None] * np.exp(0.4 * generator.standard_normal((PAIRS, WEEKS)))
    weeks = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    return panel_from_frame(
        pd.DataFrame(
            {
                "store_id": np.repeat(np.arange(PAIRS) // 4, WEEKS),
                "dept_id": np.repeat(np.arange(PAIRS) % 4, WEEKS),
                "feature_date": np.tile(weeks, PAIRS),
                "store_type": "A",
                "weekly_sales": sales.ravel(),
                "is_holiday": False,
            }
        ),
        WALMART,
    )


@pytest.fixture(scope="module")
def history(panel):
    return history_of_sales(panel.sales, START)


@pytest.fixture(scope="module")
def lead():
    return LEAD_TIMES.draw(range(2), REPLAYED, PAIRS)


def same(one: Tally, other: Tally) -> bool:
    return all(np.allclose(getattr(one, field.name), getattr(other, field.name), atol=1e-6) for field in fields(Tally))


def test_a_policy_that_learns_nothing_fares_as_in_the_ordinary_replay(panel, history, lead):
    level = 3.0 * history.opening
    rule = OrderRule(level[:, None], 0.8 * level[:, None])
    learned = censored_tally(history, panel.sales[:, :START], lambda: lambda _: rule, lead)
    fixed = np.repeat(level[:, None], REPLAYED, axis=1)
    assert same(learned, replay(history, OrderRule(order_up_to=fixed, reorder_point=0.8 * fixed), lead))


@pytest.mark.parametrize(
    ("make", "plenty", "scarce"), [(weeks_of_cover, 40.0, 2.0), (min_max, 40.0, 1.5), (naive, 60.0, 0.5)]
)
def test_where_nothing_is_lost_own_sales_are_demand(panel, history, lead, make, plenty, scarce):
    stocked = History(history.demand, history.is_live, np.full(PAIRS, 1e6))
    for knob, stock, is_same in ((plenty, stocked, True), (scarce, history, False)):
        learned = censored_tally(stock, panel.sales[:, :START], partial(family_learner, make, knob), lead)
        informed = replay(stock, make(panel.sales, START)(knob), lead)
        assert same(learned, informed) == is_same


def test_a_rule_that_never_sees_what_it_lost_orders_less_and_loses_more(panel, history, lead):
    learned = censored_tally(history, panel.sales[:, :START], partial(family_learner, weeks_of_cover, 3.0), lead)
    informed = replay(history, weeks_of_cover(panel.sales, START)(3.0), lead)
    assert learned.lost.sum() > informed.lost.sum()
    assert learned.on_hand.sum() < informed.on_hand.sum()


def test_our_policy_on_plenty_of_stock_is_the_one_that_knows_demand(panel, lead):
    rows = np.arange(2, PAIRS)
    stocked = History(
        *(each[rows] for each in (panel.sales[:, START:], np.ones((PAIRS, REPLAYED), bool), np.full(PAIRS, 1e6)))
    )
    before = base_forecasts(panel, range(FIRST_ORIGIN, START))
    draws = lead[:, :, rows]
    learner = partial(OwnLearner, panel, rows, LEAD_TIMES, 0.95, before)
    learned = censored_tally(stocked, panel.sales[rows, :START], learner, draws)
    informed = level_rule(known_reviews(panel, START), rows, LEAD_TIMES, 1, (0.95,))(0.95)
    assert same(learned, replay(stocked, informed, draws))


def test_nothing_demanded_in_a_week_or_after_it_moves_an_order_of_ours_or_theirs(panel, history, lead):
    week, changed = 5, history.demand.copy()
    changed[:, week:] = np.random.default_rng(2).gamma(1.0, 1e5, changed[:, week:].shape)
    before = base_forecasts(panel, range(FIRST_ORIGIN, START))
    learners = [
        lambda: family_learner(naive, 1.0),
        lambda: family_learner(min_max, 2.0),
        lambda: OwnLearner(panel, np.arange(PAIRS), LEAD_TIMES, 0.9, before),
    ]
    for make in learners:
        orders = [
            replay_paths(
                History(demand, history.is_live, history.opening),
                censored_orders(panel.sales[:, :START], make(), history.opening),
                lead[:1],
            ).order
            for demand in (history.demand, changed)
        ]
        assert (orders[0][:, :, : week + 1] == orders[1][:, :, : week + 1]).all()
        assert (orders[0][:, :, week + 1 :] != orders[1][:, :, week + 1 :]).any()


def test_a_comparison_on_own_sales_has_no_guardrails_and_few_draws(panel):
    found = compare_policies(panel, ReplaySettings(REPLAYED, 1, (COVER,), LeadTimes((2,)), 5, is_censored=True))
    assert [curve.policy for curve in found.curves] == ["shelfcast", COVER]
    assert found.guardrails is None
    assert found.calibration == ()
    with pytest.raises(UsageError, match="can't have 5 seeds"):
        ReplaySettings(REPLAYED, 5, is_censored=True)
