"""What a row of the sales is, and what its date says: a day, or the first or the last day of a week."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from spark_jobs.ingest.date_formats import (
    BARE_WEEKS,
    ISO_WEEK,
    SHAPES,
    TIME,
    WEEK_ENDING,
    YEAR_FIRST,
    day_first,
    month_first,
    read_date,
)
from spark_jobs.ingest.guess.column_profiles import MOST
from spark_jobs.ingest.guess.questions import Ask, Question
from spark_jobs.ingest.guess.sales_columns import SalesRoles
from spark_jobs.ingest.guess.table_roles import KnownTable
from spark_jobs.ingest.guess.week_names import is_called_calendar_week
from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError
from warehouse.retailer import WEEKDAYS

Label = Literal["day", "first", "last"]
GrainName = Literal["lines", "days", "weeks"]
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
SUNDAY_FIRST = frozenset(
    "US CA MX BR JP KR TW HK IN IL ZA PH TH ID SG CO PE VE GT DO PR KE SA".split()  # noqa: SIM905
)
"""Countries whose weeks begin on Sunday, as the Unicode CLDR has them."""
_REPEATED = 0.2
"""Share of rows that repeat a store, product and day from which on rows are lines of a till, not sums of days."""
_MONTHS_LEAST = 3


@dataclass(frozen=True)
class Grain:
    """What a row of the sales is.

    Attributes:
        grain: a line of a till, a day, or a week.
        label: what its date says.
        week_end: the last day of a week, 0 for Monday.
        reasons: why, by key of the mapping.
        doubts: sentences on what is not certain.
    """

    grain: GrainName
    label: Label
    week_end: int
    reasons: Mapping[str, str]
    doubts: tuple[str, ...] = ()


def choose_order(file_name: str, proofs: Mapping[str, Place], texts: Counter[str], ask: Ask) -> tuple[str, str]:
    """Returns the format of dates that may begin with the day or the month, and why; nothing where they prove it.

    Dates a week apart, or day after day, are so under one reading alone.

    Args:
        file_name: the file, for the question.
        proofs: from `date_proofs`.
        texts: the texts of dates.
        ask: asks the user where both readings are as likely.
    """
    shape = next((shape for shape in SHAPES if shape in proofs), "")
    readings = [day_first(shape), month_first(shape)] if shape else []
    if not shape or YEAR_FIRST in proofs or any(reading in proofs for reading in readings):
        return "", ""
    weekly = [reading for reading in readings if len({date.weekday() for date in _dates(texts, reading)}) == 1]
    if len(weekly) == 1 and len(texts) > 1:
        return weekly[0], "only so do all dates fall on one weekday"
    spans = {reading: _span(_dates(texts, reading)) for reading in readings}
    dense = [reading for reading in readings if spans[reading] + 1 == len(texts) > _MONTHS_LEAST]
    if len(dense) == 1:
        return dense[0], "only so does day follow day"
    meanings = tuple(
        (reading, f"{next(iter(texts))} begins with the {name}")
        for reading, name in zip(readings, ("day", "month"), strict=True)
    )
    what = f"The dates of {file_name} can be read with the day or the month first, from {proofs[shape]} to the end."
    return ask(Question(what, meanings, "--date-format")), "the choice of the user"


def choose_bare_week(file_name: str, column: str, texts: Counter[str]) -> tuple[str, str]:
    """Returns the format of weeks that could be months, such as 202405, and why; nothing where dates are others.

    Raises:
        ShelfcastError: the name of the column does not say that weeks are numbered as in ISO 8601.
    """
    name = next((name for name, (week, _) in BARE_WEEKS.items() if _are_mostly(week, texts)), "")
    if not name or is_called_calendar_week(column):
        return name, f"{column} numbers weeks as in ISO 8601" if name else ""
    example = texts.most_common(1)[0][0]
    raise ShelfcastError(
        f"'{example}' in column {column} of {file_name} may be a week of ISO 8601 or of a fiscal year, or a month.",
        f"If it is the ISO week, say --date-format {name}; else write the first day of each week, such as 2024-01-29.",
    )


def _are_mostly(pattern: str, texts: Counter[str]) -> bool:
    """Returns whether nearly all rows have texts of a pattern: a line below the table does not count."""
    matched = sum(rows for text, rows in texts.items() if re.match(pattern, text, re.ASCII))
    return matched > 0 and matched >= MOST * texts.total()


def _dates(texts: Counter[str], reading: str) -> list[dt.date]:
    return [date for text in texts if (date := read_date(text, reading)) is not None]


def _span(dates: list[dt.date]) -> int:
    return (max(dates) - min(dates)).days if dates else 0


def choose_grain(
    known: KnownTable,
    roles: SalesRoles,
    days: Counter[dt.date],
    date_format: str,
    country: str,
    named: Literal["", "first", "last"],
    ask: Ask,
) -> Grain:
    """Returns what a row of the sales is.

    Args:
        known: the table of sales.
        roles: its columns.
        days: rows by date.
        date_format: how dates are written.
        country: where the retailer is; empty where that is not known.
        named: the label of weeks that the user named.
        ask: asks the user where both labels are as likely.

    Raises:
        ShelfcastError: rows are sums of months.
    """
    if "basket" in known.roles or _has_times(known, roles.date):
        what = "rows name a receipt" if "basket" in known.roles else "dates have times of day"
        return _of_days("lines", what, days, country)
    weekdays = {day.weekday() for day in days}
    if _are_mostly(WEEK_ENDING, Counter(known.head[roles.date])):
        roles = replace(roles, label="last")
    if date_format in (ISO_WEEK, *BARE_WEEKS) and len(weekdays) == 1:
        return Grain("weeks", "last", SUNDAY, {"grain": "dates are ISO weeks", "date_label": "ISO weeks end on Sunday"})
    if len(weekdays) == 1 and len(days) > 1:
        return _of_weeks(roles, days, weekdays.pop(), country, named, ask)
    _refuse_months(known, days)
    keys = [name for name in (roles.store, *roles.product, roles.date) if name]
    if known.head.duplicated(keys).mean() > _REPEATED:
        return _of_days("lines", "rows of one product and day come again and again", days, country)
    return _of_days("days", "dates are of all weekdays, and a product has a row a day", days, country)


def _has_times(known: KnownTable, date: str) -> bool:
    """Returns whether dates have times of day that differ."""
    times = known.head[date].str.extract(f"({TIME})", expand=True)[0].dropna()
    return bool(times.nunique() > 1)


def _refuse_months(known: KnownTable, days: Counter[dt.date]) -> None:
    ordered = sorted(days)
    is_monthly = len(ordered) >= _MONTHS_LEAST and all((b - a).days >= 28 for a, b in pairwise(ordered))
    if is_monthly and len({day.day for day in ordered}) <= 4:
        raise ShelfcastError(
            f"{known.table.files} holds sums of months, and weeks can't be told from them.",
            "Export lines, days or weeks.",
        )


def _of_days(grain: GrainName, reason: str, days: Counter[dt.date], country: str) -> Grain:
    first, last = min(days), max(days)
    begins = first.weekday()
    reasons = {"grain": reason, "date_label": "a date is the day of the sale"}
    is_whole = ((last - first).days + 1) % 7 == 0 and begins in (MONDAY, SATURDAY, SUNDAY)
    if is_whole:
        reasons["week_ends_on"] = f"the dates run from a {WEEKDAYS[begins]} to a {WEEKDAYS[last.weekday()]}"
        return Grain(grain, "day", last.weekday(), reasons)
    end = SATURDAY if country in SUNDAY_FIRST else SUNDAY
    reasons["week_ends_on"] = f"as is usual in {country}" if country else "as is usual in most countries"
    doubt = f"weeks are taken to end on {WEEKDAYS[end]}, {reasons['week_ends_on']}"
    return Grain(grain, "day", end, reasons, (doubt,))


def _of_weeks(
    roles: SalesRoles, days: Counter[dt.date], weekday: int, country: str, named: Literal["", "first", "last"], ask: Ask
) -> Grain:
    label, why, doubts = _label(roles, weekday, country, named)
    if not label:
        label, why = _asked(roles, weekday, ask), "the choice of the user"
    end = weekday if label == "last" else (weekday - 1) % 7
    reasons = {
        "grain": f"all {len(days):,} dates are {WEEKDAYS[weekday]}s",
        "date_label": why,
        "week_ends_on": f"dates are {WEEKDAYS[weekday]}s, the {label} days of their weeks",
    }
    return Grain("weeks", label, end, reasons, tuple(doubts))


def _label(
    roles: SalesRoles, weekday: int, country: str, named: Literal["", "first", "last"]
) -> tuple[Literal["", "first", "last"], str, list[str]]:
    """Returns what the date of a week is, why, and what is not certain of it; nothing where it may be either."""
    if named:
        return named, "the choice of the user", []
    if roles.label:
        return roles.label, "the column says so", []
    first_weekday = (SUNDAY if country in SUNDAY_FIRST else MONDAY) if country else None
    name = WEEKDAYS[weekday]
    if weekday == MONDAY:
        return "first", "ISO weeks begin on Monday", []
    if weekday == SUNDAY and first_weekday != SUNDAY:
        why = f"weeks end on Sunday {f'in {country}' if country else 'in most countries'}"
        return "last", why, [_label_doubt(name, why, "first")]
    if weekday == SUNDAY:
        why = f"weeks begin on Sunday in {country}"
        return "first", why, [_label_doubt(name, why, "last")]
    if weekday == SATURDAY and first_weekday == SUNDAY:
        why = f"weeks end on Saturday in {country}"
        return "last", why, [_label_doubt(name, why, "first")]
    return "", "", []


def _label_doubt(weekday: str, why: str, other: str) -> str:
    return (
        f"weeks are dated by {weekday}s, and nothing in the files says whether that is their first or their last day; "
        f"{why}. Otherwise: --date-label {other}"
    )


def _asked(roles: SalesRoles, weekday: int, ask: Ask) -> Literal["first", "last"]:
    day, before, after = (WEEKDAYS[number % 7] for number in (weekday, weekday - 1, weekday + 1))
    readings = (("first", f"weeks run from {day} to {before}"), ("last", f"weeks run from {after} to {day}"))
    what = f"The weeks in column {roles.date} are dated by {day}s, which may be their first day or their last."
    return "first" if ask(Question(what, readings, "--date-label")) == "first" else "last"
