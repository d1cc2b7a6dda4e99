"""How a file writes its numbers: decimal mark, thousands, currency. Decided from all of its rows, or refused.

The patterns mean the same to Python and to Java. Digits of other scripts are no digits here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError

POINT, COMMA = ".", ","
MARKS = {POINT: "decimal point", COMMA: "decimal comma"}
SPACES = " \u00a0\u202f\u2009'\u2019"
"""What may part thousands whatever the decimal mark: blanks of several widths and apostrophes."""
LARGEST = 1e15
"""Beyond it a number is none that anybody sold: a code, or a slip."""
CURRENCIES = {
    **{"$": "$", "US$": "$", "USD": "$", "€": "€", "EUR": "€", "£": "£", "GBP": "£", "¥": "¥", "R$": "R$", "BRL": "R$"},
    **{"kr": "kr", "kr.": "kr", "Kr": "kr", "SEK": "kr", "NOK": "kr", "DKK": "kr", "zł": "zł", "PLN": "zł"},
    **{"CHF": "CHF", "Fr.": "CHF", "₹": "₹", "INR": "₹", "Kč": "Kč", "CZK": "Kč", "Ft": "Ft", "HUF": "Ft"},
}
"""What stands before or behind an amount, and the sign by which sentences call the currency."""
_SIGN = "[-+\u2212]"
_CURRENCY = f"(?:{'|'.join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))})"
_BLANKS = r"[\s\u00a0\u202f\u2009]*"
"""Blanks of any kind: of those that do not break a line, Java's own class knows none."""
PLAIN = r"^[-+.0-9eE]+$"
"""What a number is written with that the cast alone can read; it would also take 1d, 0x1p3 or NaN."""
_CASTABLE = r"^[-+]?[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?$"
IN_PARENTHESES = rf"^({_CURRENCY}?){_BLANKS}\((.*)\){_BLANKS}({_CURRENCY}?)$"
IS_NEGATIVE = "^[^0-9]*[-\u2212]|-$"
_SHAPE_MAX = 40
_LETTERS = "".join(sorted(set("".join(CURRENCIES)) - {"."}))
SHAPE = rf"^[-+\u2212()09.,eE\s{SPACES}{_LETTERS}]{{1,{_SHAPE_MAX}}}$"
"""Texts that may be numbers, their digits 1 to 9 written as 9."""


def number_pattern(mark: str) -> str:
    """Returns the pattern of a number with a decimal mark; its first group is the number without sign and currency.

    Thousands are parted by the other mark, a blank or an apostrophe, all by the same one, and never begin with 0.
    """
    other, escaped = (COMMA if mark == POINT else POINT), re.escape(mark)
    grouped = rf"[1-9][0-9]{{0,2}}([{other}{SPACES}])[0-9]{{3}}(?:\2[0-9]{{3}})*"
    whole = rf"(?:{grouped}|[0-9]+)(?:{escaped}[0-9]*)?"
    core = rf"((?:{whole}|{escaped}[0-9]+)(?:[eE][-+]?[0-9]{{1,4}})?)"
    before = rf"(?:{_SIGN}{_BLANKS}{_CURRENCY}?{_BLANKS}|{_CURRENCY}?{_BLANKS}{_SIGN}?{_BLANKS})"
    return rf"^(?!{_SIGN}.*-$){before}{core}{_BLANKS}{_CURRENCY}?{_BLANKS}-?$"


@dataclass(frozen=True)
class Shape:
    """Numbers that are written alike: digits as 0 and 9, how many, where the first stands.

    Attributes:
        is_whole: whether the column holds whole numbers, so that 1.234 in it can only be a thousand.
        column: name of the column; empty where sentences need none.
    """

    text: str
    count: int
    place: Place
    is_whole: bool = False
    column: str = ""


@dataclass(frozen=True)
class Numerals:
    """How the numbers of a file are read.

    Attributes:
        mark: the decimal mark.
        is_plain: whether all are written without thousands, currency, parentheses or a trailing minus.
        currency: the currency sign; empty where there is none.
    """

    mark: str = POINT
    is_plain: bool = True
    currency: str = ""


PLAIN_NUMERALS = Numerals()
_DIGITS_BUT_ZERO, _DIGITS = str.maketrans("123456789", "999999999"), str.maketrans("0123456789", "9999999999")
_BY_MARK = {mark: re.compile(number_pattern(mark)) for mark in MARKS}


def is_number(text: str) -> bool:
    """Returns whether a text is a number under one of the decimal marks.

    >>> is_number("1.234,50 €"), is_number("(3)"), is_number("A3")
    (True, True, False)
    """
    signed = re.sub(IN_PARENTHESES, r"-\1\2\3", text)
    return any(pattern.match(signed) for pattern in _BY_MARK.values())


def shape_of(text: str) -> str:
    """Returns the shape of a text: digits as 0 and 9, zeros told apart only where they may begin a number.

    >>> shape_of("1.204,50"), shape_of("0.123")
    ('9.999,99', '0.999')
    """
    return text[:3].translate(_DIGITS_BUT_ZERO) + text[3:].translate(_DIGITS)


def read_number(text: str, numerals: "Numerals") -> Decimal | None:
    """Returns the number that a text is; nothing where it is none.

    >>> read_number("-1.234,50 €", Numerals(COMMA, is_plain=False)), read_number("n/a", PLAIN_NUMERALS)
    (Decimal('-1234.50'), None)
    """
    if numerals.is_plain:
        return Decimal(text) if re.match(_CASTABLE, text) and re.search(r"\d", text) else None
    signed = re.sub(IN_PARENTHESES, r"-\1\2\3", text)
    found = _BY_MARK[numerals.mark].match(signed)
    if found is None:
        return None
    parted = (COMMA if numerals.mark == POINT else POINT) + SPACES
    digits = found[1].translate(str.maketrans(numerals.mark, POINT, parted))
    return Decimal(f"-{digits}" if re.search(IS_NEGATIVE, signed) else digits)


def currencies_in(text: str) -> set[str]:
    """Returns the signs of the currencies in a text.

    >>> sorted(currencies_in("US$ 5")), sorted(currencies_in("5 EUR"))
    (['$'], ['€'])
    """
    return {CURRENCIES[sign] for sign in re.findall(_CURRENCY, text)}


def can_be_read_both_ways(shapes: Iterable["Shape"], separators: Iterable[str]) -> bool:
    """Returns whether numbers may have a point or a comma as their decimal mark, and none of them proves which."""
    readings = {_reading(shape) for shape in shapes}
    return _EITHER in readings and not readings & set(MARKS) and set(separators) != {COMMA}


def proven_mark(shapes: Iterable["Shape"]) -> str | None:
    """Returns the decimal mark that numbers prove; nothing where they prove none, or both."""
    marks = {_reading(shape) for shape in shapes} & set(MARKS)
    return marks.pop() if len(marks) == 1 else None


def choose_numerals(
    file_name: str,
    shapes: Iterable[Shape],
    separators: Iterable[str],
    named: str | None,
    show: Callable[[Place], str],
    alike: str | None = None,
) -> Numerals:
    """Returns how the numbers of a file are written.

    Args:
        file_name: the file, for the sentence.
        shapes: the shapes of all its numbers.
        separators: what stands between its columns; with commas there, 1.234 has a decimal point.
        named: the decimal mark that the user named; a file that proves the other throughout is read as it proves.
        show: returns the text at a place, for the sentence.
        alike: the mark of the sales: numbers of another file that both marks fit are written with it.

    Raises:
        ShelfcastError: both marks are possible, or as many numbers prove one as the other, or currencies differ.
    """
    found = list(shapes)
    if alike is not None and can_be_read_both_ways(found, separators):
        named = named or alike
    mark = _choose_mark(file_name, found, set(separators), named, show)
    is_plain = mark == POINT and all(re.match(_CASTABLE, shape.text) or not _marks(shape) for shape in found)
    return Numerals(mark, is_plain, _choose_currency(file_name, found))


def _choose_mark(
    file_name: str, shapes: list[Shape], separators: set[str], named: str | None, show: Callable[[Place], str]
) -> str:
    counts, firsts = dict.fromkeys(MARKS, 0), dict[str, Shape]()
    for shape in shapes:
        reading = _reading(shape)
        counts[reading] = counts.get(reading, 0) + shape.count
        firsts[reading] = min(shape, firsts.get(reading, shape), key=lambda shape: shape.place)
    if counts[POINT] != counts[COMMA] and (named is None or not (counts[POINT] and counts[COMMA])):
        return max(MARKS, key=lambda mark: counts[mark])
    if named is not None:
        return named
    if counts[POINT]:
        raise _contradiction(file_name, firsts[POINT], firsts[COMMA])
    if _EITHER in firsts and separators != {COMMA}:
        raise ShelfcastError(
            f"The numbers of {file_name} can be read with a decimal point or a decimal comma, from "
            f"{firsts[_EITHER].place} ('{show(firsts[_EITHER].place)}') to the end.",
            "Name the mark: --decimal-mark . or --decimal-mark ,",
        )
    return POINT


def _contradiction(file_name: str, point: Shape, comma: Shape) -> ShelfcastError:
    told, other = (f"{shape.place}{f' of column {shape.column}' * bool(shape.column)}" for shape in (point, comma))
    fix = "Write them all in one way, or name the mark with --decimal-mark; rows with the other are then set aside."
    if point.column != comma.column:
        fix = f"Write the numbers of {comma.column} with a decimal point too, or those of {point.column} with a comma."
    return ShelfcastError(
        f"The numbers of {file_name} contradict each other: {told} has a decimal point, {other} a decimal comma.", fix
    )


_EITHER, _NEITHER = "either", "neither"


def _reading(shape: Shape) -> str:
    """Returns the mark under which alone a shape is a number, `either` where both read it differently."""
    fits = _marks(shape)
    if len(fits) == 1:
        return fits[0]
    if not fits or not (POINT in shape.text or COMMA in shape.text):
        return _NEITHER
    if shape.is_whole:
        return POINT if COMMA in shape.text else COMMA
    return _EITHER


def _marks(shape: Shape) -> list[str]:
    """Returns the marks under which a shape is a number."""
    text = re.sub(IN_PARENTHESES, r"-\1\2\3", shape.text)
    return [mark for mark, pattern in _BY_MARK.items() if pattern.match(text)]


def _choose_currency(file_name: str, shapes: list[Shape]) -> str:
    firsts: dict[str, Place] = {}
    for shape in shapes:
        for sign in re.findall(_CURRENCY, shape.text):
            name = CURRENCIES[sign]
            firsts[name] = min(shape.place, firsts.get(name, shape.place))
    if len(firsts) > 1:
        (name, place), (other, other_place) = sorted(firsts.items(), key=lambda item: item[1])[:2]
        raise ShelfcastError(
            f"The amounts of {file_name} are in several currencies: {place} in {name}, {other_place} in {other}.",
            "Convert them into one.",
        )
    return next(iter(firsts), "")


_PESOS = ("MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "PHP", "BRL")
_MEANT = {
    **{"€": "EUR", "£": "GBP", "¥": "JPY or CNY", "$": "USD or another dollar or peso", "kr": "SEK, NOK, DKK or ISK"},
    **{"zł": "PLN", "CHF": "CHF", "₹": "INR", "R$": "BRL", "Kč": "CZK", "Ft": "HUF"},
}


def check_currency(file_name: str, sign: str, currency: str) -> None:
    """Checks that the sign of a file's amounts may be that of the retailer's currency.

    Raises:
        ShelfcastError: the sign is that of another currency.
    """
    if not sign or not currency:
        return
    is_dollar = currency.endswith("D") or currency in _PESOS
    if not (is_dollar if sign == "$" else currency in _MEANT[sign]):
        raise ShelfcastError(
            f"The amounts of {file_name} are in {sign}, but the mapping says {currency}.",
            f"Say {_MEANT[sign]} under retailer.currency, or convert the amounts.",
        )
