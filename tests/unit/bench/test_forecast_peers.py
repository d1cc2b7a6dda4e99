"""What the peers are fed: the active series without gaps, and nothing after the origin."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from forecast_peers import Sales, long_frame, statistical


@pytest.fixture(scope="module")
def sales() -> Sales:
    """Four series of 120 weeks: a full one, one with a gap, a new one, and one that stopped."""
    values = np.tile(100 + 10 * np.sin(2 * np.pi * np.arange(120) / 52), (4, 1))
    values[1, 50:53] = np.nan
    values[2, :90] = np.nan
    values[3, 60:] = np.nan
    weeks = pd.date_range("2010-02-05", periods=120, freq="7D")
    stores = pd.DataFrame({"store_type": ["A"], "size_sqft": [1]}, index=[1])
    return Sales(np.ones(4, dtype=np.int64), np.arange(4), weeks, values, weeks[:0], stores)


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
