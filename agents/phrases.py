"""Figures and dates as a manager reads them."""

import datetime as dt

from agents.quoting import safe_name
from warehouse.calendar import Calendar
from warehouse.wording import house

LEVEL_PERCENT = 1.0
"""A change below this is called level."""


def money(value: float) -> str:
    """Returns an amount in the currency of the house: whole from 100 on, with cents below."""
    return house().small_money(value)


def quantity(value: float) -> str:
    """Returns what is forecast: pieces, or money as `money` writes it."""
    return house().small_quantity(value)


def pct(value: float) -> str:
    """Returns a percent with at most one decimal and no sign."""
    return house().number(abs(value), 0 if f"{abs(value):.1f}".endswith(".0") else 1) + "%"


def day(iso: str) -> str:
    """Returns an ISO date as `26 October 2012`."""
    date = dt.date.fromisoformat(iso)
    return f"{date.day} {date:%B} {date.year}"


def figure(value: float) -> str:
    """Returns a number with at most two decimals: `1`, `2.5`."""
    return house().number(value) if float(value).is_integer() else house().number(value, 2).rstrip("0")


def span(value: float, noun: str) -> str:
    """Returns a number with its noun in the right number: `1 week`, `2.5 weeks`."""
    return f"{figure(value)} {noun}{'' if value == 1 else 's'}"


def versus(percent: float | None, other: str) -> str:
    """Returns how a figure stands to another one, or nothing where that is unknown."""
    if percent is None:
        return ""
    if abs(percent) < LEVEL_PERCENT:
        return f"level with {other}"
    return f"{pct(percent)} {'above' if percent > 0 else 'below'} {other}"


def listed(parts: list[str]) -> str:
    """Returns the parts that are not empty, joined by commas and a last `and`."""
    known = [part for part in parts if part]
    return known[0] if len(known) == 1 else ", ".join(known[:-1]) + (" and " + known[-1] if known else "")


def holiday_week(name: str, iso: str) -> str:
    """Returns a holiday week as people say it, with its date: by where the holiday lies in it, where that is known."""
    calendar, week = Calendar.of(house().retailer), dt.date.fromisoformat(iso)
    words = calendar.week_words(week) if safe_name(calendar.holiday_of(week)) == name else f"the week of {name}"
    return f"{safe_name(words)}, {day(iso)}"


def sentences(*parts: str) -> str:
    """Returns the parts that are not empty as one paragraph."""
    return " ".join(part for part in parts if part)
