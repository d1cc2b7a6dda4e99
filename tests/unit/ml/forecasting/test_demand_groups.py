"""Series are grouped by how often they sell and how much a sale varies, and no one series decides for its group."""

from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.demand_groups import DEMAND_GROUPS, LARGEST_ERROR, demand_groups, group_errors
from ml.forecasting.panel import Panel
from retailers import WALMART


def panel_of(sales: np.ndarray) -> Panel:
    """A panel without features, each series a store of its own."""
    count, weeks = sales.shape
    days = np.datetime64("2010-02-05") + 7 * np.arange(weeks)
    return Panel(
        np.arange(count), np.ones(count, np.int64), np.full(count, "A"), days, sales, np.zeros(weeks, bool), WALMART, {}
    )


def test_every_kind_of_demand_is_told():
    random = np.random.default_rng(1)
    weeks = np.arange(104)
    steady, wild = random.uniform(90, 110, 104), random.lognormal(3, 1.2, 104)
    rare = weeks % 3 == 0
    short = np.where(weeks >= 60, steady, np.nan)
    sales = np.stack([steady, wild, np.where(rare, steady, 0.0), np.where(rare, wild, 0.0), short])
    names = [DEMAND_GROUPS[place] for place in demand_groups(panel_of(sales))]
    assert names == ["smooth", "erratic", "intermittent", "lumpy", "short"]


def test_only_the_last_two_years_count():
    sales = np.concatenate([np.where(np.arange(104) % 4 == 0, 50.0, 0.0), np.full(104, 50.0)])[None]
    assert DEMAND_GROUPS[demand_groups(panel_of(sales))[0]] == "smooth"


def test_no_series_weighs_more_than_the_larger_ones_of_its_group():
    sales = np.full((40, 104), 100.0)
    sales[7] *= 1e6
    error = np.full((40, 8), 10.0)
    plain = group_errors(error, panel_of(np.full((40, 104), 100.0)))[1]
    assert plain == pytest.approx(40 * 8 * 10.0)
    absurd = group_errors(np.where(np.arange(40)[:, None] == 7, 1e9, error), panel_of(sales))[1]
    assert absurd == pytest.approx(39 * 8 * 10.0 + 8 * LARGEST_ERROR * 100.0)


def test_unknown_rows_do_not_count_and_weeks_may_weigh_more():
    panel = panel_of(np.full((2, 104), 100.0))
    error = np.array([[10.0, np.nan], [10.0, 10.0]])
    assert group_errors(error, panel)[1] == pytest.approx(30.0)
    assert group_errors(error, panel, np.array([5.0, 1.0]))[1] == pytest.approx(110.0)
    assert replace(panel, sales=panel.sales * np.nan).active.sum() == 0


@pytest.mark.parametrize("interval", [3, 12])
def test_what_sells_now_and_then_is_judged_by_its_total(interval: int):
    # Ten a week in the mean, in one week of several: week by week, zero errs no more than ten; in total it errs by all.
    every = np.arange(104) % interval == 0
    sales = np.where(every, 10.0 * interval, 0.0)[None]
    panel, ahead = panel_of(sales), sales[:, :12]
    group = DEMAND_GROUPS.index("intermittent")
    weights = np.where(np.arange(12) == 0, 5.0, 1.0)
    zero, mean = (group_errors(point - ahead, panel, weights)[group] for point in (0.0, 10.0))
    assert mean == pytest.approx(0.0)
    assert zero == pytest.approx(120.0)
