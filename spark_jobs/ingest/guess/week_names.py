"""Columns that are called a week, and whose weeks are numbered for certain as in ISO 8601."""

import re

from spark_jobs.ingest.date_formats import BARE_WEEKS
from spark_jobs.ingest.guess.name_fits import name_words

CALENDAR_WEEKS = frozenset(("kw", "kalenderwoche", "woche", "semaine", "settimana", "tydzien", "vecka"))
"""Words for a week in countries that number weeks as in ISO 8601."""
WEEKS = CALENDAR_WEEKS | {"week", "wk", "semana"}


def is_called_week(name: str) -> bool:
    """Returns whether a column is called a week.

    >>> is_called_week("SHOP_WEEK"), is_called_week("weekday")
    (True, False)
    """
    return not WEEKS.isdisjoint(name_words(name))


def is_called_calendar_week(name: str) -> bool:
    """Returns whether a column is called a week in a language in which weeks are numbered as in ISO 8601."""
    return not CALENDAR_WEEKS.isdisjoint(name_words(name))


def is_bare_week(text: str) -> bool:
    """Returns whether a text is a year and a number that may be that of a week, or of a month."""
    return any(re.match(pattern, text, re.ASCII) for pattern, _ in BARE_WEEKS.values())
