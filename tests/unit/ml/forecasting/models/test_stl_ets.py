"""The decomposition against the library's own, worked examples of the fallbacks, and odd series."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.models.stl_ets import (
    NO_SEASON,
    STOPPED,
    StlEts,
    filled_gaps,
    level_and_season,
    season_operator,
    smoothed_level,
)
from ml.forecasting.panel import FloatArray, Panel

MODEL = StlEts()


def _with_first(panel: Panel, sales: FloatArray) -> Panel:
    """The panel with other sales in its first series."""
    return replace(panel, sales=np.vstack([sales, panel.sales[1:]]))


def _forecast_of(panel: Panel, sales: FloatArray, horizon: int = 8) -> tuple[FloatArray, str]:
    forecast = MODEL.predict(_with_first(panel, sales), horizon)
    assert np.isfinite(forecast.point).all()
    return forecast.point[0], str(forecast.fallback[0])


def test_level_and_season_are_those_of_the_library(panel: Panel) -> None:
    from statsforecast.models import MSTL, SimpleExponentialSmoothingOptimized
    from statsforecast.mstl import mstl

    level, _ = level_and_season(panel, 8)
    for number in (0, 7):
        sales = panel.sales[number]
        season = mstl(sales, period=52)["seasonal"].to_numpy()
        assert season_operator(130) @ sales == pytest.approx(season)
        theirs = MSTL(52, trend_forecaster=SimpleExponentialSmoothingOptimized()).forecast(sales, 8)["mean"]
        assert level[number] + season[-52:-44] == pytest.approx(theirs)


def test_the_smoothed_level_is_the_weighted_sum_worked_by_hand() -> None:
    # A step from 0 to 8: any weight below one still remembers the zeros, and the best weight is the largest allowed.
    assert smoothed_level(np.array([0.0, 0.0, 8.0, 8.0, 8.0])) == pytest.approx(8 * (1 - 0.01**3), abs=0.01)
    assert smoothed_level(np.array([5.0])) == 5.0
    assert smoothed_level(np.array([])) == 0.0


def test_a_yearly_season_is_found_again(panel: Panel) -> None:
    weeks = np.arange(138)
    sales = 1000 + 300 * np.sin(2 * np.pi * weeks / 52)
    point, fallback = _forecast_of(panel, sales[:130])
    assert fallback == ""
    assert point == pytest.approx(sales[130:], rel=0.05)


def test_a_constant_series_stays_what_it_is(panel: Panel) -> None:
    assert _forecast_of(panel, np.full(130, 42.0), horizon=39)[0] == pytest.approx(np.full(39, 42.0))


def test_zeros_are_forecast_as_zero_and_say_so(panel: Panel) -> None:
    point, fallback = _forecast_of(panel, np.zeros(130))
    assert (point == 0).all()
    assert fallback == STOPPED


def test_a_series_of_one_point_is_forecast_by_that_point(panel: Panel) -> None:
    sales = np.full(130, np.nan)
    sales[-1] = 17.0
    point, fallback = _forecast_of(panel, sales)
    assert point == pytest.approx(np.full(8, 17.0))
    assert fallback == NO_SEASON


def test_a_series_that_no_longer_sells_is_forecast_as_zero(panel: Panel) -> None:
    sales = panel.sales[0].copy()
    sales[-14:] = np.nan
    assert _forecast_of(panel, sales)[1] == STOPPED
    assert not _forecast_of(panel, sales)[0].any()


def test_a_series_sold_every_third_week_gets_a_level_within_its_range(panel: Panel) -> None:
    sales = np.where(np.arange(130) % 3 == 0, panel.sales[0], np.nan)
    point, fallback = _forecast_of(panel, sales)
    assert fallback == NO_SEASON
    assert np.nanmin(sales) <= point.min() <= point.max() <= np.nanmax(sales)


def test_a_gap_is_crossed_by_a_straight_line_and_the_start_takes_the_first_known_week() -> None:
    filled = filled_gaps(np.array([[np.nan, 2.0, np.nan, np.nan, 5.0], [1.0, 2.0, 3.0, 4.0, 5.0]]))
    assert filled.tolist() == [[2, 2, 3, 4, 5], [1, 2, 3, 4, 5]]


def test_a_gap_of_a_year_leaves_a_forecast_near_the_sales_around_it(panel: Panel) -> None:
    sales = panel.sales[0].copy()
    sales[40:92] = np.nan
    point, _ = _forecast_of(panel, sales)
    assert 500 < point.min() <= point.max() < 1500


def test_negative_weeks_do_not_make_a_negative_forecast_but_a_series_of_returns_does(panel: Panel) -> None:
    with_returns = panel.sales[0].copy()
    with_returns[-60:-50] = -4000.0
    assert (_forecast_of(panel, with_returns)[0] >= 0).all()
    assert (_forecast_of(panel, -panel.sales[0])[0] < 0).all()


def test_no_forecast_leaves_the_range_of_the_past_by_more_than_half(panel: Panel) -> None:
    sales = np.geomspace(1.0, 1e6, 130)
    assert _forecast_of(panel, sales, horizon=39)[0].max() <= 1.5e6


def test_forecasts_scale_with_the_sales(panel: Panel) -> None:
    ten = MODEL.predict(replace(panel, sales=10 * panel.sales), 8).point
    assert ten == pytest.approx(10 * MODEL.predict(panel, 8).point, rel=1e-4)


def test_a_history_shorter_than_a_season_is_forecast_by_its_level(panel: Panel) -> None:
    forecast = MODEL.predict(panel.until(30), 39)
    assert set(forecast.fallback) == {NO_SEASON}
    assert np.isfinite(forecast.point).all()


def test_what_comes_after_the_origin_changes_no_bit_and_neither_does_a_second_run(panel: Panel) -> None:
    noise = np.random.default_rng(3).uniform(-1e5, 1e5, panel.sales.shape)
    noisy = replace(panel, sales=np.where(np.arange(130) < 110, panel.sales, noise))
    first, second = (MODEL.predict(some.until(110), 8).point for some in (panel, noisy))
    assert first.tobytes() == second.tobytes() == MODEL.predict(panel.until(110), 8).point.tobytes()


def test_the_parts_of_an_explanation_add_up_to_the_forecast(panel: Panel) -> None:
    parts = MODEL.explain(panel, 8, 3)
    assert parts["recent_level"] + parts["season"] == pytest.approx(MODEL.predict(panel, 8).point[3])
