"""A week with an empty shelf says too little of demand: something stands in for it, and no forecast is judged by it."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.damping import STAND_IN_WEEKS
from ml.forecasting.empty_shelves import LEAST_WEEKS, empty_weeks, wanted
from ml.forecasting.panel import Panel, panel_from_frame, with_empty_shelves
from retailers import WALMART

ENDS = np.datetime64("2024-01-07") + 7 * np.arange(4)
"""Weeks that end on Sundays."""


def counts(*rows: tuple[int, int, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["store_id", "dept_id", "stock_date"])
    return frame.assign(stock_date=[dt.date.fromisoformat(day) for day in frame["stock_date"]])


@pytest.mark.parametrize(
    ("day", "week"), [("2024-01-01", 0), ("2024-01-07", 0), ("2024-01-08", 1), ("2024-01-28", 3), ("2024-01-29", None)]
)
def test_a_count_belongs_to_the_week_that_it_lies_in(day: str, week: int | None):
    is_empty = empty_weeks(counts((2, 5, day)), np.array([1, 2]), np.array([5, 5]), ENDS)
    assert np.argwhere(is_empty).tolist() == ([] if week is None else [[1, week]])


def test_counts_before_the_first_week_or_of_other_pairs_are_left_out():
    known = counts((1, 5, "2023-12-31"), (9, 9, "2024-01-03"))
    assert not empty_weeks(known, np.array([1]), np.array([5]), ENDS).any()
    assert not empty_weeks(counts(), np.array([1]), np.array([5]), ENDS).any()


def sold(*weeks: float) -> np.ndarray:
    return np.array([weeks])


def empty(length: int, *weeks: int) -> np.ndarray:
    return np.isin(np.arange(length), weeks)[None, :]


def test_what_would_have_sold_is_the_middle_of_the_weeks_before():
    demand, is_short = wanted(sold(8, 12, 10, 9, 11, 2, 10), empty(7, 5))
    assert demand.tolist() == [[8, 12, 10, 9, 11, 10, 10]]
    assert np.flatnonzero(is_short[0]).tolist() == [5]


def test_a_shelf_that_emptied_after_good_sales_keeps_them():
    demand, is_short = wanted(sold(8, 12, 10, 9, 11, 25), empty(6, 5))
    assert demand[0, 5] == 25
    assert not is_short.any()


@pytest.mark.parametrize("week", [LEAST_WEEKS - 1, LEAST_WEEKS])
def test_a_week_with_too_little_before_it_stays_as_it_is(week: int):
    sales = np.full((1, 10), 10.0)
    sales[0, week] = 0
    assert wanted(sales, empty(10, week))[1].any() == (week >= LEAST_WEEKS)


def test_a_week_that_is_not_known_stays_unknown():
    sales = np.full((1, 10), 10.0)
    sales[0, 7] = np.nan
    demand, is_short = wanted(sales, empty(10, 7))
    assert np.isnan(demand[0, 7])
    assert not is_short.any()


@pytest.mark.parametrize("missed", [(), (33, 46), tuple(range(21, 60, 5))], ids=["none", "some", "many"])
def test_a_product_whose_shelf_stays_empty_for_good_has_ended_however_often_it_is_counted(missed: tuple[int, ...]):
    sales = np.where(np.arange(60) < 20, 10.0, 0.0)[None, :]
    is_empty = empty(60, *(week for week in range(20, 60) if week not in missed))
    demand, is_short = wanted(sales, is_empty)
    assert is_short.sum() <= STAND_IN_WEEKS
    assert not demand[0, 20 + STAND_IN_WEEKS :].any()


def test_shelves_that_are_counted_empty_every_evening_do_not_hold_demand_where_it_was():
    random = np.random.default_rng(7)
    mean = np.where(np.arange(156) < 52, 40, 20)
    sales = random.poisson(mean, (200, 156)).astype(float)
    for share in (1.0, 0.7, 0.5):
        demand, _ = wanted(sales, random.random(sales.shape) < share)
        assert demand[:, -12:].mean() == pytest.approx(20, rel=0.1)


def test_nothing_stands_in_that_the_same_season_never_sold():
    year = np.where(np.arange(52) % 52 < 13, 100.0, 0.0)
    sales = np.tile(year, 2)[None, :]
    _, is_short = wanted(sales, empty(104, *range(68, 104)))
    assert not is_short.any()


@pytest.mark.parametrize("cut", [25, 31, 40])
def test_a_cut_of_the_history_is_read_as_the_whole_is(cut: int):
    random = np.random.default_rng(3)
    sales, is_empty = random.poisson(6, (8, 60)).astype(float), random.random((8, 60)) < 0.2
    whole, part = wanted(sales, is_empty), wanted(sales[:, :cut], is_empty[:, :cut])
    assert all(np.array_equal(few, all_of[:, :cut]) for few, all_of in zip(part, whole, strict=True))


@pytest.fixture(scope="module")
def panels(make_frame: Callable[..., pd.DataFrame]) -> tuple[Panel, Panel]:
    """A panel without counts, and with one that found the shelf of one series empty in a week that sold nothing."""
    frame = make_frame(stores=3, departments=2, weeks=70)
    row = frame.index[(frame["store_id"] == 2) & (frame["dept_id"] == 2)][60]
    frame.loc[row, "weekly_sales"] = 0.0
    panel = panel_from_frame(frame, WALMART)
    return panel, with_empty_shelves(panel, counts((2, 2, str(panel.weeks[60]))))


def test_a_panel_learns_from_what_would_have_sold_and_is_not_judged_by_the_week(panels):
    plain, panel = panels
    series = int(np.flatnonzero((panel.store_ids == 2) & (panel.dept_ids == 2))[0])
    assert plain.sales[series, 60] == 0
    assert panel.sales[series, 60] == np.median(plain.sales[series, 60 - STAND_IN_WEEKS : 60])
    assert np.argwhere(np.isnan(panel.actual)).tolist() == [[series, 60]]
    mean = panel.features["rolling_mean_4"][series]
    assert mean[61] == pytest.approx(panel.sales[series, 57:61].mean())
    assert mean[65] == pytest.approx(panel.sales[series, 61:65].mean())
    assert panel.demand[series, 60] == panel.sales[series, 60]
    assert np.array_equal(np.delete(panel.demand, 60, axis=1), np.delete(plain.actual, 60, axis=1), equal_nan=True)
    assert panel.fingerprint != plain.fingerprint


def test_nothing_before_an_empty_shelf_changes(panels):
    plain, panel = (one.until(60) for one in panels)
    assert np.array_equal(panel.sales, plain.sales)
    for name, values in panel.features.items():
        assert np.array_equal(values, plain.features[name], equal_nan=True)


def test_a_panel_whose_shelves_were_never_empty_is_the_panel_itself(panels):
    plain = panels[0]
    assert with_empty_shelves(plain, counts()) is plain
