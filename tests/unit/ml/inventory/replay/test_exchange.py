"""Key figures worked by hand, the exchange curve and its bootstrap over stores."""

import numpy as np
import pytest

from ml.inventory.replay.engine import History, OrderRule, replay
from ml.inventory.replay.exchange import Curve, at_fill, at_stock, exchange_curve, interval, store_resamples
from ml.inventory.replay.kpis import Sums, kpis_of, profit, protection_demand, sums_of
from ml.inventory.replay.lead_times import LeadTimes


def history():
    demand = np.array([[10.0, 5.0, 28.0, 5.0]])
    return History(demand, np.ones((1, 4), bool), np.array([12.0]))


def up_to(level):
    return OrderRule(order_up_to=np.full((1, 4), float(level)))


@pytest.fixture
def curve():
    generator = np.random.default_rng(1)
    demand = generator.gamma(3.0, 50.0, (60, 20))
    past = History(demand, np.ones(demand.shape, bool), 3 * demand.mean(axis=1))
    lead = LeadTimes((1, 2, 3), (1 / 8, 3 / 4, 1 / 8)).draw(range(2), 20, 60)
    return exchange_curve(
        lambda weeks: OrderRule(np.repeat(weeks * demand.mean(axis=1)[:, None], 20, axis=1)),
        [2.0, 3.0, 4.0, 5.0, 6.0],
        past,
        lead,
    )


def test_key_figures_worked_by_hand():
    # As in test_replay: sold 10, 5, 25, 5; left 2, 15, 0, 0; before demand 12, 20, 25, 5.
    sums = sums_of(replay(history(), up_to(30), LeadTimes((1,)).draw([0], 4, 1)))
    found = kpis_of(sums.total([1]), 4)
    assert found.stockout_rate == 1 / 4
    assert found.fill_rate == pytest.approx(45 / 48)
    assert found.lost_amount == 3
    assert found.stock_amount == pytest.approx((7 + 17.5 + 12.5 + 2.5) / 4)
    assert found.stock_weeks == pytest.approx(39.5 / 48)
    assert found.turns_rate == pytest.approx(52 * 45 / 39.5)
    assert found.orders_rate == 1
    assert found.excess_amount == 0


def test_profit_is_margin_less_holding_and_ordering():
    sums = sums_of(replay(history(), up_to(30), LeadTimes((1,)).draw([0], 4, 1)))
    # A quarter of 45 sold; 20 % a year on three quarters of 39.5 dollar-weeks; four orders of 50 cents.
    assert profit(sums, 0.25, 0.2, 0.5) == pytest.approx([45 / 4 - 0.2 * 0.75 * 39.5 / 52 - 2])


def test_a_group_without_pairs_has_no_figures():
    sums = sums_of(replay(history(), up_to(30), LeadTimes((1,)).draw([0], 4, 1)))
    assert np.isnan(kpis_of(sums.total([0]), 4).stockout_rate)


def test_protection_demand_runs_from_the_order_to_the_arrival_of_the_next():
    lead = np.array([1, 2, 1, 1], np.uint8).reshape(1, 4, 1)
    found = protection_demand(history().demand, lead)
    assert found[0, 0].tolist()[:3] == [15, 38, 33]
    assert np.isnan(found[0, 0, 3])


def test_more_of_the_knob_is_more_stock_and_more_service(curve):
    found = curve.kpis()
    assert (np.diff(found.stock_weeks) > 0).all()
    assert (np.diff(found.fill_rate) > 0).all()
    assert (np.diff(found.stockout_rate) < 0).all()


def test_figures_are_interpolated_to_equal_stock_and_equal_fill(curve):
    found = curve.kpis()
    middle = (found.stock_weeks[1] + found.stock_weeks[2]) / 2
    there = at_stock(found, middle)
    assert there.stock_weeks == pytest.approx(middle)
    assert there.stockout_rate == pytest.approx((found.stockout_rate[1] + found.stockout_rate[2]) / 2)
    assert at_fill(found, found.fill_rate[3]).stock_weeks == pytest.approx(found.stock_weeks[3])
    assert np.isnan(at_stock(found, 99.0).stockout_rate)


def test_groups_add_up(curve):
    half = np.arange(60) < 30
    parts = [curve.kpis(half), curve.kpis(~half)]
    assert np.allclose(sum(part.lost_amount for part in parts), curve.kpis().lost_amount)
    assert np.allclose(sum(part.stock_amount for part in parts), curve.kpis().stock_amount)


def test_stores_are_resampled_whole_and_as_many_as_there_are():
    stores = np.repeat([3, 1, 7, 9], [5, 2, 4, 1])
    drawn = store_resamples(stores, seed=0, count=400)
    for store in np.unique(stores):
        assert (np.ptp(drawn[:, stores == store], axis=1) == 0).all()
    first = [int(np.flatnonzero(stores == store)[0]) for store in np.unique(stores)]
    assert (drawn[:, first].sum(axis=1) == 4).all()
    assert drawn.mean() == pytest.approx(1.0, abs=0.1)
    assert (drawn == store_resamples(stores, seed=0, count=400)).all()


def test_the_interval_over_stores_holds_the_figure(curve):
    stores = np.arange(60) // 6
    values = [at_stock(curve.kpis(drawn), 1.5).stockout_rate for drawn in store_resamples(stores, 1, 200)]
    low, high = interval(values)
    assert low < at_stock(curve.kpis(), 1.5).stockout_rate < high


def test_a_curve_is_the_replay_of_each_knob():
    lead = LeadTimes((1,)).draw([0], 4, 1)
    found = exchange_curve(up_to, [30, 40], history(), lead)
    assert isinstance(found, Curve)
    assert found.sums.lost[:, 0].tolist() == [replay(history(), up_to(level), lead).lost[0, 0] for level in (30, 40)]
    assert isinstance(found.sums, Sums)
