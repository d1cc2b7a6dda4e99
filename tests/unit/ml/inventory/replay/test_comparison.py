"""Policies compared by replay: figures by hand, properties of the curves, blindness to the future, refusals."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import panel_from_frame
from ml.inventory.replay import comparison
from ml.inventory.replay.calibration import Periods, calibrations, share_within
from ml.inventory.replay.comparison import (
    calibrate_levels,
    compare_policies,
    first_replayed_week,
    policy_family,
    replayed_rows,
)
from ml.inventory.replay.figures import sure_mean
from ml.inventory.replay.lead_times import LeadTimes
from ml.inventory.replay.report import (
    BASELINES,
    BY_SIZE,
    COVER,
    FIXED_LEAD_TIME,
    FIXED_STOCK_WEEKS,
    LEAD_TIMES,
    OURS,
    STOCK_WEEKS,
    Costs,
    ReplaySettings,
    draw_curves,
    lead_times_named,
)
from ml.inventory.replay.reviews import known_reviews
from retailers import WALMART
from warehouse.errors import ShelfcastError, UsageError

WEEKS, REPLAYED, STORES, DEPTS = 90, 20, 4, 5
START = WEEKS - REPLAYED


def panel_of(sales):
    pairs, weeks = sales.shape
    store = np.arange(pairs) // DEPTS
    days = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(weeks), unit="D")
    frame = pd.DataFrame(
        {
            "store_id": np.repeat(store, weeks) + 1,
            "dept_id": np.repeat(np.arange(pairs) % DEPTS, weeks) + 1,
            "feature_date": np.tile(days, pairs),
            "store_type": np.repeat(np.where(store % 2, "B", "A"), weeks),
            "weekly_sales": sales.ravel(),
            "is_holiday": False,
        }
    )
    return panel_from_frame(frame, WALMART)


@pytest.fixture(scope="module")
def panel():
    generator = np.random.default_rng(4)
    season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    size = np.geomspace(200, 20_000, STORES * DEPTS)[:, None]
    return panel_of(size * season * np.exp(0.3 * generator.standard_normal((STORES * DEPTS, WEEKS))))


@pytest.fixture(scope="module")
def found(panel):
    return compare_policies(panel, ReplaySettings(REPLAYED, 2, resamples=40))


def test_steady_demand_with_a_fixed_lead_time_worked_by_hand():
    # 100 a week, delivery after two weeks, stock opens at 300. Up to 2.75 weeks: the position of 300 orders nothing in
    # week 0, 75 in week 1, and from then on what was sold the week before. The 75 arrive in week 3, so 25 are lost
    # there, and 75 are ordered again in week 4: every third week from week 3 on sells 75, all others 100.
    steady = panel_of(np.full((DEPTS, WEEKS), 100.0))
    settings = ReplaySettings(REPLAYED, 1, (COVER,), LeadTimes((2,)))
    curve = next(one for one in compare_policies(steady, settings, Costs(0.25, 0.0, 1.0)).curves if one.policy == COVER)
    least, short = curve.kpis, 6
    assert curve.knobs[0] == 2.75
    assert least.stockout_rate[0] == pytest.approx(short / REPLAYED)
    assert least.fill_rate[0] == pytest.approx(1 - 25 * short / (100 * REPLAYED))
    assert least.lost_amount[0] == pytest.approx(DEPTS * 25 * short)
    # Middle of the week: 250, 150, 50, then half of what is sold.
    assert least.stock_amount[0] == pytest.approx(DEPTS * (450 + 37.5 * short + 50 * (17 - short)) / REPLAYED)
    # A quarter of what is sold, less a dollar an order in every week but the first.
    assert curve.profit_amount[0] == pytest.approx(DEPTS * (0.25 * (2000 - 25 * short) - 19))
    # Four weeks of cover never run out.
    assert least.stockout_rate[5] == 0
    assert least.fill_rate[5] == 1


def test_more_stock_never_means_more_stockouts_along_a_curve(found):
    assert [curve.policy for curve in found.curves] == [OURS, BY_SIZE, *BASELINES]
    for curve in found.curves:
        order = np.argsort(curve.kpis.stock_weeks)
        assert (np.diff(curve.kpis.stockout_rate[order]) <= 1e-12).all()
        assert (np.diff(curve.kpis.lost_amount[order]) <= 1e-6).all()
    for one, more in pairwise(one for one in found.figures if one.policy == OURS and one.is_chain):
        assert one.stock_level_weeks < more.stock_level_weeks
        assert not one.kpis.stockout_rate < more.kpis.stockout_rate


def test_figures_at_a_stock_level_have_that_stock_and_add_up_over_store_types(found):
    chain = [one for one in found.figures if one.is_chain]
    assert len(chain) == len(STOCK_WEEKS) * 5
    for one in chain:
        kinds = [
            other
            for other in found.figures
            if other.store_type and (other.policy, other.stock_level_weeks) == (one.policy, one.stock_level_weeks)
        ]
        depts = [
            other
            for other in found.figures
            if other.dept_id and (other.policy, other.stock_level_weeks) == (one.policy, one.stock_level_weeks)
        ]
        assert [kind.store_type for kind in kinds] == ["A", "B"]
        assert [dept.dept_id for dept in depts] == list(range(1, DEPTS + 1))
        assert sum(dept.pairs for dept in depts) == one.pairs
        assert sum(kind.pairs for kind in kinds) == one.pairs == found.pairs == STORES * DEPTS
        if np.isfinite(one.knob):
            assert one.kpis.stock_weeks == pytest.approx(one.stock_level_weeks)
            assert sum(kind.kpis.lost_amount for kind in kinds) == pytest.approx(one.kpis.lost_amount)
            assert sum(kind.profit_amount for kind in kinds) == pytest.approx(one.profit_amount)
            assert sum(dept.kpis.lost_amount for dept in depts) == pytest.approx(one.kpis.lost_amount)
    assert any(np.isfinite(one.knob) for one in chain)


def test_intervals_over_stores_hold_their_figure(found):
    certain = [one for one in found.figures if one.intervals and np.isfinite(one.intervals["fill_rate"]).all()]
    assert certain
    for one in certain:
        for name, (low, high) in one.intervals.items():
            assert low <= getattr(one.kpis, name) <= high


def test_a_saving_is_one_minus_the_ratio_and_a_single_store_has_no_interval(found, panel):
    assert {saving.baseline for saving in found.savings} == set(BASELINES)
    for saving in found.savings:
        if np.isfinite(saving.cut_rate):
            assert saving.cut_rate == pytest.approx(1 - saving.ours / saving.theirs)
    alone = compare_policies(panel_of(panel.sales[:DEPTS]), ReplaySettings(REPLAYED, 1, (COVER,)))
    assert all(np.isnan(saving.interval).all() for saving in alone.savings)
    assert {one.policy for one in alone.calibration} == {OURS}


def test_calibration_grows_with_the_target(found):
    ours = [one for one in found.calibration if one.policy == OURS]
    assert [one.target for one in ours] == [0.8, 0.9, 0.95, 0.98]
    for less, more in pairwise(ours):
        assert less.covered_rate <= more.covered_rate
    assert all(set(one.by_type) == {"A", "B"} for one in found.calibration)


def test_covered_periods_are_counted_by_type_fifth_and_beside_holidays_as_worked_by_hand():
    # Two pairs, four periods each; the last is not known. The level of 36 covers 15 and 33 of the first, not 38. A
    # longer lead time that comes once in four times leaves two thirds of its periods uncovered.
    short = [[15.0, 38.0, 33.0, np.nan], [40.0, 1.0, 2.0, np.nan]]
    long = [[30.0, 50.0, 40.0, np.nan], [60.0, 40.0, 3.0, np.nan]]
    demand = np.array([short, long])
    beside = np.array([[[False, True, False, True], [False, False, True, True]]] * 2)
    kinds, chance = np.array(["A", "B"]), np.array([0.75, 0.25])
    periods = Periods(chance, demand, ~np.isnan(demand), beside, kinds, np.array([0, 4]), np.array([1, 3]))
    first = next(calibrations(OURS, "random", lambda target: np.full((2, 4), 36.0), periods))
    half = 0.75 * 2 / 3 + 0.25 * 1 / 3
    assert (first.target, first.covered_rate) == (0.8, pytest.approx(half))
    assert first.by_type == {"A": pytest.approx(half), "B": pytest.approx(half)}
    assert first.by_group == {"smooth": pytest.approx(half), "intermittent": pytest.approx(half)}
    assert first.by_fifth == pytest.approx((half, np.nan, np.nan, np.nan, half), nan_ok=True)
    assert first.beside_holidays_rate == pytest.approx(1 / 2)


def test_the_calibration_of_the_levels_has_both_kinds_of_lead_time_and_is_that_of_the_replay(found, panel):
    table = calibrate_levels(panel, ReplaySettings(REPLAYED, 2))
    assert [(one.lead_time, one.target) for one in table] == [
        (kind, target) for kind in ("random", "fixed") for target in (0.8, 0.9, 0.95, 0.98)
    ]
    ours = [one for one in found.calibration if one.policy == OURS]
    assert [one.covered_rate for one in table[:4]] == [one.covered_rate for one in ours]


def test_intervals_over_seeds_are_those_of_a_mean_and_need_two_draws(found, panel):
    draws = [0.04, 0.06]
    low, high = sure_mean(draws)
    # Student's 97.5 % point with one degree of freedom is 12.706; the standard error of the mean is 0.01.
    assert (low, high) == (pytest.approx(0.05 - 0.12706, abs=1e-5), pytest.approx(0.05 + 0.12706, abs=1e-5))
    assert np.isnan(sure_mean([0.04])).all()
    assert np.isnan(sure_mean([0.04, np.nan])).all()
    certain = [one for one in found.figures if one.is_chain and np.isfinite(one.seed_intervals["fill_rate"]).all()]
    assert certain
    assert all(one.seed_intervals == {} for one in found.figures if not one.is_chain)


def test_a_fixed_lead_time_is_compared_at_less_stock_and_has_no_random_draws(panel):
    fixed = ReplaySettings(REPLAYED, 2, (COVER,), lead_times_named("fixed"), resamples=5)
    assert fixed.lead_times == FIXED_LEAD_TIME
    compared = compare_policies(panel, fixed)
    assert {one.stock_level_weeks for one in compared.figures} == set(FIXED_STOCK_WEEKS)
    for one in compared.figures:
        for low, high in one.seed_intervals.values():
            assert np.isnan(low) or low == pytest.approx(high)
    with pytest.raises(UsageError, match=r"no lead time 'random-ish'.*random, fixed"):
        lead_times_named("random-ish")


def test_a_pair_whose_periods_are_all_covered_is_five_points_from_95():
    assert share_within(np.array([1.0, 0.9, 0.95, 0.89]), 0.95) == pytest.approx(0.75)


def test_service_by_size_gives_small_pairs_more_service_and_large_ones_less(panel):
    rows = replayed_rows(panel, START)
    learned = known_reviews(panel, START)
    equal, by_size = (
        policy_family(name, panel, rows, START, LEAD_TIMES, learned)(0.9).order_up_to for name in (OURS, BY_SIZE)
    )
    half = len(rows) // 2
    assert (by_size[: half - 1] >= equal[: half - 1]).all()
    assert (by_size[half + 1 :] <= equal[half + 1 :]).all()
    assert (by_size[0] > equal[0]).any()
    assert (by_size[-1] < equal[-1]).any()


@pytest.mark.parametrize("name", [OURS, BY_SIZE, *BASELINES])
def test_nothing_of_a_week_or_after_it_is_read(panel, name):
    week = START + 6
    sales = panel.sales.copy()
    sales[:, week:] = np.random.default_rng(5).gamma(1.0, 1e5, sales[:, week:].shape)
    changed = replace(panel, sales=sales)
    rows = replayed_rows(panel, START)
    assert (rows == replayed_rows(changed, START)).all()
    knob = 0.95 if name in (OURS, BY_SIZE) else 3.0
    before, after = (
        policy_family(name, one, rows, START, LEAD_TIMES, known_reviews(one, START))(knob).order_up_to
        for one in (panel, changed)
    )
    assert (before[:, :7] == after[:, :7]).all()
    assert (before[:, 7:] != after[:, 7:]).any()


def test_the_same_question_has_the_same_answer(panel, found):
    again = compare_policies(panel, ReplaySettings(REPLAYED, 2, (COVER,), resamples=40))
    for name in (OURS, COVER):
        one, other = (next(c for c in of.curves if c.policy == name).kpis.lost_amount for of in (found, again))
        assert (one == other).all()


def test_the_picture_has_a_curve_of_every_policy(found):
    figure = draw_curves(found)
    for axes in figure.axes:
        assert sum(len(line.get_xdata()) > 2 for line in axes.lines) == 5
    assert "simulated" in figure.get_suptitle()


def test_too_few_weeks_are_refused_with_the_weeks_that_would_do(panel):
    needed = 61
    assert first_replayed_week(panel, ReplaySettings(WEEKS - needed)) == needed
    with pytest.raises(ShelfcastError, match=r"have 90 weeks.*of 52 needs 113.*Choose --weeks 29 or fewer\.$"):
        compare_policies(panel, ReplaySettings())
    with pytest.raises(ShelfcastError, match=r"Load a longer history\.$"):
        compare_policies(panel.until(65), ReplaySettings(8))


def test_a_panel_in_which_nothing_lives_is_refused(panel):
    sales = panel.sales.copy()
    sales[:, START - 13 : START] = 0.0
    with pytest.raises(ShelfcastError, match="No store and department sold in 50 weeks before 2011-06-10"):
        compare_policies(replace(panel, sales=sales), ReplaySettings(REPLAYED))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"weeks": 7}, "can't have 7 weeks.*--weeks from 8 to 260"),
        ({"weeks": 261}, "can't have 261 weeks"),
        ({"seeds": 0}, "can't have 0 seeds.*--seeds from 1 to 64"),
        ({"seeds": 65}, "can't have 65 seeds"),
        ({"baselines": ("cover", "magic")}, "no baseline 'magic'.*cover, naive, minmax"),
        ({"baselines": ()}, "names no baseline"),
        ({"forecasts": "prophet"}, "no forecasts 'prophet'.*base, champion"),
        ({"is_censored": True, "seeds": 2, "forecasts": "champion"}, "seasonal base only"),
    ],
)
def test_what_cannot_be_asked_is_wrong_use(asked, sentence):
    with pytest.raises(UsageError, match=sentence):
        ReplaySettings(**asked)


def test_a_baseline_that_is_named_twice_takes_part_once():
    assert ReplaySettings(baselines=(COVER, COVER)).policies == (OURS, BY_SIZE, COVER)
    assert set(comparison.KNOBS) == {OURS, BY_SIZE, *BASELINES}
