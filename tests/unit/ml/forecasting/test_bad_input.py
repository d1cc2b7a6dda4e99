"""Series that no textbook has, beside healthy ones: every candidate gives a sensible forecast, and none is NaN."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from ml.forecasting.forecast_job import history_as_of
from ml.forecasting.long_range import checked_horizon
from ml.forecasting.models.candidates import candidates, chosen_candidates, forecasters
from ml.forecasting.models.prophet_model import Prophet, department_shares
from ml.forecasting.panel import Panel
from retailers import WALMART
from warehouse.conventions import HORIZON
from warehouse.errors import UsageError
from warehouse.settings import Settings

WEEKS = 92
A_DOLLAR = 1.0
"""What the models may miss zero by: the least scale of a series."""

CANDIDATES = [model for model in forecasters(candidates(Settings(seed=1))) if not isinstance(model, Prophet)]
NAMES = [model.name for model in CANDIDATES]


def _one_point(sales: np.ndarray) -> None:
    sales[:-1] = np.nan


def _one_point_long_ago(sales: np.ndarray) -> None:
    sales[:20], sales[21:] = np.nan, np.nan


def _zeros(sales: np.ndarray) -> None:
    sales[:] = 0.0


def _negative_weeks(sales: np.ndarray) -> None:
    sales[5::7] = -0.2 * sales[5::7]


def _all_negative(sales: np.ndarray) -> None:
    sales[:] = -0.1 * sales


def _gap_of_a_year(sales: np.ndarray) -> None:
    sales[30:82] = np.nan


def _constant(sales: np.ndarray) -> None:
    sales[:] = 500.0


def _ten_times_the_scale(sales: np.ndarray) -> None:
    sales[:] = 10.0 * sales


def _ten_times_since_a_month(sales: np.ndarray) -> None:
    sales[-4:] = 10.0 * sales[-4:]


def _never_sold(sales: np.ndarray) -> None:
    sales[:] = np.nan


ODD = (
    _one_point,
    _one_point_long_ago,
    _zeros,
    _negative_weeks,
    _all_negative,
    _gap_of_a_year,
    _constant,
    _ten_times_the_scale,
    _ten_times_since_a_month,
    _never_sold,
)
TITLES = [spoil.__name__.strip("_") for spoil in ODD]


@pytest.fixture(scope="module")
def odd_panel(make_frame) -> Panel:
    """Twelve departments in three stores; ten of those of the first store are odd, each in its own way."""
    from ml.forecasting.panel import panel_from_frame

    panel = panel_from_frame(make_frame(stores=3, departments=len(ODD) + 2, weeks=WEEKS), WALMART)
    sales = panel.sales.copy()
    for number, spoil in enumerate(ODD):
        spoil(sales[number])
    features = {name: _features_of(name, values, sales) for name, values in panel.features.items()}
    return dataclasses.replace(panel, sales=sales, features=features)


def _features_of(name: str, values: np.ndarray, sales: np.ndarray) -> np.ndarray:
    """Returns the lags of the odd sales, and for the windows over them what the week before knew."""
    padded = np.concatenate([np.full((len(sales), 1), np.nan), sales], axis=1)
    if name.startswith("sales_lag_") or name == "sales_last_year_aligned":
        lag = int(name.rpartition("_")[2]) if name.startswith("sales_lag_") else 52
        shifted = np.full(values.shape, np.nan)
        shifted[:, lag:] = sales[:, : values.shape[1] - lag]
        return shifted
    if name.startswith("rolling_"):
        return np.where(np.isnan(padded), np.nan, padded if name[8:11] != "std" else np.abs(padded) / 10)
    return values


@pytest.fixture(scope="module")
def fitted(odd_panel: Panel):
    """Every candidate fitted on the panel, by name."""
    return {model.name: model.fit(odd_panel) for model in CANDIDATES}


@pytest.fixture(scope="module")
def forecasts(odd_panel: Panel, fitted):
    """Point forecasts of every candidate over 8 and 39 weeks, by name and horizon."""
    return {(name, weeks): fitted[name].predict(odd_panel, weeks) for name in NAMES for weeks in (HORIZON, 39)}


@pytest.mark.parametrize("weeks", [HORIZON, 39])
@pytest.mark.parametrize("name", NAMES)
def test_no_series_makes_a_forecast_that_is_no_number(forecasts, odd_panel: Panel, name: str, weeks: int) -> None:
    point = forecasts[name, weeks].point
    assert point.shape == (odd_panel.series_count, weeks)
    assert np.isfinite(point).all()


@pytest.mark.parametrize("weeks", [HORIZON, 39])
@pytest.mark.parametrize("row", range(len(ODD)), ids=TITLES)
@pytest.mark.parametrize("name", NAMES)
def test_a_forecast_stays_near_the_range_of_the_series_past(
    forecasts, odd_panel: Panel, name: str, row: int, weeks: int
) -> None:
    past, point = odd_panel.sales[row], forecasts[name, weeks].point[row]
    largest = np.nanmax(np.abs(past), initial=0.0, where=~np.isnan(past))
    assert (point >= -2 * largest - A_DOLLAR).all()
    assert (point <= 3 * largest + A_DOLLAR).all()


@pytest.mark.parametrize("name", NAMES)
def test_odd_series_leave_the_healthy_ones_healthy(forecasts, odd_panel: Panel, name: str) -> None:
    healthy = slice(len(ODD), None)
    usual = np.nanmean(odd_panel.sales[healthy], axis=1)[:, None]
    ratio = forecasts[name, HORIZON].point[healthy] / usual
    assert (ratio > 0.4).all()
    assert (ratio < 1.8).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_series_of_zeros_is_forecast_to_sell_nothing_and_a_constant_one_what_it_always_sold(
    forecasts, name: str
) -> None:
    zeros, constant = TITLES.index("zeros"), TITLES.index("constant")
    point = forecasts[name, HORIZON].point
    assert point[zeros] == pytest.approx(0.0, abs=A_DOLLAR)
    assert point[constant] == pytest.approx(500.0, rel=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_a_series_that_begins_after_the_origin_changes_no_forecast_of_the_others(
    odd_panel: Panel, fitted, forecasts, name: str
) -> None:
    kept = np.arange(odd_panel.series_count) != TITLES.index("never_sold")
    without = dataclasses.replace(
        odd_panel,
        **{key: getattr(odd_panel, key)[kept] for key in ("store_ids", "dept_ids", "store_types", "sales", "prices")},
        features={key: values[kept] for key, values in odd_panel.features.items()},
    )
    alone = fitted[name].predict(without, HORIZON).point
    assert alone == pytest.approx(forecasts[name, HORIZON].point[kept], rel=1e-6, abs=1e-6)


@pytest.fixture(scope="module")
def rare_panel(make_panel) -> Panel:
    """Twelve stores with a department of few small sales and returns, as department 47 of the public data is."""
    panel = make_panel(stores=12, departments=2, weeks=WEEKS)
    sales, random = panel.sales.copy(), np.random.default_rng(4)
    rows = np.flatnonzero(panel.dept_ids == 2)
    values = random.choice([-298.0, -98.0, -10.0, 49.0, 98.0, 149.0, 198.0, 298.0], (len(rows), WEEKS))
    sales[rows] = np.where(random.random(values.shape) < 0.12, values, np.nan)
    sales[rows, -1] = 49.0
    return dataclasses.replace(panel, sales=sales)


@pytest.mark.parametrize("name", NAMES)
def test_a_department_of_few_sales_and_returns_stays_near_its_range(rare_panel: Panel, name: str) -> None:
    rare = rare_panel.dept_ids == 2
    largest = np.nanmax(np.abs(rare_panel.sales[rare]), axis=1)[:, None]
    model = next(model for model in CANDIDATES if model.name == name).fit(rare_panel)
    for weeks in (HORIZON, 39):
        ratio = model.predict(rare_panel, weeks).point[rare] / largest
        assert ratio.max() <= 3
        assert ratio.min() >= -2


def test_prophet_shares_a_store_down_to_odd_departments_without_a_gap(odd_panel: Panel) -> None:
    share = department_shares(odd_panel, HORIZON)
    first_store = (odd_panel.store_ids == 1) & odd_panel.active
    assert np.isfinite(share[first_store]).all()
    assert (share[first_store] >= 0).all()
    assert share[first_store].sum(axis=0) == pytest.approx(1.0)


@pytest.mark.parametrize("weeks", [0, -1, 40, 100])
def test_a_horizon_that_cannot_be_forecast_is_refused_in_one_sentence(weeks: int) -> None:
    with pytest.raises(
        UsageError, match=rf"A horizon of {weeks} weeks cannot be forecast\. .* from 1 to 39\."
    ) as error:
        checked_horizon(weeks)
    assert error.value.exit_code == 2


@pytest.mark.parametrize("day", [dt.date(2010, 9, 23), dt.date(2011, 11, 5), dt.date(1999, 1, 1)])
def test_an_origin_before_the_first_or_after_the_last_week_is_refused_with_the_days_that_can_be(
    odd_panel: Panel, day: dt.date
) -> None:
    with pytest.raises(UsageError, match=r"Choose a date from 2010-09-24 to 2011-11-04\."):
        history_as_of(odd_panel, day)


@pytest.mark.parametrize("days", range(7))
def test_a_day_between_two_fridays_means_the_last_week_known_on_it(odd_panel: Panel, days: int) -> None:
    friday = dt.date(2011, 6, 3)
    assert history_as_of(odd_panel, friday + dt.timedelta(days=days)).origin == friday


def test_an_unknown_model_is_named_with_the_models_there_are() -> None:
    with pytest.raises(UsageError, match=r"There is no model 'oracle'\. Choose from seasonal_naive, "):
        chosen_candidates(CANDIDATES, ["oracle"])
