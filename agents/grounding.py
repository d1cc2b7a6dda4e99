"""The number check: every figure of an answer is looked up in what the tools returned in that run.

A figure is supported where a tool result shows the same value of the same unit, as precisely as the answer displays
it. The simple derivations allowed are a fraction shown as a percent and the other way round, weeks as days, the length
of a list, and a value without its sign (the words carry the direction). Nothing else is: code computes, the model
words.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from agents.numbers import Date, Number, Unit, find_dates, find_numbers
from agents.quoting import plain_answer, quoted_text
from agents.records import Facts
from warehouse.wording import house

_SUFFIXES: tuple[tuple[str, Unit], ...] = (
    ("_amount", "money"),
    ("_units", "pieces"),
    ("_percent", "percent"),
    ("_days", "days"),
    ("_weeks", "weeks"),
)
_FRACTIONS = ("_rate", "_share", "_fraction")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHORTEST_QUOTE = 5


@dataclass(frozen=True)
class Grounding:
    """What the check found.

    Attributes:
        text: the answer with every unsupported figure written as `[unchecked: figure]`.
        number_count: figures in the answer, dates included.
        unsupported: the figures that no tool result shows, in their order.
    """

    text: str
    number_count: int
    unsupported: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the figures that are supported, a fraction; 1 where there are none."""
        return 1.0 - len(self.unsupported) / self.number_count if self.number_count else 1.0

    @property
    def is_clean(self) -> bool:
        """Whether every figure is supported."""
        return not self.unsupported


@dataclass
class Evidence:
    """Values by unit, dates, words and quotable texts of the tool results."""

    values: dict[Unit, set[float]] = field(default_factory=lambda: {unit: set() for unit in get_args(Unit)})
    dates: set[dt.date] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    quotes: set[str] = field(default_factory=set)


def collect_evidence(results: Iterable[Facts]) -> Evidence:
    """Returns everything in the tool results that a figure may rest on.

    The unit of a number is the end of its key. Texts under a key that ends in `_text` come from data: they may be
    quoted word for word, but their numbers support nothing outside the quotation.
    """
    evidence = Evidence()
    for facts in results:
        for key, value in _leaves("", facts):
            _add(evidence, key, value)
    return evidence


def check_numbers(text: str, results: Iterable[Facts]) -> Grounding:
    """Returns the answer with its unsupported figures marked, and how many of its figures are supported."""
    evidence = collect_evidence(results)
    text = unicodedata.normalize("NFKC", text)
    masked = _without_quotes(text, evidence)
    dates = find_dates(masked)
    for date in dates:
        masked = _blank(masked, date.start, date.end)
    numbers = find_numbers(masked)
    figures: list[Date | Number] = sorted([*dates, *numbers], key=lambda figure: figure.start)
    unsupported = [figure for figure in figures if not _is_supported(figure, evidence)]
    return Grounding(_marked(text, unsupported), len(figures), tuple(figure.text for figure in unsupported))


def _leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(str(name), part)
    elif isinstance(value, (list, tuple)):
        yield ("list_weeks" if key == "weeks" else "list_count"), len(value)
        for part in value:
            yield from _leaves(key, part)
    else:
        yield key, value


def _add(evidence: Evidence, key: str, value: Any) -> None:
    if isinstance(value, str):
        _add_text(evidence, key, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _add_number(evidence, key, float(value))


def _add_number(evidence: Evidence, key: str, value: float) -> None:
    if key.endswith(_FRACTIONS):
        evidence.values["percent"].add(100 * value)
        evidence.values["plain"].add(value)
        return
    unit = _unit_of(key)
    evidence.values[unit].add(value)
    if unit == "weeks":
        evidence.values["days"].add(7 * value)


def _unit_of(key: str) -> Unit:
    if key.endswith("_quantity"):
        return "pieces" if house().retailer.is_in_units else "money"
    return next((unit for suffix, unit in _SUFFIXES if key.endswith(suffix)), "plain")


def _add_text(evidence: Evidence, key: str, value: str) -> None:
    if key.endswith("_label"):
        _add_label(evidence, plain_answer(quoted_text(value)))
        return
    if key.endswith("_text"):
        evidence.quotes.add(plain_answer(quoted_text(value)))
        return
    evidence.dates.update(dt.date.fromisoformat(day) for day in _ISO.findall(value) if _is_date(day))
    evidence.words.update(re.findall(r"[\w.-]+", value))


def _add_label(evidence: Evidence, label: str) -> None:
    """Adds the name of a store or product: one word may stand alone, several only as they are written."""
    (evidence.quotes if " " in label else evidence.words).add(label)


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _without_quotes(text: str, evidence: Evidence) -> str:
    for quote in sorted(evidence.quotes, key=len, reverse=True):
        start = text.find(quote) if len(quote) >= _SHORTEST_QUOTE else -1
        while start >= 0:
            text = _blank(text, start, start + len(quote))
            start = text.find(quote, start + len(quote))
    return text


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\x00" * (end - start) + text[end:]


def _is_supported(figure: Date | Number, evidence: Evidence) -> bool:
    if isinstance(figure, Date):
        return all(_has_date(evidence, figure.year, figure.month, day) for day in figure.days or (None,))
    if figure.unit == "plain" and not evidence.words.isdisjoint((figure.text, figure.word)):
        return True
    return any(_has_value(evidence, figure, value, half) for value, half in figure.readings)


def _has_date(evidence: Evidence, year: int | None, month: int, day: int | None) -> bool:
    return any(
        date.month == month and (year is None or date.year == year) and (day is None or date.day == day)
        for date in evidence.dates
    )


def _has_value(evidence: Evidence, figure: Number, value: float, half: float) -> bool:
    if figure.unit != "plain":
        return any(_near(value, half, known, figure.sign) for known in evidence.values[figure.unit])
    if any(date.year == value for date in evidence.dates):
        return True
    fractions = {percent / 100 for percent in evidence.values["percent"]} if abs(value) <= 1 else set()
    return any(_near(value, half, known, figure.sign) for known in fractions.union(*evidence.values.values()))


def _near(value: float, half: float, known: float, sign: int) -> bool:
    """Whether a known value is displayed as `value`; a written sign must agree, an unwritten one need not."""
    candidate = known if sign else abs(known)
    return abs(value - candidate) <= half * (1 + 1e-9) + 1e-9


def _marked(text: str, figures: list[Date | Number]) -> str:
    for figure in reversed(figures):
        rest = text[figure.end :]
        # Else what follows would make the mark a link, or a reference that other marks link to.
        guard = "\\" if rest.startswith(("(", ":")) else ""
        text = f"{text[: figure.start]}[unchecked: {figure.text}]{guard}{rest}"
    return text
