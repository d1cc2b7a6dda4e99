"""Recommendations from decision inputs that were put together by hand, without a database."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.inventory.orders.guardrail_inputs import Watch
from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.orders.levels import Before
from ml.inventory.orders.positions import Positions
from ml.inventory.orders.recommend import assumed_prices, recommendations
from ml.inventory.packs import pack_of_pieces
from ml.inventory.policy import Terms, resolve_policies
from ml.inventory.protection import normal_demand
from ml.prices import Prices
from policies import PLAIN_POLICY, plain_policies

PAIRS = pd.DataFrame({"store_id": [1, 1, 2], "dept_id": [38, 40, 38], "store_type": ["A", "A", "B"]})


@pytest.fixture
def inputs():
    return DecisionInputs(
        decision_date=dt.date(2012, 8, 31),
        pairs=PAIRS,
        demand=normal_demand(np.full(3, 1000.0), np.full(3, 200.0)),
        policies=plain_policies(3),
        positions=Positions(np.array([500.0, 3000.0, 9000.0]), np.zeros(3), np.zeros(3)),
        stock_source=np.array(["counted", "simulated", "simulated"]),
    )


def test_every_pair_gets_one_row_with_its_key_and_source(inputs):
    frame = recommendations(inputs)
    assert frame["recommendation_id"].tolist() == ["1-38-20120831", "1-40-20120831", "2-38-20120831"]
    assert frame["stock_source"].tolist() == ["counted", "simulated", "simulated"]
    assert frame["status"].tolist() == ["critical", "reorder", "adequate"]


def watched(inputs, **changes):
    """The inputs with two years of steady sales that no guardrail minds, but for the changes."""
    calm = {
        "sales": np.full((3, 104), 1000.0),
        "weeks_known": np.full(3, 104),
        "is_unusual": np.zeros(3, dtype=bool),
        "is_stale": np.zeros(3, dtype=bool),
        "is_overdue": np.zeros(3, dtype=bool),
        "tiny_amount": np.full(3, 1000.0),
    }
    return replace(inputs, watch=Watch(**{**calm, **changes}))


def test_what_a_guardrail_stops_is_open_and_the_rest_is_automatic(inputs):
    # The first pair sold 700 a week of late, so an order for forecasts of 1,000 is large; of 1,000 it fills the shelf.
    sales = np.array([[700.0], [1000.0], [1000.0]]) * np.ones(104)
    is_unusual = np.array([False, True, False])
    frame = recommendations(watched(inputs, sales=sales, is_unusual=is_unusual))
    assert frame["review_reason"].tolist() == ["large_order", "unusual_sales", ""]
    assert frame["is_open"].tolist() == [True, True, False]
    frame = recommendations(watched(inputs, is_unusual=is_unusual))
    assert frame["review_reason"].tolist() == ["", "unusual_sales", ""]


def test_pieces_times_their_price_is_the_order(inputs):
    price = np.array([7.0, np.nan, 7.0])
    policies = inputs.policies.changed(pack_size_amount=pack_of_pieces(50.0, price))
    frame = recommendations(replace(inputs, unit_price=price, policies=policies))
    dollars, pieces = frame["order_quantity"], frame["order_quantity_pieces"]
    assert frame["pack_size"].tolist() == [49.0, 50.0, 49.0]
    assert (dollars[0] % 49, dollars[1] % 50) == (0, 0)
    assert pieces[0] * 7 == dollars[0] > 0
    assert np.isnan(pieces[1])
    assert pieces[2] == 0


def in_pieces(price, weekly, deviation, stock, **policy):
    """A pair that sells so many pieces a week at a price, with packs and stock in pieces."""
    pairs = PAIRS.head(1).assign(store_code="0007", product_code="milk")
    prices = Prices(np.array([price]), np.array(["sales"]), np.array([policy.pop("least", 1.0)]), np.array([price]))
    row = {**PLAIN_POLICY, "policy_id": "default", "store_type": None, "store_code": None, "product_code": None}
    rules = pd.DataFrame([row | {"minimum_order_amount": np.nan, "pack_size_amount": np.nan} | policy])
    return DecisionInputs(
        decision_date=dt.date(2026, 5, 3),
        pairs=pairs,
        demand=normal_demand(np.array([weekly * price]), np.array([deviation * price])),
        policies=resolve_policies(rules, pairs, Terms(prices.unit_price, prices.least_piece, 1.0)),
        positions=Positions(np.array([stock * price]), np.zeros(1), np.zeros(1)),
        stock_source=np.array(["counted"]),
        unit_price=prices.unit_price,
        price_source=prices.source,
        least_piece=prices.least_piece,
        unit_name="units",
    )


def test_a_pair_of_twelve_pieces_a_week_is_ordered_in_whole_packs_of_six():
    # Nothing varies: demand over two weeks of lead time and one of review is 36 pieces at 2.50, and (R,S) orders up to
    # them. 7 pieces are there, 29 are wanted, and five packs of six cover them.
    certain = {"policy_kind": "(R,S)", "lead_time_deviation_weeks": 0.0, "pack_size_units": 6}
    row = recommendations(in_pieces(2.50, 12.0, 0.0, 7, **certain)).iloc[0]
    assert (row["order_quantity_pieces"], row["order_quantity"], row["order_value_cost"]) == (30.0, 75.0, 52.5)
    assert (row["reorder_point"], row["reorder_point_units"]) == (90.0, 36.0)
    assert (row["current_stock"], row["current_stock_units"]) == (17.5, 7.0)
    assert (row["pack_size"], row["pack_size_units"]) == (15.0, 6.0)
    assert row["avg_daily_demand_units"] == pytest.approx(12 / 7, abs=1e-3)
    assert (row["unit_name"], row["unit_price"], row["price_source"]) == ("units", 2.5, "sales")


@pytest.mark.parametrize("price", [0.08437, 0.5, 2.49, 2.5, 1234.57, 1 / 3])
@pytest.mark.parametrize("pack", [1, 6, 144])
def test_an_order_is_its_whole_pieces_times_their_price_to_the_cent(price, pack):
    row = recommendations(in_pieces(price, 12.0, 5.0, 7, pack_size_units=pack, minimum_order_units=10)).iloc[0]
    pieces = row["order_quantity_pieces"]
    assert pieces > 0
    assert pieces % pack == 0
    assert row["order_quantity"] == round(pieces * price, 2)
    assert row["minimum_order_units"] == 10
    assert row["current_stock_units"] == 7


def test_a_pair_sold_in_parts_of_a_piece_is_ordered_in_thousandths():
    certain = {"policy_kind": "(R,S)", "lead_time_deviation_weeks": 0.0, "least": 0.001}
    row = recommendations(in_pieces(4.0, 1.2345, 0.0, 0.5, **certain)).iloc[0]
    # Three weeks of 1.2345 kg less half a kilogram: 3.2035, of which the next thousandth is ordered.
    assert row["order_quantity_pieces"] == 3.204
    assert row["order_quantity"] == round(3.204 * 4.0, 2)


def test_a_pair_that_sells_a_piece_in_two_years_orders_nothing_by_itself():
    inputs = in_pieces(2.50, 0.01, 0.02, 0)
    whole = replace(inputs, demand=replace(inputs.demand, piece=inputs.unit_price))
    row = recommendations(whole).iloc[0]
    assert (row["order_quantity"], row["reorder_point"], row["status"]) == (0.0, 0.0, "adequate")


def test_pieces_that_nothing_prices_count_as_one_and_are_said():
    inputs = in_pieces(1.0, 12.0, 0.0, 7)
    frame = recommendations(replace(inputs, price_source=np.array(["assumed"])))
    assert frame["order_quantity"].tolist() == frame["order_quantity_pieces"].tolist()
    assert assumed_prices(frame) == ["1 pairs have neither amounts nor prices: their money counts every piece as 1"]
    assert assumed_prices(recommendations(inputs)) == []


def test_the_same_pieces_at_ten_times_the_price_are_the_same_order():
    cheap, dear = (recommendations(in_pieces(price, 12.0, 5.0, 7, pack_size_units=6)).iloc[0] for price in (2.5, 25.0))
    for name in ("reorder_point_units", "current_stock_units", "stockout_probability", "status"):
        assert cheap[name] == dear[name]
    assert cheap["reorder_point"] * 10 == pytest.approx(dear["reorder_point"], abs=0.1)


def test_a_recommendation_keeps_the_policy_that_ruled_it(inputs):
    row = recommendations(replace(inputs, policy_id=np.array(["pair", "default", "default"]))).iloc[0]
    assert row["policy_id"] == "pair"
    kept = {"lead_time_deviation_weeks": 0.5, "minimum_order": 100.0, "pack_size": 50.0, "margin_rate": 0.3}
    kept |= {"holding_cost_rate": 0.2, "ordering_cost": 25.0, "maximum_stock_weeks": 12.0}
    assert row[list(kept)].to_dict() == kept
    assert np.isnan(row["unit_price"])


def test_an_order_is_valued_at_cost_beside_its_retail_value(inputs):
    frame = recommendations(inputs)
    assert frame["order_value_cost"].tolist() == pytest.approx((0.7 * frame["order_quantity"]).tolist())
    assert frame["expected_fill_rate"].between(0.9, 1).all()


def test_what_was_recommended_the_week_before_holds_a_pair_near_its_limit(inputs):
    point = recommendations(inputs)["reorder_point"][1]
    near = replace(inputs, positions=replace(inputs.positions, on_hand=np.array([500.0, point + 100, 9000.0])))
    assert recommendations(near)["status"][1] == "monitor"
    before = Before(np.array(["critical", "reorder", "adequate"]), np.array([True, True, False]))
    held = recommendations(replace(near, before=before))
    assert held["status"].tolist() == ["critical", "reorder", "adequate"]
    assert held["order_quantity"][1] > 0


def test_a_book_of_some_pairs_recommends_what_the_whole_book_does(inputs):
    before = Before(np.array(["critical", "reorder", "adequate"]), np.array([True, True, False]))
    full = watched(replace(inputs, before=before, unit_price=np.array([4.0, 2.0, np.nan])))
    pd.testing.assert_frame_equal(
        recommendations(full.take(np.array([2, 0]))), recommendations(full).iloc[[2, 0]].reset_index(drop=True)
    )


def test_stock_on_order_that_is_overdue_is_counted_and_said_to_a_person(inputs):
    position = Positions(np.full(3, 500.0), np.full(3, 9000.0), np.zeros(3))
    frame = recommendations(watched(replace(inputs, positions=position), is_overdue=np.array([False, True, False])))
    assert frame["review_reason"].tolist() == ["", "overdue_delivery", ""]
    assert frame["stock_position"].tolist() == [9500.0] * 3
    assert frame["order_quantity"].tolist() == [0.0] * 3
