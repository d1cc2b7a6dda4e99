"""Stores and products are found by code, name or label, and a miss says which are alike."""

import pandas as pd
import pytest

from warehouse.codes import Codes, codes_of, knowing, known
from warehouse.errors import UsageError

STORES = pd.DataFrame(
    [
        (1, "1", None, "1"),
        (2, "0042", "Süd ☕", "Süd ☕"),
        (3, "N-1", "Nord", "Nord (N-1)"),
        (4, "N-2", "Nord", "Nord (N-2)"),
    ],
    columns=["store_id", "store_code", "store_name", "store_label"],
)
PRODUCTS = pd.DataFrame(
    [(7, "=1+1", None, "=1+1"), (8, "Молоко", None, "Молоко"), (9, "'; drop table x; --", None, "'; drop table x; --")],
    columns=["dept_id", "product_code", "product_name", "product_label"],
)


@pytest.fixture
def codes() -> Codes:
    return codes_of(STORES, PRODUCTS)


@pytest.mark.parametrize(
    ("text", "store"), [("1", 1), (" 0042 ", 2), ("süd ☕", 2), ("Nord (N-1)", 3), ("n-2", 4), ("N-1", 3)]
)
def test_a_store_is_found_by_its_code_name_or_label(codes: Codes, text: str, store: int) -> None:
    assert codes.store(text) == store


@pytest.mark.parametrize("text", ["42", "01", "Nord", "", "'; drop table x; --"])
def test_leading_zeros_count_and_a_name_of_two_stores_names_none(codes: Codes, text: str) -> None:
    with pytest.raises(UsageError, match="There is no store"):
        codes.store(text)


def test_hostile_codes_are_found_as_they_are_written(codes: Codes) -> None:
    assert [codes.product(text) for text in ("=1+1", "молоко", "'; drop table x; --")] == [7, 8, 9]


def test_a_miss_says_what_was_meant(codes: Codes) -> None:
    with pytest.raises(UsageError, match=r"There is no store 'N-3'\. Did you mean Nord \(N-\d\) or Nord \(N-\d\)"):
        codes.store("N-3")
    with pytest.raises(UsageError, match=r"There is no department 'Молако'\. Did you mean Молоко\?"):
        codes.product("Молако")
    with pytest.raises(
        UsageError, match=r"Name one of the 4 codes, such as 1, Nord \(N-1\), Nord \(N-2\), 0042 \(Süd ☕\)\."
    ):
        codes.store("zzzzzzz")
    with pytest.raises(UsageError, match="Run `shelfcast run` first"):
        Codes().store("1")


def test_what_is_not_known_is_called_by_its_number(codes: Codes) -> None:
    assert codes.pair(99, 7) == "Store 99, department =1+1"
    assert Codes().pair(4, 7) == "Store 4, department 7"


def test_codes_and_names_take_the_place_of_numbers(codes: Codes) -> None:
    frame = pd.DataFrame({"week": ["w"] * 3, "store_id": [2, 1, None], "dept_id": [7, 8, 9], "amount": 1.0})
    coded = codes.with_codes(frame)
    assert list(coded) == ["week", "store_code", "store_name", "product_code", "product_name", "amount"]
    assert coded["store_code"].tolist() == ["0042", "1", None]
    assert coded["store_name"].tolist() == ["Süd ☕", "", None]
    assert codes.with_codes(frame[["week"]]) is not None


def test_lists_are_in_the_order_in_which_people_look() -> None:
    frame = pd.DataFrame(
        [(number, text, None, text) for number, text in enumerate(["10", "9", "1"], start=1)], columns=STORES.columns
    )
    assert codes_of(frame, PRODUCTS).store_ids([1, 2, 3, 3]) == [3, 2, 1]


def test_what_is_known_is_known_in_the_block_alone(codes: Codes) -> None:
    with knowing(codes):
        assert known().store_label(2) == "Süd ☕"
    assert known().store_label(2) == "2"
