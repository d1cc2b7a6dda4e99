"""Guardrails replayed: positions and shares by hand, flagged orders as the worse ones, blindness to the future."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import panel_from_frame
from ml.inventory.orders.guardrails import AUTOMATIC, GUARDRAILS
from ml.inventory.replay.baselines import history_of_sales
from ml.inventory.replay.comparison import plain_policies
from ml.inventory.replay.engine import OrderRule, replay_paths
from ml.inventory.replay.forecasts import base_forecasts
from ml.inventory.replay.guardrails import _positions_before, measure_guardrails, replayed_flags
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.policy_tables import replayed_orders
from ml.inventory.replay.reviews import FIRST_ORIGIN, known_reviews
from retailers import WALMART

WEEKS, START, PAIRS = 90, 70, 24
LEAD_TIMES = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))


@pytest.fixture(scope="module")
def panel():
    """Steady sales; three pairs whose sales jump now and then, two tiny ones, one that is new."""
    generator = np.random.default_rng(3)
    sales = np.geomspace(2000, 20_000, PAIRS)[:, None] * np.exp(0.1 * generator.standard_normal((PAIRS, WEEKS)))
    sales[:3] *= np.where(generator.random((3, WEEKS)) < 0.15, 5.0, 1.0)
    sales[3:5] *= 0.005 * np.exp(0.8 * generator.standard_normal((2, WEEKS)))
    sales[5, : START + 2] = np.nan
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


def orders_of(panel):
    return replayed_orders(plain_policies(PAIRS, LEAD_TIMES), known_reviews(panel, START), np.arange(PAIRS))


def flags_of(panel):
    history = history_of_sales(panel.sales, START)
    made = base_forecasts(panel, range(FIRST_ORIGIN, WEEKS))
    return replayed_flags(
        panel, START, made, history, orders_of(panel), LEAD_TIMES.draw(range(2), WEEKS - START, PAIRS)
    )


def test_shares_add_up_and_flagged_orders_are_the_worse_ones(panel):
    found = measure_guardrails(panel, START, orders_of(panel), base_forecasts(panel, range(FIRST_ORIGIN, WEEKS)))
    assert found.automatic.share_rate + found.flagged.share_rate == pytest.approx(1.0)
    assert sum(one.share_rate for one in found.by_reason.values()) == pytest.approx(found.flagged.share_rate)
    assert set(found.by_reason) == set(GUARDRAILS)
    assert found.flagged.error_rate > 2 * found.automatic.error_rate
    assert found.flagged.covered_rate < found.automatic.covered_rate
    assert found.automatic_rate_with_tiny <= found.automatic.share_rate
    assert found.flagged.share_rate <= found.worst_week_rate <= 1
    assert found.reviews == history_of_sales(panel.sales, START).is_live.sum()


def test_the_pairs_that_jump_are_asked_about_and_tiny_ones_are_not(panel):
    is_flagged = flags_of(panel) != AUTOMATIC
    assert is_flagged[:, :3].mean() > 0.3
    assert not is_flagged[:, 3:5].any()
    assert is_flagged[:, 6:].mean() < 0.02


@pytest.mark.parametrize("ahead", [1, 6, 8])
def test_nothing_of_a_week_or_after_it_changes_its_flags(panel, ahead):
    sales = panel.sales.copy()
    sales[:, START + ahead :] = np.random.default_rng(5).gamma(1.0, 1e5, (PAIRS, WEEKS - START - ahead))
    before, after = flags_of(panel), flags_of(replace(panel, sales=sales))
    assert (before[:, :, : ahead + 1] == after[:, :, : ahead + 1]).all()
    assert (before != after).any()


def test_the_position_before_a_review_is_what_came_in_less_what_was_sold(panel):
    history = history_of_sales(panel.sales, START)
    lead = LEAD_TIMES.draw(range(2), WEEKS - START, PAIRS)
    level = np.full(history.demand.shape, 15_000.0)
    paths = replay_paths(history, OrderRule(order_up_to=level), lead)
    position = _positions_before(paths, history.opening)
    assert position[:, :, 0] == pytest.approx(np.broadcast_to(history.opening, (2, PAIRS)))
    # An order-up-to rule restores the level wherever it orders.
    ordered = paths.order > 0
    assert (position + paths.order)[ordered] == pytest.approx(15_000.0)
