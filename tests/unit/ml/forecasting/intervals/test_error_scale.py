"""The learned error scale: how far the base lies off, wider where the past was wilder."""

import dataclasses

import numpy as np
import pytest

from ml.forecasting.intervals.error_scale import LEAST_RATE, QUANTILE, ErrorScale, FittedErrorScale
from ml.forecasting.models.model_inputs import rows_at_origin
from ml.forecasting.models.seasonal_base import seasonal_base
from ml.forecasting.panel import Panel, known_mean

ORIGIN = 140
NOISES = (0.03, 0.3)


@pytest.fixture(scope="module")
def mixed(make_panel) -> Panel:
    """Fifteen stores with two departments, calm and wild, over 148 weeks."""
    calm, wild = (make_panel(stores=15, departments=2, weeks=ORIGIN + 8, noise=noise) for noise in NOISES)
    is_wild = (calm.dept_ids == 2)[:, None]
    features = {name: np.where(is_wild, wild.features[name], values) for name, values in calm.features.items()}
    return dataclasses.replace(calm, sales=np.where(is_wild, wild.sales, calm.sales), features=features)


@pytest.fixture(scope="module")
def fitted(mixed: Panel) -> FittedErrorScale:
    """As known eight weeks before the last."""
    return ErrorScale().fit(mixed.until(ORIGIN))


def test_it_is_wider_where_the_past_was_wilder(mixed: Panel, fitted: FittedErrorScale) -> None:
    history = mixed.until(ORIGIN)
    rate = fitted.amount(history, 8) / history.scale[:, None]
    calm, wild = rate[mixed.dept_ids == 1], rate[mixed.dept_ids == 2]
    assert calm.max() < wild.min()
    assert wild.mean() > 4 * calm.mean()


def test_about_four_residuals_of_five_lie_within_it_in_weeks_held_out(mixed: Panel) -> None:
    assert QUANTILE == 0.8
    error_scale, inside = ErrorScale().fit(mixed.until(ORIGIN - 24)), []
    for origin in range(ORIGIN - 24, ORIGIN + 1, 4):
        history = mixed.until(origin)
        residual = mixed.sales[:, origin : origin + 8] - seasonal_base(history, 8).point
        inside.append(np.abs(residual) <= error_scale.amount(history, 8))
    by_department = [np.mean([part[mixed.dept_ids == number] for part in inside]) for number in (1, 2)]
    # A few more than promised: it learned from a base that knew less of the seasons than the base it is held against.
    assert np.mean(inside) == pytest.approx(0.8, abs=0.1)
    assert by_department == pytest.approx([0.8, 0.8], abs=0.13)


def test_it_is_above_zero_over_any_horizon_and_never_below_two_percent_of_the_scale(
    mixed: Panel, fitted: FittedErrorScale
) -> None:
    for weeks in (1, 39):
        amount = fitted.amount(mixed, weeks)
        assert amount.shape == (30, weeks)
        assert (amount >= LEAST_RATE * mixed.scale[:, None]).all()


def test_a_calm_past_promises_no_calm_future(make_panel) -> None:
    panel = make_panel(noise=0.0)
    flat = dataclasses.replace(panel, sales=np.full_like(panel.sales, 500.0))
    error_scale = ErrorScale().fit(flat)
    assert error_scale.booster is not None
    assert error_scale.amount(flat, 8) == pytest.approx(LEAST_RATE * 500.0)


def test_without_trees_it_is_the_mean_size_of_the_last_shocks_worked_by_hand(make_panel) -> None:
    young = make_panel(weeks=60)
    error_scale = ErrorScale().fit(young)
    assert error_scale.booster is None
    rows = rows_at_origin(young, 8)
    assert rows.base.shocks.shape == (12, 45)
    expected = np.abs(rows.base.shocks).mean(axis=1) + 0.02 * np.abs(young.sales[:, -52:]).mean(axis=1)
    amount = error_scale.amount(young, 8)
    assert amount == pytest.approx(np.broadcast_to(expected[:, None], (12, 8)))
    gap = young.sales.copy()
    gap[0, -30:-1] = np.nan
    gap[1] = np.nan
    known = dataclasses.replace(young, sales=gap)
    amount = error_scale.amount(known, 39)
    assert np.isfinite(amount).all()
    assert (amount > 0).all()
    shocks = rows_at_origin(known, 39).base.shocks
    assert amount[0, 0] == pytest.approx(known_mean(np.abs(shocks))[0] + LEAST_RATE * known.scale[0])


def test_a_second_fit_is_the_same_to_the_bit(mixed: Panel, fitted: FittedErrorScale) -> None:
    history, amount = mixed.until(ORIGIN), fitted.amount(mixed.until(ORIGIN), 8)
    assert ErrorScale().fit(history).amount(history, 8).tobytes() == amount.tobytes()
