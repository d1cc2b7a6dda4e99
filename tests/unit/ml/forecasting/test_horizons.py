"""A retailer says how many weeks are forecast, from 1 to 26: training, backtest, intervals and serving follow."""

import dataclasses

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import backtest_frame, origins_of
from ml.forecasting.forecast_job import Cast, forecast_rows
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.ridge_model import Ridge
from ml.forecasting.study import study


@pytest.fixture(scope="module", params=[1, 3, 26])
def horizon(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(scope="module")
def panel(make_panel, horizon):
    made = make_panel(stores=2, departments=3, weeks=150)
    return dataclasses.replace(made, retailer=made.retailer.model_copy(update={"horizon_weeks": horizon}))


@pytest.fixture(scope="module")
def studied(panel):
    return study(panel, (SeasonalNaive(), AlignedSeasonal(), Ridge()), 2)


def test_every_origin_leaves_the_weeks_of_a_whole_horizon(panel, horizon):
    assert origins_of(panel, 2)[-1] == panel.week_count - horizon


def test_every_week_ahead_is_backtested(studied, horizon):
    frame = backtest_frame(studied.backtest, "run")
    assert sorted(frame["horizon_weeks"].unique()) == list(range(1, horizon + 1))
    assert all(np.isfinite(score["wmae_amount"]) for score in studied.scores.values())


def test_every_week_ahead_is_forecast_with_its_interval(studied, panel, horizon):
    cast = Cast(studied.models, dict.fromkeys(studied.models, "1"), "ridge")
    rows = forecast_rows(panel, cast, "run")
    assert len(rows) == len(studied.models) * panel.series_count * horizon
    assert sorted(rows["horizon_weeks"].unique()) == list(range(1, horizon + 1))
    assert np.isfinite(rows[["prediction_lower_95", "predicted_sales", "prediction_upper_95"]].to_numpy()).all()


def test_intervals_widen_only_beyond_the_horizon(studied, panel, horizon):
    served = studied.models["aligned_seasonal"]
    within, beyond = (served.forecast(panel, weeks)[1] for weeks in (horizon, horizon + 8))
    assert beyond[:, :, :horizon] == pytest.approx(within, rel=1e-9)
