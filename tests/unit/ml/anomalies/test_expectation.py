"""Expectation, score and its companions: by hand, and on series whose answer is known."""

import numpy as np
import pytest

from ml.anomalies import expectation


def test_the_level_is_the_median_of_the_weeks_before_and_never_of_the_week_itself():
    sales = np.array([[10.0, 20.0, 30.0, 40.0, 900.0, 50.0]])
    level = expectation.trailing_level(sales)
    assert np.isnan(level[0, :4]).all()
    assert level[0, 4:].tolist() == [25.0, 30.0]


def test_a_change_of_the_future_leaves_the_levels_of_the_past_as_they_were():
    sales = np.random.default_rng(1).gamma(5, 100, (6, 40))
    changed = sales.copy()
    changed[:, 25:] *= 7
    before, after = expectation.trailing_level(sales), expectation.trailing_level(changed)
    np.testing.assert_array_equal(before[:, :26], after[:, :26])


def test_the_season_of_a_department_carries_over_to_its_pairs():
    level = np.full((6, 3), 100.0)
    sales = level * np.array([1.0, 2.0, 0.5])
    expected = expectation.seasonal_expectation(sales, level, np.full(6, 38))
    np.testing.assert_allclose(expected, sales)


def test_half_of_what_a_pair_did_otherwise_a_year_before_is_expected_again():
    level = np.full((6, 60), 100.0)
    sales = level.copy()
    sales[0, 3] = 144.0
    expected = expectation.seasonal_expectation(sales, level, np.full(6, 38))
    assert expected[0, 55] == pytest.approx(100 * np.sqrt(1.44))
    assert expected[1, 55] == 100


def test_a_department_of_few_stores_takes_its_own_season_of_the_year_before():
    level = np.full((2, 60), 100.0)
    sales = level.copy()
    sales[0, 3] = 300.0
    expected = expectation.seasonal_expectation(sales, level, np.full(2, 38))
    assert np.isnan(expected[:, :52]).all()
    assert expected[:, 55].tolist() == [300, 100]


def test_twice_and_half_are_equally_far():
    expected = np.full((1, 3), 100.0)
    score = expectation.robust_scores(np.array([[200.0, 50.0, 100.0]]), expected, expected)
    assert score[0, 0] == pytest.approx(-score[0, 1])
    assert score[0, 0] > 0
    assert score[0, 2] == 0


def test_the_score_counts_robust_standard_deviations():
    rng = np.random.default_rng(3)
    expected = np.full((40, 200), 1000.0)
    sales = 1000 * np.exp(0.2 * rng.standard_normal(expected.shape))
    score = expectation.robust_scores(sales, expected, expected)
    assert score.std() == pytest.approx(1.0, abs=0.05)
    sales[0, 0] *= 1e3
    assert expectation.robust_scores(sales, expected, expected)[0, 1] == pytest.approx(score[0, 1], rel=0.02)


def test_returns_score_far_below_and_unknown_weeks_not_at_all():
    expected = np.full((1, 4), 100.0)
    score = expectation.robust_scores(np.array([[-50.0, np.nan, 100.0, 105.0]]), expected, expected)
    assert score[0, 0] < -10
    assert np.isnan(score[0, 1])


def test_the_least_deviation_is_a_share_of_the_median_pairs_mean_week():
    sales = np.array([[100.0, np.nan, 300.0], [400.0, 400.0, 400.0], [10_000.0] * 3])
    assert expectation.least_deviation(sales) == pytest.approx(0.15 * 400)


def test_the_share_that_moved_the_same_way_leaves_out_unknown_scores():
    scores = np.array([[3.0], [2.5], [-4.0], [np.nan], [0.0]])
    groups = np.array([1, 1, 1, 1, 2])
    up = expectation.same_direction_share(scores, groups, 1, 2.0)
    down = expectation.same_direction_share(scores, groups, -1, 2.0)
    assert up[:, 0].tolist() == pytest.approx([2 / 3] * 4 + [0])
    assert down[0, 0] == pytest.approx(1 / 3)


def test_weeks_in_a_row_start_again_after_a_break():
    mask = np.array([[True, True, False, True, True, True]])
    assert expectation.weeks_in_a_row(mask).tolist() == [[1, 2, 0, 1, 2, 3]]
