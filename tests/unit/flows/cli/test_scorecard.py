import datetime as dt

import pytest

from flows.cli.scorecard import parse_names, parse_origins
from warehouse.errors import UsageError


def test_origins_are_a_number_or_dates() -> None:
    assert parse_origins(None) is None
    assert parse_origins("5") == 5
    assert parse_origins("2011-11-18, 2012-01-20") == (dt.date(2011, 11, 18), dt.date(2012, 1, 20))


@pytest.mark.parametrize("text", ["2012-13-01", "soon", "2011-11-18,", "", "5,6", "1.5"])
def test_what_is_neither_is_refused_with_an_example_of_both(text: str) -> None:
    with pytest.raises(UsageError, match=r"neither a number of origins nor a date.*--origins 5 or --origins 2011"):
        parse_origins(text)


@pytest.mark.parametrize("text", ["0", "-3", "100"])
def test_a_number_of_origins_out_of_range_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(UsageError, match=f"can't have {text} origins.*from 1 to 12"):
        parse_origins(text)


def test_names_stand_between_commas() -> None:
    assert parse_names(None) is None
    assert parse_names(" blend,,lightgbm ") == ("blend", "lightgbm")
    with pytest.raises(UsageError, match="names no model"):
        parse_names(" , ")
