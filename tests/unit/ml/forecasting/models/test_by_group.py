"""Each group of demand is served by what erred least on it at earlier origins."""

import numpy as np
import pytest

from ml.forecasting.demand_groups import DEMAND_GROUPS
from ml.forecasting.models.by_group import LEAST_FORECASTS, FittedByGroup, best_by_group, pieced_together
from ml.forecasting.models.naive import SeasonalNaive
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.models.simple import FittedSimple
from tests.unit.ml.forecasting.test_demand_groups import panel_of

MANY = np.full(len(DEMAND_GROUPS), float(LEAST_FORECASTS))


def errors(**by_group: float) -> np.ndarray:
    return np.array([by_group.get(group, 100.0) for group in DEMAND_GROUPS])


def test_a_group_has_a_candidate_of_its_own_where_that_is_clearly_better():
    choice = best_by_group({"a": errors(), "b": errors(lumpy=80.0, smooth=150.0), "c": errors(erratic=99.5)}, MANY)
    assert choice == {**dict.fromkeys(DEMAND_GROUPS, "c"), "lumpy": "b"}


def test_a_group_with_few_forecasts_is_served_by_what_serves_all():
    few = np.where(np.array(DEMAND_GROUPS) == "lumpy", LEAST_FORECASTS - 1, MANY)
    assert set(best_by_group({"a": errors(), "b": errors(lumpy=1.0, smooth=250.0)}, few).values()) == {"a"}


def test_each_series_has_the_forecast_of_the_candidate_of_its_group():
    rare = np.where(np.arange(120) % 4 == 0, 50.0, 0.0)
    panel = panel_of(np.stack([np.full(120, 50.0), rare, np.full(120, 50.0)]))
    choice = {**dict.fromkeys(DEMAND_GROUPS, "a"), "intermittent": "b"}
    made = {
        "a": PointForecast(np.full((3, 8), 1.0), np.full(3, "")),
        "b": PointForecast(np.full((3, 8), 2.0), np.full(3, "plain")),
    }
    together = pieced_together(choice, panel, made)
    assert together.point[:, 0].tolist() == [1.0, 2.0, 1.0]
    assert together.fallback.tolist() == ["", "plain", ""]


def test_what_is_fitted_forecasts_and_explains_by_the_member_of_the_group():
    rare = np.where(np.arange(120) % 4 == 0, 50.0, 0.0)
    panel = panel_of(np.stack([np.full(120, 50.0), rare]))
    members = {"seasonal_naive": SeasonalNaive(), "simple": FittedSimple(dict.fromkeys(DEMAND_GROUPS, "mean_52"))}
    fitted = FittedByGroup({**dict.fromkeys(DEMAND_GROUPS, "seasonal_naive"), "intermittent": "simple"}, members)
    point = fitted.predict(panel, 8).point
    assert point[0].tolist() == [50.0] * 8
    assert point[1].tolist() == pytest.approx([12.5] * 8)
    for series in (0, 1):
        assert sum(fitted.explain(panel, 8, series).values()) == pytest.approx(point[series])
