"""Rows of made-up sales for tests of what files mean."""

import datetime as dt


def dates(first: str, count: int, step: int = 1) -> list[dt.date]:
    """Returns dates from a first one on, so many days apart."""
    start = dt.date.fromisoformat(first)
    return [start + dt.timedelta(days=step * number) for number in range(count)]


def german(amount: float) -> str:
    """Returns an amount as German tills write it."""
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
