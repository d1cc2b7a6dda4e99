"""Prices of pieces: which source goes first, what counts as none, and how they are rounded."""

import numpy as np
import pandas as pd
import pytest

from ml.prices import PART, WHOLE, KnownPrices, plain_price

SOLD = pd.DataFrame(
    {
        "store_id": [1, 2, 3, 1, 1],
        "dept_id": [7, 7, 7, 8, 9],
        "sold_price": [2.4937, 2.6, np.nan, np.nan, 0.5],
        "is_whole": [True, True, True, True, False],
    }
)
COUNTED = pd.DataFrame({"store_id": [2, 1], "dept_id": [7, 8], "counted_price": [3.0, 0.0]})
PAIRS = pd.DataFrame({"store_id": [1, 2, 3, 1, 1, 4], "dept_id": [7, 7, 7, 8, 9, 99]})


def test_a_count_goes_before_sales_and_these_before_other_stores_and_nothing_is_one():
    found = KnownPrices(SOLD, COUNTED, is_in_units=True).of(PAIRS)
    # Store 3 has no price of its own: the middle of 2.4937 and 3.
    assert found.unit_price.tolist() == [2.49, 3.0, 2.75, 1.0, 0.5, 1.0]
    assert found.source.tolist() == ["sales", "stock", "product", "assumed", "sales", "assumed"]
    assert found.worth.tolist() == found.unit_price.tolist()


def test_only_what_ever_sold_in_parts_is_ordered_in_parts():
    found = KnownPrices(SOLD, COUNTED, is_in_units=True).of(PAIRS)
    assert found.least_piece.tolist() == [WHOLE, WHOLE, WHOLE, WHOLE, PART, WHOLE]


def test_where_money_is_forecast_only_counts_give_a_price_and_a_forecast_is_worth_itself():
    found = KnownPrices(SOLD.head(0), COUNTED, is_in_units=False).of(PAIRS)
    np.testing.assert_array_equal(found.unit_price, [np.nan, 3.0, np.nan, np.nan, np.nan, np.nan])
    assert found.source.tolist() == ["", "stock", "", "", "", ""]
    assert found.worth.tolist() == [1.0] * 6
    assert found.count_worth.tolist() == [1.0, 3.0, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("is_in_units", [True, False])
def test_a_warehouse_without_sales_and_counts_has_no_prices(is_in_units):
    found = KnownPrices(SOLD.head(0), COUNTED.head(0), is_in_units).of(PAIRS)
    assert set(found.source) == {"assumed" if is_in_units else ""}
    assert len(KnownPrices(SOLD, COUNTED, is_in_units).of(PAIRS.head(0)).worth) == 0


def test_prices_are_rounded_so_that_people_can_multiply_what_they_see():
    given = np.array([1234.5678, 1.004, 0.99996, 0.084372, 0.0000123456, np.nan])
    np.testing.assert_array_equal(plain_price(given), [1234.57, 1.0, 1.0, 0.08437, 0.00001235, np.nan])
