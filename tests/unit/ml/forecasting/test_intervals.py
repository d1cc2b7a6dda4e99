import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.forecasting.forecaster import HORIZON
from ml.forecasting.intervals import (
    HOLIDAY,
    ORDINARY,
    PEAK,
    Scores,
    Situation,
    calibrate,
    sales_floor,
    signed_quantiles,
    situation_at,
    week_kinds,
)


def _scores(values: np.ndarray, kind: int = ORDINARY) -> Scores:
    number = np.arange(len(values))
    return Scores(values, number % HORIZON, np.full(len(values), kind), number // HORIZON % 3)


def _situation(series: int, kind: int = ORDINARY) -> Situation:
    return Situation(
        np.ones(series), np.zeros(series, dtype=np.int64), np.full(HORIZON, kind), np.array([1.0, 1.5, 2.5])
    )


def test_bounds_take_the_rank_of_split_conformal_prediction() -> None:
    # 19 scores at 80 %: the ceil(20 x 0.9) = 18th smallest of -9..9 is 8, and -8 on the other side.
    edges = signed_quantiles(np.arange(-9.0, 10.0))
    assert edges[0].tolist() == [-8.0, 8.0]
    # At 95 % the ceil(20 x 0.975) = 20th smallest does not exist: the largest stands in.
    assert edges[1].tolist() == [-9.0, 9.0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_bounds_enclose_zero_and_widen_with_the_level(values: list[float]) -> None:
    (low, high), (wide_low, wide_high) = signed_quantiles(np.array(values))
    assert wide_low <= low <= 0 <= high <= wide_high


def test_intervals_cover_new_errors_of_the_same_kind_as_promised() -> None:
    random = np.random.default_rng(3)
    calibration = calibrate(_scores(random.standard_normal(24_000)), np.ones(3))
    new = random.standard_normal((2_000, HORIZON))
    bounds = calibration.bounds(np.zeros_like(new), _situation(2_000), np.full(2_000, -np.inf))
    assert np.mean((bounds[0] <= new) & (new <= bounds[1])) == pytest.approx(0.80, abs=0.02)
    assert np.mean((bounds[2] <= new) & (new <= bounds[3])) == pytest.approx(0.95, abs=0.01)


def test_bounds_enclose_the_point_and_each_other_and_stay_above_the_floor() -> None:
    random = np.random.default_rng(4)
    calibration = calibrate(_scores(5 + random.standard_normal(500)), np.ones(3))
    point = random.uniform(-1, 3, (50, HORIZON))
    low, high, wide_low, wide_high = calibration.bounds(point, _situation(50), np.zeros(50))
    assert (wide_low <= low).all()
    assert (low <= point).all()
    assert (point <= high).all()
    assert (high <= wide_high).all()
    assert (low >= np.minimum(point, 0)).all()


def test_a_kind_of_week_that_was_never_scored_is_widened_by_its_factor() -> None:
    calibration = calibrate(_scores(np.random.default_rng(5).standard_normal(3_000)), np.array([1.0, 1.5, 2.5]))
    ordinary, peak = calibration.quantiles[:, :, ORDINARY], calibration.quantiles[:, :, PEAK]
    assert np.allclose(peak, 2.5 * ordinary)


def test_weeks_from_thanksgiving_to_the_end_of_december_are_peak() -> None:
    days = ["2011-11-18", "2011-11-25", "2011-12-16", "2011-12-30", "2012-01-06", "2012-02-10"]
    assert week_kinds(np.array(days, dtype="datetime64[D]")).tolist() == [ORDINARY, PEAK, PEAK, PEAK, ORDINARY, HOLIDAY]


def test_an_uneasy_series_gets_a_wider_interval_than_a_calm_one_of_its_size(make_panel) -> None:
    calm, uneasy = make_panel(noise=0.01), make_panel(noise=0.2)
    assert (situation_at(calm).unease < situation_at(uneasy).unease).all()


def test_a_series_that_took_back_more_than_it_sold_may_have_a_negative_lower_bound(make_frame) -> None:
    from ml.forecasting.panel import panel_from_frame

    frame = make_frame(stores=1, departments=2, weeks=60)
    frame.loc[frame["dept_id"].eq(2) & frame["feature_date"].eq(str(dt.date(2011, 1, 7))), "weekly_sales"] = -70.0
    assert sales_floor(panel_from_frame(frame)).tolist() == [0.0, -70.0]
