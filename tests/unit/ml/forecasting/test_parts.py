"""What an explanation calls last year, and what it calls a holiday."""

import datetime as dt

import numpy as np
import pytest

from ml.forecasting.models.calendar_alignment import ordinary_weeks
from ml.forecasting.models.protocol import PARTS
from ml.forecasting.models.seasonal_base import seasonal_base
from ml.forecasting.panel import panel_from_frame
from retailers import WALMART
from warehouse.calendar import Calendar

CALENDAR = Calendar.of(WALMART)
THANKSGIVING = dt.date(2011, 11, 25)


def test_last_year_is_52_weeks_before_where_no_holiday_is_near():
    assert ordinary_weeks(CALENDAR, dt.date(2012, 8, 17)) == {52: 1.0}


def test_last_year_of_a_thanksgiving_is_the_weeks_before_and_after_it():
    assert ordinary_weeks(CALENDAR, dt.date(2012, 11, 23)) == {53: 0.5, 51: 0.5}


def test_last_year_of_the_two_weeks_of_christmas_leans_on_the_nearer_ordinary_week():
    assert ordinary_weeks(CALENDAR, dt.date(2012, 12, 21)) == {53: pytest.approx(2 / 3), 50: pytest.approx(1 / 3)}
    assert ordinary_weeks(CALENDAR, dt.date(2012, 12, 28)) == {54: pytest.approx(1 / 3), 51: pytest.approx(2 / 3)}


@pytest.mark.parametrize("week", [dt.date(2012, 2, 3) + dt.timedelta(weeks=number) for number in range(120)])
def test_last_year_is_weighted_to_one_and_leans_on_no_holiday(week):
    weights = ordinary_weeks(CALENDAR, week)
    assert sum(weights.values()) == pytest.approx(1.0)
    holidays = {dt.date(2011, 4, 22), dt.date(2012, 4, 6), THANKSGIVING, dt.date(2012, 11, 23), dt.date(2011, 9, 9)}
    assert not holidays & {week - dt.timedelta(weeks=back) for back, weight in weights.items() if weight}


@pytest.mark.parametrize("weeks_before", [1, 3])
def test_a_thanksgiving_that_doubles_sales_stands_in_the_part_holiday(make_frame, weeks_before):
    lifts = {THANKSGIVING - dt.timedelta(weeks=52): 2.0, THANKSGIVING: 2.0}
    weeks = (dt.date(2012, 11, 23) - dt.date(2010, 2, 5)).days // 7 - weeks_before + 1
    base = seasonal_base(panel_from_frame(make_frame(weeks=weeks, noise=0.0, lifts=lifts), WALMART), 8)
    parts = base.parts(0)
    assert set(parts) <= set(PARTS)
    assert sum(parts.values(), np.zeros(8)) == pytest.approx(base.point[0])
    holiday = weeks_before - 1
    assert parts["holiday"][holiday] == pytest.approx(parts["last_year"][holiday], rel=0.15)
    assert np.abs(np.delete(parts["holiday"], holiday)).max() < 0.15 * parts["last_year"].mean()


def test_without_a_last_year_all_is_recent_level(make_frame):
    parts = seasonal_base(panel_from_frame(make_frame(weeks=40), WALMART), 8).parts(0)
    assert np.all(parts["last_year"] == 0)
    assert np.all(parts["holiday"] == 0)
