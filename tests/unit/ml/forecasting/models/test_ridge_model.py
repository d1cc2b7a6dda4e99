"""The linear model per department: what it learns, what outliers do to it, and how it explains itself."""

import dataclasses
import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from ml.forecasting.models.model_inputs import rows_at_origin
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.models.protocol import PARTS
from ml.forecasting.models.ridge_model import LARGEST_INPUT, PENALTY, FittedRidge, Ridge
from ml.forecasting.models.training_rows import RowStore, TrainingTable
from ml.forecasting.panel import FloatArray, Panel, as_date

EFFECT = 0.1
"""What a day in the first quarter of the month adds to sales, in scales."""
WEEK_DAYS = [dt.timedelta(days=back) for back in range(7)]
NAMES = ("month_days_1", "year_weekday", "horizon")


def _drawn_inputs(count: int) -> FloatArray:
    random = np.random.default_rng(2)
    return np.column_stack([random.integers(0, 8, count), random.standard_normal((count, 2))]).astype(np.float32)


def _fit(panel: Panel, inputs: FloatArray, labels: FloatArray, series: np.ndarray) -> FittedRidge:
    """Returns the fit on rows that are given instead of made from the panel."""
    table = TrainingTable(NAMES, inputs, labels, np.ones(len(labels)), series)
    store = RowStore(source=(panel.sales, *panel.features.values()), tables={panel.week_count: table})
    return Ridge(store=store).fit(panel)


def _effect(fitted: FittedRidge, department: int, name: str = "month_days_1") -> float:
    """Returns what a unit of an input adds, in scales."""
    model, at = fitted.models[department], fitted.names.index(name)
    return float(model.weights[at] / model.spread[at])


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> FittedRidge:
    """Fitted on the rows of the panel."""
    return Ridge().fit(panel)


@pytest.fixture(scope="module")
def drawn(panel: Panel) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Inputs, labels and series of rows in which only department 1 follows the month."""
    inputs, series = _drawn_inputs(4_800), np.arange(4_800) % 12
    noise = 0.2 * np.random.default_rng(3).standard_normal(4_800)
    return inputs, EFFECT * (panel.dept_ids[series] == 1) * (inputs[:, 0] - 3.5) + noise, series


def test_a_linear_effect_is_recovered_in_its_department_and_in_no_other(panel: Panel, drawn) -> None:
    found = _fit(panel, *drawn)
    # The penalty takes a part of it.
    assert 0.7 * EFFECT < _effect(found, 1) < EFFECT
    assert [_effect(found, department) for department in (2, 3, 4)] == pytest.approx([0.0] * 3, abs=EFFECT / 20)
    assert _effect(found, 1, "year_weekday") == pytest.approx(0.0, abs=EFFECT / 10)


def test_without_reweighting_it_is_textbook_ridge(panel: Panel, drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.forecasting.models.ridge_model.STEPS", 1)
    found = _fit(panel, *drawn)
    # Of an uncorrelated standardised input ridge keeps 1 / (1 + p) of what least squares finds (Hastie, Tibshirani and
    # Friedman, The Elements of Statistical Learning, 2nd edition, table 3.4).
    assert _effect(found, 1) == pytest.approx(EFFECT / (1 + PENALTY), rel=0.03)


def test_one_row_in_twenty_that_is_absurd_moves_it_little_where_it_ruins_least_squares(panel: Panel) -> None:
    inputs, series = _drawn_inputs(4_800), np.arange(4_800) % 12
    random = np.random.default_rng(4)
    labels = EFFECT * (inputs[:, 0] - 3.5) + 0.2 * random.standard_normal(4_800)
    # Absurd where the month begins, so that they pull the slope.
    labels[(random.random(4_800) < 0.2) & (inputs[:, 0] < 2)] = 20.0
    assert np.mean(labels == 20.0) == pytest.approx(0.05, abs=0.005)
    wrong, *_ = np.linalg.lstsq(np.column_stack([inputs, np.ones(4_800)]), labels, rcond=None)
    found = _fit(panel, inputs, labels, series)
    true = EFFECT / (1 + PENALTY)
    for department in (1, 2, 3, 4):
        assert abs(_effect(found, department) - true) < 0.5 * true
    assert abs(wrong[0] - EFFECT) > 3 * EFFECT


def test_inputs_of_the_last_weeks_are_not_seen(panel: Panel, fitted: FittedRidge) -> None:
    prefixes = ("recent_", "shock_", "weeks_", "size_", "horizon")
    assert not any(name.startswith(prefixes) for name in fitted.names)
    assert {"month_days_1", "month_change_4", "year_weekday", "season", "growth"} <= set(fitted.names)
    every = rows_at_origin(panel, 8).names
    assert [every[at] for at in fitted.columns] == list(fitted.names)


def test_an_input_far_beyond_all_it_learned_from_counts_no_further_than_four_deviations(fitted: FittedRidge) -> None:
    model = fitted.models[1]
    far = model.contributions(model.centre + 1_000 * model.spread)
    assert far == pytest.approx(LARGEST_INPUT * model.weights)
    assert model.contributions(np.full(len(model.centre), np.nan)).tolist() == [0.0] * len(model.centre)


def test_days_of_the_month_that_the_base_misses_are_learned(make_panel: Callable[..., Panel]) -> None:
    panel = make_panel(stores=4, departments=2, weeks=150, noise=0.02)
    days = np.array([sum((as_date(day) - back).day <= 8 for back in WEEK_DAYS) for day in panel.weeks])
    paid = np.where(panel.dept_ids[:, None] == 1, panel.sales * (1 + 0.06 * (days - 1.8)), panel.sales)
    panel = dataclasses.replace(panel, sales=paid)
    history = panel.until(142)
    base, ridge = (model.fit(history).predict(history, 8).point for model in (AlignedSeasonal(), Ridge()))
    miss = [np.abs(point - paid[:, 142:]).sum(axis=1) for point in (base, ridge)]
    first = panel.dept_ids == 1
    assert miss[1][first].sum() < 0.75 * miss[0][first].sum()
    assert miss[1][~first].sum() < 1.15 * miss[0][~first].sum()


def test_a_department_of_few_rows_keeps_the_base_and_says_so(panel: Panel) -> None:
    # Department 4 is known every fourth week only: a quarter of 3 stores x 26 origins x 8 weeks is below 200 rows.
    is_rare = (panel.dept_ids == 4)[:, None] & (np.arange(panel.week_count) % 4 != 1)
    rare = dataclasses.replace(panel, sales=np.where(is_rare, np.nan, panel.sales))
    assert rare.active.all()
    found = Ridge().fit(rare)
    assert sorted(found.models) == [1, 2, 3]
    forecast, base = found.predict(rare, 8), AlignedSeasonal().predict(rare, 8)
    keeps = panel.dept_ids == 4
    assert forecast.point[keeps].tobytes() == base.point[keeps].tobytes()
    assert (forecast.point[~keeps] != base.point[~keeps]).any(axis=1).all()
    assert np.where(keeps, "seasonal base", "").tolist() == forecast.fallback.tolist()
    parts = found.explain(rare, 8, int(np.flatnonzero(keeps)[0]))
    assert sum(parts.values()) == pytest.approx(base.point[keeps][0])


@pytest.mark.parametrize("series", [0, 7])
def test_the_parts_of_an_explanation_add_up_and_nothing_but_the_intercept_is_left_over(
    panel: Panel, fitted: FittedRidge, series: int
) -> None:
    parts = fitted.explain(panel, 8, series)
    assert set(parts) <= set(PARTS)
    assert sum(parts.values()) == pytest.approx(fitted.predict(panel, 8).point[series])
    intercept = fitted.models[int(panel.dept_ids[series])].intercept * panel.scale[series]
    # No week of so calm a panel is clipped, and every input it knows has a part of its own.
    assert parts["other"] == pytest.approx(np.full(8, intercept))


def test_the_forecast_is_the_base_and_the_residual_of_the_department_worked_by_hand(
    panel: Panel, fitted: FittedRidge
) -> None:
    rows, model = rows_at_origin(panel, 8), fitted.models[int(panel.dept_ids[6])]
    inputs = rows.values[6][:, list(fitted.columns)].astype(np.float64)
    standard = np.clip((inputs - model.centre) / model.spread, -LARGEST_INPUT, LARGEST_INPUT)
    expected = rows.base.point[6] + (standard @ model.weights + model.intercept) * rows.scale[6]
    assert fitted.predict(panel, 8).point[6] == pytest.approx(expected)


def test_the_importance_of_the_inputs_sums_to_one(fitted: FittedRidge) -> None:
    assert sum(fitted.importance().values()) == pytest.approx(1.0)
    assert FittedRidge({}, (), ()).importance() == {}
