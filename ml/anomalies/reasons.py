"""Why a week is unusual, in one sentence a manager can act on: the figures first, then what stands beside them."""

import datetime as dt
from dataclasses import dataclass

from warehouse.calendar import Calendar
from warehouse.wording import house

SHARED = 0.3
"""From this share of stores or departments on, a deviation is called shared."""

MARKDOWN_RATIO = 2.0
"""Markdowns are named from twice the store's usual ones on."""

HINTS = 3


@dataclass(frozen=True)
class Circumstances:
    """What is known about an unusual week; sales in the unit that is forecast, markdowns in money, weeks and fractions.

    Attributes:
        week: last day of the week.
        actual: sales that came.
        expected: sales that were expected.
        horizon_weeks: weeks that the forecast looked ahead, or None where the expectation is seasonal.
        weeks_in_a_row: weeks in a row that deviate in the same direction, this one included.
        weeks_missing: weeks without sales just before.
        store_share: share of the store's departments that deviate in the same direction.
        department_share: share of the stores in which the department does.
        markdown: markdowns of the store in the week.
        markdown_ratio: the same relative to the store's median week with markdowns.
        stand_in: what forecasts learn from in place of a week that cannot be right; None where they take it as it is.
        is_empty: whether they do because the shelf was counted empty, so that less sold than was wanted.
    """

    week: dt.date
    actual: float
    expected: float
    horizon_weeks: int | None = None
    weeks_in_a_row: int = 1
    weeks_missing: int = 0
    store_share: float = 0.0
    department_share: float = 0.0
    markdown: float = 0.0
    markdown_ratio: float = 0.0
    stand_in: float | None = None
    is_empty: bool = False


def reason_for(seen: Circumstances) -> str:
    """Returns one sentence: actual against expected as the house writes them, then at most three hints at the cause."""
    if seen.is_empty:
        return _lost(seen)
    difference = seen.actual - seen.expected
    side = "above" if difference > 0 else "below"
    actual, expected, distance = map(house().quantity, (seen.actual, seen.expected, abs(difference)))
    share = _share(difference, seen.expected)
    facts = f"Sales of {actual} were {distance}{share} {side} the {expected} {_source(seen)}"
    damped = [] if seen.stand_in is None else [f"forecasts learn from {house().quantity(seen.stand_in)} in its place"]
    return "; ".join([facts, *damped, *_hints(seen, side)[:HINTS]]) + "."


def _lost(seen: Circumstances) -> str:
    actual, expected, lost = map(house().quantity, (seen.actual, seen.expected, seen.expected - seen.actual))
    return (
        f"The shelf was counted empty, and {actual} sold; the weeks before lead to expect {expected}, "
        f"so about {lost} were lost, and forecasts learn from {expected}."
    )


def _share(difference: float, expected: float) -> str:
    """Returns the deviation in percent of the expectation; nothing where that would be no help to read."""
    return (
        f" ({house().percent(abs(difference) / expected, 0)})"
        if expected > 0 and abs(difference) < 10 * expected
        else ""
    )


def _source(seen: Circumstances) -> str:
    if seen.horizon_weeks is None:
        return "that the recent level and the season lead to expect"
    weeks = f"{seen.horizon_weeks} week{'s' if seen.horizon_weeks > 1 else ''}"
    return f"forecast {weeks} ahead"


def _hints(seen: Circumstances, side: str) -> list[str]:
    holiday = Calendar.of(house().retailer).week_words(seen.week)
    words, percent = house().retailer.words, house().percent
    found = [
        ("returns exceeded sales", seen.actual < 0),
        (f"it is the first week after {seen.weeks_missing} without sales", seen.weeks_missing > 0),
        (f"it is {holiday}", holiday != ""),
        (f"week {seen.weeks_in_a_row} in a row {side} expectation", seen.weeks_in_a_row > 1),
        (
            f"{percent(seen.store_share, 0)} of the {words.store}'s {words.products} moved the same way",
            seen.store_share >= SHARED,
        ),
        (
            f"the {words.product} moved the same way in {percent(seen.department_share, 0)} of the {words.stores}",
            seen.department_share >= SHARED,
        ),
        (
            f"markdowns in the {words.store} were {house().money(seen.markdown)}, "
            f"{house().number(seen.markdown_ratio, 1)} times the usual",
            side == "above" and seen.markdown_ratio >= MARKDOWN_RATIO,
        ),
    ]
    return [text for text, holds in found if holds]
