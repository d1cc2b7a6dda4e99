"""The distribution of demand: paths by hand, and the normal case against the closed form."""

import numpy as np
import pandas as pd
import pytest

from ml.inventory import formulas
from ml.inventory.orders import demand
from ml.inventory.orders.levels import service_quantile


def errors(pairs=60, origins=5, horizons=8, seed=3, scale=100.0):
    rng = np.random.default_rng(seed)
    grid = pd.MultiIndex.from_product([[1], range(pairs), range(origins), range(1, horizons + 1)])
    frame = grid.to_frame(index=False, name=["store_id", "dept_id", "origin", "horizon_weeks"])
    frame["scale_amount"] = scale * (1 + frame["dept_id"])
    frame["predicted_sales"] = frame["scale_amount"]
    frame["actual_sales"] = frame["predicted_sales"] + frame["scale_amount"] * 0.2 * rng.standard_normal(len(frame))
    return frame


def test_a_path_is_the_scaled_error_of_one_pair_and_origin_by_horizon():
    frame = pd.DataFrame(
        {
            "store_id": 1,
            "dept_id": 7,
            "origin": 0,
            "horizon_weeks": [2, 1],
            "actual_sales": [80.0, 130.0],
            "predicted_sales": [100.0, 100.0],
            "scale_amount": 50.0,
        }
    )
    paths = demand.scaled_paths(frame)
    assert paths.values.tolist() == [[0.6, -0.4]]
    assert (paths.store_id[0], paths.dept_id[0], paths.scale[0]) == (1, 7, 50.0)


def test_gaps_are_filled_and_thin_or_sizeless_paths_left_out():
    frame = errors(pairs=3, origins=1)
    frame = frame[~((frame["dept_id"] == 1) & (frame["horizon_weeks"] == 4))]
    frame = frame[~((frame["dept_id"] == 2) & (frame["horizon_weeks"] > 3))]
    frame.loc[frame["dept_id"] == 0, "scale_amount"] = 0.0
    paths = demand.scaled_paths(frame)
    assert paths.dept_id.tolist() == [1]
    assert paths.values[0, 3] == paths.values[0, 2]


def test_wild_errors_are_clipped():
    frame = errors(pairs=2)
    frame.loc[0, "actual_sales"] = 1e9
    assert demand.scaled_paths(frame).values.max() == demand.RESIDUAL_LIMITS[1]


def test_the_pool_does_not_depend_on_the_order_of_its_rows():
    frame = errors()
    one = demand.build_pool(demand.scaled_paths(frame), seed=5, draws=50)
    two = demand.build_pool(demand.scaled_paths(frame.sample(frac=1, random_state=1)), seed=5, draws=50)
    assert (one.shapes == two.shapes).all()
    assert one.pair_dispersion == two.pair_dispersion
    other = demand.build_pool(demand.scaled_paths(frame), seed=6, draws=50)
    assert (one.shapes != other.shapes).any()


def test_a_noisy_pair_is_noisier_than_its_band_and_a_new_pair_is_like_its_band():
    frame = errors()
    noisy = frame["dept_id"] == 30
    frame.loc[noisy, "actual_sales"] += 3 * (frame["actual_sales"] - frame["predicted_sales"])[noisy]
    pool = demand.build_pool(demand.scaled_paths(frame), seed=5, draws=50)
    scale = np.full(3, 3100.0)
    noise = pool.noise_of([1, 1, 9], [30, 31, 31], scale)
    band = pool.band_dispersion[pool.band_of(scale)[0]]
    assert noise[0] > 1.5 * noise[1]
    assert noise[2] == pytest.approx(3100 * band)


def test_simulated_demand_is_forecast_plus_noise_times_shape_and_never_negative():
    shapes = np.array([[0.0, 0.0, 0.0], [1.0, -2.0, 0.5]])
    paths = demand.simulate_weeks(np.array([[10.0, 20.0, 30.0]]), np.array([15.0]), shapes, 3)
    assert paths.tolist() == [[[10.0, 20.0, 30.0], [25.0, 0.0, 37.5]]]


def test_beyond_the_forecast_its_last_four_weeks_repeat():
    forecast = np.arange(1.0, 7.0)[None, :]
    paths = demand.simulate_weeks(forecast, np.array([0.0]), np.zeros((1, 8)), 11)
    assert paths[0, 0].tolist() == [1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 3]


def test_demand_until_a_point_in_time_is_even_within_a_week():
    total = demand.cumulative(np.array([[[10.0, 20.0, 40.0]]]))
    at = [demand.demand_until(total, np.array([[weeks]]))[0, 0] for weeks in (0.0, 0.5, 1.0, 2.25, 3.0)]
    assert at == [0.0, 5.0, 10.0, 40.0, 70.0]


def test_lead_times_have_the_mean_and_deviation_of_the_policy_and_a_day_at_least():
    pool = demand.build_pool(demand.scaled_paths(errors()), seed=1)
    lead = demand.lead_times(np.array([3.0, 0.2]), np.array([0.5, 2.0]), pool.lead_time_draws)
    assert lead[0].mean() == pytest.approx(3.0, abs=0.01)
    assert lead[0].std() == pytest.approx(0.5, abs=0.02)
    assert lead[1].min() == demand.SHORTEST_LEAD_TIME_WEEKS


def test_for_normal_independent_errors_the_service_quantile_is_the_textbook_reorder_point():
    rng = np.random.default_rng(11)
    shapes = rng.standard_normal((200_000, 8))
    total = demand.cumulative(demand.simulate_weeks(np.full((1, 8), 1000.0), np.array([150.0]), shapes, 8))
    lead = demand.lead_times(np.array([3.0]), np.array([0.4]), rng.standard_normal(200_000))
    simulated = service_quantile(demand.demand_until(total, lead + 1.0), np.array([0.95]))[0]
    deviation = formulas.demand_deviation_over_lead_time(1000, 150, 4, 0.4)
    assert simulated == pytest.approx(formulas.normal_reorder_point(0.95, 4000, deviation), rel=0.01)


def test_errors_that_stay_for_weeks_need_more_stock_than_independent_ones():
    rng = np.random.default_rng(2)
    steady = np.repeat(rng.standard_normal((4000, 1)), 4, axis=1)
    mixed = rng.standard_normal((4000, 4))
    points = [
        service_quantile(
            demand.simulate_weeks(np.full((1, 4), 100.0), np.array([10.0]), shapes, 4).sum(axis=2), np.array([0.95])
        )
        for shapes in (steady, mixed)
    ]
    assert points[0] > points[1] + 15


def test_a_pool_without_paths_is_refused():
    with pytest.raises(ValueError, match="no residual path"):
        demand.build_pool(demand.scaled_paths(errors(pairs=1).iloc[:0]), seed=1)
