"""Baseline policies: worked by hand, equal to the closed formulas, and blind to what comes after the review."""

import numpy as np
import pytest

from ml.inventory import formulas
from ml.inventory.replay import baselines
from ml.inventory.replay.lead_times import LeadTimes

START, WEEKS = 60, 70
LEAD_TIMES = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8))


@pytest.fixture
def sales():
    generator = np.random.default_rng(3)
    values = generator.gamma(3.0, 100.0, (12, WEEKS)) - 20.0
    values[generator.random(values.shape) < 0.05] = np.nan
    values[0, :] = np.nan
    return values


def families(sales):
    return {
        "cover": baselines.weeks_of_cover(sales, START),
        "min_max": baselines.min_max(sales, START),
        "seasonal": baselines.seasonal_safety_stock(sales, START, LEAD_TIMES),
    }


def levels_of(family, knob):
    rule = family(knob)
    return [level for level in (rule.order_up_to, rule.reorder_point) if level is not None]


def test_weeks_of_cover_are_so_many_means_of_the_four_weeks_before():
    sales = np.array([[10.0, -5.0, np.nan, 20.0, 30.0, 400.0]])
    level = baselines.weeks_of_cover(sales, 4)(2.0).order_up_to
    assert level.tolist() == [[2 * (10 + 0 + 20) / 3, 2 * (0 + 20 + 30) / 3]]


def test_the_minimum_is_so_many_weeks_and_the_maximum_one_more():
    rule = baselines.min_max(np.tile(np.arange(13.0, 40.0), (1, 1)), 13)(2.0)
    assert rule.reorder_point[0, 0] == pytest.approx(2 * 19)
    assert rule.order_up_to[0, 0] == pytest.approx(3 * 19)


def test_the_seasonal_rule_has_the_safety_stock_of_the_textbook():
    # Last year sold 100 and 120 in turn, this year 110: errors of ten dollars each, lead time 2 weeks, deviation 0.5.
    sales = np.full((1, 120), 110.0)
    sales[0, :60] = np.where(np.arange(60) % 2, 120.0, 100.0)
    start = 104
    rule = baselines.seasonal_safety_stock(sales, start, LEAD_TIMES)(1.645)
    errors = [sales[0, week] - sales[0, week - 52] for week in range(52, 104)]
    weekly = np.mean(sales[0, start - 52 : start - 49])
    deviation = formulas.demand_deviation_over_lead_time(weekly, np.sqrt(np.mean(np.square(errors))), 3, 0.5)
    assert rule.order_up_to[0, 0] == pytest.approx(3 * weekly + 1.645 * deviation)


def test_deviations_for_many_pairs_are_those_of_the_formula_for_one():
    found = baselines.deviation_over_protection(np.array([2500.0, 100.0]), np.array([500.0, 20.0]), 7.0, 7.0)
    expected = [formulas.demand_deviation_over_lead_time(*pair, 7, 7) for pair in ((2500, 500), (100, 20))]
    assert found == pytest.approx(expected)


def test_a_week_without_sales_last_year_takes_the_mean_of_the_last_quarter():
    demand = np.full((1, 60), 10.0)
    demand[0, 8] = np.nan
    demand[0, 47:60] = 30.0
    then = baselines.last_year(demand, 58, 3)[0]
    assert then[0] == pytest.approx([10, 10, (2 * 10 + 11 * 30) / 13])
    assert then[1] == pytest.approx([10, (10 + 12 * 30) / 13, 10])


@pytest.mark.parametrize("name", ["cover", "min_max", "seasonal"])
def test_nothing_after_the_review_moves_a_level(sales, name):
    changed = sales.copy()
    week = START + 5
    changed[:, week:] = np.random.default_rng(9).normal(0, 1e4, changed[:, week:].shape)
    upto = week - START + 1
    for before, after in zip(
        levels_of(families(sales)[name], 2.0), levels_of(families(changed)[name], 2.0), strict=True
    ):
        assert (before[:, :upto] == after[:, :upto]).all()
        assert (before[:, upto:] != after[:, upto:]).any()
    assert (baselines.live_weeks(sales, START)[:, :upto] == baselines.live_weeks(changed, START)[:, :upto]).all()


@pytest.mark.parametrize("name", ["cover", "min_max", "seasonal"])
def test_a_higher_knob_never_lowers_a_level(sales, name):
    for less, more in zip(levels_of(families(sales)[name], 1.0), levels_of(families(sales)[name], 1.5), strict=True):
        assert (more >= less).all()
        assert (less >= 0).all()


def test_a_pair_is_live_while_it_sold_something_in_the_quarter_before():
    sales = np.full((1, 40), np.nan)
    sales[0, 10], sales[0, 12] = 5.0, -5.0
    live = baselines.live_weeks(sales, 11)[0]
    assert live[:13].all()
    assert not live[13:].any()


def test_history_opens_with_three_weeks_of_the_recent_mean_and_has_no_negative_demand(sales):
    history = baselines.history_of_sales(sales, START)
    assert history.demand.shape == (12, WEEKS - START)
    assert (history.demand >= 0).all()
    assert history.opening[1] == pytest.approx(3 * np.nanmean(np.maximum(sales[1, START - 4 : START], 0.0)))
    assert history.opening[0] == 0
    assert not history.is_live[0].any()
