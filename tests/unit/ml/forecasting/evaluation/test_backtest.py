import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.evaluation.backtest import backtest_frame, origins_of, run_backtest
from ml.forecasting.evaluation.metrics import ScoredForecasts, evaluate
from ml.forecasting.intervals.conformal import calibrate, join_scores, scores_of, situation_at
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.candidates import candidates, chosen_candidates
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import Panel
from ml.forecasting.study import warn_of_leaks
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import load_settings


@pytest.fixture(scope="module")
def tested(panel: Panel):
    """Three origins of the two candidates that need no fit."""
    return run_backtest(panel, (SeasonalNaive(), AlignedSeasonal()), origins_of(panel, 3))


def test_origins_lie_eight_weeks_apart_and_end_at_the_last_that_can_be_scored(panel: Panel) -> None:
    # After 106 weeks stands 2012-02-10, the week of the Super Bowl: that origin moves to 105.
    assert origins_of(panel, 3) == [105, 114, 122]
    assert origins_of(panel, 2) == [114, 122]


def test_an_origin_on_a_holiday_week_moves_a_week_back_so_that_the_week_is_scored(make_panel) -> None:
    panel = make_panel(stores=1, departments=1, weeks=135)
    dates = [str(panel.weeks[origin - 1]) for origin in origins_of(panel, 5)]
    assert dates == ["2011-11-18", "2012-01-20", "2012-03-16", "2012-05-11", "2012-07-06"]


def test_fewer_weeks_give_fewer_origins(make_panel) -> None:
    assert origins_of(make_panel(stores=1, departments=1, weeks=45), 5) == [29, 37]


def test_a_history_without_an_origin_of_half_a_year_is_judged_from_what_there_is(make_panel) -> None:
    weeks = {16: [8], 20: [12], 33: [25], 34: [26], 42: [26, 34]}
    panel = make_panel(stores=1, departments=1, weeks=42)
    assert {count: origins_of(panel.until(count), 5) for count in weeks} == weeks
    with pytest.raises(UsageError, match="2010-04-23 to 2010-04-23"):
        origins_of(panel.until(20), [dt.date(2010, 3, 26)])


def test_an_origin_that_cannot_be_scored_is_refused_with_the_dates_that_can(panel: Panel) -> None:
    with pytest.raises(UsageError, match="2010-07-30 to 2012-06-01"):
        origins_of(panel, [dt.date(2012, 7, 1)])
    assert origins_of(panel, [dt.date(2012, 6, 1), dt.date(2012, 6, 3)][:1]) == [122]


def test_every_origin_knows_only_its_own_past(tested) -> None:
    assert [result.history.week_count for result in tested.origins] == [105, 114, 122]


def test_an_origin_eight_weeks_before_the_first_calibrates_its_intervals_and_is_not_scored(
    panel: Panel, tested
) -> None:
    assert all(np.isfinite(result.bounds["seasonal_naive"]).all() for result in tested.origins)
    before, first = panel.until(97), tested.origins[0]
    error_scale, point = ErrorScale().fit(before), SeasonalNaive().predict(before, 8).point
    scores = scores_of(panel.sales[:, 97:105], point, situation_at(before, error_scale), before.active)
    expected = calibrate(scores).bounds(first.forecasts["seasonal_naive"].point, first.situation)
    assert first.bounds["seasonal_naive"] == pytest.approx(expected)
    assert tested.score("seasonal_naive")["forecast_count"] == 3 * 12 * 8


def test_a_first_origin_with_no_room_for_one_before_it_has_no_bounds(make_panel) -> None:
    young = make_panel(weeks=45)
    assert origins_of(young, 5) == [29, 37]
    first, second = run_backtest(young, (SeasonalNaive(),), [29, 37]).origins
    assert np.isnan(first.bounds["seasonal_naive"]).all()
    assert np.isfinite(second.bounds["seasonal_naive"]).all()


def test_weeks_that_came_after_an_origin_do_not_calibrate_its_intervals(panel: Panel) -> None:
    # Of the origin four weeks before, only four target weeks were known.
    sales = panel.sales.copy()
    sales[:, 105:] *= 3.0
    changed = replace(panel, sales=sales)
    ours, theirs = (run_backtest(some, (SeasonalNaive(),), [101, 105]).origins[1] for some in (panel, changed))
    assert ours.bounds["seasonal_naive"].tobytes() == theirs.bounds["seasonal_naive"].tobytes()


def test_the_calibration_of_forecasts_to_come_knows_every_origin_the_one_before_the_first_too(
    panel: Panel, tested
) -> None:
    again = run_backtest(panel, (SeasonalNaive(),), [97, 105, 114, 122]).origins
    assert again[0].history.week_count == 97
    points = [result.forecasts["seasonal_naive"].point for result in again]
    scores = [
        scores_of(result.actual, point, result.situation, result.history.active)
        for result, point in zip(again, points, strict=True)
    ]
    expected = calibrate(join_scores(scores)).quantiles
    assert np.array_equal(tested.calibrations["seasonal_naive"].quantiles, expected)


def test_the_rows_hold_what_the_scorecard_is_computed_from(tested) -> None:
    frame = backtest_frame(tested, "run")
    assert len(frame) == 2 * 3 * 12 * 8
    assert not frame.duplicated(["model_name", "origin_date", "store_id", "dept_id", "forecast_date"]).any()
    ours = frame[frame["model_name"] == "aligned_seasonal"]
    columns = ("actual_sales", "predicted_sales", "is_holiday")
    rows = ScoredForecasts(*(ours[name].to_numpy() for name in columns), holiday_weight=5.0)
    expected = evaluate(rows, ["wmae_amount", "bias_rate"])
    assert tested.score("aligned_seasonal", metrics=expected) == pytest.approx(expected)
    assert (frame["prediction_lower_95"] <= frame["prediction_upper"])[frame["prediction_lower"].notna()].all()


def test_the_totals_of_stores_are_scored_by_store_origin_and_week(tested) -> None:
    frame = backtest_frame(tested, "run")
    ours = frame[frame["model_name"] == "aligned_seasonal"]
    totals = ours.groupby(["store_id", "origin_date", "forecast_date"])[["actual_sales", "predicted_sales"]].sum()
    assert len(totals) == 3 * 3 * 8
    expected = (totals["predicted_sales"] - totals["actual_sales"]).abs().sum() / totals["actual_sales"].sum()
    figures = tested.score("aligned_seasonal")
    assert figures["store_total_wape_rate"] == pytest.approx(expected)
    assert figures["store_total_wape_rate"] < figures["wape_rate"]


def test_horizons_can_be_scored_alone(tested) -> None:
    steps = [tested.score("seasonal_naive", step) for step in range(8)]
    assert sum(figures["forecast_count"] for figures in steps) == tested.score("seasonal_naive")["forecast_count"]


def test_weeks_without_known_sales_are_not_scored(panel: Panel) -> None:
    sales = panel.sales.copy()
    sales[0, 124] = np.nan
    tested = run_backtest(replace(panel, sales=sales), (SeasonalNaive(),), [122])
    assert tested.score("seasonal_naive")["forecast_count"] == 12 * 8 - 1


def test_where_no_origin_can_be_scored_one_sentence_says_so(panel: Panel) -> None:
    sales = panel.sales.copy()
    sales[:, 114:130] = np.nan
    gap = replace(panel, sales=sales)
    with pytest.raises(ShelfcastError, match=r"No series has known sales in the 8 weeks after any of the 2 origins"):
        run_backtest(gap, (SeasonalNaive(),), [114, 122])


def test_an_origin_before_which_nothing_could_be_scored_has_no_bounds(make_panel) -> None:
    young = make_panel(weeks=45)
    sales = young.sales.copy()
    sales[:, 29:37] = np.nan
    first, second = run_backtest(replace(young, sales=sales), (SeasonalNaive(),), [29, 37]).origins
    assert (first.scored.any(), second.scored.all()) == (False, True)
    assert np.isnan(second.bounds["seasonal_naive"]).all()


def test_an_unknown_model_is_refused_with_the_names_that_are_known() -> None:
    names = (
        "seasonal_naive, simple, aligned_seasonal, stl_ets, department_shares, prophet, "
        "ridge, lightgbm, extra_trees, level_trees, blend, by_group"
    )
    with pytest.raises(UsageError, match=names):
        chosen_candidates(candidates(load_settings()), ["arima"])


def test_a_candidate_that_is_too_good_to_be_true_is_named() -> None:
    actual, flags = np.full(4, 100.0), np.zeros(4, dtype=bool)
    scores = {
        name: evaluate(ScoredForecasts(actual, actual + error, flags, baseline=actual + 10))
        for name, error in {"seasonal_naive": 10, "honest": 7, "leaking": 5}.items()
    }
    assert warn_of_leaks(scores) == ["leaking"]
