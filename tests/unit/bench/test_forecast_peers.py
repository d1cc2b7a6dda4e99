"""What the peers are fed: the active series without gaps, and nothing after the origin."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_peers import FIRST_GUESS, Sales, gradient_boosting, lags_of, long_frame, statistical


@pytest.fixture(scope="module")
def sales() -> Sales:
    """Four series of 120 weeks: a full one, one with a gap, a new one, and one that stopped."""
    values = np.tile(100 + 10 * np.sin(2 * np.pi * np.arange(120) / 52), (4, 1))
    values[1, 50:53] = np.nan
    values[2, :90] = np.nan
    values[3, 60:] = np.nan
    weeks = pd.date_range("2010-02-05", periods=120, freq="7D")
    return Sales(np.ones(4, dtype=np.int64), np.arange(4), np.array(["A"] * 4), weeks, values, weeks[:0])


def test_a_gap_becomes_a_straight_line_and_a_stopped_series_is_left_out(sales: Sales):
    frame = long_frame(sales)
    assert frame.groupby("unique_id").size().to_dict() == {0: 120, 1: 120, 2: 30}
    filled = frame[frame["unique_id"] == 1]["y"].to_numpy()[49:54]
    assert np.diff(filled) == pytest.approx(np.full(4, np.diff(filled)[0]))


def test_a_peer_forecasts_every_active_series_and_the_short_one_by_its_last_value(sales: Sales):
    from statsforecast.models import SeasonalNaive

    history = sales.until(112)
    noisy = replace(sales, values=np.where(np.arange(120) < 112, sales.values, 1e6)).until(112)
    forecast = statistical(SeasonalNaive(52), 52, threads=1)
    ours, theirs = forecast(history), forecast(noisy)
    assert np.isnan(ours.point[3]).all()
    assert ours.point[0] == pytest.approx(sales.values[0, 60:68])
    assert ours.point[2] == pytest.approx(np.full(8, sales.values[2, 111]))
    assert ours.point.tobytes() == theirs.point.tobytes()


def test_a_series_on_which_a_peer_fails_gets_its_last_value(sales: Sales):
    from statsforecast.models import TSB

    returned = replace(sales, values=np.where(np.arange(4)[:, None] == 0, -5.0, sales.values))
    point = statistical(TSB(0.2, 0.2), 8, threads=1, has_interval=False)(returned).point
    assert point[0] == pytest.approx(np.full(8, -5.0))
    assert point[1, 0] > 0


def test_trees_that_are_told_prices_follow_them_and_see_nothing_else_of_the_weeks_ahead(sales: Sales):
    random = np.random.default_rng(5)
    prices = np.where(random.random((4, 120)) < 0.2, 1.0, 2.0)
    sold = np.where(prices < 2, 300.0, 100.0) * random.uniform(0.9, 1.1, prices.shape)
    told = replace(sales, values=sold, prices=prices)
    chosen = FIRST_GUESS | {"num_leaves": 7}
    forecast = gradient_boosting(chosen, is_direct=False, threads=1, knows_prices=True)
    point = forecast(told.until(112)).point
    assert point[prices[:, 112:] < 2].min() > 1.5 * point[prices[:, 112:] == 2].max()
    later = replace(told, values=np.where(np.arange(120) < 112, sold, 1e6))
    assert forecast(later.until(112)).point.tobytes() == point.tobytes()


@pytest.mark.parametrize(("weeks", "longest"), [(120, 53), (40, 13)])
def test_lags_leave_short_histories_something_to_learn_from(sales: Sales, weeks: int, longest: int):
    assert max(lags_of(sales.until(weeks), is_direct=False)) == longest
    assert max(lags_of(sales.until(weeks), is_direct=True)) <= longest
