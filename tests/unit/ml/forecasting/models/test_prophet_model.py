import numpy as np
import pytest

from ml.forecasting.models.prophet_model import bounded_totals, department_shares, holiday_frame, store_totals
from ml.forecasting.panel import Panel
from retailers import WALMART
from warehouse.calendar import Calendar


def test_shares_of_a_store_sum_to_one_in_every_week(panel: Panel) -> None:
    shares = department_shares(panel, 8)
    for store in np.unique(panel.store_ids):
        assert shares[panel.store_ids == store].sum(axis=0) == pytest.approx(np.ones(8))


def test_totals_add_up_the_series_of_a_store(panel: Panel) -> None:
    totals = store_totals(panel)
    assert len(totals) == 3 * 130
    first = totals[totals["store_id"] == 1]["y"].to_numpy()
    assert first == pytest.approx(panel.sales[panel.store_ids == 1].sum(axis=0))


def test_the_weeks_of_shopping_before_thanksgiving_and_christmas_have_effects_of_their_own() -> None:
    frame = holiday_frame(Calendar.of(WALMART), range(2011, 2012))
    days = {name: str(day.date()) for name, day in frame.itertuples(index=False)}
    assert days["Christmas Day week"] == "2011-12-30"
    assert days["Christmas Day, 1 before"] == "2011-12-23"
    assert days["Thanksgiving Day, 1 before"] == "2011-11-18"
    assert len(days) == 7


def test_a_trend_cannot_run_away_with_a_total() -> None:
    bounded = bounded_totals(np.array([-50.0, 80.0, 900.0]), known=np.array([10.0, 100.0]))
    assert bounded.tolist() == [0.0, 80.0, 200.0]
    assert bounded_totals(np.array([-50.0, 80.0]), known=np.array([-20.0, -10.0])).tolist() == [-40.0, 0.0]
