"""How a file writes its numbers, decided from the shapes of all of them."""

import re

import pytest

from spark_jobs.ingest.number_formats import (
    IN_PARENTHESES,
    IS_NEGATIVE,
    SPACES,
    Numerals,
    Shape,
    check_currency,
    choose_numerals,
    number_pattern,
    proven_mark,
)
from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError


def choose(*texts: str, separator: str = ";", named: str | None = None, is_whole: bool = False) -> Numerals:
    shapes = [Shape(text, 1, Place(0, line), is_whole) for line, text in enumerate(texts, start=2)]
    return choose_numerals("train.csv", shapes, {separator}, named, lambda place: texts[place.line - 2])


def value(text: str, mark: str) -> float | None:
    """The reading that the columns of Spark do, in Python."""
    signed = re.sub(IN_PARENTHESES, r"-\1\2\3", text)
    found = re.match(number_pattern(mark), signed)
    if not found:
        return None
    other = "," if mark == "." else "."
    digits = re.sub(f"[{re.escape(other)}{SPACES}]", "", found[1]).replace(mark, ".")
    return -float(digits) if re.search(IS_NEGATIVE, signed) else float(digits)


POINTS = {
    "1234": 1234,
    "1,234": 1234,
    "1,234.5": 1234.5,
    "1,234,567": 1234567,
    "12.5": 12.5,
    ".5": 0.5,
    "5.": 5,
    "-12.5": -12.5,
    "+12.5": 12.5,
    "12.5-": -12.5,
    "(12.5)": -12.5,
    "($1,234.50)": -1234.5,
    "$(12.50)": -12.5,
    "-$12.50": -12.5,
    "$-12.50": -12.5,
    "$ 12.50": 12.5,
    "12.50 €": 12.5,
    "USD 12": 12,
    "1e5": 1e5,
    "2.5E-3": 0.0025,
    "-1e-5": -1e-5,
    "1 234 567.5": 1234567.5,
    "1'234.5": 1234.5,
    "1\u00a0234": 1234,
    "\u22125": -5,
    "0.123": 0.123,
    "1.234": 1.234,
}


@pytest.mark.parametrize(("text", "expected"), POINTS.items())
def test_a_number_with_a_decimal_point_is_read(text: str, expected: float):
    assert value(text, ".") == expected


COMMAS = {"1234,5": 1234.5, "1.234,5": 1234.5, "1.234.567": 1234567, "1.234": 1234, "1 234,50 €": 1234.5, "(2,5)": -2.5}


@pytest.mark.parametrize(("text", "expected"), COMMAS.items())
def test_a_number_with_a_decimal_comma_is_read(text: str, expected: float):
    assert value(text, ",") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "abc",
        "--1",
        "1.2.3",
        "1,23",
        "12,34,567",
        "0,123",
        "1,234 567",
        "(-5)",
        "(5",
        "-5-",
        "1 2",
        "0x1p3",
        "1d",
        "NaN",
        "$",
        "5%",
        "\uff11\uff12",
        "1_000",
        "12 345 6",
    ],
)
def test_what_is_no_number_with_a_decimal_point_is_not_read(text: str):
    assert value(text, ".") is None


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["99.9", "9.999"], "."),
        (["9,999.9"], "."),
        (["9,999,999"], "."),
        (["0.999"], "."),
        (["99,9", "9.999"], ","),
        (["9.999,9"], ","),
        (["9.999.999"], ","),
        (["0,999"], ","),
        (["9 999,999"], ","),
        (["999"], "."),
        ([], "."),
    ],
)
def test_the_mark_is_what_the_numbers_prove(texts: list[str], mark: str):
    assert choose(*texts).mark == mark


@pytest.mark.parametrize("text", ["9.999", "9,999"])
def test_numbers_that_can_be_read_both_ways_are_refused_with_the_fix(text: str):
    with pytest.raises(ShelfcastError, match=rf"from line 2 \('{text}'\) .* --decimal-mark \. or --decimal-mark ,"):
        choose(text)
    assert choose(text, named=",").mark == ","


@pytest.mark.parametrize("text", ["9.999", "9,999"])
def test_between_commas_the_mark_is_a_point(text: str):
    assert choose(text, separator=",").mark == "."


def test_a_whole_number_with_a_point_can_only_be_a_thousand():
    assert choose("999.999", is_whole=True).mark == ","


def test_a_few_numbers_with_the_other_mark_do_not_settle_the_file():
    assert choose("99.9", "9.9", "9,9").mark == "."
    assert choose("99,9", "9,9", "9.9").mark == ","


def test_as_many_of_one_mark_as_of_the_other_are_refused_with_both_lines():
    with pytest.raises(
        ShelfcastError, match="contradict each other: line 2 has a decimal point, line 3 a decimal comma"
    ):
        choose("99.9", "9,9")
    assert choose("99.9", "9,9", named=".").mark == "."


def test_a_named_mark_leaves_a_file_that_proves_the_other_as_it_is():
    assert choose("99.9", "9.9", named=",").mark == "."


@pytest.mark.parametrize(
    ("texts", "is_plain"),
    [
        (["99.9", "-9", "9E+99"], True),
        (["9,999.9"], False),
        (["$9"], False),
        (["(9)"], False),
        (["9-"], False),
        (["9.9", "9.9.9"], True),
    ],
)
def test_plain_numbers_need_no_special_reading(texts: list[str], is_plain: bool):
    assert choose(*texts).is_plain is is_plain


def test_one_currency_is_named():
    assert choose("$9", "USD 9", "US$ 9").currency == "$"


def test_two_currencies_are_refused_with_both_lines():
    with pytest.raises(ShelfcastError, match=r"several currencies: line 2 in \$, line 3 in €"):
        choose("$9", "9 €")


@pytest.mark.parametrize(
    "text",
    ["12,50\u00a0€", "€\u202f12,50", "12,50 zł", "kr. 12,50", "12,50\u00a0kr", "R$ 12,50", "₹12,50", "CHF 12,50"],
)
def test_an_amount_is_read_with_its_currency_and_any_blank(text: str):
    # To Java, as to Python's ASCII flag, a blank that does not break is none.
    found = re.match(number_pattern(","), text, re.ASCII)
    assert found is not None
    assert found[1] == "12,50"


@pytest.mark.parametrize(
    ("sign", "currency", "other"), [("kr", "NOK", "EUR"), ("zł", "PLN", "CZK"), ("R$", "BRL", "USD")]
)
def test_the_sign_of_another_currency_is_refused(sign: str, currency: str, other: str):
    check_currency("sales.csv", sign, currency)
    with pytest.raises(ShelfcastError, match="but the mapping says"):
        check_currency("sales.csv", sign, other)


def test_numbers_that_both_marks_fit_are_written_as_the_sales_are():
    shapes = [Shape("9.999", 3, Place(0, 2))]
    assert choose_numerals("stock.csv", shapes, {";"}, None, lambda place: "1.234", ",").mark == ","
    assert choose_numerals("stock.csv", shapes, {";"}, None, lambda place: "1.234", ".").mark == "."
    assert proven_mark(shapes) is None
    assert proven_mark([*shapes, Shape("99,5", 1, Place(0, 3))]) == ","
