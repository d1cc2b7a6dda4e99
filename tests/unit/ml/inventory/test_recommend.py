"""The recommendations of a book that was put together by hand, without a database."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from ml.inventory.book import Book
from ml.inventory.demand import ResidualPool
from ml.inventory.policy import Policies
from ml.inventory.positions import Positions
from ml.inventory.recommend import calculate_reorder_point, recommendations
from warehouse.errors import ShelfcastError

PAIRS = pd.DataFrame({"store_id": [1, 1, 2], "dept_id": [38, 40, 38], "store_type": ["A", "A", "B"]})
VALUES = {
    "policy_kind": "(R,s,S)", "target_kind": "cycle_service",
    "service_level_rate": 0.95, "lead_time_weeks": 2.0, "lead_time_deviation_weeks": 0.5, "review_period_weeks": 1.0,
    "minimum_order_amount": 100.0, "pack_size_amount": 50.0, "holding_cost_rate": 0.2, "ordering_cost_amount": 25.0,
    "margin_rate": 0.3, "maximum_stock_weeks": 12.0,
}  # fmt: skip


@pytest.fixture
def book():
    rng = np.random.default_rng(5)
    pool = ResidualPool(np.empty(0), rng.standard_normal((1, 400, 8)), np.ones(1), {}, rng.standard_normal(400))
    return Book(
        decision_date=dt.date(2012, 8, 31),
        pairs=PAIRS,
        forecast=np.full((3, 8), 1000.0),
        noise=np.full(3, 200.0),
        band=np.zeros(3, dtype=np.intp),
        pool=pool,
        policies=Policies(**{name: np.full(3, value) for name, value in VALUES.items()}),
        positions=Positions(np.array([500.0, 3000.0, 9000.0]), np.zeros(3), np.zeros(3)),
        stock_source=np.array(["counted", "simulated", "simulated"]),
    )


def test_every_pair_gets_one_row_with_its_key_and_source(book):
    frame = recommendations(book)
    assert frame["recommendation_id"].tolist() == ["1-38-20120831", "1-40-20120831", "2-38-20120831"]
    assert frame["stock_source"].tolist() == ["counted", "simulated", "simulated"]
    assert frame["status"].tolist() == ["critical", "reorder", "adequate"]


def test_what_if_with_nothing_changed_gives_the_figures_of_the_table(book):
    row = recommendations(book).iloc[1]
    found = calculate_reorder_point(book, 1, 40)
    assert found.reorder_point_amount == row["reorder_point"]
    assert found.order_quantity_amount == row["order_quantity"]
    assert found.days_until_stockout == row["days_until_stockout"]
    assert found.status == row["status"]


def test_what_if_with_more_service_and_longer_lead_time_asks_for_more_stock(book):
    base = calculate_reorder_point(book, 1, 40)
    more = calculate_reorder_point(book, 1, 40, service_level=0.99)
    longer = calculate_reorder_point(book, 1, 40, lead_time_weeks=4)
    assert more.reorder_point_amount > base.reorder_point_amount
    assert longer.reorder_point_amount > base.reorder_point_amount + 1500
    assert (more.service_level_rate, longer.lead_time_weeks) == (0.99, 4)


def test_an_unknown_pair_and_an_impossible_service_level_are_refused_in_one_sentence(book):
    with pytest.raises(ShelfcastError, match="Store 3, department 1 has no champion forecast from 2012-08-31"):
        calculate_reorder_point(book, 3, 1)
    with pytest.raises(ShelfcastError, match="service_level_rate 1; it must be above 0 and below 1"):
        calculate_reorder_point(book, 1, 38, service_level=1.0)
