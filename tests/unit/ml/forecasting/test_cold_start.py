"""Stand-ins on a panel small enough to work by hand: three stores that sell 1 % of their size in dollars a week."""

import dataclasses

import numpy as np
import pytest

from ml.forecasting import cold_start
from ml.forecasting.cold_start import StandIns, Stores, stand_ins
from ml.forecasting.panel import Panel
from warehouse.conventions import HORIZON

WEEKS = 130
STORES = Stores(np.array([1, 2, 3, 4]), np.array(["A", "B", "B", "B"]), np.array([100.0, 200.0, 300.0, 400.0]) * 1000)


@pytest.fixture(scope="module")
def history(make_panel) -> Panel:
    """Stores 1 to 3 with departments 1 to 3; store 4 is known and has never sold anything."""
    panel = make_panel(stores=3, departments=3, weeks=WEEKS)
    sales = panel.sales.copy()
    sales[panel.dept_ids == 1] = STORES.sizes[:3, None] / 100
    return dataclasses.replace(panel, sales=sales)


def _stood_in(history: Panel, pairs: list[tuple[int, int]]) -> StandIns:
    """Returns the stand-ins where the model forecasts the last week again, give or take a tenth and a fifth."""
    point = np.repeat(np.nan_to_num(history.sales[:, -1:]), HORIZON, axis=1)
    bounds = np.stack([point * factor for factor in (0.9, 1.1, 0.8, 1.2)])
    return stand_ins(history, point, bounds, pairs, STORES)


def _with(history: Panel, store: int, department: int, sales: np.ndarray) -> Panel:
    changed = history.sales.copy()
    changed[(history.store_ids == store) & (history.dept_ids == department)] = sales
    return dataclasses.replace(history, sales=changed)


def test_a_pair_new_to_its_store_sells_a_tenth_of_what_like_stores_sell_for_its_size(history: Panel) -> None:
    made = _stood_in(history, [(4, 1)])
    assert made.method.tolist() == [[cold_start.LIKE_STORES] * HORIZON]
    # Stores sell 1 % of their size; this one has 400,000 square feet.
    assert made.point[0] == pytest.approx(np.full(HORIZON, 400.0))


def test_a_department_that_no_store_sells_is_forecast_to_sell_nothing(history: Panel) -> None:
    made = _stood_in(history, [(4, 99)])
    assert made.method.tolist() == [[cold_start.NOT_SOLD] * HORIZON]
    assert not made.point.any()
    assert not made.bounds.any()


def test_a_pair_that_stopped_this_year_is_forecast_with_last_year_s_weeks(history: Panel) -> None:
    stopped = np.arange(WEEKS, dtype=float)
    stopped[-20:] = np.nan
    made = _stood_in(_with(history, 2, 2, stopped), [(2, 2)])
    assert set(made.method[0]) == {cold_start.LAST_YEAR}
    assert made.point[0] == pytest.approx(np.arange(WEEKS, WEEKS + HORIZON) - 52, abs=1.0)


def test_a_pair_that_stopped_long_ago_is_forecast_with_its_mean_moved_by_its_department_s_season(
    history: Panel,
) -> None:
    long_ago = np.full(WEEKS, np.nan)
    long_ago[10:20] = 50.0
    doubled = history.sales.copy()
    # The other stores sold half as much when this one last did.
    doubled[history.dept_ids == 1, :20] /= 2
    panel = _with(dataclasses.replace(history, sales=doubled), 2, 1, long_ago)
    made = _stood_in(panel, [(2, 1)])
    assert set(made.method[0]) == {cold_start.OWN_MEAN}
    assert made.point[0] == pytest.approx(np.full(HORIZON, 100.0))


def test_a_department_that_stopped_everywhere_is_taken_from_last_year(history: Panel) -> None:
    sales = history.sales.copy()
    sales[history.dept_ids == 1, -20:] = np.nan
    made = _stood_in(dataclasses.replace(history, sales=sales), [(4, 1), (1, 1)])
    assert made.point[0] == pytest.approx(np.full(HORIZON, 400.0))
    assert made.point[1] == pytest.approx(np.full(HORIZON, 1000.0))


@pytest.mark.parametrize("value", [0.0, -30.0, 5.0, 1e6])
def test_a_single_week_of_any_size_makes_an_ordered_interval_around_a_forecast_near_it(
    history: Panel, value: float
) -> None:
    single = np.full(WEEKS, np.nan)
    single[40] = value
    made = _stood_in(_with(history, 3, 3, single), [(3, 3)])
    lower, upper, lower_95, upper_95 = made.bounds[:, 0]
    assert (np.diff(np.stack([lower_95, lower, made.point[0], upper, upper_95]), axis=0) >= 0).all()
    assert (made.point <= 3 * abs(value)).all()
    assert (made.point >= -abs(value)).all()
    assert (lower_95 >= min(value, 0.0) * 3).all()


def test_without_any_active_series_there_is_still_a_forecast(history: Panel) -> None:
    sales = history.sales.copy()
    sales[:, -20:] = np.nan
    made = _stood_in(dataclasses.replace(history, sales=sales), [(1, 1), (4, 2), (4, 99)])
    assert np.isfinite(made.point).all()
    assert np.isfinite(made.bounds).all()


def test_a_wider_interval_is_lent_to_a_pair_of_larger_scale(history: Panel) -> None:
    small, large = (np.where(np.arange(WEEKS) == 40, value, np.nan) for value in (100.0, 1000.0))
    widths = [np.ptp(_stood_in(_with(history, 3, 3, one), [(3, 3)]).bounds[:2], axis=0) for one in (small, large)]
    assert (widths[0] < widths[1]).all()
