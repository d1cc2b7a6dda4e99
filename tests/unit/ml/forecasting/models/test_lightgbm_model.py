"""Trees on what the base leaves over: two ways of splitting, the same to the bit every time."""

import numpy as np
import pytest

from ml.forecasting.models.lightgbm_model import FittedLightGbm, LightGbm
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.protocol import PARTS
from ml.forecasting.models.seasonal_base import plausible
from ml.forecasting.models.training_rows import RowStore
from ml.forecasting.panel import Panel

BOTH = ["lightgbm", "extra_trees"]


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> dict[str, FittedLightGbm]:
    """Both ways, fitted on the rows they share."""
    store = RowStore()
    models = [LightGbm(7, is_random, store) for is_random in (False, True)]
    return {model.name: model.fit(panel) for model in models}


@pytest.mark.parametrize("name", BOTH)
def test_the_parts_of_an_explanation_add_up_to_the_forecast(panel: Panel, fitted, name: str) -> None:
    for series in (0, 7):
        parts = fitted[name].explain(panel, 8, series)
        assert set(parts) <= set(PARTS)
        assert sum(parts.values()) == pytest.approx(fitted[name].predict(panel, 8).point[series])
        # What is left over is the mean of the trees and inputs of the series' place: the same in every week or nearly.
        assert np.ptp(parts["other"]) < 0.05 * panel.scale[series]


@pytest.mark.parametrize("model", [SeasonalNaive(), AlignedSeasonal()])
def test_simple_candidates_explain_themselves_by_last_year_and_level(panel: Panel, model) -> None:
    parts = model.fit(panel).explain(panel, 8, 3)
    assert sum(parts.values()) == pytest.approx(model.predict(panel, 8).point[3])


def test_random_splits_are_another_candidate_with_the_same_rows(panel: Panel, fitted) -> None:
    points = [fitted[name].predict(panel, 8).point for name in BOTH]
    assert (points[0] != points[1]).any(axis=1).all()
    assert [LightGbm(7, is_random).parameters["extra_trees"] for is_random in (False, True)] == [False, True]
    assert "extra_trees: 1" in fitted["extra_trees"].booster.model_to_string()
    assert fitted["lightgbm"].names == fitted["extra_trees"].names


def test_a_second_fit_on_the_same_history_is_the_same_to_the_bit(panel: Panel, fitted) -> None:
    again = LightGbm(seed=7).fit(panel).predict(panel, 8).point
    assert again.tobytes() == fitted["lightgbm"].predict(panel, 8).point.tobytes()
    other_seed = LightGbm(seed=8).fit(panel).predict(panel, 8).point
    assert other_seed.tobytes() != again.tobytes()


def test_too_short_a_history_falls_back_on_the_base_and_says_so(make_panel) -> None:
    young = make_panel(weeks=50)
    forecast = LightGbm(seed=7).fit(young).predict(young, 8)
    assert np.array_equal(forecast.point, AlignedSeasonal().predict(young, 8).point)
    assert "" not in set(forecast.fallback)


@pytest.mark.parametrize("weeks", [8, 39])
def test_forecasts_are_plausible_over_any_horizon(panel: Panel, fitted, weeks: int) -> None:
    point = fitted["lightgbm"].predict(panel, weeks).point
    assert point.shape == (12, weeks)
    assert np.array_equal(point, plausible(point, panel.sales))


@pytest.mark.parametrize("name", BOTH)
def test_the_importance_of_the_inputs_sums_to_one(fitted, name: str) -> None:
    assert sum(fitted[name].importance().values()) == pytest.approx(1.0)
    assert FittedLightGbm(None, ()).importance() == {}
