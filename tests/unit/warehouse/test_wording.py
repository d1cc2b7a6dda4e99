"""Figures, weeks and names as a house writes them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.numbers import find_numbers
from warehouse.retailer import Retailer, Words
from warehouse.wording import Wording, house, natural_key, speaking

GERMAN = Retailer(
    currency="EUR",
    number_format="1.234,5",
    forecast_unit="units",
    week_ends_on="Saturday",
    week_label="first",
    words=Words(store="Filiale", stores="Filialen", product="Artikel", products="Artikel"),
)


@pytest.mark.parametrize(
    ("currency", "number_format", "whole", "cents"),
    [
        ("USD", "1,234.5", "$1,234,568", "-$56.50"),
        ("EUR", "1.234,5", "€1.234.568", "-€56,50"),
        ("GBP", "1,234.5", "£1,234,568", "-£56.50"),
        ("JPY", "1,234.5", "¥1,234,568", "-¥56"),
        ("CHF", "1'234.5", "CHF\xa01'234'568", "-CHF\xa056.50"),
        ("PLN", "1 234,5", "PLN\xa01\xa0234\xa0568", "-PLN\xa056,50"),
        ("KWD", "1,234.5", "KWD\xa01,234,568", "-KWD\xa056.500"),
        ("", "1,234.5", "1,234,568", "-56.50"),
    ],
)
def test_money_has_its_currency_and_its_marks(currency: str, number_format: str, whole: str, cents: str) -> None:
    wording = Wording(Retailer(currency=currency, number_format=number_format))
    assert wording.money(1_234_567.891) == whole
    assert wording.money(-56.499, 3 if currency == "KWD" else 2) in (cents, cents.replace("500", "499"))


@pytest.mark.parametrize("amount", [0.0, -0.0, -0.004, 0.4, -0.4])
def test_what_reads_as_zero_has_no_sign(amount: float) -> None:
    assert Wording(Retailer(currency="EUR")).money(amount) == "€0"


def test_pieces_are_counted_and_money_stays_money() -> None:
    wording = Wording(GERMAN)
    assert wording.quantity(1234.0) == "1.234\xa0pcs"
    assert wording.quantity(2.46) == "2,5\xa0pcs"
    assert wording.quantity_short(48_349) == "48,3k\xa0pcs"
    assert wording.money_short(48_349) == "€48,3k"
    assert (wording.unit, wording.currency) == ("pieces", "EUR")
    assert (wording.money_head("orders"), wording.quantity_head("sales")) == ("orders (€)", "sales (pcs)")
    assert Wording().money_head("orders") == "orders"


def test_names_are_said_with_the_words_of_the_house_once() -> None:
    wording = Wording(GERMAN)
    assert wording.pair("0042", "Milch") == "Filiale 0042, Artikel Milch"
    assert wording.pair("Filiale Nord", "Artikel 7") == "Filiale Nord, Artikel 7"
    assert wording.store("Filialewerk") == "Filiale Filialewerk"
    assert Wording(Retailer(words=Words(product="department", products="departments"))).pair("4", "7") == (
        "Store 4, department 7"
    )


def test_a_week_is_called_by_the_day_that_the_house_says() -> None:
    saturday = dt.date(2024, 1, 6)
    assert Wording(GERMAN).called(saturday) == dt.date(2023, 12, 31)
    assert Wording().called(saturday) == saturday


def test_a_wording_holds_in_its_block_alone() -> None:
    before = house()
    with speaking(Wording(GERMAN)) as wording:
        assert house() is wording
    assert house() is before


def test_numbers_in_codes_count_as_numbers() -> None:
    codes = ["10", "9", "A-10", "A-9", "0042", "Ä", "☕", "²"]
    assert sorted(codes, key=natural_key)[:3] == ["9", "10", "0042"]
    assert sorted(["A-10", "A-9"], key=natural_key) == ["A-9", "A-10"]


@given(
    st.floats(-1e9, 1e9), st.sampled_from(["1,234.5", "1.234,5", "1 234,5", "1'234.5"]), st.sampled_from(["EUR", "CHF"])
)
def test_what_is_written_is_read_as_the_same(amount: float, number_format: str, currency: str) -> None:
    with speaking(Wording(Retailer(currency=currency, number_format=number_format))):
        (found,) = find_numbers(house().money(amount, 2).replace("\xa0", " "))
    assert found.unit == "money"
    assert found.readings[0][0] == pytest.approx(round(amount, 2), abs=0.0051)


def test_the_weight_of_holiday_weeks_is_said_where_they_weigh_more_than_others() -> None:
    weights = (1.0, 5.0, 2.25)
    assert [Wording(Retailer(holiday_weight=weight)).weighted("Error") for weight in weights] == [
        "Error",
        "Error; holiday weeks weigh 5",
        "Error; holiday weeks weigh 2.25",
    ]
    german = Retailer(holiday_weight=2.5, number_format="1.234,5")
    assert Wording(german).weighted("Error") == "Error; holiday weeks weigh 2,5"


def test_holiday_weeks_weigh_as_much_as_others_unless_a_retailer_says_so() -> None:
    assert Retailer().holiday_weight == 1.0
