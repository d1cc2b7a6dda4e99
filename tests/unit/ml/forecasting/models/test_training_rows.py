"""The rows that models learn from: of past origins, with targets that are known, made once and for one panel."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from ml.forecasting.models import training_rows
from ml.forecasting.models.lightgbm_model import LightGbm
from ml.forecasting.models.model_inputs import rows_at_origin
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.models.ridge_model import Ridge
from ml.forecasting.models.training_rows import LEAST_ROWS, RowStore, TrainingTable, row_store
from ml.forecasting.panel import Panel

WEEKS = 73
# Target weeks of the origins after 54, 57, 60, 63, 66, 69 and 72 weeks that 73 weeks know.
KNOWN_STEPS = (8, 8, 8, 8, 7, 4, 1)


@pytest.fixture(scope="module")
def young(make_panel: Callable[..., Panel]) -> Panel:
    """Twelve series with just enough weeks to learn from."""
    return make_panel(weeks=WEEKS)


@pytest.fixture(scope="module")
def table(young: Panel) -> TrainingTable:
    """Its rows."""
    return RowStore().table(young)


def test_every_third_week_is_an_origin_and_only_known_targets_are_rows(young: Panel, table: TrainingTable) -> None:
    assert len(table.labels) == 12 * sum(KNOWN_STEPS)
    assert np.bincount(table.series).tolist() == [sum(KNOWN_STEPS)] * 12
    horizon = table.inputs[:, table.names.index("horizon")]
    assert [(horizon == step).sum() for step in range(1, 9)] == [12 * count for count in (7, 6, 6, 6, 5, 5, 5, 4)]
    sales = young.sales.copy()
    # Week 65 is a target of the origins after 60 and 63 weeks, and of the one after 57 weeks as its eighth.
    sales[3, 64] = np.nan
    fewer = RowStore().table(dataclasses.replace(young, sales=sales))
    assert len(fewer.labels) == len(table.labels) - 3
    assert np.isfinite(fewer.labels).all()


def test_a_row_is_what_was_known_at_its_origin_and_its_label_what_came(young: Panel, table: TrainingTable) -> None:
    then = young.until(54)
    rows, base = rows_at_origin(then, 8), AlignedSeasonal().predict(then, 8).point
    # The rows of the first origin come first, series by series.
    assert np.array_equal(table.inputs[: 12 * 8], rows.values.reshape(96, -1), equal_nan=True)
    expected = (young.sales[:, 54:62] - base) / then.scale[:, None]
    assert table.labels[: 12 * 8].tolist() == expected.ravel().tolist()


def test_weights_are_scales_so_that_a_dollar_counts_alike(young: Panel, table: TrainingTable) -> None:
    assert table.weights.mean() == pytest.approx(1.0)
    first, last = table.weights[0], table.weights[12 * 8 - 1]
    scale = young.until(54).scale
    assert last / first == pytest.approx(scale[11] / scale[0])


def test_a_series_that_had_stopped_at_an_origin_has_no_row_of_it(young: Panel, table: TrainingTable) -> None:
    sales = young.sales.copy()
    # Active until 13 weeks after week 40; it sells again from week 60 on, too late for the origin after 54 weeks.
    sales[0, 40:59] = 0.0
    rows = RowStore().table(dataclasses.replace(young, sales=sales))
    assert len(table.labels) - len(rows.labels) == 8 * 2


def test_too_few_rows_are_no_table_and_learned_models_say_that_they_keep_the_base(make_panel) -> None:
    shorter = make_panel(weeks=WEEKS - 1)
    assert 12 * (sum(KNOWN_STEPS) - len(KNOWN_STEPS) + 1) < LEAST_ROWS <= 12 * sum(KNOWN_STEPS)
    assert RowStore().table(shorter) is None
    base = AlignedSeasonal().predict(shorter, 8).point
    for model in (Ridge(), LightGbm(seed=7)):
        forecast = model.fit(shorter).predict(shorter, 8)
        assert forecast.point.tobytes() == base.tobytes()
        assert set(forecast.fallback) == {"seasonal base"}


def test_a_fit_is_made_once_per_name_and_origin(young: Panel) -> None:
    store, made = RowStore(), []

    def make(table: TrainingTable | None) -> int:
        made.append(table)
        return len(made)

    assert [store.fit("a", young, make), store.fit("a", young, make), store.fit("b", young, make)] == [1, 1, 2]
    assert made[0] is made[1]
    assert store.fit("a", young.until(60), make) == 3
    assert store.fit("a", young, make) == 1


def test_origins_that_two_histories_share_are_made_once(young: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    from ml.forecasting.models import training_rows

    asked = []
    monkeypatch.setitem(
        training_rows.ROWS, "season", lambda history, _: asked.append(history.week_count) or rows_at_origin(history, 8)
    )
    store = RowStore()
    store.table(young.until(66))
    store.table(young)
    assert asked == [54, 57, 60, 63, 66, 69, 72]


def test_targets_that_a_longer_history_knew_are_no_rows_of_a_shorter_one(panel: Panel) -> None:
    store, history = RowStore(), panel.until(100)
    store.table(panel)
    shared, alone = store.table(history), RowStore().table(history)
    assert shared.labels.tobytes() == alone.labels.tobytes()
    assert shared.inputs.tobytes() == alone.inputs.tobytes()


def test_a_store_is_emptied_for_another_panel(young: Panel) -> None:
    store = RowStore()
    store.fit("a", young, lambda _: "of the first")
    doubled = dataclasses.replace(young, sales=2.0 * young.sales + 100.0)
    assert store.fit("a", doubled, lambda _: "of the second") == "of the second"
    assert set(store.tables) == {WEEKS}
    assert store.table(doubled).labels.tobytes() == RowStore().table(doubled).labels.tobytes()
    other_features = {**young.features, "size_normalized": young.features["size_normalized"] + 1.0}
    changed = dataclasses.replace(young, features=other_features)
    store.fit("a", young, lambda _: "of the first")
    assert store.fit("a", changed, lambda _: "of the third") == "of the third"


def test_models_share_the_store_of_the_first_that_has_one() -> None:
    ridge = Ridge()
    assert row_store([AlignedSeasonal(), ridge, LightGbm(seed=7)]) is ridge.store
    assert row_store([AlignedSeasonal()]).rows == {}


def test_of_many_series_each_origin_gives_rows_of_some_so_that_rows_stay_bounded(
    young: Panel, table: TrainingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 12 series, 8 weeks ahead, 19 weeks beyond the first origin, every third an origin: 608 rows, a quarter of them.
    monkeypatch.setitem(training_rows.MOST_ROWS, "season", 200)
    monkeypatch.setattr(training_rows, "LEAST_ROWS", 1)
    fewer = RowStore().table(young)
    assert 0 < len(fewer.labels) < 200 < len(table.labels)
    # Every origin gives some, not the same series each time, and another history of sales the same ones.
    assert len(np.unique(fewer.series)) > 12 / 4
    other = RowStore().table(dataclasses.replace(young, sales=young.sales[::-1].copy()))
    assert other.series.tolist() == fewer.series.tolist()


def test_only_rows_on_the_seasonal_base_are_shared_with_the_intervals() -> None:
    level, season = LightGbm(7, store=RowStore("level")), LightGbm(7)
    assert row_store([level]).kind == "season"
    assert row_store([level, season]) is season.store
