"""The simple baseline takes the method that did best on each group of demand."""

import numpy as np
import pytest

from ml.forecasting.demand_groups import DEMAND_GROUPS
from ml.forecasting.models.simple import (
    METHODS,
    FittedSimple,
    Simple,
    corrected_croston,
    known_median,
    level_by,
    smoothed_demand,
)
from tests.unit.ml.forecasting.test_demand_groups import panel_of


def test_a_median_is_that_of_the_known_values():
    values = np.array([[3.0, np.nan, 1.0, 2.0], [4.0, 1.0, np.nan, np.nan], [np.nan] * 4])
    assert known_median(values).tolist() == [2.0, 2.5, 0.0]
    random = np.random.default_rng(2)
    wide = np.where(random.random((50, 53)) < 0.2, np.nan, random.random((50, 53)))
    assert known_median(wide) == pytest.approx(np.nanmedian(wide, axis=1))


def test_corrected_croston_is_the_size_of_a_sale_over_the_weeks_between_sales():
    always, every_other = np.full(60, 6.0), np.tile([0.0, 8.0], 30)
    never, gaps = np.zeros(60), np.repeat([[0.0, 8.0], [np.nan, np.nan]], 1, axis=0).ravel()
    made = corrected_croston(np.stack([always, never, every_other]))
    # The correction takes half of the smoothing off both.
    assert made == pytest.approx([6, 0.0, 0.95 * 8 / 1.95], rel=0.02)
    assert corrected_croston(np.tile(gaps, 15)[None]) == pytest.approx([0.95 * 8 / 1.95], rel=0.02)


def test_smoothed_demand_is_the_chance_of_a_sale_times_its_size():
    always, never = np.full(104, 6.0), np.zeros(104)
    every_other = np.where(np.arange(104) % 2 == 0, 6.0, 0.0)
    dying = np.where(np.arange(104) < 60, 6.0, 0.0)
    made = smoothed_demand(np.stack([always, never, every_other, dying]))
    assert made[:2].tolist() == pytest.approx([6.0, 0.0])
    assert made[2] == pytest.approx(3.0, abs=0.4)
    assert made[3] < 0.1


def test_weeks_that_are_not_known_change_nothing():
    known = np.array([[5.0, 0.0, 4.0, 0.0, 3.0]])
    gaps = np.insert(known, [1, 3, 5], np.nan, axis=1)
    assert smoothed_demand(gaps) == pytest.approx(smoothed_demand(known))


def test_each_group_gets_the_method_that_fits_it():
    random = np.random.default_rng(4)
    weeks = 208
    # Steady but for promotions that nobody knows of: the median errs least.
    promoted = np.where(random.random((30, weeks)) < 0.15, 600.0, 100.0) * random.uniform(0.95, 1.05, (30, weeks))
    # A level that wanders: the newest weeks say most.
    wandering = 100 * np.exp(np.cumsum(random.normal(0, 0.12, (30, weeks)), axis=1).clip(-1.5, 1.5))
    methods = Simple().fit(panel_of(promoted)).methods
    assert methods["erratic"].startswith("median")
    assert "4" in Simple().fit(panel_of(wandering)).methods["smooth"]


def test_a_short_history_takes_the_default_and_forecasts_its_known_weeks():
    panel = panel_of(np.array([[4.0, 6.0, 5.0]]))
    fitted = Simple().fit(panel)
    assert fitted == FittedSimple(dict.fromkeys(DEMAND_GROUPS, "median_52"))
    assert fitted.predict(panel, 3).point.tolist() == [[5.0, 5.0, 5.0]]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_expects_what_always_sold(method: str):
    assert level_by(method, np.full((2, 130), 7.0)).tolist() == pytest.approx([7.0, 7.0])


def test_a_month_of_returns_is_no_demand_below_zero():
    sales = np.full((1, 120), 50.0)
    sales[0, -4:] = -40.0
    fitted = FittedSimple(dict.fromkeys(DEMAND_GROUPS, "mean_4"))
    assert not fitted.predict(panel_of(sales), 8).point.any()


def test_parts_add_up_to_the_forecast():
    panel = panel_of(np.random.default_rng(5).uniform(50, 150, (3, 120)))
    fitted = Simple().fit(panel)
    assert sum(fitted.explain(panel, 8, 1).values()) == pytest.approx(fitted.predict(panel, 8).point[1])
