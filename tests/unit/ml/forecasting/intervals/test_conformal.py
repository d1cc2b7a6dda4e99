import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.forecasting.demand_groups import DEMAND_GROUPS
from ml.forecasting.intervals.conformal import (
    LEAST_SCORES,
    VOLUMES,
    WIDER_PER_WEEK,
    IntervalCalibration,
    Scores,
    Situation,
    calibrate,
    covering_quantiles,
    join_scores,
    sales_floor,
    scores_of,
    sells_whole,
    situation_at,
)
from ml.forecasting.intervals.error_scale import FittedErrorScale
from ml.forecasting.panel import panel_from_frame
from retailers import WALMART
from warehouse.conventions import HORIZON

CONSTANT = FittedErrorScale(None)
"""A error scale without trees: the same for every week of a series."""


def _scores(values: np.ndarray, kind: np.ndarray | None = None) -> Scores:
    """Errors of forecasts of zero in error scales of one, without a floor."""
    count = len(values)
    return Scores(
        actual=values,
        point=np.zeros(count),
        error_scale=np.ones(count),
        floor=np.full(count, -np.inf),
        is_whole=np.zeros(count, dtype=bool),
        kind=np.arange(count) % 3 if kind is None else kind,
    )


def _situation(error_scale: np.ndarray, kind: np.ndarray | None = None, floor: float = 0.0) -> Situation:
    count = len(error_scale)
    kinds = np.zeros(count, dtype=np.int64) if kind is None else kind
    return Situation(error_scale, kinds, np.full(count, floor), np.zeros(count, dtype=bool))


def signed_quantiles(values: np.ndarray) -> np.ndarray:
    return covering_quantiles(_scores(values))


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
    calibration = calibrate(_scores(random.standard_normal(24_000)))
    new = random.standard_normal((2_000, HORIZON))
    bounds = calibration.bounds(np.zeros_like(new), _situation(np.ones((2_000, HORIZON)), floor=-np.inf))
    assert np.mean((bounds[0] <= new) & (new <= bounds[1])) == pytest.approx(0.80, abs=0.02)
    assert np.mean((bounds[2] <= new) & (new <= bounds[3])) == pytest.approx(0.95, abs=0.01)


def test_bounds_enclose_the_point_and_each_other_and_stay_above_the_floor() -> None:
    random = np.random.default_rng(4)
    calibration = calibrate(_scores(5 + random.standard_normal(500)))
    point = random.uniform(-1, 3, (50, HORIZON))
    low, high, wide_low, wide_high = calibration.bounds(point, _situation(np.ones((50, HORIZON))))
    assert (wide_low <= low).all()
    assert (low <= point).all()
    assert (point <= high).all()
    assert (high <= wide_high).all()
    assert (low >= np.minimum(point, 0)).all()


def test_a_bound_lies_as_many_error_scales_from_the_point_as_its_volume_asks_for_worked_by_hand() -> None:
    quantiles = np.array([[[-1.0, -2.0, -3.0], [1.5, 2.5, 3.5]], [[-4.0, -5.0, -6.0], [4.5, 5.5, 6.5]]])
    quantiles = np.tile(quantiles, len(DEMAND_GROUPS))
    situation = _situation(np.array([[10.0, 20.0], [1.0, 2.0]]), np.array([0, 2]))
    bounds = IntervalCalibration(quantiles).bounds(np.full((2, 2), 100.0), situation)
    assert bounds[:, 0].tolist() == [[90.0, 80.0], [115.0, 130.0], [60.0, 20.0], [145.0, 190.0]]
    assert bounds[:, 1].tolist() == [[97.0, 94.0], [103.5, 107.0], [94.0, 88.0], [106.5, 113.0]]


def test_scores_count_errors_in_error_scales_and_skip_what_is_unknown_or_stopped() -> None:
    actual = np.array([[110.0, np.nan], [50.0, 70.0], [1.0, 1.0]])
    situation = _situation(np.array([[5.0, 1.0], [20.0, 10.0], [1.0, 1.0]]), np.array([2, 0, 1]))
    scores = scores_of(actual, np.array([[100.0, 0.0], [60.0, 60.0], [0.0, 0.0]]), situation, np.array([1, 1, 0]) > 0)
    assert scores.value.tolist() == [2.0, -0.5, 1.0]
    assert scores.kind.tolist() == [2, 0, 0]
    joined = join_scores([scores, scores])
    assert (joined.value.tolist(), joined.kind.tolist()) == ([2.0, -0.5, 1.0] * 2, [2, 0, 0] * 2)


def test_each_volume_has_its_own_quantiles_and_borrows_those_of_all_where_its_scores_are_few() -> None:
    random = np.random.default_rng(5)
    counts = (2_000, 2_000, LEAST_SCORES - 1)
    values = [size * random.standard_normal(count) for size, count in zip((1.0, 3.0, 9.0), counts, strict=True)]
    scores = _scores(np.concatenate(values), np.repeat([0, 1, 2], counts))
    quantiles = calibrate(scores).quantiles
    assert np.array_equal(quantiles[:, :, 0], signed_quantiles(values[0]))
    assert quantiles[:, :, 1] == pytest.approx(3 * quantiles[:, :, 0], rel=0.15)
    assert np.array_equal(quantiles[:, :, 2], signed_quantiles(scores.value))


def test_a_kind_with_few_scores_borrows_those_of_its_group_of_demand_before_those_of_all() -> None:
    random = np.random.default_rng(6)
    counts = (2_000, 2_000, LEAST_SCORES - 1)
    values = [size * random.standard_normal(count) for size, count in zip((1.0, 7.0, 7.0), counts, strict=True)]
    lumpy = DEMAND_GROUPS.index("lumpy") * VOLUMES
    quantiles = calibrate(_scores(np.concatenate(values), np.repeat([0, lumpy, lumpy + 1], counts))).quantiles
    assert np.array_equal(quantiles[:, :, lumpy + 1], signed_quantiles(np.concatenate(values[1:])))
    assert np.array_equal(quantiles[:, :, lumpy + 2], quantiles[:, :, lumpy + 1])
    assert np.array_equal(quantiles[:, :, VOLUMES], signed_quantiles(np.concatenate(values)))


def test_volumes_are_thirds_of_the_active_series_by_scale(make_panel) -> None:
    # Department n of a store sells n times 1,000 dollars.
    situation = situation_at(make_panel(stores=1, departments=9), CONSTANT)
    assert situation.kind.tolist() == [VOLUMES + third for third in (0, 0, 0, 1, 1, 1, 2, 2, 2)]
    assert DEMAND_GROUPS[1] == "smooth"


def test_where_nothing_is_active_all_series_are_of_one_volume(make_frame) -> None:
    frame = make_frame(stores=1, departments=3, weeks=60)
    late = frame["feature_date"] > frame["feature_date"].min() + dt.timedelta(weeks=40)
    stopped = panel_from_frame(frame.assign(weekly_sales=frame["weekly_sales"].mask(late, 0.0)), WALMART)
    assert not stopped.active.any()
    assert len(set(situation_at(stopped, CONSTANT).kind.tolist())) == 1


def test_a_error_scale_widens_by_the_same_step_with_each_week_beyond_those_that_are_scored(make_panel) -> None:
    panel = make_panel(stores=1, departments=3, weeks=60)
    error_scale = situation_at(panel, CONSTANT, 39).error_scale
    assert error_scale.shape == (3, 39)
    assert error_scale[:, :HORIZON].tobytes() == situation_at(panel, CONSTANT).error_scale.tobytes()
    ratio = error_scale / error_scale[:, :1]
    assert WIDER_PER_WEEK > 0
    assert ratio[:, :9] == pytest.approx(np.broadcast_to([1.0] * 8 + [1 + WIDER_PER_WEEK], (3, 9)))
    assert ratio[:, -1] == pytest.approx(1 + WIDER_PER_WEEK * 31)


def test_an_uneasy_series_gets_a_wider_interval_than_a_calm_one_of_its_size(make_panel) -> None:
    calm, uneasy = (situation_at(make_panel(noise=noise), CONSTANT).error_scale for noise in (0.01, 0.2))
    assert (calm < uneasy).all()


def test_a_series_that_took_back_more_than_it_sold_may_have_a_negative_lower_bound(make_frame) -> None:
    frame = make_frame(stores=1, departments=2, weeks=60)
    frame.loc[frame["dept_id"].eq(2) & frame["feature_date"].eq(str(dt.date(2011, 1, 7))), "weekly_sales"] = -70.0
    assert sales_floor(panel_from_frame(frame, WALMART)).tolist() == [0.0, -70.0]


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 1.5, 6.0])
def test_intervals_of_demand_now_and_then_cover_as_little_beyond_the_target_as_whole_pieces_allow(rate: float) -> None:
    random = np.random.default_rng(8)
    past, new = random.poisson(rate, 20_000).astype(float), random.poisson(rate, (2_500, HORIZON)).astype(float)
    point = np.full(len(past), rate)
    whole = np.ones(len(past), dtype=bool)
    scores = Scores(past, point, np.full(len(past), 0.8), np.zeros(len(past)), whole, np.zeros(len(past), np.int64))
    situation = Situation(
        np.full(new.shape, 0.8), np.zeros(len(new), np.int64), np.zeros(len(new)), np.ones(len(new), dtype=bool)
    )
    low, high, wide_low, wide_high = calibrate(scores).bounds(np.full(new.shape, rate), situation)
    for level, lower, upper in ((0.80, low, high), (0.95, wide_low, wide_high)):
        assert (lower == np.rint(lower)).all()
        assert (upper == np.rint(upper)).all()
        assert (lower >= 0).all()
        assert (lower <= rate).all()
        assert (rate <= upper).all()
        covered = np.mean((lower <= new) & (new <= upper))
        assert covered >= level - 0.01
        # A piece less above would cover too little, but where the bound has to enclose the forecast.
        narrower = np.mean((lower <= new) & (new <= upper - 1))
        assert narrower < level + 0.01 or (upper - 1 < rate).all()


def test_a_series_that_sold_parts_of_pieces_or_money_has_bounds_that_are_not_whole(make_frame) -> None:
    frame = make_frame(stores=1, departments=2, weeks=60)
    frame["weekly_sales"] = np.round(frame["weekly_sales"])
    pieces = WALMART.model_copy(update={"forecast_unit": "units"})
    assert sells_whole(panel_from_frame(frame, pieces)).tolist() == [True, True]
    assert sells_whole(panel_from_frame(frame, WALMART)).tolist() == [False, False]
    frame.loc[frame["dept_id"] == 2, "weekly_sales"] += 0.25
    assert sells_whole(panel_from_frame(frame, pieces)).tolist() == [True, False]
