import pickle

import numpy as np
import pytest

from ml.forecasting.forecaster import PARTS
from ml.forecasting.lightgbm_model import Blend, LightGbm
from ml.forecasting.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import Panel


@pytest.fixture(scope="module")
def fitted(panel: Panel):
    """The blend and its LightGBM, fitted."""
    lightgbm = LightGbm(seed=7)
    return {"lightgbm": lightgbm.fit(panel), "blend": Blend(lightgbm).fit(panel)}


@pytest.mark.parametrize("name", ["lightgbm", "blend"])
def test_the_parts_of_an_explanation_add_up_to_the_forecast(panel: Panel, fitted, name: str) -> None:
    for series in (0, 7):
        parts = fitted[name].explain(panel, 8, series)
        assert set(parts) <= set(PARTS)
        assert sum(parts.values()) == pytest.approx(fitted[name].predict(panel, 8).point[series])


@pytest.mark.parametrize("model", [SeasonalNaive(), AlignedSeasonal()])
def test_simple_candidates_explain_themselves_by_last_year_and_level(panel: Panel, model) -> None:
    parts = model.fit(panel).explain(panel, 8, 3)
    assert sum(parts.values()) == pytest.approx(model.predict(panel, 8).point[3])


def test_a_second_fit_on_the_same_history_is_the_same_to_the_bit(panel: Panel, fitted) -> None:
    again = LightGbm(seed=7).fit(panel).predict(panel, 8).point
    assert again.tobytes() == fitted["lightgbm"].predict(panel, 8).point.tobytes()


def test_a_fitted_model_survives_the_registry_to_the_bit(panel: Panel, fitted) -> None:
    restored = pickle.loads(pickle.dumps(fitted["blend"]))
    assert restored.predict(panel, 8).point.tobytes() == fitted["blend"].predict(panel, 8).point.tobytes()


def test_too_short_a_history_falls_back_on_the_base_and_says_so(make_panel) -> None:
    young = make_panel(weeks=50)
    forecast = LightGbm(seed=7).fit(young).predict(young, 8)
    assert np.array_equal(forecast.point, AlignedSeasonal().predict(young, 8).point)
    assert "" not in set(forecast.fallback)


def test_the_importance_of_the_inputs_sums_to_one(fitted) -> None:
    assert sum(fitted["lightgbm"].importance().values()) == pytest.approx(1.0)


def test_the_blend_lies_half_way_between_its_members(panel: Panel, fitted) -> None:
    base, trees = AlignedSeasonal().predict(panel, 8).point, fitted["lightgbm"].predict(panel, 8).point
    assert fitted["blend"].predict(panel, 8).point == pytest.approx((base + trees) / 2)
