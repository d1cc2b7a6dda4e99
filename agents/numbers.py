"""The figures that stand in a text: numbers with their unit and precision as displayed, and dates."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

from warehouse.wording import SYMBOLS, house

Unit = Literal["money", "pieces", "percent", "days", "weeks", "plain", "foreign"]
"""What a number counts; `foreign` is money of another currency than the retailer's, which no fact supports."""

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
_SCALE = r"(?P<scale>(?:thousand|million|billion|mn|bn|[KkMB])(?![A-Za-z]))"
_WORD = "|".join(_WORDS)
_MARKER = re.compile(r"^[ \t]*(?:#+ )?\d{1,2}[.)](?=\s)", re.MULTILINE)
_NO_WORD = re.compile(r"[^\w.-]")
_CODES = (
    "AED AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW KZT MXN MYR NGN NOK NZD PEN PHP "
)
_CODES += "PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
_CURRENCY_WORDS = {"USD": "dollars?", "EUR": "euros?", "GBP": "pounds?", "JPY": "yen", "CHF": "francs?"}
_SIGNS = sorted({*SYMBOLS.values(), "US$"}, key=len, reverse=True)
PIECES = r"pcs\b|pieces?\b|units?\b"
MONEY = "(?:" + "|".join([*map(re.escape, _SIGNS), *(rf"{code}\b" for code in _CODES.split())]) + ")"
"""Pattern of the signs and codes of currencies."""
_GROUPS = {"1,234.5": ",", "1.234,5": ".", "1 234,5": " \\u00a0\\u202f", "1'234.5": "'\u2019"}
"""What may stand between thousands, by number format."""
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


@dataclass(frozen=True)
class Grammar:
    """How a house writes numbers.

    Attributes:
        number: a number in digits, with its sign, currency, scale and unit.
        spoken: a number in words.
        hedge: what calls the number behind it rough.
        span: what stands between the two ends of a range.
        own: signs and words of the house's currency, in small letters.
        decimal: what stands before decimals.
    """

    number: re.Pattern[str]
    spoken: re.Pattern[str]
    hedge: re.Pattern[str]
    span: re.Pattern[str]
    own: re.Pattern[str]
    decimal: str


@lru_cache(maxsize=8)
def grammar(currency: str, number_format: str) -> Grammar:
    """Returns how a house writes numbers; what is no number in its way is read in the English one.

    Args:
        currency: ISO 4217 code; empty where none is known.
        number_format: as `Retailer.number_format` has it.
    """
    group, decimal = _GROUPS[number_format], number_format[-2]
    own_code = "" if not currency or currency in _CODES.split() else rf"|{currency}\b"
    money = rf"(?:{MONEY}{own_code})"
    words = "|".join(rf"{word}\b" for word in _CURRENCY_WORDS.values())
    unit = rf"(?P<unit>%|per ?cent\b|percentage points?\b|{money}(?!\s?\d)|{words}|days?\b|weeks?\b|{PIECES})"
    grouped = rf"\d{{1,3}}(?:[{group}]\d{{3}})+(?:[{decimal}]\d+)?(?!\d)"
    english = r"\d{1,3}(?:,\d{3})+\.\d+(?!\d)|" if decimal == "," else ""
    marks = "." if decimal == "." else ",."
    plain = rf"\d+(?:[{marks}]\d+)?(?:[eE][+-]?\d+)?|(?<!\d)[{marks}]\d+"
    own = [SYMBOLS.get(currency, ""), currency.lower(), _CURRENCY_WORDS.get(currency, "")]
    own += ["us$"] if currency == "USD" else []
    known = [part if part == own[2] else re.escape(part) for part in own if part]
    return Grammar(
        re.compile(
            r"(?P<sign>(?<![\w.%)])[-+−–])?"  # noqa: RUF001
            rf"(?P<currency>{money}[ \u00a0]?(?P<inner>[-−])?)?"  # noqa: RUF001
            rf"(?P<digits>{grouped}|{english}{plain})"
            rf"(?:[ \u00a0-]?{_SCALE})?(?:[ \u00a0-]?{unit})?"
        ),
        re.compile(
            rf"\b(?P<digits>(?:(?:{_WORD})[ -])?(?:{_WORD}))(?:[ -]{_SCALE})?(?:[ -](?:more )?{unit}|(?= times\b))",
            re.IGNORECASE,
        ),
        re.compile(
            rf"(?:about|around|roughly|approximately|some|nearly|almost|close to|circa|~|≈)\s?(?:{money})?$",
            re.IGNORECASE,
        ),
        re.compile(rf"^ ?(?:[-–—]|to|and|or) ?(?:{money})?$"),  # noqa: RUF001
        re.compile("|".join(known) or r"(?!)", re.IGNORECASE),
        decimal,
    )


def find_numbers(text: str) -> list[Number]:
    """Returns the numbers of a text in their order: digits everywhere, words where a unit follows them.

    Numbers are read as the house writes them, `house()`. The ordinals of a list (`1.` at the start of a line) are no
    figures.
    """
    retailer = house().retailer
    known = grammar(retailer.currency, retailer.number_format)
    markers = {match.end() - 1 for match in _MARKER.finditer(text)}
    written = [
        _number(match, text, known) for match in known.number.finditer(text) if match.end("digits") not in markers
    ]
    spoken = [_number(match, text, known) for match in known.spoken.finditer(text)]
    return list(_with_range_scales(sorted(written + spoken, key=lambda number: number.start), text, known))


def _number(match: re.Match[str], text: str, known: Grammar) -> Number:
    parts = match.groupdict()
    digits = _digits(parts["digits"].lower(), known.decimal)
    scale = _SCALES[parts["scale"].lower()] if parts["scale"] else 1.0
    written = (parts.get("sign") or "") + (parts.get("inner") or "")
    sign = 0 if not written else 1 if written == "+" else -1
    half = _half_digit(digits, bool(known.hedge.search(text[max(match.start() - LONGEST_WORD, 0) : match.start()])))
    unit = _unit(parts.get("currency"), parts["unit"], known)
    word = _word_around(text, match.start("digits"), match.end("digits"))
    readings = ((_value(digits) * scale * (sign or 1), half * scale),)
    return Number(match[0], match.start(), match.end(), readings, unit, sign, word)


def _digits(written: str, decimal: str) -> str:
    """Returns digits with a point before decimals and nothing between thousands; words stay.

    A comma with a point behind it is an English number wherever it stands; a point alone, where decimals have a
    comma and three digits do not follow it once or more, is an English decimal point.
    """
    if written[0].isalpha():
        return written
    is_english = decimal == "." or re.fullmatch(r"[\d,]*\.\d+(?:e[+-]?\d+)?", written) is not None
    is_grouped = decimal == "," and re.fullmatch(r"\d{1,3}(?:\.\d{3})+", written) is not None
    groups, mark = (r"[,'\u2019\s]", ".") if is_english and not is_grouped else (r"[.'\u2019\s]", ",")
    return re.sub(groups, "", written).replace(mark, ".")


def _value(digits: str) -> float:
    if digits[0].isalpha():
        return float(sum(_WORDS[word] for word in re.split("[ -]", digits)))
    return float(digits)


def _half_digit(digits: str, is_rounded: bool) -> float:
    """Returns half a unit of the last displayed digit; trailing zeros of a number called rough are not digits."""
    if digits[0].isalpha():
        return 0.5
    mantissa, _, exponent = digits.partition("e")
    whole, _, decimals = mantissa.partition(".")
    power = int(exponent or 0) - len(decimals)
    if is_rounded and not decimals and whole.strip("0"):
        power += len(whole) - len(whole.rstrip("0"))
    return 0.5 * 10.0 ** min(power, sys.float_info.max_10_exp)


def _unit(currency: str | None, unit: str | None, known: Grammar) -> Unit:
    word = (unit or "").strip().lower()
    if currency:
        return _of_money(currency, known)
    if word.startswith(("%", "per")):
        return "percent"
    if re.fullmatch(PIECES, word):
        return "pieces"
    if re.fullmatch("days?|weeks?", word):
        return "days" if word.startswith("day") else "weeks"
    return _of_money(word, known) if word else "plain"


def _of_money(sign: str, known: Grammar) -> Unit:
    return "money" if known.own.fullmatch(sign.strip(" \u00a0-−").lower()) else "foreign"  # noqa: RUF001


def _word_around(text: str, start: int, end: int) -> str:
    before = _NO_WORD.split(text[max(start - LONGEST_WORD, 0) : start])[-1]
    after = _NO_WORD.split(text[end : end + LONGEST_WORD])[0]
    return f"{before}{text[start:end]}{after}".strip(".-")


def _with_range_scales(numbers: list[Number], text: str, known: Grammar) -> Iterator[Number]:
    """Yields the numbers; the first of a range is also read in the scale of the second."""
    for number, following in zip_longest(numbers, numbers[1:]):
        is_range = following is not None and known.span.match(text[number.end : following.start])
        scale = _scale_of(following) if following and is_range else 1.0
        if scale == 1.0 or _scale_of(number) != 1.0:
            yield number
        else:
            (value, half), *_ = number.readings
            yield replace(number, readings=((value, half), (value * scale, half * scale)))


def _scale_of(number: Number) -> float:
    match = re.search(_SCALE, number.text)
    return _SCALES[match["scale"].lower()] if match else 1.0
