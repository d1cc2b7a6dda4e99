"""What happens after an origin must not be able to move a forecast made at it, not by a bit."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.backtest import run_backtest
from ml.forecasting.intervals import situation_at
from ml.forecasting.lightgbm_model import Blend, LightGbm
from ml.forecasting.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import Panel

ORIGINS = [100, 108]


def _candidates() -> tuple:
    lightgbm = LightGbm(seed=7)
    return (SeasonalNaive(), AlignedSeasonal(), lightgbm, Blend(lightgbm))


def _with_noise_after(panel: Panel, weeks: int) -> Panel:
    random = np.random.default_rng(9)
    sales = panel.sales.copy()
    sales[:, weeks:] = random.uniform(-1e5, 1e5, sales[:, weeks:].shape)
    features = {}
    for name, values in panel.features.items():
        features[name] = values.copy()
        features[name][:, weeks + 1 :] = random.uniform(-1e5, 1e5, values[:, weeks + 1 :].shape)
    return replace(
        panel, sales=sales, features=features, is_holiday=panel.is_holiday ^ (np.arange(len(panel.weeks)) >= weeks)
    )


@pytest.fixture(scope="module")
def both(panel: Panel):
    """Backtests of the true panel and of one that is noise after the last origin."""
    return run_backtest(panel, _candidates(), ORIGINS), run_backtest(
        _with_noise_after(panel, ORIGINS[-1]), _candidates(), ORIGINS
    )


@pytest.mark.parametrize("name", ["seasonal_naive", "aligned_seasonal", "lightgbm", "blend"])
def test_noise_after_the_origin_leaves_forecasts_and_intervals_identical_bit_for_bit(both, name: str) -> None:
    true, noisy = both
    for ours, theirs in zip(true.origins, noisy.origins, strict=True):
        assert ours.forecasts[name].point.tobytes() == theirs.forecasts[name].point.tobytes()
        assert ours.bounds[name].tobytes() == theirs.bounds[name].tobytes()


def test_the_trees_were_really_fitted(both) -> None:
    true, _ = both
    forecasts = true.origins[-1].forecasts
    assert not np.array_equal(forecasts["lightgbm"].point, forecasts["aligned_seasonal"].point)


def test_noise_after_the_origin_leaves_what_the_intervals_know_identical(panel: Panel) -> None:
    ours, theirs = (situation_at(some.until(100)) for some in (panel, _with_noise_after(panel, 100)))
    assert ours.unease.tobytes() == theirs.unease.tobytes()
    assert ours.factor.tobytes() == theirs.factor.tobytes()


def test_a_store_of_rows_is_not_used_for_another_panel(panel: Panel) -> None:
    model, noisy = LightGbm(seed=7), _with_noise_after(panel, 60)
    model.fit(panel)
    shared = model.fit(noisy).predict(noisy, 8).point
    assert np.array_equal(shared, LightGbm(seed=7).fit(noisy).predict(noisy, 8).point)
