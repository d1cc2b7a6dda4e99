import math

import numpy as np
import pytest

from ml.forecasting.evaluation.metrics import (
    coverage,
    coverage_by,
    interval_score,
    pinball_loss,
    scaled_interval_score,
    score,
    total_wape,
    value_added,
    wmae,
)

ACTUAL = np.array([100.0, 200.0, 50.0])
POINT = np.array([110.0, 180.0, 50.0])
HOLIDAY = np.array([False, True, False])


def test_the_weighted_error_counts_a_holiday_week_five_times() -> None:
    # (1 x 10 + 5 x 20 + 1 x 0) / 7
    assert wmae(ACTUAL, POINT, HOLIDAY) == pytest.approx(110 / 7)


def test_three_rows_worked_by_hand() -> None:
    figures = score(ACTUAL, POINT, HOLIDAY)
    assert (figures.count, figures.sales) == (3, 350.0)
    assert figures.mae == pytest.approx(10.0)
    assert figures.rmse == pytest.approx(math.sqrt(500 / 3))
    assert figures.wape == pytest.approx(30 / 350)
    assert figures.bias == pytest.approx(-10 / 350)
    assert math.isnan(figures.coverage_80)
    assert math.isnan(figures.interval_score_80)


def test_errors_cancel_within_a_total_and_not_between_totals() -> None:
    # Total 7 is 300 and forecast at 290, total 2 is 50 and met: 10 / 350, where the rows err by 30 / 350.
    assert total_wape(ACTUAL, POINT, np.array([7, 7, 2])) == pytest.approx(10 / 350)
    assert total_wape(ACTUAL, POINT, np.arange(3)) == pytest.approx(30 / 350)
    assert score(ACTUAL, POINT, HOLIDAY, store_total=np.array([7, 7, 2])).store_total_wape == pytest.approx(10 / 350)
    assert math.isnan(score(ACTUAL, POINT, HOLIDAY).store_total_wape)


def test_coverage_and_width_count_only_rows_with_bounds() -> None:
    bounds = np.array([[90, 190, np.nan], [105, 210, np.nan], [80, 150, np.nan], [120, 250, np.nan]], dtype=float)
    figures = score(ACTUAL, POINT, HOLIDAY, bounds)
    assert figures.coverage_80 == 1.0
    assert figures.width_80 == pytest.approx(17.5)
    assert coverage(np.array([5.0, 5.0]), np.array([0.0, 6.0]), np.array([5.0, 7.0])) == 0.5


def test_coverage_is_kept_apart_by_groups_and_missing_where_a_group_has_no_bounds() -> None:
    groups = np.array(["b", "a", "a", "c"])
    actual, lower = np.array([5.0, 5.0, 9.0, 5.0]), np.array([0.0, 0.0, 0.0, np.nan])
    held = coverage_by(groups, actual, lower, np.array([4.0, 8.0, 8.0, np.nan]))
    assert held[:2].tolist() == [0.5, 0.0]
    assert math.isnan(held[2])


def test_the_interval_score_is_the_width_and_ten_dollars_for_each_dollar_outside_at_80_percent() -> None:
    # Inside; 5 below; 2 above; on the bound: the width is 10 throughout.
    actual = np.array([15.0, 5.0, 22.0, 20.0])
    scores = interval_score(actual, np.full(4, 10.0), np.full(4, 20.0), 0.8)
    assert scores == pytest.approx([10, 60, 30, 10])


def test_the_scaled_interval_score_pools_sums_over_the_rows_with_bounds() -> None:
    actual = np.array([15.0, 5.0, 1000.0])
    lower, upper = np.array([10.0, 10.0, np.nan]), np.array([20.0, 20.0, np.nan])
    assert scaled_interval_score(actual, lower, upper, 0.8) == pytest.approx((10 + 60) / 20)


def test_the_pinball_loss_charges_the_level_above_and_the_rest_below() -> None:
    losses = pinball_loss(np.array([12.0, 7.0, 10.0]), np.full(3, 10.0), 0.9)
    assert losses == pytest.approx([0.9 * 2, 0.1 * 3, 0])


def test_the_interval_score_is_2_over_alpha_times_the_pinball_losses_of_its_bounds() -> None:
    random = np.random.default_rng(3)
    actual, middle = random.normal(0, 10, 200), random.normal(0, 3, 200)
    lower, upper = middle - 6, middle + 6
    losses = pinball_loss(actual, lower, 0.1) + pinball_loss(actual, upper, 0.9)
    assert interval_score(actual, lower, upper, 0.8) == pytest.approx(10 * losses)


def test_no_bounds_score_less_than_the_true_quantiles() -> None:
    actual = np.random.default_rng(4).normal(100, 10, 20_000)
    at = {
        z: scaled_interval_score(actual, np.full(20_000, 100 - 10 * z), np.full(20_000, 100 + 10 * z), 0.8)
        for z in (0.9, 1.2816, 1.7)
    }
    assert min(at, key=lambda z: at[z]) == 1.2816


def test_value_added_is_the_share_of_the_baselines_error_that_is_gone() -> None:
    assert value_added(75.0, 100.0) == 0.25
    assert value_added(1.0, 0.0) == 0.0
