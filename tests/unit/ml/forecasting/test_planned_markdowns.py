"""Planned promotions on series whose sales markdowns lift by a known share."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.forecast_job import Cast, forecast_rows
from ml.forecasting.intervals.conformal import calibrate, scores_of, situation_at
from ml.forecasting.intervals.error_scale import ErrorScale
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.protocol import PointForecast
from ml.forecasting.panel import WEEK, Panel, with_planned_markdown
from ml.forecasting.planned_markdowns import EFFECT_LIMIT, LEAST_WEEKS, PlannedPromotions, planned_promotions
from ml.forecasting.served_model import ServedModel
from retailers import WALMART
from warehouse.conventions import LONGEST_HORIZON

RECORDED = 92
"""The first week with markdowns, early in November 2011."""
ORIGIN, WEEKS = 130, 150
STORES, DEPARTMENTS = 8, 3
LIFTS = (0.0, 3.0, 6.0)
"""What a markdown of 1 % of a store's sales lifts sales by, in percent, by department."""
STORE_SALES = 6000.0


@pytest.fixture(scope="module")
def promoted(make_panel: Callable[..., Panel]) -> Panel:
    """A panel in which each store promotes in weeks of its own: 3 % of its sales, one week in four."""
    panel = make_panel(stores=STORES, departments=DEPARTMENTS, weeks=WEEKS, noise=0.03)
    random = np.random.default_rng(3)
    markdown = np.where(random.random((STORES, WEEKS)) < 0.25, 0.03 * STORE_SALES, 0.0)
    markdown *= np.arange(1, STORES + 1)[:, None]
    markdown[:, :RECORDED] = np.nan
    of_series = markdown[panel.store_ids - 1]
    base = 1000.0 * (panel.store_ids * panel.dept_ids)[:, None]
    lift = (
        np.array(LIFTS)[panel.dept_ids - 1][:, None]
        * np.nan_to_num(of_series)
        / (STORE_SALES * panel.store_ids)[:, None]
    )
    known = np.full((panel.series_count, WEEKS + 1), np.nan)
    known[:, 1:] = of_series
    sales = panel.sales + base * lift
    return replace(panel, sales=sales, features={**panel.features, "total_markdown": known})


def planned(panel: Panel, weeks: dict[int, float]) -> Panel:
    """Returns the panel at the origin with a plan: dollars in every store by week ahead, nothing else planned."""
    plan = np.full((panel.series_count, WEEKS + LONGEST_HORIZON), np.nan)
    for week, amount in weeks.items():
        plan[:, ORIGIN + week - 1] = amount * panel.store_ids
    return replace(panel, planned_markdown=plan).until(ORIGIN)


def test_a_promotion_planned_for_week_five_lifts_week_five_and_no_other(promoted: Panel) -> None:
    effect = planned_promotions(planned(promoted, {5: 180.0}), 8).effect
    assert np.array_equal((effect != 0).any(axis=0), np.arange(8) == 4)
    assert (effect[:, 4] > 0).all()


def test_the_lift_is_that_of_the_past_shrunk_to_all_departments_worked_by_hand(promoted: Panel) -> None:
    effect = planned_promotions(planned(promoted, {5: 180.0}), 8).effect[:, 4]
    by_department = [effect[promoted.dept_ids == number].mean() for number in (1, 2, 3)]
    assert by_department == sorted(by_department)
    # Weighed by sales, a markdown of 1 % lifts all departments by (1 x 0 + 2 x 3 + 3 x 6) / 6 = 4 %. A quarter of the
    # weeks are promoted already, so one more with 3 % lies three quarters of 12 % above the usual.
    assert np.mean(by_department) == pytest.approx(0.09, abs=0.015)
    assert by_department[2] - by_department[0] > 0.005


def test_what_is_served_of_any_model_is_lifted_in_week_five_alone_and_says_so(promoted: Panel) -> None:
    with_plan = planned(promoted, {5: 180.0})
    without = replace(with_plan, planned_markdown=None)
    error_scale = ErrorScale().fit(without)
    situation = situation_at(without, error_scale)
    point = AlignedSeasonal().predict(without, 8).point
    scores = scores_of(promoted.sales[:, ORIGIN : ORIGIN + 8], point, situation, without.active)
    calibration = calibrate(scores)
    plain_models = (SeasonalNaive(), AlignedSeasonal())
    models = {model.name: ServedModel(model.name, model, calibration, error_scale, WALMART) for model in plain_models}
    cast = Cast(models, dict.fromkeys(models, "1"), "aligned_seasonal")
    plain, lifted = (forecast_rows(history, cast, "run") for history in (without, with_plan))
    is_fifth = plain["horizon_weeks"] == 5
    amounts = ["predicted_sales", "prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"]
    assert (lifted.loc[is_fifth, "predicted_sales"] > plain.loc[is_fifth, "predicted_sales"]).all()
    assert (lifted.loc[is_fifth, "prediction_upper"] > plain.loc[is_fifth, "prediction_upper"]).all()
    assert lifted.loc[~is_fifth, amounts].equals(plain.loc[~is_fifth, amounts])
    assert lifted["uses_plan"].equals(is_fifth.rename("uses_plan"))
    assert not plain["uses_plan"].any()


def test_the_plan_makes_the_forecasts_of_promoted_weeks_better(promoted: Panel) -> None:
    plan = np.concatenate([promoted.features["total_markdown"][:, 1:], np.full((24, LONGEST_HORIZON), np.nan)], axis=1)
    history = replace(promoted, planned_markdown=plan).until(ORIGIN)
    point, actual = AlignedSeasonal().predict(history, 8).point, promoted.sales[:, ORIGIN : ORIGIN + 8]
    lifted = point + planned_promotions(history, 8).amount(point)
    assert np.abs(lifted - actual).mean() < 0.8 * np.abs(point - actual).mean()


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_plan_that_moves_by_weeks_moves_what_it_lifts_by_as_many(promoted: Panel, weeks: int) -> None:
    first = planned_promotions(planned(promoted, {3: 180.0}), 8).effect
    moved = planned_promotions(planned(promoted, {3 + weeks: 180.0}), 8).effect
    assert (first[:, 2] > 0).all()
    assert np.array_equal((moved != 0).any(axis=0), np.arange(8) == 2 + weeks)


def test_noise_after_the_origin_leaves_the_effect_of_a_plan_identical_bit_for_bit(promoted: Panel) -> None:
    noise = np.random.default_rng(4)
    sales, features = promoted.sales.copy(), {name: values.copy() for name, values in promoted.features.items()}
    for values in (sales[:, ORIGIN:], *(values[:, ORIGIN + 1 :] for values in features.values())):
        values[:] = noise.uniform(-1e5, 1e5, values.shape)
    ours, theirs = (
        planned_promotions(planned(panel, {2: 60.0, 5: 180.0}), 8).effect
        for panel in (promoted, replace(promoted, sales=sales, features=features))
    )
    assert ours.any()
    assert ours.tobytes() == theirs.tobytes()


def test_a_plan_like_last_year_s_aligned_weeks_moves_nothing_and_a_deeper_one_does(promoted: Panel) -> None:
    known = promoted.features["total_markdown"].copy()
    # The sources of the weeks ahead, a year before, all had a markdown of 2 %.
    known[:, RECORDED + 1 : RECORDED + 20] = 120.0 * promoted.store_ids[:, None]
    history = replace(promoted, features={**promoted.features, "total_markdown": known})
    plan = np.full((24, WEEKS + LONGEST_HORIZON), 120.0) * promoted.store_ids[:, None]
    plan[:, WEEKS + 4] += 60.0 * promoted.store_ids
    effect = planned_promotions(replace(history, planned_markdown=plan), 8).effect
    assert np.array_equal((effect != 0).any(axis=0), np.arange(8) == 4)
    assert (effect[:, 4] > 0).all()


def test_without_a_plan_nothing_moves(promoted: Panel) -> None:
    history = promoted.until(ORIGIN)
    forecast, bounds = PointForecast(np.ones((24, 8)), np.full(24, "")), np.ones((4, 24, 8))
    assert planned_promotions(history, 8).applied(forecast, bounds) == (forecast, bounds)
    assert not planned_promotions(planned(promoted, {}), 8).is_used.any()


def test_a_plan_shorter_than_the_horizon_leaves_the_weeks_beyond_it_alone(promoted: Panel) -> None:
    history = planned(promoted, {2: 180.0})
    short = replace(history, planned_markdown=history.planned_markdown[:, : ORIGIN + 3])
    assert np.array_equal(planned_promotions(short, 8).effect, planned_promotions(history, 8).effect)


def test_too_few_weeks_with_markdowns_teach_nothing(promoted: Panel) -> None:
    plan = np.full((24, WEEKS + LONGEST_HORIZON), 180.0)
    history = replace(promoted, planned_markdown=plan)
    assert not planned_promotions(history.until(RECORDED + LEAST_WEEKS - 1), 8).effect.any()
    assert planned_promotions(history.until(RECORDED + LEAST_WEEKS), 8).effect.any()


def test_an_absurd_plan_moves_a_forecast_by_its_bound(promoted: Panel) -> None:
    effect = planned_promotions(planned(promoted, {1: 1e12}), 8).effect
    assert effect.max() == EFFECT_LIMIT


def test_bounds_move_with_the_point_and_no_lower_one_falls_below_zero_by_it() -> None:
    effect = PlannedPromotions(np.array([[0.1, -0.3, 0.2]]))
    point = np.array([[100.0, 100.0, -50.0]])
    bounds = np.stack([point * [[0.5, 0.1, 2.0]], point + 20, point * [[0.0, 0.0, 3.0]], point + 40])
    moved, edges = effect.applied(PointForecast(point, np.array([""])), bounds)
    # Week 1 gains 10 dollars, week 2 loses 30, and a forecast of returns is not promoted.
    assert moved.point == pytest.approx(np.array([[110.0, 70.0, -50.0]]))
    assert edges[:, 0, 0] == pytest.approx([60.0, 130.0, 10.0, 150.0])
    assert edges[:, 0, 1] == pytest.approx([0.0, 90.0, 0.0, 110.0])
    assert edges[:, 0, 2] == pytest.approx([-100.0, -30.0, -150.0, -10.0])


def test_the_plan_of_a_table_stands_at_its_store_and_week_and_is_cut_39_weeks_after_the_origin(panel: Panel) -> None:
    days = [panel.weeks[0], panel.weeks[-1] + 3 * WEEK, panel.weeks[-1] + WEEK, panel.weeks[-1] + 40 * WEEK]
    table = pd.DataFrame(
        {
            "store_id": [1, 2, 99, 1],
            "feature_date": [dt.date.fromisoformat(str(day)) for day in days],
            "markdown_amount": [10.0, 20.0, 30.0, 40.0],
        }
    )
    plan = with_planned_markdown(panel, table).planned_markdown
    assert plan.shape == (12, 130 + LONGEST_HORIZON)
    assert np.unique(plan[panel.store_ids == 1, 0]).tolist() == [10.0]
    assert np.unique(plan[panel.store_ids == 2, 132]).tolist() == [20.0]
    assert (~np.isnan(plan)).sum() == 8
    assert with_planned_markdown(panel, table).until(90).planned_markdown.shape == (12, 90 + LONGEST_HORIZON)
    assert panel.until(90).planned_markdown is None
