"""The blend: the mean of three members that share their rows, scaled to the totals of the stores."""

import numpy as np
import pytest

from ml.forecasting.models.blend import STORE_BELIEF, Blend, FittedBlend
from ml.forecasting.models.candidates import candidates, chosen_candidates
from ml.forecasting.models.lightgbm_model import FittedLightGbm
from ml.forecasting.models.naive import AlignedSeasonal
from ml.forecasting.models.protocol import PARTS
from ml.forecasting.models.ridge_model import FittedRidge
from ml.forecasting.models.seasonal_base import SeriesGroups
from ml.forecasting.models.top_down import scaled_to_totals
from ml.forecasting.panel import FloatArray, Panel
from warehouse.settings import Settings


@pytest.fixture(scope="module")
def blend() -> Blend:
    """As it competes."""
    chosen = chosen_candidates(candidates(Settings.model_construct(seed=7)), ["blend"])[0]
    assert isinstance(chosen, Blend)
    return chosen


@pytest.fixture(scope="module")
def fitted(blend: Blend, panel: Panel) -> FittedBlend:
    return blend.fit(panel)


@pytest.fixture(scope="module")
def mean(fitted: FittedBlend, panel: Panel) -> FloatArray:
    """Mean of the members, (12, 8)."""
    return np.mean([member.predict(panel, 8).point for member in fitted.members], axis=0)


def test_its_members_are_ridge_and_trees_with_and_without_random_splits(blend: Blend, fitted: FittedBlend) -> None:
    assert [model.name for model in (blend.ridge, blend.lightgbm, blend.extra_trees)] == [
        "ridge",
        "lightgbm",
        "extra_trees",
    ]
    assert [type(member) for member in fitted.members] == [FittedRidge, FittedLightGbm, FittedLightGbm]


def test_members_that_compete_on_their_own_are_not_fitted_again(blend: Blend, panel: Panel, fitted) -> None:
    members = (blend.ridge, blend.lightgbm, blend.extra_trees)
    assert all(model.fit(panel) is member for model, member in zip(members, fitted.members, strict=True))


def test_it_is_the_mean_of_its_members_scaled_to_the_stores(panel: Panel, fitted, mean: FloatArray) -> None:
    point = fitted.predict(panel, 8).point
    expected = scaled_to_totals(mean, panel, SeriesGroups.of(panel).store, STORE_BELIEF)
    assert point == pytest.approx(expected)
    ratio = point / mean
    # A store's departments move together, and do move.
    for store in (1, 2, 3):
        of_store = ratio[panel.store_ids == store]
        assert of_store == pytest.approx(np.broadcast_to(of_store[0], of_store.shape))
    assert np.abs(ratio - 1).max() > 1e-4


@pytest.mark.parametrize("series", [0, 7])
def test_an_explanation_adds_up_and_tells_what_the_total_of_the_store_adds(
    panel: Panel, fitted, mean: FloatArray, series: int
) -> None:
    parts, point = fitted.explain(panel, 8, series), fitted.predict(panel, 8).point[series]
    assert set(parts) <= set(PARTS)
    assert sum(parts.values()) == pytest.approx(point)
    assert parts["coherence"] == pytest.approx(point - mean[series])
    # What every member takes from the base it has whole.
    assert parts["last_year"] == pytest.approx(AlignedSeasonal().explain(panel, 8, series)["last_year"])


def test_a_second_blend_fitted_on_the_same_history_is_the_same_to_the_bit(panel: Panel, fitted) -> None:
    again = chosen_candidates(candidates(Settings.model_construct(seed=7)), ["blend"])[0].fit(panel)
    assert again.predict(panel, 8).point.tobytes() == fitted.predict(panel, 8).point.tobytes()


def test_the_importance_of_the_inputs_sums_to_one_and_is_the_mean_of_the_members(fitted) -> None:
    importance = fitted.importance()
    assert sum(importance.values()) == pytest.approx(1.0)
    each = [member.importance().get("month_days_1", 0.0) for member in fitted.members]
    assert importance["month_days_1"] == pytest.approx(np.mean(each))
    # Ridge does not see the last weeks.
    assert importance["shock_last"] == pytest.approx(
        sum(member.importance()["shock_last"] for member in fitted.members[1:]) / 3
    )
