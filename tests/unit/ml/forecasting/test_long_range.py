"""Forecasts of a list of pairs and weeks, from the model where it knows the pair and from stand-ins where not."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from ml.forecasting import cold_start
from ml.forecasting.cold_start import Stores
from ml.forecasting.evaluation.backtest import run_backtest
from ml.forecasting.forecast_job import Cast, cast_of_the_time, history_as_of
from ml.forecasting.intervals.error_scale import ErrorScale, FittedErrorScale
from ml.forecasting.long_range import PairWeeks, pair_forecasts, range_forecast
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.panel import Panel
from ml.forecasting.served_model import ServedModel
from warehouse.settings import Settings

HORIZONS = [1, 8, 9, 39]
STORES = Stores(np.array([1, 2, 3, 9]), np.array(["A", "B", "B", "B"]), np.array([1e5, 2e5, 3e5, 1e5]))


@pytest.fixture(scope="module")
def served(panel: Panel) -> ServedModel:
    """The seasonal base with intervals from two origins."""
    model = AlignedSeasonal()
    calibration = run_backtest(panel, (model,), [100, 108]).calibrations[model.name]
    return ServedModel(model.name, model, calibration, ErrorScale().fit(panel), panel.retailer)


def _asked(*rows: tuple[int, int, int]) -> PairWeeks:
    return PairWeeks(*(np.array(column) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_forecast_reaches_as_far_as_is_asked_with_ordered_intervals(
    served: ServedModel, panel: Panel, horizon: int
) -> None:
    forecast, bounds = range_forecast(served, panel, horizon)
    lower, upper, lower_95, upper_95 = bounds
    edges = np.stack([lower_95, lower, forecast.point, upper, upper_95])
    assert edges.shape == (5, panel.series_count, horizon)
    assert np.isfinite(edges).all()
    assert (np.diff(edges, axis=0) >= 0).all()


def test_intervals_are_never_narrower_with_the_horizon_beyond_the_weeks_that_are_scored(
    served: ServedModel, panel: Panel
) -> None:
    # Without trees every week of a series has the same error scale, so that nothing but the horizon is left.
    level = dataclasses.replace(served, error_scale=FittedErrorScale(None))
    forecast, bounds = range_forecast(level, panel, 39)
    for upper in (bounds[1], bounds[3]):
        width = upper - forecast.point
        assert width[:, :8] == pytest.approx(np.broadcast_to(width[:, :1], (panel.series_count, 8)))
        assert (np.diff(width[:, 7:], axis=1) > 0).all()
    # With trees a calm week may follow a wild one; per dollar of its error scale it is wider still.
    forecast, bounds = range_forecast(served, panel, 39)
    per_dollar = (bounds[1] - forecast.point) / served.error_scale.amount(panel, 39)
    assert (np.diff(per_dollar[:, 7:], axis=1) > 0).all()


def test_the_first_weeks_do_not_depend_on_how_far_is_forecast(served: ServedModel, panel: Panel) -> None:
    near, far = (range_forecast(served, panel, weeks) for weeks in (8, 39))
    assert far[0].point[:, :8] == pytest.approx(near[0].point)
    assert far[1][:, :, :8] == pytest.approx(near[1])


def test_rows_come_back_in_the_order_in_which_they_were_asked_for(served: ServedModel, panel: Panel) -> None:
    whole = served.model.predict(panel, 8).point
    rows = [(3, 4, 8), (1, 1, 1), (3, 4, 2), (2, 3, 5)]
    made = pair_forecasts(served, panel, _asked(*rows), STORES)
    series = [4 * (store - 1) + department - 1 for store, department, _ in rows]
    steps = [step - 1 for _, _, step in rows]
    assert made.point == pytest.approx(whole[series, steps])
    assert made.model.tolist() == [served.name] * 4


def test_a_row_does_not_depend_on_what_else_is_asked_for(served: ServedModel, panel: Panel) -> None:
    alone = pair_forecasts(served, panel, _asked((9, 1, 2)), STORES)
    among = pair_forecasts(served, panel, _asked((1, 1, 8), (9, 1, 2), (9, 77, 2)), STORES)
    assert among.point[1] == pytest.approx(alone.point[0])
    assert among.bounds[:, 1] == pytest.approx(alone.bounds[:, 0])


def test_pairs_that_no_model_forecasts_name_their_stand_in(served: ServedModel, panel: Panel) -> None:
    sales = panel.sales.copy()
    sales[0, -20:] = np.nan
    stopped = dataclasses.replace(panel, sales=sales)
    made = pair_forecasts(served, stopped, _asked((1, 1, 3), (9, 1, 3), (9, 77, 3), (2, 1, 3)), STORES)
    assert made.model.tolist() == [cold_start.LAST_YEAR, cold_start.LIKE_STORES, cold_start.NOT_SOLD, served.name]
    assert np.isfinite(made.point).all()
    assert np.isfinite(made.bounds).all()
    # Of series 0, a year before the third week ahead.
    assert made.point[0] == pytest.approx(panel.sales[0, 130 + 2 - 52], rel=0.2)


def test_a_plan_of_markdowns_moves_only_what_has_one(served: ServedModel, panel: Panel) -> None:
    empty = dataclasses.replace(panel, planned_markdown=np.full((panel.series_count, panel.week_count + 39), np.nan))
    assert range_forecast(served, empty, 8)[0].point == pytest.approx(range_forecast(served, panel, 8)[0].point)


def _cast_as_of(panel: Panel, day: dt.date) -> tuple[Cast, Panel]:
    history = history_as_of(panel, day)
    return cast_of_the_time(Settings(seed=1), history, ["aligned_seasonal"]), history


def test_nothing_after_a_date_touches_champion_version_forecast_or_interval_of_that_date(panel: Panel) -> None:
    day, random = dt.date(2012, 1, 3), np.random.default_rng(3)
    sales, features = panel.sales.copy(), {name: values.copy() for name, values in panel.features.items()}
    is_after = panel.weeks > np.datetime64(day)
    sales[:, is_after] = random.uniform(-1e5, 1e5, sales[:, is_after].shape)
    for values in features.values():
        values[:, 1:][:, is_after] = random.uniform(-1e5, 1e5, sales[:, is_after].shape)
    noisy = dataclasses.replace(panel, sales=sales, features=features, is_holiday=panel.is_holiday ^ is_after)
    (ours, history), (theirs, other) = _cast_as_of(panel, day), _cast_as_of(noisy, day)
    assert (history.origin, ours.champion, ours.versions) == (dt.date(2011, 12, 30), theirs.champion, theirs.versions)
    for name, served in ours.models.items():
        true, false = range_forecast(served, history, 8), range_forecast(theirs.models[name], other, 8)
        assert true[0].point.tobytes() == false[0].point.tobytes()
        assert true[1].tobytes() == false[1].tobytes()


def test_the_version_of_a_date_changes_with_the_data_known_on_it(panel: Panel) -> None:
    changed = dataclasses.replace(panel, sales=np.where(np.arange(panel.week_count) == 3, 7.0, panel.sales))
    versions = {_cast_as_of(some, dt.date(2012, 1, 3))[0].versions["seasonal_naive"] for some in (panel, changed)}
    assert len(versions) == 2
    assert all(version.startswith("as-of-20111230-") for version in versions)
