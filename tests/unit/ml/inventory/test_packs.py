"""Orders in whole packs and whole pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.inventory.packs import pack_of_pieces, whole_packs

CENTS = st.integers(1, 100_000).map(lambda cents: cents / 100)
COUNTS = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("quantity", "pack", "minimum", "order"),
    [
        (1010, 50, 120, 1050),
        (60, 50, 120, 150),
        (0, 50, 120, 0),
        (-5, 50, 120, 0),
        (0.2, 0.35, 1.05, 1.05),
        (1.05, 0.35, 0, 1.05),
        (1.06, 0.35, 0, 1.40),
        (7, 0, 0, 7),
        (7, 0, 10, 10),
    ],
)
def test_an_order_is_the_fewest_packs_that_cover_quantity_and_minimum(quantity, pack, minimum, order):
    assert whole_packs(quantity, pack, minimum) == pytest.approx(order, abs=1e-9)


@pytest.mark.parametrize(
    ("minimum", "most", "order"), [(0, 310, 300), (0, 300, 300), (0, 20, 50), (0, -5, 50), (120, 20, 150)]
)
def test_an_order_is_cut_to_the_packs_below_the_most_but_not_below_one_pack_or_the_minimum(minimum, most, order):
    assert whole_packs(500.0, 50.0, minimum, most) == order


def test_without_packs_the_most_is_ordered_as_it_is():
    assert whole_packs([500.0, 500.0, 500.0], 0.0, [0.0, 400.0, 0.0], [310.0, 310.0, -5.0]).tolist() == [310, 400, 0]


@given(CENTS, COUNTS)
def test_so_many_packs_stay_so_many_whatever_their_size(pack: float, count: int):
    for noise in (0.0, 1e-13, -1e-13):
        quantity = pack * count * (1 + noise)
        assert np.rint(whole_packs(quantity, pack) / pack) == count
        assert np.rint(whole_packs(pack, pack, quantity) / pack) == count
        assert np.rint(whole_packs(10 * quantity, pack, most=quantity) / pack) == count


@given(CENTS, CENTS, CENTS, CENTS)
def test_a_larger_wish_or_minimum_never_gives_a_smaller_order(quantity: float, more: float, pack: float, least: float):
    order = whole_packs(quantity, pack, least)
    assert order >= max(quantity, least) - 1e-6
    assert order - pack < max(quantity, least) + 1e-6
    assert whole_packs(quantity + more, pack, least) >= order
    assert whole_packs(quantity, pack, least + more) >= order


@given(CENTS, CENTS, CENTS)
def test_pieces_times_price_is_the_order(quantity: float, pack: float, price: float):
    order = whole_packs(quantity, pack_of_pieces(pack, price))
    assert np.rint(order / price) * price == pytest.approx(order, rel=1e-12)


def test_a_pack_is_the_nearest_number_of_pieces_and_one_at_least():
    packs = pack_of_pieces([50.0, 50.0, 50.0, 50.0], [7.5, 49.0, 120.0, np.nan])
    assert packs.tolist() == [52.5, 49.0, 120.0, 50.0]


def test_an_order_of_trillions_of_packs_covers_what_is_wanted():
    assert whole_packs(3e12 - 10, 1.0) == 3e12 - 10
