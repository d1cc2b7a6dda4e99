import math
from dataclasses import replace

import numpy as np
import pytest
import yaml

from ml.forecasting.evaluation.metrics import (
    METRICS,
    SCORECARD,
    UNITS,
    ScoredForecasts,
    coverage_80_rate,
    coverage_by,
    evaluate,
    interval_score,
    interval_score_80_rate,
    mae_amount,
    pinball_loss,
    store_total_wape_rate,
    value_added_rate,
    wmae_amount,
)
from warehouse.settings import PROJECT_ROOT

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts" / "forecasting"
ACTUAL = np.array([100.0, 200.0, 50.0])
POINT = np.array([110.0, 180.0, 50.0])
HOLIDAY = np.array([False, True, False])
FORECASTS = ScoredForecasts(ACTUAL, POINT, HOLIDAY, holiday_weight=5.0)


def bounded(actual: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> ScoredForecasts:
    return ScoredForecasts(actual, actual, np.zeros(len(actual), bool), np.array([lower, upper, lower, upper]))


def test_the_weighted_error_counts_a_holiday_week_five_times() -> None:
    # (1 x 10 + 5 x 20 + 1 x 0) / 7
    assert wmae_amount(FORECASTS) == pytest.approx(110 / 7)


def test_a_holiday_week_weighs_what_the_retailer_says() -> None:
    # (1 x 10 + 2.5 x 20 + 1 x 0) / 4.5
    assert wmae_amount(replace(FORECASTS, holiday_weight=2.5)) == pytest.approx(60 / 4.5)
    assert wmae_amount(replace(FORECASTS, holiday_weight=1.0)) == mae_amount(FORECASTS)


def test_three_rows_worked_by_hand() -> None:
    score = evaluate(replace(FORECASTS, scale=np.array([10.0, 40.0, 1.0])))
    assert (score["forecast_count"], score["absolute_sales_amount"]) == (3, 350.0)
    assert score["mae_amount"] == pytest.approx(10.0)
    assert score["rmse_amount"] == pytest.approx(math.sqrt(500 / 3))
    assert score["scaled_rmse_rate"] == pytest.approx(math.sqrt((1 + 0.25 + 0) / 3))
    assert score["wape_rate"] == pytest.approx(30 / 350)
    assert score["bias_rate"] == pytest.approx(-10 / 350)


def test_a_figure_without_the_rows_it_needs_is_not_a_number() -> None:
    score = evaluate(FORECASTS)
    missing = {name for name, value in score.items() if math.isnan(value)}
    assert missing == {
        "baseline_wmae_amount",
        "value_added_rate",
        "scaled_rmse_rate",
        "store_total_wape_rate",
        "coverage_80_rate",
        "coverage_95_rate",
        "mean_width_80_amount",
        "interval_score_80_rate",
        "pinball_amount",
    }


def test_an_evaluation_holds_the_metrics_that_were_asked_for_in_their_order() -> None:
    assert list(evaluate(FORECASTS, ["wape_rate", "mae_amount"])) == ["wape_rate", "mae_amount"]
    assert list(evaluate(FORECASTS)) == list(METRICS)


def test_every_metric_has_a_title_of_its_own_a_known_unit_and_a_description() -> None:
    assert len({metric.title for metric in METRICS.values()}) == len(METRICS)
    assert {metric.unit for metric in METRICS.values()} <= set(UNITS)
    assert all((metric.function.__doc__ or "").startswith("Returns ") for metric in METRICS.values())
    assert set(SCORECARD) <= set(METRICS)


def test_the_metrics_of_the_scorecard_are_columns_of_the_mart_and_written_by_their_unit() -> None:
    columns = yaml.safe_load((MARTS / "fct_model_scores.yml").read_text())["models"][0]["columns"]
    assert set(SCORECARD) <= {column["name"] for column in columns}
    texts = [METRICS[name].text(value) for name, value in (("wmae_amount", 1383.4), ("wape_rate", 0.0812))]
    assert [*texts, METRICS["bias_rate"].text(0.012), METRICS["interval_score_80_rate"].text(None)] == [
        "1,383",
        "8.1 %",
        "+1.2 %",
        "-",
    ]


def test_errors_cancel_within_a_total_and_not_between_totals() -> None:
    # Total 7 is 300 and forecast at 290, total 2 is 50 and met: 10 / 350, where the rows err by 30 / 350.
    assert store_total_wape_rate(replace(FORECASTS, store_total=np.array([7, 7, 2]))) == pytest.approx(10 / 350)
    assert store_total_wape_rate(replace(FORECASTS, store_total=np.arange(3))) == pytest.approx(30 / 350)


def test_coverage_and_width_count_only_rows_with_bounds() -> None:
    bounds = np.array([[90, 190, np.nan], [105, 210, np.nan], [80, 150, np.nan], [120, 250, np.nan]], dtype=float)
    score = evaluate(replace(FORECASTS, bounds=bounds))
    assert score["coverage_80_rate"] == 1.0
    assert score["mean_width_80_amount"] == pytest.approx(17.5)
    halves = bounded(np.array([5.0, 5.0]), np.array([0.0, 6.0]), np.array([5.0, 7.0]))
    assert coverage_80_rate(halves) == 0.5


def test_coverage_is_kept_apart_by_groups_and_missing_where_a_group_has_no_bounds() -> None:
    groups = np.array(["b", "a", "a", "c"])
    actual, lower = np.array([5.0, 5.0, 9.0, 5.0]), np.array([0.0, 0.0, 0.0, np.nan])
    held = coverage_by(groups, actual, lower, np.array([4.0, 8.0, 8.0, np.nan]))
    assert held[:2].tolist() == [0.5, 0.0]
    assert math.isnan(held[2])


def test_the_interval_score_is_the_width_and_ten_dollars_for_each_dollar_outside_at_80_percent() -> None:
    # Inside; 5 below; 2 above; on the bound: the width is 10 throughout.
    actual = np.array([15.0, 5.0, 22.0, 20.0])
    scores = interval_score(actual, np.full(4, 10.0), np.full(4, 20.0), 0.8)
    assert scores == pytest.approx([10, 60, 30, 10])


def test_the_scaled_interval_score_pools_sums_over_the_rows_with_bounds() -> None:
    actual = np.array([15.0, 5.0, 1000.0])
    lower, upper = np.array([10.0, 10.0, np.nan]), np.array([20.0, 20.0, np.nan])
    assert interval_score_80_rate(bounded(actual, lower, upper)) == pytest.approx((10 + 60) / 20)


def test_the_pinball_loss_charges_the_level_above_and_the_rest_below() -> None:
    losses = pinball_loss(np.array([12.0, 7.0, 10.0]), np.full(3, 10.0), 0.9)
    assert losses == pytest.approx([0.9 * 2, 0.1 * 3, 0])


def test_the_interval_score_is_2_over_alpha_times_the_pinball_losses_of_its_bounds() -> None:
    random = np.random.default_rng(3)
    actual, middle = random.normal(0, 10, 200), random.normal(0, 3, 200)
    lower, upper = middle - 6, middle + 6
    losses = pinball_loss(actual, lower, 0.1) + pinball_loss(actual, upper, 0.9)
    assert interval_score(actual, lower, upper, 0.8) == pytest.approx(10 * losses)


def test_no_bounds_score_less_than_the_true_quantiles() -> None:
    actual = np.random.default_rng(4).normal(100, 10, 20_000)
    at = {
        z: interval_score_80_rate(bounded(actual, np.full(20_000, 100 - 10 * z), np.full(20_000, 100 + 10 * z)))
        for z in (0.9, 1.2816, 1.7)
    }
    assert min(at, key=lambda z: at[z]) == 1.2816


def test_value_added_is_the_share_of_the_baselines_weighted_error_that_is_gone() -> None:
    # Seasonal naive errs by 40, 40 and 0, weighted 240 beside 110.
    naive = replace(FORECASTS, baseline=np.array([140.0, 160.0, 50.0]))
    assert value_added_rate(naive) == pytest.approx(1 - 110 / 240)
    assert value_added_rate(replace(FORECASTS, baseline=ACTUAL)) == 0.0
