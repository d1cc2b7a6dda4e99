"""Guardrails: each reason on a pair worked by hand, seasons that must not flood the planner, and tiny pairs."""

import numpy as np
import pytest

from ml.inventory.orders import guardrails
from ml.inventory.orders.guardrails import (
    AUTOMATIC,
    COMPARED_WEEKS,
    FORECAST_MOVED,
    GUARDRAILS,
    LARGE_ORDER,
    OVERDUE_DELIVERY,
    SHORT_HISTORY,
    STALE_DATA,
    UNUSUAL_SALES,
    YEAR_WEEKS,
    flags,
    has_moved,
    is_large,
    stale_pairs,
    unusual_weeks,
    usual_week,
)

STEADY = np.full(60, 1000.0)


def flagged(sales=STEADY, forecast=1000.0, order=1000.0, position=3000.0, known=60, unusual=False, stale=False, **more):
    """The flag of one pair; what is not given is ordinary."""
    ahead = np.broadcast_to(np.asarray(forecast, float), 8)
    return flags(
        np.array([order]),
        np.array([position]),
        np.asarray(sales, float)[None],
        ahead[None],
        np.array([known]),
        np.array([unusual]),
        np.array([stale]),
        **{"tiny_amount": 1000.0, **more},
    )[0]


def test_an_ordinary_order_is_automatic():
    assert flagged() == AUTOMATIC == ""


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ({"stale": True}, STALE_DATA),
        ({"is_overdue": np.array([True])}, OVERDUE_DELIVERY),
        ({"known": 12}, SHORT_HISTORY),
        ({"unusual": True}, UNUSUAL_SALES),
        ({"forecast": 700.0}, FORECAST_MOVED),
        ({"forecast": 1600.0}, FORECAST_MOVED),
        ({"order": 2600.0}, LARGE_ORDER),
    ],
)
def test_each_guardrail_stops_an_order_of_its_own(pair, reason):
    assert flagged(**pair) == reason
    assert reason in GUARDRAILS


def test_a_lot_that_the_policy_orders_at_once_is_not_what_makes_an_order_large():
    assert flagged(order=6400.0, lot=np.array([4000.0])) == AUTOMATIC
    assert flagged(order=6600.0, lot=np.array([4000.0])) == LARGE_ORDER


def test_an_empty_shelf_that_takes_the_sales_of_its_lead_time_to_fill_is_no_large_order():
    # Two weeks of sales are lacking until the order comes, and 2.5 weeks are usual: 4,500 in all.
    empty = {"position": 0.0, "lead_time_weeks": np.array([2.0])}
    assert flagged(**empty, order=4400.0) == AUTOMATIC
    assert flagged(**empty, order=4600.0) == LARGE_ORDER
    # A half-full shelf lacks one week of them, and a full one nothing.
    assert flagged(**{**empty, "position": 1000.0}, order=3600.0) == LARGE_ORDER
    assert flagged(**{**empty, "position": 3000.0}, order=2600.0) == LARGE_ORDER
    # A forecast that is ten times too high is caught all the same.
    assert flagged(**empty, order=30_000.0) == LARGE_ORDER


@pytest.mark.parametrize("weeks", [4, 8, 12])
def test_an_order_for_what_has_stopped_selling_is_for_a_person_however_small(weeks: int):
    stopped = STEADY / 50
    stopped[-weeks:] = 0.0
    assert flagged(sales=stopped, forecast=12.0, order=40.0, position=20.0) == UNUSUAL_SALES
    # What never sold in most weeks has such months, and a week is no month.
    seldom = np.where(np.arange(60) % 3 == 0, 20.0, 0.0)
    seldom[-4:] = 0.0
    assert flagged(sales=seldom, forecast=6.0, order=20.0, position=20.0) == AUTOMATIC
    stopped[-4] = 20.0
    assert flagged(sales=stopped, forecast=12.0, order=40.0, position=20.0) == AUTOMATIC


def test_where_several_hold_the_gravest_is_named():
    assert flagged(stale=True, unusual=True, order=9000.0) == STALE_DATA
    assert flagged(unusual=True, order=9000.0) == UNUSUAL_SALES
    gravest_first = [STALE_DATA, OVERDUE_DELIVERY, SHORT_HISTORY, UNUSUAL_SALES, FORECAST_MOVED, LARGE_ORDER]
    assert list(GUARDRAILS) == gravest_first
    assert all(sentence.endswith(".") for sentence in GUARDRAILS.values())


def test_a_season_that_comes_as_last_year_is_no_reason():
    # After New Year: 3,000 a week lately, 1,000 in the same weeks of last year, and 1,000 forecast; before a holiday.
    after = STEADY.copy()
    after[-4:] = 3000.0
    assert flagged(after, forecast=1000.0) == AUTOMATIC
    before = STEADY.copy()
    before[-YEAR_WEEKS : -YEAR_WEEKS + COMPARED_WEEKS] = 3000.0
    assert flagged(before, forecast=3000.0, order=7000.0) == AUTOMATIC
    # Without a last year like it, the same forecast and order are for a person.
    assert flagged(STEADY, forecast=3000.0) == FORECAST_MOVED
    assert flagged(STEADY, order=7000.0) == LARGE_ORDER


def test_tiny_money_needs_no_person_unless_every_pair_is_asked_for():
    tiny = {"sales": STEADY / 10, "forecast": 300.0 / 10, "order": 400.0, "position": 100.0, "unusual": True}
    assert flagged(**tiny) == AUTOMATIC
    assert flagged(**tiny, tiny_amount=0.0) == UNUSUAL_SALES
    # Small sales do not excuse a large order, nor a large position.
    assert flagged(**{**tiny, "order": 1200.0}) == UNUSUAL_SALES
    assert flagged(**{**tiny, "position": 1200.0}) == UNUSUAL_SALES


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ({"stale": True}, STALE_DATA),
        ({"is_overdue": np.array([True])}, OVERDUE_DELIVERY),
        ({"known": 12}, SHORT_HISTORY),
    ],
)
def test_little_money_does_not_excuse_old_figures_a_delivery_that_did_not_come_or_a_short_history(pair, reason):
    assert flagged(sales=STEADY / 10, forecast=30.0, order=100.0, position=100.0, **pair) == reason


def test_an_order_that_lasts_for_a_quarter_is_never_tiny():
    # Twenty a week, and 45 weeks of it: 900 are little money, but no order to send by itself.
    small = {"sales": STEADY / 50, "forecast": 20.0, "position": 0.0}
    assert flagged(**small, order=900.0) == LARGE_ORDER
    assert flagged(**small, order=250.0) == AUTOMATIC
    # A pack that cannot be had smaller is the least there is, and a lot is ordered at once on purpose.
    assert flagged(**small, order=900.0, pack=900.0) == AUTOMATIC
    assert flagged(**small, order=900.0, lot=800.0) == AUTOMATIC


def test_a_larger_order_is_never_less_suspicious():
    sales = np.random.default_rng(3).gamma(2.0, 500.0, (200, 60))
    forecast = np.random.default_rng(4).gamma(2.0, 500.0, (200, 8))
    nothing = np.zeros(200, bool)
    counts = [
        (
            flags(np.full(200, order), np.zeros(200), sales, forecast, np.full(200, 60), nothing, nothing, 1000.0) != ""
        ).sum()
        for order in (0.0, 500.0, 2000.0, 5000.0, 20_000.0)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1] == 200


def test_without_last_year_recent_weeks_alone_are_compared_with_and_without_any_nothing():
    short = np.full((1, 20), 1000.0)
    assert has_moved(np.array([1600.0]), short)[0]
    assert not has_moved(np.array([1400.0]), short)[0]
    unknown = np.full((1, 20), np.nan)
    assert not has_moved(np.array([1600.0]), unknown)[0]
    assert is_large(np.array([1.0]), usual_week(unknown), 2.5)[0]
    assert not is_large(np.array([0.0]), usual_week(unknown), 2.5)[0]


def test_a_forecast_is_far_only_beyond_what_four_weeks_of_the_pair_vary_by_themselves():
    # Ten a week, or 40 in every fourth: a mean of ten that no four weeks need to show.
    steady, rare = np.full((1, 60), 10.0), np.tile([0.0, 0.0, 0.0, 40.0], 15)[None]
    for ahead in (4.0, 17.0):
        assert has_moved(np.array([ahead]), steady)[0]
        assert not has_moved(np.array([ahead]), rare)[0]
    assert has_moved(np.array([60.0]), rare)[0]


def test_sales_of_exactly_one_year_hold_the_season_of_the_coming_weeks():
    # The first of 52 known weeks is the one that lies 52 before the first coming week.
    year = np.full((1, YEAR_WEEKS), 1000.0)
    year[0, :COMPARED_WEEKS] = 4000.0
    assert not has_moved(np.array([4000.0]), year)[0]
    assert has_moved(np.array([4000.0]), np.roll(year, COMPARED_WEEKS + 4, axis=1))[0]


def test_returns_count_as_nothing_sold():
    sales = STEADY.copy()
    sales[-4:] = [-500.0, 1000.0, 1000.0, np.nan]
    assert is_large(np.array([2501.0]), usual_week(sales[None]), 2.5)[0]
    assert not is_large(np.array([2499.0]), usual_week(sales[None]), 2.5)[0]


def test_unusual_is_a_miss_of_more_than_the_mean_week_and_unknown_weeks_are_not():
    sales, expected = np.array([[1000.0, 2300.0, np.nan, 0.0]]), np.full((1, 4), 1000.0)
    assert unusual_weeks(sales, expected, np.full((1, 4), 1000.0), 1.0).tolist() == [[False, True, False, False]]
    assert unusual_weeks(sales, expected, np.full((1, 4), 700.0), 1.0).tolist() == [[False, True, False, True]]
    assert not unusual_weeks(sales, expected, np.zeros((1, 4)), 2000.0).any()


def test_a_pair_is_stale_once_its_last_weeks_are_all_missing():
    sales = np.ones((2, 10))
    sales[0, -guardrails.STALE_WEEKS :] = np.nan
    sales[1, -guardrails.STALE_WEEKS + 1 :] = np.nan
    assert stale_pairs(sales).tolist() == [True, False]
