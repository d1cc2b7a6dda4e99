"""How a file writes its dates and on which weekday it dates its weeks: decided from all of its lines, or refused."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping

from spark_jobs.ingest.schema import Place
from warehouse.errors import ShelfcastError, UsageError

ISO, ISO_WEEK, COMPACT = "yyyy-MM-dd", "yyyy-Www", "yyyyMMdd"
SEPARATORS = ("-", "/")
"""Between numbers that may begin with the day or with the month; with points the day is always first."""
CLEAR = (ISO, "yyyy/MM/dd", "yyyy.MM.dd", "dd.MM.yyyy", COMPACT, ISO_WEEK)
"""Formats that no other can be taken for."""
FORMATS = (ISO, "dd-MM-yyyy", "MM-dd-yyyy", "dd/MM/yyyy", "MM/dd/yyyy", *CLEAR[1:])
FIRST_YEAR, LAST_YEAR = 1900, 2099
TIME = r"[T ]+\d{1,2}[:.]\d{2}([:.]\d{2}([.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*([Zz]|UTC|GMT|[-+]\d{2}(:?\d{2})?)?$"
"""A time of day behind a date, with its offset from UTC where there is one; it is left out."""
WEEK_PATTERN = r"^((?:19|20)\d\d)-?[Ww](\d{1,2})(?:-?([1-7]))?$"
"""Year, week and day of an ISO week."""


def day_first(separator: str) -> str:
    """Returns the format that starts with the day."""
    return f"dd{separator}MM{separator}yyyy"


def month_first(separator: str) -> str:
    """Returns the format that starts with the month."""
    return f"MM{separator}dd{separator}yyyy"


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
    return proofs


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
    shapes = {proofs[shape]: shape for shape in (*CLEAR, *SEPARATORS) if shape in proofs}
    clear = set(shapes.values())
    if len(clear) == 1 and clear <= set(CLEAR):
        return clear.pop()
    if named is not None:
        return named
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
        place, separator = next(iter(shapes.items()))
        if alike.startswith("dd"):
            return day_first(separator)
        if alike.startswith("MM"):
            return month_first(separator)
        raise _ambiguity(file_name, place, separator)
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
    if date_format == ISO_WEEK:
        week = re.match(WEEK_PATTERN, text)
        return dt.date.fromisocalendar(int(week[1]), int(week[2]), int(week[3] or weekday + 1)) if week else None
    if not PATTERNS[date_format if date_format in CLEAR else _separator(date_format)].match(text):
        return None
    if date_format == COMPACT:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    names = date_format.split(_separator(date_format))
    parts = dict(zip(names, map(int, text.split(_separator(date_format))), strict=True))
    return dt.date(parts["yyyy"], parts["MM"], parts["dd"])


def _separator(date_format: str) -> str:
    return next(sign for sign in "-/." if sign in date_format)


def _contradiction(file_name: str, readings: Mapping[Place, str]) -> ShelfcastError:
    (place, reading), (other_place, other) = sorted(readings.items())[:2]
    return ShelfcastError(
        f"The dates of {file_name} contradict each other: {place} is written as {reading}, {other_place} as {other}.",
        "Write them all in one format.",
    )


def _ambiguity(file_name: str, place: Place, separator: str) -> ShelfcastError:
    return ShelfcastError(
        f"The dates of {file_name} can be read with the day or the month first, from {place} to the end.",
        f"Name the format: --date-format {day_first(separator)} or --date-format {month_first(separator)}.",
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
}
for _sign in SEPARATORS:
    PATTERNS[_sign] = _numbers(_NUMBER, _NUMBER, r"\d{4}", separator=_sign)
    PATTERNS[day_first(_sign)] = _numbers(_ABOVE_12, _UP_TO_12, r"\d{4}", separator=_sign)
    PATTERNS[month_first(_sign)] = _numbers(_UP_TO_12, _ABOVE_12, r"\d{4}", separator=_sign)
DATE_LIKE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|(?:19|20)\d{6}|(?:19|20)\d\d-?[Ww]\d{1,2}(?:-?[1-7])?"
"""Texts that may be dates, for a first look."""
