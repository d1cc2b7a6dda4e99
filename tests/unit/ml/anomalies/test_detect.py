"""Planted anomalies are found, plain weeks are left in peace."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from ml.anomalies.detect import FORECAST_RESIDUAL, ROBUST_SEASONAL, SCORE_THRESHOLD, find_anomalies, score_panel
from ml.anomalies.panel import AnomalyPanel
from warehouse.conventions import EMPTY_SHELF

STORES, DEPTS, WEEKS = 8, 5, 120


def panel(seed=6):
    rng = np.random.default_rng(seed)
    grid = np.array([(store, dept) for store in range(1, STORES + 1) for dept in range(1, DEPTS + 1)])
    level = rng.uniform(2_000, 20_000, (len(grid), 1))
    season = 1 + 0.3 * np.sin(2 * np.pi * (np.arange(WEEKS)[None, :] + 5 * grid[:, 1:]) / 52)
    sales = level * season * np.exp(0.08 * rng.standard_normal((len(grid), WEEKS)))
    forecast, horizon = np.full_like(sales, np.nan), np.full_like(sales, np.nan)
    forecast[:, -40:], horizon[:, -40:] = (level * season)[:, -40:], 1 + np.arange(40) % 8
    return AnomalyPanel(
        dt.date(2010, 2, 5),
        grid[:, 0],
        grid[:, 1],
        sales,
        forecast,
        horizon,
        np.full_like(sales, np.nan),
        np.zeros(sales.shape, dtype=bool),
    )


def test_plain_noise_is_hardly_ever_called_unusual():
    assert len(find_anomalies(panel())) < 0.003 * STORES * DEPTS * WEEKS


def test_a_planted_peak_and_a_planted_fall_are_found_with_their_direction():
    made = panel()
    made.sales[3, 60] *= 4
    made.sales[17, 110] *= 0.2
    found = find_anomalies(made).set_index(["store_id", "dept_id", "sale_date"])
    peak = found.loc[(1, 4, made.week_date(60))]
    fall = found.loc[(4, 3, made.week_date(110))]
    assert (peak["detector"], fall["detector"]) == (ROBUST_SEASONAL, FORECAST_RESIDUAL)
    assert peak["score"] > 3.5
    assert fall["score"] < -3.5
    assert "below" in fall["reason"]
    assert "weeks ahead" in fall["reason"]
    assert fall["actual_sales"] == pytest.approx(made.sales[17, 110], abs=0.01)


def test_each_week_is_judged_by_one_detector():
    made = panel()
    nothing = np.full_like(made.sales, np.nan)
    by_forecast, by_season, _ = score_panel(made, nothing, np.zeros(made.sales.shape, dtype=bool))
    assert not (np.isfinite(by_forecast.score) & np.isfinite(by_season.score)).any()
    assert np.isfinite(by_forecast.score[:, -40:]).all()


def test_a_deviation_of_a_few_dollars_is_nobodys_concern():
    made = panel()
    tiny = made.sales[5] / made.sales[5].mean() * 50
    made.sales[5], made.forecast[5] = tiny, made.forecast[5] / made.sales[5].mean() * 50
    made.sales[5, 100] = 300.0
    found = find_anomalies(made)
    assert found[(found["store_id"] == 2) & (found["dept_id"] == 1)].empty


def test_a_week_that_is_damped_is_named_with_what_stands_in_for_it_however_small_the_pair():
    made = panel()
    made.sales[5], made.forecast[5] = 0.0, np.nan
    made.sales[5, ::3] = 2.0
    made.sales[5, 100] = 900.0
    found = find_anomalies(made)
    row = found[(found["store_id"] == 2) & (found["dept_id"] == 1)].squeeze()
    assert (row["sale_date"], row["detector"], row["expected_sales"]) == (made.week_date(100), ROBUST_SEASONAL, 0.0)
    assert row["score"] == SCORE_THRESHOLD
    assert "forecasts learn from $0 in its place" in row["reason"]


def test_an_empty_shelf_is_told_with_what_was_lost_and_judged_by_nothing_else():
    made = panel()
    made.sales[17, [40, 110]] = 0.0
    is_empty = np.zeros(made.sales.shape, dtype=bool)
    is_empty[17, [40, 110, 115]] = True
    made.sales[17, 115] = 1.1 * made.sales[17, 102:115].max()
    found = find_anomalies(replace(made, is_empty=is_empty))
    rows = found[(found["store_id"] == 4) & (found["dept_id"] == 3)].set_index("sale_date")
    assert set(rows.loc[[made.week_date(40), made.week_date(110)], "detector"]) == {EMPTY_SHELF}
    assert EMPTY_SHELF not in set(rows.drop([made.week_date(40), made.week_date(110)])["detector"])
    assert rows.loc[made.week_date(40), "expected_sales"] == pytest.approx(np.median(made.sales[17, 27:40]), abs=0.01)
    assert rows.loc[made.week_date(40), "actual_sales"] == 0
    assert rows.loc[made.week_date(40), "reason"].startswith("The shelf was counted empty, and $0 sold; ")


def test_weeks_after_empty_shelves_are_usual_again():
    made = panel()
    made.sales[5], made.forecast[5] = np.random.default_rng(4).normal(20_000, 800, WEEKS), np.nan
    is_empty = np.zeros(made.sales.shape, dtype=bool)
    is_empty[5, 90:98] = True
    made.sales[5, 90:98] *= 0.2
    found = find_anomalies(replace(made, is_empty=is_empty))
    rows = found[(found["store_id"] == 2) & (found["dept_id"] == 1)]
    assert set(rows["detector"]) == {EMPTY_SHELF}
    assert len(rows) == 8


def test_a_gap_a_run_and_heavy_markdowns_are_told():
    made = panel()
    made.sales[3, 70:73] = np.nan
    made.sales[3, 73:75] *= 4
    made.markdown[:, 60:] = 1_000.0
    made.markdown[3, 74] = 9_000.0
    reasons = find_anomalies(made).set_index(["store_id", "dept_id", "sale_date"])["reason"]
    assert "first week after 3 without sales" in reasons[1, 4, made.week_date(73)]
    assert "week 2 in a row above expectation" in reasons[1, 4, made.week_date(74)]
    assert "markdowns in the store were $9,000, 9.0 times the usual" in reasons[1, 4, made.week_date(74)]


def test_without_forecasts_the_season_judges_every_week():
    made = panel()
    made.sales[17, 110] *= 0.2
    nothing = np.full_like(made.sales, np.nan)
    found = find_anomalies(replace(made, forecast=nothing, horizon=nothing))
    assert set(found["detector"]) == {ROBUST_SEASONAL}
    assert (4, 3, made.week_date(110)) in set(zip(found["store_id"], found["dept_id"], found["sale_date"], strict=True))
