"""Fields of text into values, with a reason for every row that cannot be used. Column functions only."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.date_formats import BARE_WEEKS, FIRST_SHORT_YEAR, ISO, ISO_WEEK, WEEK_PATTERN, date_pattern
from spark_jobs.ingest.lines import filled, per_part, text_name, without_time
from spark_jobs.ingest.number_formats import (
    COMMA,
    IN_PARENTHESES,
    IS_NEGATIVE,
    LARGEST,
    PLAIN,
    PLAIN_NUMERALS,
    POINT,
    SPACES,
    Numerals,
    number_pattern,
)
from spark_jobs.ingest.schema import Field, Table
from warehouse.retailer import LONGEST_TEXT, WEEKDAYS

_WHOLE = r"^\d{1,9}(\.0+)?$"
_NO_SIZE = r"^0*[.,]?0*$"
"""A size of 0 says that nobody knows it."""
_TEXTS = ("code", "text", "name")
"""Kinds of which every text is one, NA too: it may be North America, or a brand."""
_UNSEEN = r"[\p{Cc}\p{Co}\p{Cs}]"
WEEK_DAYS = 7
_SHOWN = 60
"""Characters of a bad value that a reason quotes."""
TOTALS = "is a total of other rows, not a row of its own"
"""Reason of a totals row. It is set aside like others, but no fault of the file's rows."""
_TOTALS_LINE = (
    r'(?i)(^|[,;\t|])\s*"?\s*([^,;\t|"]{0,40}\b)?(totals?|sum|gesamt|gesamtsumme|summe)\b'
    r'[^,;\t|"]{0,40}"?\s*([,;\t|]|$)'
)
"""A line with a field that begins or ends with a word for a total."""
_SOMETHING = r'[^\s,;|"]'
"""What a line must hold to be a row: spreadsheets leave lines of separators behind."""


@dataclass(frozen=True)
class Writing:
    """How a file writes its values.

    Attributes:
        date_format: one of `spark_jobs.ingest.date_formats.FORMATS`.
        has_times: whether times stand behind dates.
        week_end: the weekday on which weeks end, 0 for Monday.
        days_to_end: days from the date of a row to the end of its week, where dates stand for weeks.
        numerals: how numbers are written.
        proven_mark: the decimal mark that they prove, or that was named; None where neither is so.
    """

    date_format: str = ISO
    has_times: bool = False
    week_end: int = 6
    days_to_end: int = 0
    numerals: Numerals = PLAIN_NUMERALS
    proven_mark: str | None = None


def rows_of(numbered: DataFrame, header_lines: Sequence[int]) -> DataFrame:
    """Returns the lines that are rows: below the header of their part, and with something in them."""
    # Most lines begin with a digit, and the pattern costs more than that look.
    is_filled = F.col("text").between("0", ":") | F.col("text").rlike(_SOMETHING)
    return numbered.where((F.col("line_number") > per_part(header_lines)) & is_filled)


def parse_rows(
    rows: DataFrame, table: Table, present: Collection[str], widths: Sequence[int], writing: Writing
) -> DataFrame:
    """Returns `part, line_number, text`, the table's columns typed, and `reason`, null for a row that can be used.

    Args:
        rows: from `spark_jobs.ingest.lines.lay_out`, numbered, without the header.
        table: the columns wanted.
        present: names in the table of the columns that the file has; a missing one is null.
        widths: number of fields in the header of each part.
        writing: how the values are written.
    """
    names = ["part", "line_number", "text"]
    found = [field for field in table.fields if field.name in present]
    values = [_value(field, present, writing).alias(field.name) for field in table.fields]
    reasons = [_reason(field, writing) for field in found]
    # Each step is a projection of its own, so that nothing that several columns need is worked out twice.
    known = rows.select(*names, "width", *[_known(field, writing).alias(text_name(field)) for field in found])
    typed = known.select(*names, "width", *map(text_name, found), *values)
    reason = F.coalesce(_wrong_width(widths), *reasons).alias("reason")
    return typed.select(*names, *[field.name for field in table.fields], reason)


def _known(field: Field, writing: Writing) -> Column:
    """Returns the text of a field, null where it is missing."""
    # Where a value must stand, the rarer words are looked for only in what could not be read.
    words = _MISSING[:1] if field.kind in _TEXTS else _MISSING if field.is_nullable else _MISSING[:2]
    text = filled(F.col(text_name(field)), words)
    if field.kind == "size":
        return F.when(~text.rlike(_NO_SIZE), text)
    return without_time(text) if writing.has_times and field.kind in ("week", "day") else text


def name_totals(rows: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Returns the rows, of those set aside the ones named that lack a part of their key and speak of a total."""
    lacks_key = F.greatest(*[F.col(key).isNull() for key in (*keys, keys[0])])
    is_total = F.col("reason").isNotNull() & lacks_key & F.col("text").rlike(_TOTALS_LINE)
    return rows.withColumn("reason", F.when(is_total, F.lit(TOTALS)).otherwise(F.col("reason")))


def reject_unknown_stores(parsed: DataFrame, stores: DataFrame, stores_name: str) -> DataFrame:
    """Returns the rows with a reason where their store is not among the `store_code` of `stores`."""
    known = F.broadcast(stores.select("store_code", F.lit(True).alias("is_known")))
    sentence = F.concat(F.lit("store "), F.substring("store_code", 1, _SHOWN), F.lit(f" is not in {stores_name}"))
    reason = F.coalesce("reason", F.when(F.col("is_known").isNull(), sentence))
    return parsed.join(known, on="store_code", how="left").withColumn("reason", reason).select(parsed.columns)


def parse_date(text: Column, date_format: str, weekday: int = 6) -> Column:
    """Returns the date of a text in one of `date_formats.FORMATS`; null where it is none from 1900 to 2099.

    An ISO week without a day is its day `weekday`, 0 for Monday.
    """
    if date_format in BARE_WEEKS:
        return _parse_week(F.regexp_replace(text, *BARE_WEEKS[date_format]), weekday)
    if date_format == ISO_WEEK:
        return _parse_week(text, weekday)
    # One look and one change of the text: this runs for every line of a till.
    pattern, names = date_pattern(date_format)
    year = "yy" if "yy" in names else "yyyy"
    order = "-".join(f"${names.index(name) + 1}" for name in (year, "MM", "dd"))
    iso = text if date_format == ISO else F.regexp_replace(text, pattern, order)
    if year == "yy":
        iso = F.concat(F.when(iso >= FIRST_SHORT_YEAR, "19").otherwise("20"), iso)
    return F.when(text.rlike(pattern), iso.try_cast("date"))


def _parse_week(text: Column, weekday: int) -> Column:
    year, week, day = (F.regexp_extract(text, WEEK_PATTERN, group) for group in (1, 2, 3))
    # Week 1 is the one that holds January 4.
    first_monday = F.trunc(F.make_date(year.try_cast("int"), F.lit(1), F.lit(4)), "week")
    monday = F.date_add(first_monday, (week.try_cast("int") - 1) * 7)
    number = F.coalesce(day.try_cast("int"), F.lit(weekday + 1))
    return F.when(F.weekofyear(monday) == week.try_cast("int"), F.date_add(monday, number - 1))


def _value(field: Field, present: Collection[str], writing: Writing) -> Column:
    default = F.lit(field.default)
    if field.name not in present:
        return default.cast(_TYPES[field.kind])
    text = F.col(text_name(field))
    value = _read(field, text, writing)
    return value if field.default is None else F.when(text.isNull(), default).otherwise(value)


def column_type(field: Field) -> str:
    """Returns the type that Spark gives a column."""
    return _TYPES[field.kind]


def _read(field: Field, text: Column, writing: Writing) -> Column:
    """Returns the value of a text, null where it cannot be read."""
    if field.kind == "whole":
        digits = _plain_number(text, writing.numerals)
        return F.when(digits.rlike(_WHOLE), digits.try_cast("double").cast("int").cast("string"))
    if field.kind == "mark":
        return F.when(~text.isin(*_MISSING), ~(F.lower(text).isin(*_FALSE, *_NONE) | text.rlike(_ZERO)))
    if field.kind == "flag":
        word = F.lower(text)
        return F.when(word.isin(*_TRUE), True).when(word.isin(*_FALSE), False)
    if field.kind == "name":
        return F.substring(F.regexp_replace(text, _UNSEEN, ""), 1, LONGEST_TEXT)
    if field.kind in _TEXTS:
        # Signs of a script or of an emoji are no letters of their own, and stay; what can't be seen does not.
        return F.when((F.length(text) <= LONGEST_TEXT) & ~text.rlike(_UNSEEN), text)
    if field.kind in ("week", "day"):
        is_week = field.kind == "week"
        date = parse_date(text, writing.date_format, (writing.week_end - writing.days_to_end) % 7 if is_week else 0)
        return F.date_add(date, writing.days_to_end) if is_week and writing.days_to_end else date
    number = _plain_number(text, writing.numerals).try_cast("double")
    return F.round(number).try_cast("int") if field.kind == "size" else number


def _plain_number(text: Column, numerals: Numerals) -> Column:
    """Returns a number as the cast reads it, without thousands and currency; null where the text is no number."""
    if numerals.is_plain:
        return F.when(text.rlike(PLAIN), text)
    # Nearly every number of nearly every file; the pattern of all the others costs five times as much.
    is_simple = text.rlike(rf"^-?[0-9]+(?:{re.escape(numerals.mark)}[0-9]+)?$")
    pointed = F.replace(text, F.lit(numerals.mark), F.lit(POINT))
    return F.when(is_simple, pointed).otherwise(_full_number(text, numerals.mark))


def _full_number(text: Column, mark: str) -> Column:
    """Returns a number with thousands, a currency, parentheses or a sign behind it as the cast reads it."""
    signed = F.when(F.contains(text, F.lit("(")), F.regexp_replace(text, IN_PARENTHESES, "-$1$2$3")).otherwise(text)
    core = F.regexp_extract(signed, number_pattern(mark), 1)
    digits = F.translate(core, *((COMMA + POINT + SPACES, POINT) if mark == COMMA else (COMMA + SPACES, "")))
    return F.when(core != "", F.concat(F.when(signed.rlike(IS_NEGATIVE), "-").otherwise(""), digits))


def _reason(field: Field, writing: Writing) -> Column:
    """Returns why a field makes its row unusable, null where it does not."""
    text, value = F.col(text_name(field)), F.col(field.name)
    missing = F.lit(None).cast("string") if field.is_nullable else F.lit(f"{field.source} is missing")
    says = _says(field, text, _UNREAD[field.kind].format(date_format=writing.date_format))
    unread = F.when(value.isNull(), F.when(text.isin(*_MISSING), missing).otherwise(says))
    return F.when(text.isNull(), missing).otherwise(F.coalesce(*_limits(field, text, value, writing), unread))


def _limits(field: Field, text: Column, value: Column, writing: Writing) -> list[Column]:
    """Returns the reasons for values that can be read and are not possible."""
    if field.kind == "week":
        given = F.date_sub(value, writing.days_to_end)
        label = WEEKDAYS[(writing.week_end - writing.days_to_end) % 7]
        label = f"first day, a {label}" if writing.days_to_end == WEEK_DAYS - 1 else label
        sentence = F.concat(
            F.lit(f"{field.source} "),
            F.date_format(given, ISO),
            F.lit(" is a "),
            F.date_format(given, "EEEE"),
            F.lit(f"; a week is dated by its {label}"),
        )
        return [F.when(F.weekday(value) != writing.week_end, sentence)]
    if field.kind not in ("number", "above_zero", "zero_or_more", "size"):
        return []
    is_endless = F.when(value.isNull(), F.lower(text).rlike(r"^[-+]?(nan|inf|infinity)$"))
    endless = F.when(
        F.coalesce(is_endless, F.abs(value.cast("double")) > LARGEST), _says(field, text, "is not a finite number")
    )
    if field.kind == "zero_or_more":
        return [endless, F.when(value < 0, _says(field, text, "is below 0"))]
    if field.kind in ("above_zero", "size"):
        return [endless, F.when(value <= 0, _says(field, text, "is not above 0"))]
    return [endless]


def _wrong_width(widths: Sequence[int]) -> Column:
    found, width = F.col("width").cast("string"), per_part(widths)
    sentence = F.concat(F.lit("has "), found, F.lit(" fields where the header has "), width.cast("string"))
    has_open_quote = F.length(F.regexp_replace("text", '[^"]', "")) % 2 == 1
    open_quote = F.when(has_open_quote, F.lit("opens a quote that does not end on its line"))
    return F.when(F.col("width") != width, F.coalesce(open_quote, sentence))


def _says(field: Field, text: Column, what: str) -> Column:
    """Returns the sentence that a field's text is not what it should be, with the text in it."""
    return F.concat(F.lit(f"{field.source} {what}: '"), F.substring(text, 1, _SHOWN), F.lit("'"))


_UNREAD = {
    "code": f"has more than {LONGEST_TEXT} characters, or some that cannot be printed",
    "whole": "is not a whole number",
    "size": "is not a number",
    "number": "is not a number",
    "above_zero": "is not a number",
    "zero_or_more": "is not a number",
    "flag": "is neither TRUE nor FALSE",
    "mark": "is no mark",
    "week": "is not a date in {date_format}",
    "day": "is not a date in {date_format}",
    "name": "is not a text",
    "text": f"has more than {LONGEST_TEXT} characters, or some that cannot be printed",
}
_MISSING = ("", "NA", "N/A", "#N/A", "n/a", "NULL", "null")
_NONE = (
    "nein",
    "non",
    "nej",
    "nie",
    "nee",
    "não",
    "nao",
    "falsch",
    "faux",
    "falso",
    "-",
    "none",
    "keine",
    "いいえ",
    "否",
)
"""What stands for no promotion beside _FALSE, in the languages whose columns `init` knows."""
_ZERO = r"^0+([.,]0*)?$"
_TRUE, _FALSE = ("true", "1", "yes", "y", "t", "1.0"), ("false", "0", "no", "n", "f", "0.0")
_TYPES = {
    "code": "string",
    "whole": "string",
    "size": "int",
    "number": "double",
    "above_zero": "double",
    "zero_or_more": "double",
    "flag": "boolean",
    "mark": "boolean",
    "week": "date",
    "day": "date",
    "name": "string",
    "text": "string",
}
