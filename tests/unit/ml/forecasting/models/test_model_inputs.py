"""Inputs of the learned models, some worked by hand."""

import dataclasses

import numpy as np
import pytest

from ml.forecasting.models.model_inputs import LEVEL_PREFIXES, Rows, part_of, rows_at_origin
from ml.forecasting.models.protocol import PARTS
from ml.forecasting.models.seasonal_base import seasonal_base
from ml.forecasting.panel import Panel


@pytest.fixture(scope="module")
def rows(panel: Panel) -> Rows:
    """Of the eight weeks after 2012-07-27."""
    return rows_at_origin(panel, 8)


def _input(rows: Rows, name: str) -> np.ndarray:
    return rows.values[:, :, rows.names.index(name)]


def test_days_of_the_month_are_counted_by_quarter_worked_by_hand(rows: Rows) -> None:
    # The week to Friday 2012-08-03 has 28-31 July and 1-3 August; that to 2012-08-24 has 18-24 August.
    first, fourth = ([_input(rows, f"month_days_{part}")[0, step] for part in range(1, 5)] for step in (0, 3))
    assert first == [3, 0, 0, 4]
    assert fourth == [0, 0, 7, 0]
    # 364 days before, the week to 2011-08-05 had 30-31 July and 1-5 August; that to 2011-08-26 had 20-26 August.
    first, fourth = ([_input(rows, f"month_change_{part}")[0, step] for part in range(1, 5)] for step in (0, 3))
    assert first == [-2, 0, 0, 2]
    assert fourth == [0, 0, 2, -2]


def test_last_years_week_by_weekday_is_relative_to_base_and_scale_worked_by_hand(panel: Panel, rows: Rows) -> None:
    point, scale = rows.base.point[5, 0], np.abs(panel.sales[5, -52:]).mean()
    # The first week to come is the 131st; 52 weeks before it is the 79th, 104 before the 27th.
    assert _input(rows, "year_weekday")[5, 0] == pytest.approx((panel.sales[5, 78] - point) / scale, abs=1e-6)
    assert _input(rows, "year_after")[5, 0] == pytest.approx((panel.sales[5, 79] - point) / scale, abs=1e-6)
    assert _input(rows, "year_before")[5, 0] == pytest.approx((panel.sales[5, 77] - point) / scale, abs=1e-6)
    assert _input(rows, "year_two_weekday")[5, 0] == pytest.approx((panel.sales[5, 26] - point) / scale, abs=1e-6)
    # By date, 366 days back from 2012-08-03 with its leap day: 52 weeks and two days.
    by_date = 5 / 7 * panel.sales[5, 78] + 2 / 7 * panel.sales[5, 77]
    assert _input(rows, "year_date")[5, 0] == pytest.approx((by_date - point) / scale, abs=1e-6)


def test_a_department_is_the_mean_of_its_stores_weighed_by_scale(panel: Panel, rows: Rows) -> None:
    members = panel.dept_ids == 2
    likes = _input(rows, "year_weekday")[members, 4]
    expected = (likes * panel.scale[members]).sum() / panel.scale[members].sum()
    assert _input(rows, "department_weekday")[members, 4] == pytest.approx(expected, abs=1e-6)
    # Store 1 alone is of type A: its type is itself.
    first = (panel.store_ids == 1) & members
    assert _input(rows, "type_weekday")[first, 4] == pytest.approx(_input(rows, "year_weekday")[first, 4], abs=1e-6)


def test_recent_inputs_are_the_windows_before_the_first_week_to_come(panel: Panel, rows: Rows) -> None:
    expected = (panel.sales[:, -4:].mean(axis=1) - rows.base.level[:, 0]) / panel.scale
    assert _input(rows, "recent_mean_4")[:, 7] == pytest.approx(expected, abs=1e-5)
    assert _input(rows, "weeks_observed")[:, 0].tolist() == [130] * 12
    assert _input(rows, "horizon")[0].tolist() == list(range(1, 9))


def test_nothing_after_the_origin_is_read(panel: Panel) -> None:
    noise = np.random.default_rng(5)
    sales, features = panel.sales.copy(), {name: values.copy() for name, values in panel.features.items()}
    for values in (sales[:, 100:], *(values[:, 101:] for values in features.values())):
        values[:] = noise.uniform(-1e5, 1e5, values.shape)
    noisy = dataclasses.replace(panel, sales=sales, features=features, is_holiday=~panel.is_holiday)
    for horizon in (8, 39):
        ours, theirs = (rows_at_origin(some.until(100), horizon).values for some in (panel, noisy))
        assert ours.tobytes() == theirs.tobytes()


def test_dollars_cancel_out(panel: Panel, rows: Rows) -> None:
    doubled = {
        name: values * (1.0 if name in ("weeks_observed", "size_normalized") else 2.0)
        for name, values in panel.features.items()
    }
    twice = rows_at_origin(dataclasses.replace(panel, sales=2 * panel.sales, features=doubled), 8)
    assert twice.values == pytest.approx(rows.values, abs=1e-5, nan_ok=True)
    assert twice.scale == pytest.approx(2 * rows.scale)


def test_rows_are_made_once_and_the_first_weeks_do_not_depend_on_the_horizon(panel: Panel, rows: Rows) -> None:
    assert rows_at_origin(panel, 8) is rows
    far = rows_at_origin(panel, 39)
    assert far.values.shape == (12, 39, len(rows.names))
    assert far.values[:, :8] == pytest.approx(rows.values, abs=1e-6, nan_ok=True)


def test_inputs_are_finite_and_small_and_every_one_belongs_to_a_part(panel: Panel, rows: Rows) -> None:
    assert rows.values.dtype == np.float32
    assert np.isfinite(rows.values).all()
    assert {part_of(name) for name in rows.names} <= set(PARTS)
    assert len(set(rows.names)) == len(rows.names)
    assert np.array_equal(rows.base.point, seasonal_base(panel, 8).point)


def test_what_tells_of_the_series_is_the_same_in_every_week_to_come(rows: Rows) -> None:
    for name in rows.names:
        values = _input(rows, name)
        if name.startswith(LEVEL_PREFIXES) and name != "horizon":
            assert np.array_equal(values, np.broadcast_to(values[:, :1], values.shape)), name
