import math

import numpy as np
import pytest

from ml.forecasting.scorecard import coverage, score, value_added, wmae

ACTUAL = np.array([100.0, 200.0, 50.0])
POINT = np.array([110.0, 180.0, 50.0])
HOLIDAY = np.array([False, True, False])


def test_the_weighted_error_counts_a_holiday_week_five_times() -> None:
    # (1 x 10 + 5 x 20 + 1 x 0) / 7
    assert wmae(ACTUAL, POINT, HOLIDAY) == pytest.approx(110 / 7)


def test_three_rows_worked_by_hand() -> None:
    figures = score(ACTUAL, POINT, HOLIDAY)
    assert figures.mae == pytest.approx(10.0)
    assert figures.rmse == pytest.approx(math.sqrt(500 / 3))
    assert figures.wape == pytest.approx(30 / 350)
    assert figures.bias == pytest.approx(-10 / 350)
    assert math.isnan(figures.coverage_80)


def test_coverage_and_width_count_only_rows_with_bounds() -> None:
    bounds = np.array([[90, 190, np.nan], [105, 210, np.nan], [80, 150, np.nan], [120, 250, np.nan]], dtype=float)
    figures = score(ACTUAL, POINT, HOLIDAY, bounds)
    assert figures.coverage_80 == 1.0
    assert figures.width_80 == pytest.approx(17.5)
    assert coverage(np.array([5.0, 5.0]), np.array([0.0, 6.0]), np.array([5.0, 7.0])) == 0.5


def test_value_added_is_the_share_of_the_baselines_error_that_is_gone() -> None:
    assert value_added(75.0, 100.0) == 0.25
    assert value_added(1.0, 0.0) == 0.0
