"""How a file writes its dates and on which weekday it dates its weeks: decided from all of its lines, or refused."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from functools import cache

from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError, UsageError

ISO, ISO_WEEK, COMPACT = "yyyy-MM-dd", "yyyy-Www", "yyyyMMdd"
SHAPES = ("-", "/", "-yy", "/yy")
"""Numbers that may begin with the day or with the month, by what parts them, and by years of two digits."""
CLEAR = (ISO, "yyyy/MM/dd", "yyyy.MM.dd", "dd.MM.yyyy", COMPACT, ISO_WEEK, "dd.MM.yy")
"""Formats that no other can be taken for; with points the day is first, but for years of two digits in front."""
BARE_WEEKS = {
    "yyyyww": (r"^((?:19|20)\d\d)[-/.]?([0-4]\d|5[0-3])$", "$1-W$2"),
    "ww/yyyy": (r"^(0?[1-9]|[1-4]\d|5[0-3])[-/.]((?:19|20)\d\d)$", "$2-W$1"),
}
"""ISO weeks that could be months, and how they become clear; never found, but named."""
FORMATS = (
    *(ISO, "dd-MM-yyyy", "MM-dd-yyyy", "dd/MM/yyyy", "MM/dd/yyyy", *CLEAR[1:]),
    *("dd-MM-yy", "MM-dd-yy", "dd/MM/yy", "MM/dd/yy", *BARE_WEEKS),
)
FIRST_YEAR, LAST_YEAR = 1900, 2099
FIRST_SHORT_YEAR = "70"
"""Years of two digits from this one on are of the 20th century, those below it of the 21st."""
YEAR_FIRST = "yy first"
"""Proof that years of two digits may stand first as well as last."""
TIME = r"[T ]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*([Zz]|UTC|GMT|[-+]\d{2}(:?\d{2})?)?$"
"""A time of day behind a date, with its offset from UTC where there is one; it is left out."""
WEEK_PATTERN = r"^((?:19|20)\d\d)-?[Ww](\d{1,2})(?:-?([1-7]))?$"
"""Year, week and day of an ISO week."""
WEEK_ENDING = r"(?i)^(?:W/E|week ending)[ :]+"
_MONTHS = (
    *("Jan(?:uary)?", "Feb(?:ruary)?", "Mar(?:ch)?", "Apr(?:il)?", "May", "June?", "July?", "Aug(?:ust)?"),
    *("Sept?(?:ember)?", "Oct(?:ober)?", "Nov(?:ember)?", "Dec(?:ember)?"),
)
_NAMED_MONTH = r"(?i)^(\d{1,2}[-/. ][a-z]{3,9}[-/. ])"
IN_WORDS = r"^[A-Za-z]|[A-Za-z]{3}|[KkSs][Ww]? ?\d\d$"
"""What dates have that `REWRITTEN` may change."""
REWRITTEN = (
    (WEEK_ENDING, ""),
    (r"(?i)^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[., ]+(?=\d)", ""),
    (r"(?i)^(?:KW|W) ?(\d{1,2})[-/. ]+((?:19|20)\d\d)$", "$2-W$1"),
    (r"(?i)^((?:19|20)\d\d)[-/ ]?(?:KW ?|S)(\d\d)$", "$1-W$2"),
    (rf"{_NAMED_MONTH}([7-9]\d)(?!\d)", "$119$2"),
    (rf"{_NAMED_MONTH}([0-6]\d)(?!\d)", "$120$2"),
    *(
        (rf"(?i)^(\d{{1,2}})[-/. ]{month}[-/. ](\d{{4}})(?!\d)", f"$1.{number}.$2")
        for number, month in enumerate(_MONTHS, start=1)
    ),
)
"""Dates with words in them, and the clear form of each: W/E 1/14/23, Mon 1/1/2024, KW 05/2024, 2024-S05, 14-Jan-09."""


def plain_date(text: str) -> str:
    """Returns the text of a date without a time and without words.

    >>> plain_date("14-Jan-09 10:30"), plain_date("Fri 13.01.23"), plain_date("KW 05/2024")
    ('14.1.2009', '13.01.23', '2024-W05')
    """
    plain = text
    if re.search(IN_WORDS, text):
        for pattern, clear in REWRITTEN:
            plain = re.sub(pattern, _for_python(clear), plain, flags=re.ASCII)
    # Words first: behind a weekday, 14.01.23 would be taken for a time.
    return re.sub(TIME, "", plain)


def _for_python(replacement: str) -> str:
    return re.sub(r"\$(\d)", r"\\g<\1>", replacement)


def day_first(shape: str) -> str:
    """Returns the format of a shape that starts with the day."""
    return f"dd{shape[0]}MM{shape[0]}{shape[1:] or 'yyyy'}"


def month_first(shape: str) -> str:
    """Returns the format of a shape that starts with the month."""
    return f"MM{shape[0]}dd{shape[0]}{shape[1:] or 'yyyy'}"


def check_format(name: str | None) -> None:
    """Refuses the name of a format that is not one of `FORMATS`.

    Raises:
        UsageError: the name is not known.
    """
    if name is not None and name not in FORMATS:
        raise UsageError(f"{name!r} is not a known date format.", f"Use one of {', '.join(FORMATS)}.")


def date_proofs(texts: Mapping[str, Place]) -> dict[str, Place]:
    """Returns what the dates of a file prove: the first place by format, and by separator for those with two readings.

    Args:
        texts: the different texts, without times, and where each stands first.
    """
    proofs: dict[str, Place] = {}
    for text, place in texts.items():
        for name, pattern in PATTERNS.items():
            if pattern.match(text):
                proofs[name] = min(place, proofs.get(name, place))
    short = {text: place for text, place in texts.items() if _SHORT.match(text)}
    if short and _may_begin_with_year(short):
        proofs[YEAR_FIRST] = min(short.values())
    return proofs


def _has_short_year(name: str) -> bool:
    return name.endswith("yy") and not name.endswith("yyyy")


def _may_begin_with_year(texts: Iterable[str]) -> bool:
    """Returns whether dates with short years all fit the year in front, and what stands there differs no more.

    What is a date in no order says nothing.
    """
    split = [tuple(map(int, re.split("[-/.]", text))) for text in texts]
    read = [(a, b, c) for a, b, c in split if _is_day(a, b) or _is_day(b, a) or _is_day(c, b)]
    years, days = {a for a, _, _ in read}, {c for _, _, c in read}
    return bool(read) and all(_is_day(c, b) for _, b, c in read) and len(years) <= len(days)


def _is_day(day: int, month: int) -> bool:
    return 1 <= day <= 31 and 1 <= month <= 12


def choose_format(file_name: str, proofs: Mapping[str, Place], named: str | None = None, alike: str = "") -> str:
    """Returns the format of a file's dates.

    Args:
        file_name: the file, for the sentence.
        proofs: from `date_proofs`.
        named: the format that the user named; a file whose dates all have one clear format is read as such all the
            same.
        alike: format of the sales: dates of another file that both orders fit are written in the order of the sales.

    Raises:
        ShelfcastError: no line holds a date, two lines contradict each other, or both orders are possible.
    """
    shapes = {proofs[shape]: shape for shape in (*CLEAR, *SHAPES) if shape in proofs}
    clear = set(shapes.values())
    if YEAR_FIRST in proofs and named is None and not _has_short_year(alike):
        raise _short_years(file_name, proofs[YEAR_FIRST])
    if len(clear) == 1 and clear <= set(CLEAR):
        return clear.pop()
    if named is not None:
        return named
    if not shapes and alike in BARE_WEEKS:
        return alike
    if not shapes:
        raise ShelfcastError(
            f"No date in {file_name} is written in a known format.", f"Write them as one of {', '.join(FORMATS)}."
        )
    if len(shapes) > 1:
        raise _contradiction(file_name, {place: _reading(shape, proofs) for place, shape in shapes.items()})
    proven = {proofs[name]: name for name in FORMATS if name in proofs}
    if len(proven) > 1:
        raise _contradiction(file_name, proven)
    if not proven:
        place, shape = next(iter(shapes.items()))
        if alike.startswith("dd"):
            return day_first(shape)
        if alike.startswith("MM"):
            return month_first(shape)
        raise _ambiguity(file_name, place, shape)
    return next(iter(proven.values()))


def choose_weekday(texts: Iterable[str], date_format: str, label: int) -> int:
    """Returns the weekday that names the weeks of a file, 0 for Monday: `label`, or another where all dates fall on it.

    Dates of several weekdays are never moved: two of them could land in one week and add up. Nor are they where half
    of them are no dates in that format.
    """
    dates = [read_date(text, date_format, label) for text in texts]
    weekdays = {date.weekday() for date in dates if date is not None}
    is_read_rightly = dates.count(None) * 2 < len(dates)
    return weekdays.pop() if len(weekdays) == 1 and is_read_rightly else label


def read_date(text: str, date_format: str, weekday: int = 6) -> dt.date | None:
    """Returns the date of a text without time, of an ISO week its day `weekday`; None where it is no date."""
    try:
        date = _parts_to_date(text, date_format, weekday)
    except ValueError:
        return None
    return date if date is not None and FIRST_YEAR <= date.year <= LAST_YEAR else None


def _parts_to_date(text: str, date_format: str, weekday: int) -> dt.date | None:
    if date_format in BARE_WEEKS:
        pattern, clear = BARE_WEEKS[date_format]
        text, date_format = re.sub(pattern, _for_python(clear), text, flags=re.ASCII), ISO_WEEK
    if date_format == ISO_WEEK:
        week = re.match(WEEK_PATTERN, text)
        return dt.date.fromisocalendar(int(week[1]), int(week[2]), int(week[3] or weekday + 1)) if week else None
    pattern, names = date_pattern(date_format)
    found = re.match(pattern, text, re.ASCII)
    if found is None:
        return None
    parts = dict(zip(names, found.groups(), strict=True))
    year = parts.get("yyyy") or f"{19 if parts['yy'] >= FIRST_SHORT_YEAR else 20}{parts['yy']}"
    return dt.date(int(year), int(parts["MM"]), int(parts["dd"]))


@cache
def date_pattern(date_format: str) -> tuple[str, tuple[str, ...]]:
    """Returns the pattern of the dates of a format that is none of weeks, and what its groups are."""
    names = tuple(re.findall("yyyy|yy|MM|dd", date_format))
    digits = r"(\d\d)" if date_format == COMPACT else r"(\d{1,2})"
    separator = date_format.removeprefix(names[0])[0] if date_format != COMPACT else ""
    years = {"yyyy": r"((?:19|20)\d\d)", "yy": r"(\d\d)"}
    return f"^{re.escape(separator).join(years.get(name, digits) for name in names)}$", names


def _contradiction(file_name: str, readings: Mapping[Place, str]) -> ShelfcastError:
    (place, reading), (other_place, other) = sorted(readings.items())[:2]
    return ShelfcastError(
        f"The dates of {file_name} contradict each other: {place} is written as {reading}, {other_place} as {other}.",
        "Write them all in one format.",
    )


def _ambiguity(file_name: str, place: Place, shape: str) -> ShelfcastError:
    return ShelfcastError(
        f"The dates of {file_name} can be read with the day or the month first, from {place} to the end.",
        f"Name the format: --date-format {day_first(shape)} or --date-format {month_first(shape)}.",
    )


def _short_years(file_name: str, place: Place) -> ShelfcastError:
    return ShelfcastError(
        f"The dates of {file_name} have years of two digits, which may stand first or last, from {place} to the end.",
        "Write years with four digits; where they stand last, name the format, such as --date-format dd.MM.yy.",
    )


def _reading(shape: str, proofs: Mapping[str, Place]) -> str:
    """Returns how the lines of a shape are written, as far as they tell."""
    if shape in CLEAR:
        return shape
    proven = [name for name in (day_first(shape), month_first(shape)) if name in proofs]
    return proven[0] if len(proven) == 1 else f"{day_first(shape)} or {month_first(shape)}"


def _numbers(*parts: str, separator: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(separator).join(parts)}$", re.ASCII)


_ABOVE_12, _UP_TO_12, _NUMBER = r"(?:1[3-9]|2\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"\d{1,2}"
PATTERNS = {
    ISO: _numbers(r"\d{4}", _NUMBER, _NUMBER, separator="-"),
    "yyyy/MM/dd": _numbers(r"\d{4}", _NUMBER, _NUMBER, separator="/"),
    "yyyy.MM.dd": _numbers(r"\d{4}", _NUMBER, _NUMBER, separator="."),
    "dd.MM.yyyy": _numbers(_NUMBER, _NUMBER, r"\d{4}", separator="."),
    COMPACT: re.compile(r"^(?:19|20)\d{6}$", re.ASCII),
    ISO_WEEK: re.compile(WEEK_PATTERN, re.ASCII),
    "dd.MM.yy": _numbers(_NUMBER, _NUMBER, r"\d{2}", separator="."),
}
_SHORT = re.compile(r"^\d{1,2}([-/.])\d{1,2}\1\d{2}$", re.ASCII)
for _shape in SHAPES:
    _year = r"\d{2}" if _shape.endswith("yy") else r"\d{4}"
    PATTERNS[_shape] = _numbers(_NUMBER, _NUMBER, _year, separator=_shape[0])
    PATTERNS[day_first(_shape)] = _numbers(_ABOVE_12, _UP_TO_12, _year, separator=_shape[0])
    PATTERNS[month_first(_shape)] = _numbers(_UP_TO_12, _ABOVE_12, _year, separator=_shape[0])
DATE_LIKE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|(?:19|20)\d{6}|(?:19|20)\d\d-?[Ww]\d{1,2}(?:-?[1-7])?"
"""Texts that may be dates, for a first look."""
