"""From eight weeks on there is something sensible: a forecast, an origin that judges it, and an interval."""

from collections.abc import Callable

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import origins_of
from ml.forecasting.models.candidates import candidates
from ml.forecasting.panel import Panel
from ml.forecasting.study import study
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings


@pytest.mark.parametrize(("weeks", "origins"), [(8, [4]), (12, [6]), (15, [7]), (16, [8]), (40, [32])])
def test_a_short_history_has_an_origin_in_its_middle_and_a_longer_one_a_whole_horizon_before_its_end(
    make_panel: Callable[..., Panel], weeks: int, origins: list[int]
):
    assert origins_of(make_panel(weeks=weeks), 1) == origins


def test_seven_weeks_are_refused_with_what_is_needed(make_panel: Callable[..., Panel]):
    with pytest.raises(
        ShelfcastError, match=r"The data has 7 weeks, and forecasts need at least 8\. Add earlier weeks"
    ):
        origins_of(make_panel(weeks=7), 5)


@pytest.mark.parametrize("weeks", [8, 11, 15])
def test_every_candidate_forecasts_a_short_history_near_what_it_sold(make_panel: Callable[..., Panel], weeks: int):
    panel = make_panel(stores=4, departments=4, weeks=weeks)
    made = study(panel, candidates(Settings()), 5)
    usual = panel.sales.mean(axis=1)
    for name, model in made.models.items():
        forecast, bounds = model.forecast(panel)
        assert (np.abs(forecast.point.mean(axis=1) - usual) < 0.5 * usual).all(), name
        assert (bounds[0] <= forecast.point).all(), name
        assert (forecast.point <= bounds[1]).all(), name
        assert 0 < made.scores[name]["wape_rate"] < 0.5, name
