from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.seasonal_base import (
    SeriesGroups,
    additive_forecast,
    centred_mean,
    plausible,
    seasonal_base,
    sum_by,
)
from ml.forecasting.panel import WEEK, panel_from_frame
from retailers import WALMART
from warehouse.calendar import Calendar
from warehouse.conventions import YEAR_WEEKS

CALENDAR = Calendar.of(WALMART)


def test_seasonal_naive_is_the_sales_of_52_weeks_before(panel) -> None:
    forecast = SeasonalNaive().predict(panel, 8)
    assert np.array_equal(forecast.point, panel.sales[:, -52:-44])
    assert set(forecast.fallback) == {""}


def test_seasonal_naive_names_its_fallback_where_last_year_is_missing(make_panel) -> None:
    young = make_panel(weeks=40)
    forecast = SeasonalNaive().predict(young, 8)
    assert np.allclose(forecast.point, young.sales.mean(axis=1)[:, None])
    assert set(forecast.fallback) == {"mean of the last known weeks"}


def test_the_base_forecasts_a_series_that_repeats_itself(make_panel) -> None:
    panel = make_panel(noise=0.0, weeks=130)
    history = panel.until(122)
    error = np.abs(seasonal_base(history, 8).point - panel.sales[:, 122:])
    assert (error / panel.sales[:, 122:]).mean() < 0.02


def test_the_base_follows_growth(make_frame) -> None:
    frame = make_frame(noise=0.0)
    week = (frame["feature_date"] - frame["feature_date"].min()).dt.days // 7
    frame["weekly_sales"] *= 1.2 ** (week / 52)
    panel = panel_from_frame(frame, WALMART)
    actual, history = panel.sales[:, 122:], panel.until(122)
    ours = np.abs(seasonal_base(history, 8).point - actual).mean()
    naive = np.abs(SeasonalNaive().predict(history, 8).point - actual).mean()
    assert ours < naive / 3


def test_the_base_beats_seasonal_naive_on_noise(make_panel) -> None:
    panel = make_panel(noise=0.2)
    actual, history = panel.sales[:, 122:], panel.until(122)
    assert (
        np.abs(AlignedSeasonal().predict(history, 8).point - actual).mean()
        < np.abs(SeasonalNaive().predict(history, 8).point - actual).mean()
    )


@pytest.mark.parametrize(
    "oddity",
    ["one point", "all zeros", "constant", "negative weeks", "a gap of a year", "ten times the scale", "stopped"],
)
def test_an_odd_series_gets_a_forecast_that_is_known_and_not_absurd(make_frame, oddity: str) -> None:
    frame = make_frame(stores=2, departments=2, weeks=120)
    odd = frame["store_id"].eq(1) & frame["dept_id"].eq(1) & frame["weekly_sales"].notna()
    week = (frame["feature_date"] - frame["feature_date"].min()).dt.days // 7
    changed = {
        "one point": frame["weekly_sales"].where(week == 119),
        "all zeros": frame["weekly_sales"] * 0,
        "constant": frame["weekly_sales"] * 0 + 500,
        "negative weeks": frame["weekly_sales"] - 950,
        "a gap of a year": frame["weekly_sales"].where((week < 40) | (week > 95)),
        "ten times the scale": frame["weekly_sales"] * np.where(week > 60, 10, 1),
        "stopped": frame["weekly_sales"].where(week < 80),
    }[oddity]
    frame["weekly_sales"] = frame["weekly_sales"].mask(odd, changed)
    panel = panel_from_frame(frame, WALMART)
    for model in (SeasonalNaive(), AlignedSeasonal()):
        point = model.predict(panel, 8).point
        assert np.isfinite(point).all()
        assert np.abs(point[0]).max() <= 3 * max(np.nanmax(np.abs(panel.sales[0])), 1.0)
    if oddity == "all zeros":
        assert AlignedSeasonal().predict(panel, 8).point[0].tolist() == [0.0] * 8
    if oddity == "constant":
        assert AlignedSeasonal().predict(panel, 8).point[0] == pytest.approx([500.0] * 8, rel=0.02)


def test_a_single_week_of_history_is_enough_for_a_number(make_frame) -> None:
    frame = make_frame(stores=1, departments=1, weeks=30).head(2)
    frame.loc[frame.index[1], "weekly_sales"] = np.nan
    panel = panel_from_frame(frame, WALMART)
    assert seasonal_base(panel, 8).point[0] == pytest.approx([panel.sales[0, 0]] * 8)


def test_the_centred_mean_clamps_at_the_edges() -> None:
    mean = centred_mean(np.arange(104.0)[None, :])[0]
    assert mean[0] == mean[20] == pytest.approx(np.arange(52).mean())
    assert mean[-1] == pytest.approx(np.arange(52, 104).mean())
    assert mean[52] == pytest.approx(np.arange(26, 78).mean())


def test_sums_by_group_stand_at_every_member() -> None:
    values = pd.Series([1.0, 2.0, np.nan]).to_numpy()[:, None]
    assert sum_by(values, np.array([0, 1, 1])).ravel().tolist() == [1.0, 2.0, 2.0]


def test_a_plausible_forecast_is_at_most_twice_the_largest_week_and_not_negative() -> None:
    sales = np.array([[10.0, 40.0, np.nan], [-5.0, 7.0, -30.0]])
    point = np.array([[-1.0, 79.0, 81.0], [20.0, 13.0, -1.0]])
    # The second took back more than it sold: it may be forecast to do so again.
    assert plausible(point, sales).tolist() == [[0.0, 79.0, 80.0], [14.0, 13.0, -1.0]]


def test_only_a_series_that_usually_takes_back_more_than_it_sells_is_forecast_below_zero() -> None:
    sales = np.array([[-30.0, 40.0, 20.0], [-30.0, 10.0, np.nan], [-30.0, -10.0, -20.0], [np.nan] * 3])
    point = np.full((4, 2), -100.0)
    # One large return does not make the second a series of returns, though it is more than all that it sold.
    assert plausible(point, sales)[:, 0].tolist() == [0.0, 0.0, -30.0, 0.0]
    assert plausible(-point, sales)[:, 0].tolist() == [80.0, 20.0, 0.0, 0.0]


def test_a_series_that_begins_late_has_the_season_of_its_likes() -> None:
    # Before it begins its trend is that of its first week, times which its group's season is its own.
    weeks = np.arange(110.0)
    sales = np.tile(100 + 50 * np.sin(2 * np.pi * weeks / 52), (2, 1))
    sales[1, :-5] = np.nan
    assert centred_mean(sales)[1] == pytest.approx(np.full(110, sales[1, -5:].mean()))


def test_store_types_are_told_apart_however_many_there_are(make_frame: Callable[..., pd.DataFrame]) -> None:
    frame = make_frame(stores=14, departments=4, weeks=60)
    frame["store_type"] = frame["store_id"].map(lambda store: f"type {store:02}")
    groups = SeriesGroups.of(panel_from_frame(frame, WALMART))
    assert len(np.unique(groups.department_type)) == 14 * 4


def test_what_is_usual_is_what_the_last_year_was() -> None:
    sales = np.full((1, 60), 10.0)
    sales[0, :8] = -1_000.0
    assert plausible(np.array([[-5.0, 5.0]]), sales).tolist() == [[0.0, 5.0]]


def _level_and_season(weeks: np.ndarray) -> np.ndarray:
    """Sales of 1,000 dollars and a season of 300, by the date of the week."""
    days = (weeks - np.datetime64("2010-01-01")).astype(np.int64)
    return 1000.0 + 300.0 * np.sin(2 * np.pi * days / 365.25)


def test_level_plus_season_continues_a_known_level_and_season() -> None:
    weeks = np.datetime64("2010-02-05") + WEEK * np.arange(139)
    known, ahead = weeks[:130], np.concatenate([weeks[130:], weeks[-1] + WEEK * np.arange(1, 31)])
    made = additive_forecast(_level_and_season(known)[None, :], CALENDAR, known, ahead)
    assert made.shape == (1, 39)
    assert made[0] == pytest.approx(_level_and_season(ahead), abs=30.0)


def test_level_plus_season_is_linear_in_sales_and_borrows_nothing_from_other_series() -> None:
    weeks = np.datetime64("2010-02-05") + WEEK * np.arange(130)
    ahead, random = weeks[-1] + WEEK * np.arange(1, 9), np.random.default_rng(6)
    one, other = random.uniform(100, 900, (2, 1, 130))
    both = additive_forecast(np.concatenate([one, other, one + 2 * other]), CALENDAR, weeks, ahead)
    assert both[0] == pytest.approx(additive_forecast(one, CALENDAR, weeks, ahead)[0])
    assert both[2] == pytest.approx(both[0] + 2 * both[1])
    raised = additive_forecast(one + 50.0, CALENDAR, weeks, ahead)[0]
    assert raised == pytest.approx(both[0] + 50.0)


def test_without_a_year_of_history_level_plus_season_is_the_level() -> None:
    weeks = np.datetime64("2010-02-05") + WEEK * np.arange(30)
    made = additive_forecast(np.full((1, 30), 70.0), CALENDAR, weeks, weeks[-1] + WEEK * np.arange(1, YEAR_WEEKS - 30))
    assert made[0] == pytest.approx(np.full(21, 70.0))


@pytest.mark.parametrize("weeks", [40, 70, 130])
def test_the_parts_of_the_base_add_up_to_it(make_panel, weeks: int) -> None:
    base = seasonal_base(make_panel(weeks=weeks), 39)
    for series in (0, 7, 11):
        assert sum(base.parts(series).values()) == pytest.approx(base.point[series])


def test_the_part_of_growth_is_what_growth_makes_of_last_year(make_panel) -> None:
    panel = make_panel()
    base = seasonal_base(panel, 8)
    parts = base.parts(5)
    assert parts["growth"] == pytest.approx(base.last_year[5] * (base.growth[5] - 1))
    assert parts["last_year"] + parts["holiday"] == pytest.approx(base.last_year[5])
