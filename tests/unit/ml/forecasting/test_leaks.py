"""What happens after an origin must not be able to move a forecast made at it, not by a bit.

Forecasts are made as `shelfcast forecast --as-of` makes them: cut the panel, backtest and fit every candidate on what
is left, choose the champion, forecast with intervals.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from ml.forecasting import forecast_job as forecasting
from ml.forecasting.intervals.conformal import situation_at
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.candidates import candidates, chosen_candidates
from ml.forecasting.models.lightgbm_model import LightGbm
from ml.forecasting.models.naive import SeasonalNaive
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.panel import Panel, as_date
from warehouse.settings import Settings, load_settings

ORIGIN_WEEKS = 98
AMOUNTS = ["predicted_sales", "prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"]
NAMES = [model.name for model in candidates(Settings.model_construct(seed=7))]


@dataclass(frozen=True)
class Peeking:
    """A toy candidate that leaks: it looks behind the cut, into the memory that the history shares with the panel."""

    name: str = "peeking"
    parameters: tuple = ()

    def fit(self, _history: Panel) -> "Peeking":
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        whole = history.sales.base
        ahead = whole[:, history.week_count : history.week_count + horizon]
        return PointForecast(np.nan_to_num(ahead), np.full(history.series_count, ""))


def with_noise_after(panel: Panel, weeks: int) -> Panel:
    """Returns the panel with noise for everything after its first weeks: sales, flags and every feature."""
    random = np.random.default_rng(9)
    sales = panel.sales.copy()
    sales[:, weeks:] = random.uniform(-1e5, 1e5, sales[:, weeks:].shape)
    features = {}
    for name, values in panel.features.items():
        features[name] = values.copy()
        features[name][:, weeks + 1 :] = random.uniform(-1e5, 1e5, values[:, weeks + 1 :].shape)
    is_holiday = panel.is_holiday ^ (np.arange(panel.week_count) >= weeks)
    prices = panel.prices.copy()
    prices[:, weeks:] = random.uniform(1, 1e5, prices[:, weeks:].shape)
    return replace(panel, sales=sales, features=features, is_holiday=is_holiday, prices=prices)


def served(panel: Panel, names: list[str]) -> pd.DataFrame:
    """Returns the rows of `ml.forecasts` that were possible at the origin."""
    settings = load_settings(backtest_origins=1)
    history = forecasting.history_as_of(panel, as_date(panel.weeks[ORIGIN_WEEKS - 1]))
    assert history.week_count == ORIGIN_WEEKS < panel.week_count
    return forecasting.forecast_rows(history, forecasting.cast_of_the_time(settings, history, names), "run")


def differing(ours: pd.DataFrame, theirs: pd.DataFrame) -> set[str]:
    """Returns the models of which any amount differs by a bit, or any other column at all."""
    return {
        name
        for name in {*ours["model_name"], *theirs["model_name"]}
        if not is_same(*(rows[rows["model_name"] == name] for rows in (ours, theirs)))
    }


def is_same(ours: pd.DataFrame, theirs: pd.DataFrame) -> bool:
    same_amounts = ours[AMOUNTS].to_numpy().tobytes() == theirs[AMOUNTS].to_numpy().tobytes()
    return same_amounts and ours.drop(columns=AMOUNTS).equals(theirs.drop(columns=AMOUNTS))


@pytest.fixture(scope="module")
def small(make_panel: Callable[..., Panel]) -> Panel:
    """Two stores with three departments each, 107 weeks: enough rows for every learned model at the origin."""
    return make_panel(stores=2, departments=3, weeks=107)


@pytest.fixture(scope="module")
def both(small: Panel) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is served of the true panel and of one that is noise after the origin."""
    return served(small, NAMES), served(with_noise_after(small, ORIGIN_WEEKS), NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_noise_after_the_origin_leaves_what_is_served_identical_bit_for_bit(both, name: str) -> None:
    true, noisy = both
    rows = true[true["model_name"] == name]
    assert len(rows) == 6 * 8
    assert np.isfinite(rows[AMOUNTS]).all(axis=None)
    assert name not in differing(true, noisy)


def test_noise_after_the_origin_leaves_the_choice_of_the_champion_identical(both) -> None:
    champions = [rows.loc[rows["is_champion"], "model_name"].unique().tolist() for rows in both]
    assert champions[0] == champions[1]
    assert len(champions[0]) == 1


def test_the_models_were_really_fitted_and_differ(both) -> None:
    points = both[0].pivot(index=["store_id", "dept_id", "forecast_date"], columns="model_name")["predicted_sales"]
    # The choice by group has the forecasts of the one that serves all six series.
    own = [name for name in NAMES if name != "by_group"]
    assert len({tuple(points[name]) for name in own}) == len(own)


def test_a_candidate_that_leaks_is_caught(small: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "candidates", lambda _settings: (SeasonalNaive(), Peeking()))
    true, noisy = (served(panel, ["peeking"]) for panel in (small, with_noise_after(small, ORIGIN_WEEKS)))
    assert differing(true, noisy) == {"peeking"}


def test_noise_before_the_origin_does_move_what_is_served(small: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "candidates", lambda _settings: (SeasonalNaive(),))
    true, noisy = (served(panel, []) for panel in (small, with_noise_after(small, ORIGIN_WEEKS - 46)))
    assert differing(true, noisy) == {"seasonal_naive"}


def test_noise_after_the_origin_leaves_what_the_intervals_know_identical(small: Panel) -> None:
    histories = [panel.until(ORIGIN_WEEKS) for panel in (small, with_noise_after(small, ORIGIN_WEEKS))]
    scales = [ErrorScale().fit(history) for history in histories]
    assert all(scale.booster is not None for scale in scales)
    for horizon in (8, 39):
        ours, theirs = (scale.amount(history, horizon) for scale, history in zip(scales, histories, strict=True))
        assert ours.tobytes() == theirs.tobytes()
    ours, theirs = (situation_at(history, scale, 39) for scale, history in zip(scales, histories, strict=True))
    assert ours.error_scale.tobytes() == theirs.error_scale.tobytes()
    assert ours.kind.tobytes() == theirs.kind.tobytes()


@pytest.mark.parametrize("name", ["ridge", "lightgbm", "extra_trees", "level_trees", "blend"])
def test_a_fit_on_all_weeks_before_leaves_nothing_in_the_shared_rows_for_an_earlier_origin(
    small: Panel, name: str
) -> None:
    settings = Settings.model_construct(seed=7)
    alone, used = (chosen_candidates(candidates(settings), [name])[0] for _ in range(2))
    history = small.until(ORIGIN_WEEKS)
    used.fit(small)
    assert (
        used.fit(history).predict(history, 8).point.tobytes() == alone.fit(history).predict(history, 8).point.tobytes()
    )


def test_a_store_of_rows_is_not_used_for_another_panel(small: Panel) -> None:
    model, noisy = LightGbm(seed=7), with_noise_after(small, 60)
    model.fit(small)
    shared = model.fit(noisy).predict(noisy, 8).point
    assert np.array_equal(shared, LightGbm(seed=7).fit(noisy).predict(noisy, 8).point)
