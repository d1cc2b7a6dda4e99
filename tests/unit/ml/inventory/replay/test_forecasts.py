"""Weekly forecasts to replay with: when a model is fitted, what it is shown, and that it sees no later week."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.models.ridge_model import Ridge
from ml.forecasting.panel import panel_from_frame
from ml.inventory.replay.forecasts import WeeklyForecasts, base_forecasts, forecasts_by_group, model_forecasts
from retailers import WALMART

PAIRS, WEEKS = 12, 76


@pytest.fixture(scope="module")
def panel():
    sales = np.random.default_rng(1).gamma(4.0, 100.0, (PAIRS, WEEKS))
    days = pd.Timestamp("2010-02-05") + pd.to_timedelta(7 * np.arange(WEEKS), unit="D")
    return panel_from_frame(
        pd.DataFrame(
            {
                "store_id": np.repeat(np.arange(PAIRS), WEEKS),
                "dept_id": 1,
                "feature_date": np.tile(days, PAIRS),
                "store_type": "A",
                "weekly_sales": sales.ravel(),
                "is_holiday": False,
            }
        ),
        WALMART,
    )


class Counting:
    """A model that says how often it was fitted, and forecasts what it knew then and what it is shown."""

    name = "counting"

    def __init__(self):
        self.fits = []

    def fit(self, history):
        self.fits.append(history.week_count)
        fitted_at = float(history.week_count)
        return SimpleNamespace(
            predict=lambda shown, horizon: SimpleNamespace(
                point=np.full((shown.series_count, horizon), 1000 * fitted_at + shown.week_count)
            )
        )


def test_a_model_is_fitted_every_eight_weeks_and_shown_the_weeks_known_by_then(panel):
    model = Counting()
    made = model_forecasts(panel, model, range(62, 74))
    assert model.fits == [64, 72]
    # Before 64 weeks a fit is not worth it: the base stands in.
    assert (made.point[:, :2] == base_forecasts(panel, [62, 63]).point).all()
    assert made.point[0, 2:, 0].tolist() == [64_000 + week for week in range(64, 72)] + [72_072, 72_073]


@pytest.mark.parametrize("make", [base_forecasts, lambda panel, origins: model_forecasts(panel, Ridge(), origins)])
def test_nothing_after_an_origin_moves_its_forecast(panel, make):
    # Origin 72 is forecast with a fit on the first 72 weeks, 73 with the same fit and one week more.
    sales = panel.sales.copy()
    sales[:, 72:] = np.random.default_rng(5).gamma(1.0, 1e5, sales[:, 72:].shape)
    before, after = (make(one, range(64, 75)).point for one in (panel, replace(panel, sales=sales)))
    assert (before[:, :9] == after[:, :9]).all()
    assert (before[:, 9] != after[:, 9]).any()


def test_what_was_expected_of_a_week_is_the_first_forecast_of_the_origin_before_it(panel):
    made = base_forecasts(panel, range(60, 70))
    expected = made.of_next_week(WEEKS)
    assert np.isnan(expected[:, :60]).all()
    assert (expected[:, 65] == made.point[:, 5, 0]).all()
    assert np.isnan(expected[:, 70:]).all()
    assert (made.of_next_week(66)[:, 65] == expected[:, 65]).all()


def test_a_champion_by_group_takes_the_member_that_erred_less_before_each_fit(panel, monkeypatch):
    monkeypatch.setattr("ml.forecasting.models.by_group.LEAST_FORECASTS", 1)
    truth = np.stack([panel.sales[:, origin : origin + 4] for origin in range(56, 72)], axis=1)
    far = truth + 500.0
    # The first member is right until week 68 and wrong from there on; the other the other way round.
    is_early = (np.arange(56, 72) < 64)[None, :, None]
    made = {
        "early": WeeklyForecasts(56, np.where(is_early, truth, far)),
        "late": WeeklyForecasts(56, np.where(is_early, far, truth)),
    }
    chosen = forecasts_by_group(panel, made)
    # Nothing is known at the first fit, so the last member serves; at the second, eight weeks later, the first does.
    assert (chosen.point[:, :8] == made["late"].point[:, :8]).all()
    assert (chosen.point[:, 8:] == made["early"].point[:, 8:]).all()
    # What comes after a fit does not change its choice.
    later = panel.sales.copy()
    later[:, 64:] *= 7
    again = forecasts_by_group(replace(panel, sales=later, reported=later), made)
    assert (again.point == chosen.point).all()
