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
from ml.inventory.orders.recommend import recommendations
from ml.inventory.packs import pack_of_pieces
from ml.inventory.protection import normal_demand
from policies import plain_policies

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
    }
    return replace(inputs, watch=Watch(**{**calm, **changes}))


def test_what_a_guardrail_stops_is_open_and_the_rest_is_automatic(inputs):
    frame = recommendations(watched(inputs, is_unusual=np.array([False, True, False])))
    assert frame["review_reason"].tolist() == ["large_order", "unusual_sales", ""]
    assert frame["is_open"].tolist() == [True, True, False]


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
