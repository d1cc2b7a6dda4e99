import datetime as dt

import numpy as np
import pytest

from ml.forecasting.backtest import backtest_frame, origins_of, run_backtest
from ml.forecasting.candidates import candidates, chosen_candidates
from ml.forecasting.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.panel import Panel
from ml.forecasting.scorecard import score
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


def test_too_few_weeks_are_refused_in_one_sentence(make_panel) -> None:
    with pytest.raises(ShelfcastError, match="needs at least 34"):
        origins_of(make_panel(stores=1, departments=1, weeks=33), 5)


def test_an_origin_that_cannot_be_scored_is_refused_with_the_dates_that_can(panel: Panel) -> None:
    with pytest.raises(UsageError, match="2010-07-30 to 2012-06-01"):
        origins_of(panel, [dt.date(2012, 7, 1)])
    assert origins_of(panel, [dt.date(2012, 6, 1), dt.date(2012, 6, 3)][:1]) == [122]


def test_every_origin_knows_only_its_own_past(tested) -> None:
    assert [result.history.week_count for result in tested.origins] == [105, 114, 122]


def test_the_first_origin_has_no_bounds_and_later_ones_have_all(tested) -> None:
    first, *later = tested.origins
    assert np.isnan(first.bounds["seasonal_naive"]).all()
    assert all(np.isfinite(result.bounds["seasonal_naive"]).all() for result in later)


def test_the_rows_hold_what_the_scorecard_is_computed_from(tested) -> None:
    frame = backtest_frame(tested, "run")
    assert len(frame) == 2 * 3 * 12 * 8
    assert not frame.duplicated(["model_name", "origin_date", "store_id", "dept_id", "forecast_date"]).any()
    ours = frame[frame["model_name"] == "aligned_seasonal"]
    figures = score(ours["actual_sales"].to_numpy(), ours["predicted_sales"].to_numpy(), ours["is_holiday"].to_numpy())
    assert figures.wmae == pytest.approx(tested.score("aligned_seasonal").wmae)
    assert (frame["prediction_lower_95"] <= frame["prediction_upper"])[frame["prediction_lower"].notna()].all()


def test_the_totals_of_stores_are_scored_by_store_origin_and_week(tested) -> None:
    frame = backtest_frame(tested, "run")
    ours = frame[frame["model_name"] == "aligned_seasonal"]
    totals = ours.groupby(["store_id", "origin_date", "forecast_date"])[["actual_sales", "predicted_sales"]].sum()
    assert len(totals) == 3 * 3 * 8
    expected = (totals["predicted_sales"] - totals["actual_sales"]).abs().sum() / totals["actual_sales"].sum()
    figures = tested.score("aligned_seasonal")
    assert figures.store_total_wape == pytest.approx(expected)
    assert figures.store_total_wape < figures.wape


def test_horizons_can_be_scored_alone(tested) -> None:
    steps = [tested.score("seasonal_naive", step) for step in range(8)]
    assert sum(figures.count for figures in steps) == tested.score("seasonal_naive").count


def test_weeks_without_known_sales_are_not_scored(panel: Panel) -> None:
    from dataclasses import replace

    sales = panel.sales.copy()
    sales[0, 124] = np.nan
    tested = run_backtest(replace(panel, sales=sales), (SeasonalNaive(),), [122])
    assert tested.score("seasonal_naive").count == 12 * 8 - 1


def test_an_unknown_model_is_refused_with_the_names_that_are_known() -> None:
    with pytest.raises(UsageError, match="seasonal_naive, aligned_seasonal, prophet, lightgbm, blend"):
        chosen_candidates(candidates(load_settings()), ["arima"])


def test_a_candidate_that_is_too_good_to_be_true_is_named() -> None:
    actual, flags = np.full(4, 100.0), np.zeros(4, dtype=bool)
    scores = {
        "seasonal_naive": score(actual, actual + 10, flags),
        "honest": score(actual, actual + 7, flags),
        "leaking": score(actual, actual + 5, flags),
    }
    assert warn_of_leaks(scores) == ["leaking"]
