"""Forecasts of pairs scaled towards their store's or department's total: what moves, how far, and what never does."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.models.seasonal_base import SeriesGroups, additive_forecast, seasonal_base, sum_by
from ml.forecasting.models.top_down import RATIO_BOUNDS, DepartmentShares, scaled_to_totals
from ml.forecasting.panel import FloatArray, Panel

HORIZON = 8


@pytest.fixture(scope="module")
def history(panel: Panel) -> Panel:
    """Three stores with four departments; store 1 stopped selling department 1 half a year ago."""
    sales = panel.sales.copy()
    sales[0, -26:] = 0.0
    return replace(panel, sales=sales)


def wanted_totals(history: Panel, group: np.ndarray) -> FloatArray:
    """The forecast of the total of each series' group, (series, horizon)."""
    firsts = np.unique(group, return_index=True)[1]
    active = np.where(history.active[:, None], history.sales, 0.0)
    totals = np.stack([active[group == group[first]].sum(axis=0) for first in firsts])
    return additive_forecast(totals, history.calendar, history.weeks, history.future_weeks(HORIZON))[group]


def active_sum(point: FloatArray, history: Panel, group: np.ndarray) -> FloatArray:
    return sum_by(np.where(history.active[:, None], point, 0.0), group)


@pytest.fixture(scope="module")
def stores(history: Panel) -> np.ndarray:
    return SeriesGroups.of(history).store


@pytest.fixture(scope="module")
def too_high(history: Panel) -> FloatArray:
    """Forecasts of every pair, 20 % above the seasonal base; 50 dollars for the one that stopped."""
    point = 1.2 * seasonal_base(history, HORIZON).point
    point[0] = 50.0
    return point


def test_a_series_that_stopped_is_left_alone_and_counts_in_no_total(history, stores, too_high) -> None:
    assert history.active.tolist() == [False] + [True] * 11
    scaled = scaled_to_totals(too_high, history, stores, 1.0)
    assert (scaled[0] == 50.0).all()
    without = too_high.copy()
    without[0] = 1e9
    assert scaled_to_totals(without, history, stores, 1.0)[1:] == pytest.approx(scaled[1:])


def test_no_belief_changes_nothing(history, stores, too_high) -> None:
    assert (scaled_to_totals(too_high, history, stores, 0.0) == too_high).all()


def test_totals_that_the_series_already_sum_to_change_nothing(history, stores, too_high) -> None:
    agreeing = scaled_to_totals(too_high, history, stores, 1.0)
    assert active_sum(agreeing, history, stores) == pytest.approx(wanted_totals(history, stores))
    assert scaled_to_totals(agreeing, history, stores, 1.0) == pytest.approx(agreeing)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_more_belief_brings_the_sums_nearer_to_the_totals(history, stores, too_high, factor: float) -> None:
    point, wanted = too_high / 1.2 * factor, wanted_totals(history, stores)
    gaps = [
        np.abs(np.log(active_sum(scaled_to_totals(point, history, stores, belief), history, stores) / wanted))
        for belief in (0.0, 0.3, 0.6, 1.0)
    ]
    for near, far in zip(gaps[1:], gaps, strict=False):
        assert (near < far).all()
    # The ratio is believed as an exponent: of its logarithm a share of 1 - belief is left.
    assert gaps[1] == pytest.approx(0.7 * gaps[0])


def test_the_shares_of_a_store_s_departments_stay(history, stores, too_high) -> None:
    ratio = scaled_to_totals(too_high, history, stores, 0.4)[history.active] / too_high[history.active]
    for store in range(3):
        rows = ratio[stores[history.active] == store]
        assert rows == pytest.approx(np.broadcast_to(rows[0], rows.shape))


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_an_absurd_total_moves_a_pair_no_further_than_the_bounds(history, stores, too_high, factor: float) -> None:
    scaled = scaled_to_totals(too_high * factor, history, stores, 1.0)[1:] / (too_high * factor)[1:]
    assert scaled == pytest.approx(RATIO_BOUNDS[1] if factor < 1 else RATIO_BOUNDS[0])


def test_positive_forecasts_stay_positive_and_finite_whatever_the_totals_are(history, stores, too_high) -> None:
    for sales in (
        -history.sales,
        np.zeros_like(history.sales),
        np.full_like(history.sales, np.nan),
        1e6 - history.sales,
    ):
        scaled = scaled_to_totals(too_high, replace(history, sales=sales), stores, 1.0)
        assert np.isfinite(scaled).all()
        assert (scaled > 0).all()


def test_department_shares_sum_to_the_forecast_of_their_department(history) -> None:
    department = SeriesGroups.of(history).department
    shares, base = DepartmentShares().predict(history, HORIZON).point, seasonal_base(history, HORIZON).point
    wanted, summed = wanted_totals(history, department), active_sum(base, history, department)
    expected = summed * np.clip(wanted / summed, *RATIO_BOUNDS)
    assert active_sum(shares, history, department) == pytest.approx(expected)
    assert expected == pytest.approx(wanted)


def test_weeks_that_are_not_known_do_not_make_a_total_grow(make_panel) -> None:
    # All sell 40 a week; one of them reopened two weeks ago, after ten weeks of which nothing is known.
    panel = make_panel(stores=3, departments=4, weeks=110)
    sales = np.full_like(panel.sales, 40.0)
    sales[0, -12:-2] = np.nan
    history = replace(panel, sales=sales)
    for group in (SeriesGroups.of(history).store, SeriesGroups.of(history).department):
        assert scaled_to_totals(np.full((12, HORIZON), 40.0), history, group, 1.0) == pytest.approx(40.0)
