"""The figures that stand in a text: numbers with their unit and precision as displayed, and dates."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

Unit = Literal["dollars", "percent", "days", "weeks", "plain"]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_ORDINAL = r"(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?!\d)",
        r"(?<![\d/])(?P<number>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?![\d/])",
        rf"\b{_MONTH} (?P<day>\d{{1,2}}){_ORDINAL} ?[-–] ?(?P<last>\d{{1,2}}){_ORDINAL}(?!\d)(?:,? (?P<year>\d{{4}}))?",  # noqa: RUF001
        rf"\b(?P<day>\d{{1,2}}){_ORDINAL} (?:of )?{_MONTH}(?:,? (?P<year>\d{{4}}))?",
        rf"\b{_MONTH} (?P<day>\d{{1,2}}){_ORDINAL}(?!\d)(?:,? (?P<year>\d{{4}}))?",
        rf"\b{_MONTH},? (?P<year>\d{{4}})\b",
    )
)

_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_TEENS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety hundred"
_WORDS = {
    **{word: value for value, word in enumerate(_TEENS.split(" "), start=2)},
    **{word: 10 * value for value, word in enumerate(_TENS.split(" "), start=2)},
}
_UNIT = r"(?P<unit>%|per ?cent\b|percentage points?\b|dollars?\b|USD\b|days?\b|weeks?\b)"
_SCALE = r"(?P<scale>(?:thousand|million|billion|mn|bn|[KkMB])(?![A-Za-z]))"
_NUMBER = re.compile(
    r"(?P<sign>(?<![\w.%)])[-+−–])?"  # noqa: RUF001
    r"(?P<currency>(?:US)?\$ ?(?P<inner>[-−])?)?"  # noqa: RUF001
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|(?<!\d)\.\d+)"
    rf"(?:[ -]?{_SCALE})?(?:[ -]?{_UNIT})?"
)
_WORD = "|".join(_WORDS)
_SPOKEN = re.compile(
    rf"\b(?P<digits>(?:(?:{_WORD})[ -])?(?:{_WORD}))(?:[ -]{_SCALE})?(?:[ -](?:more )?{_UNIT}|(?= times\b))",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^[ \t]*(?:#+ )?\d{1,2}[.)](?=\s)", re.MULTILINE)
_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|some|nearly|almost|close to|circa|~|≈)\s?\$?$", re.IGNORECASE
)
_RANGE = re.compile(r"^ ?(?:[-–—]|to|and|or) ?\$?$")  # noqa: RUF001
_NO_WORD = re.compile(r"[^\w.-]")
LONGEST_WORD = 64
"""Characters on either side of a figure that are looked at: each figure costs the same, however long the text."""


@dataclass(frozen=True)
class Number:
    """A number as displayed.

    Attributes:
        readings: its possible values, each with half a unit of its last displayed digit (the `10` of `$10-12K` is
            ten or ten thousand).
        sign: -1 or 1 where a sign is written, else 0.
        word: the word around it, as in `v3` or `1-38-20120831`.
    """

    text: str
    start: int
    end: int
    readings: tuple[tuple[float, float], ...]
    unit: Unit
    sign: int
    word: str


@dataclass(frozen=True)
class Date:
    """A date as displayed; what is not written is None."""

    text: str
    start: int
    end: int
    year: int | None
    month: int
    days: tuple[int, ...]


def find_dates(text: str) -> list[Date]:
    """Returns the dates of a text in their order."""
    found: list[Date] = []
    taken: set[int] = set()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                taken.update(range(*match.span()))
                found.append(_date(match))
    return sorted(found, key=lambda date: date.start)


def _date(match: re.Match[str]) -> Date:
    parts = match.groupdict()
    month = MONTHS.index(parts["month"][:3].lower()) + 1 if parts.get("month") else int(parts["number"])
    days = tuple(int(parts[name]) for name in ("day", "last") if parts.get(name))
    return Date(match[0], match.start(), match.end(), int(parts["year"]) if parts.get("year") else None, month, days)


def find_numbers(text: str) -> list[Number]:
    """Returns the numbers of a text in their order: digits everywhere, words where a unit follows them.

    The ordinals of a list (`1.` at the start of a line) are no figures.
    """
    markers = {match.end() - 1 for match in _MARKER.finditer(text)}
    written = [_number(match, text) for match in _NUMBER.finditer(text) if match.end("digits") not in markers]
    spoken = [_number(match, text) for match in _SPOKEN.finditer(text)]
    return list(_with_range_scales(sorted(written + spoken, key=lambda number: number.start), text))


def _number(match: re.Match[str], text: str) -> Number:
    parts = match.groupdict()
    digits = parts["digits"].lower()
    scale = _SCALES[parts["scale"].lower()] if parts["scale"] else 1.0
    written = (parts.get("sign") or "") + (parts.get("inner") or "")
    sign = 0 if not written else 1 if written == "+" else -1
    half = _half_digit(digits, bool(_HEDGE.search(text[max(match.start() - LONGEST_WORD, 0) : match.start()])))
    unit = _unit(parts.get("currency"), parts["unit"])
    word = _word_around(text, match.start("digits"), match.end("digits"))
    readings = ((_value(digits) * scale * (sign or 1), half * scale),)
    return Number(match[0], match.start(), match.end(), readings, unit, sign, word)


def _value(digits: str) -> float:
    if digits[0].isalpha():
        return float(sum(_WORDS[word] for word in re.split("[ -]", digits)))
    return float(digits.replace(",", ""))


def _half_digit(digits: str, is_rounded: bool) -> float:
    """Returns half a unit of the last displayed digit; trailing zeros of a number called rough are not digits."""
    if digits[0].isalpha():
        return 0.5
    mantissa, _, exponent = digits.partition("e")
    whole, _, decimals = mantissa.replace(",", "").partition(".")
    power = int(exponent or 0) - len(decimals)
    if is_rounded and not decimals and whole.strip("0"):
        power += len(whole) - len(whole.rstrip("0"))
    return 0.5 * 10.0 ** min(power, sys.float_info.max_10_exp)


def _unit(currency: str | None, unit: str | None) -> Unit:
    if currency:
        return "dollars"
    word = (unit or "").lower()
    if word.startswith(("%", "per")):
        return "percent"
    if word.startswith(("dollar", "usd")):
        return "dollars"
    return "days" if word.startswith("day") else "weeks" if word.startswith("week") else "plain"


def _word_around(text: str, start: int, end: int) -> str:
    before = _NO_WORD.split(text[max(start - LONGEST_WORD, 0) : start])[-1]
    after = _NO_WORD.split(text[end : end + LONGEST_WORD])[0]
    return f"{before}{text[start:end]}{after}".strip(".-")


def _with_range_scales(numbers: list[Number], text: str) -> Iterator[Number]:
    """Yields the numbers; the first of a range is also read in the scale of the second."""
    for number, following in zip_longest(numbers, numbers[1:]):
        is_range = following is not None and _RANGE.match(text[number.end : following.start])
        scale = _scale_of(following) if following and is_range else 1.0
        if scale == 1.0 or _scale_of(number) != 1.0:
            yield number
        else:
            (value, half), *_ = number.readings
            yield replace(number, readings=((value, half), (value * scale, half * scale)))


def _scale_of(number: Number) -> float:
    match = re.search(_SCALE, number.text)
    return _SCALES[match["scale"].lower()] if match else 1.0
