"""Figures are read as a person reads them: value, unit, sign and precision."""

import pytest

from agents.numbers import LONGEST_WORD, find_dates, find_numbers
from warehouse.retailer import Retailer
from warehouse.wording import Wording, speaking


def read(text: str) -> list[tuple[float, float, str]]:
    return [(*number.readings[-1], number.unit) for number in find_numbers(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sold $12,345", (12345, 0.5, "money")),
        ("sold $1.2M", (1.2e6, 5e4, "money")),
        ("sold $39.9K", (39900, 50, "money")),
        ("sold 3 million dollars", (3e6, 5e5, "money")),
        ("a loss of -$500", (-500, 0.5, "money")),
        ("a loss of $-500", (-500, 0.5, "money")),
        ("up +4.25 %", (4.25, 0.005, "percent")),
        ("down −5%", (-5, 0.5, "percent")),  # noqa: RUF001
        ("12 per cent", (12, 0.5, "percent")),
        ("an 80-percent interval", (80, 0.5, "percent")),
        ("in 10 days", (10, 0.5, "days")),
        ("an 8-week horizon", (8, 0.5, "weeks")),
        ("version 3", (3, 0.5, "plain")),
        ("a share of .25", (0.25, 0.005, "plain")),
        ("about 12,300 dollars", (12300, 50, "money")),
        ("twelve percent", (12, 0.5, "percent")),
        ("twenty-five days", (25, 0.5, "days")),
        ("five times", (5, 0.5, "plain")),
    ],
)
def test_a_number_is_read_with_its_unit_and_precision(text, expected):
    (found,) = read(text)
    assert found[0] == pytest.approx(expected[0])
    assert found[1] == pytest.approx(expected[1])
    assert found[2] == expected[2]


def test_the_dash_of_a_range_is_no_minus():
    assert [value for value, _, _ in read("between 10-12 and 80%-95%")] == [10, 12, 80, 95]


def test_the_first_of_a_range_is_read_in_the_scale_of_the_second_too():
    first, second = find_numbers("$10-12K")
    assert [value for value, _ in first.readings] == [10, 10000]
    assert second.readings == ((12000, 500),)


def test_ordinals_of_a_list_are_no_figures():
    assert read("1. First\n2) Second\n3 left") == [(3, 0.5, "plain")]


def test_a_number_in_words_needs_a_unit():
    assert read("two of them, ten weeks") == [(10, 0.5, "weeks")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-10-26", (2012, 10, (26,))),
        ("10/26/2012", (2012, 10, (26,))),
        ("26 October 2012", (2012, 10, (26,))),
        ("the 26th of Oct", (None, 10, (26,))),
        ("October 26, 2012", (2012, 10, (26,))),
        ("Oct 5-12, 2012", (2012, 10, (5, 12))),
        ("October 2012", (2012, 10, ())),
    ],
)
def test_a_date_is_read_in_every_usual_form(text, expected):
    (date,) = find_dates(text)
    assert (date.year, date.month, date.days) == expected


def test_may_is_a_month_only_before_a_day_or_a_year():
    assert find_dates("It may rise by 5.") == []
    assert len(find_dates("May 4, 2012 and May 2012")) == 2


class Watched(str):
    """A text that counts the characters that are cut out of it."""

    cut_count = 0

    def __getitem__(self, place):
        part = super().__getitem__(place)
        self.cut_count += len(part)
        return part


@pytest.mark.parametrize("count", [50, 1000])
def test_a_figure_costs_the_same_however_long_the_text_around_it(count):
    text = Watched("a" * 2000 + " 1" * count)
    assert len(find_numbers(text)) == count
    assert text.cut_count <= 4 * LONGEST_WORD * count


def test_a_figure_that_no_float_can_hold_is_read_as_one():
    assert [number.readings[0] for number in find_numbers("1e999")] == [(float("inf"), pytest.approx(5e307))]


@pytest.mark.parametrize(
    ("currency", "number_format", "text", "expected"),
    [
        ("EUR", "1.234,5", "€1.234,50", (1234.5, 0.005, "money")),
        ("EUR", "1.234,5", "1.234 €", (1234, 0.5, "money")),
        ("EUR", "1.234,5", "1,234.50 EUR", (1234.5, 0.005, "money")),
        ("EUR", "1.234,5", "12 euros", (12, 0.5, "money")),
        ("EUR", "1.234,5", "12,5%", (12.5, 0.05, "percent")),
        ("EUR", "1.234,5", "12.5%", (12.5, 0.05, "percent")),
        ("EUR", "1.234,5", "€1,2M", (1.2e6, 5e4, "money")),
        ("EUR", "1.234,5", "$500", (500, 0.5, "foreign")),
        ("EUR", "1.234,5", "500 dollars", (500, 0.5, "foreign")),
        ("GBP", "1,234.5", "£1,234.50", (1234.5, 0.005, "money")),
        ("JPY", "1,234.5", "¥1,234", (1234, 0.5, "money")),
        ("CHF", "1'234.5", "CHF 1'234.50", (1234.5, 0.005, "money")),
        ("PLN", "1 234,5", "PLN 1 234,50", (1234.5, 0.005, "money")),
        ("PLN", "1 234,5", "1\xa0234,50 PLN", (1234.5, 0.005, "money")),
        ("XTS", "1,234.5", "XTS 12", (12, 0.5, "money")),
        ("", "1,234.5", "1,234.50", (1234.5, 0.005, "plain")),
        ("", "1,234.5", "€12", (12, 0.5, "foreign")),
        ("EUR", "1.234,5", "1.234 pcs", (1234, 0.5, "pieces")),
        ("USD", "1,234.5", "2 pieces", (2, 0.5, "pieces")),
    ],
)
def test_a_number_is_read_as_the_house_writes_it(currency, number_format, text, expected):
    with speaking(Wording(Retailer(currency=currency, number_format=number_format))):
        (found,) = read(text)
    assert found[2] == expected[2]
    assert found[:2] == pytest.approx(expected[:2])


def test_the_sign_of_the_next_amount_belongs_to_it():
    assert read("$10-$12 and 3 $5") == [(10, 0.5, "money"), (12, 0.5, "money"), (3, 0.5, "plain"), (5, 0.5, "money")]
