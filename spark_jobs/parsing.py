"""Fields of text into values, with a reason for every row that cannot be used. Column functions only."""

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.columns import STORE_TYPES, Field, Table
from spark_jobs.dates import ISO
from spark_jobs.lines import field_text

_WHOLE = r"^\d{1,9}(\.0+)?$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_LARGEST = 1e15
_YEAR = r"^(19|20)\d\d-"
_SHOWN = 60
"""Characters of a bad value that a reason quotes."""


@dataclass(frozen=True)
class Parsed:
    """A column's value, null where it cannot be read, and why it cannot, null where it can."""

    value: Column
    reason: Column


def parse_rows(rows: DataFrame, table: Table, positions: Mapping[str, int], width: int, date_format: str) -> DataFrame:
    """Returns `line_number, text`, the table's columns typed, and `reason`, null for a row that can be used.

    Args:
        rows: `line_number, text, fields`, without the header.
        table: the columns wanted.
        positions: where each column stands, by its name in the table; a missing one is null.
        width: number of fields in the header.
        date_format: one of `spark_jobs.dates.FORMATS`.
    """
    present = [field for field in table.fields if field.name in positions]
    texts = [field_text(positions[field.name]).alias(f"text_{field.name}") for field in present]
    counted = F.size("fields").alias("width")
    parsed = {field.name: _parse(field, F.col(f"text_{field.name}"), date_format) for field in present}
    values = [_filled(field, parsed).alias(field.name) for field in table.fields]
    wrong_width = F.when(
        F.col("width") != width,
        F.concat(F.lit("has "), F.col("width").cast("string"), F.lit(f" fields where the header has {width}")),
    )
    reason = F.coalesce(wrong_width, *[column.reason for column in parsed.values()])
    return rows.select("line_number", "text", counted, *texts).select(
        "line_number", "text", *values, reason.alias("reason")
    )


def reject_unknown_stores(parsed: DataFrame, stores: DataFrame, stores_name: str) -> DataFrame:
    """Returns the rows with a reason where their store is not among the `store_id` of `stores`."""
    known = F.broadcast(stores.select("store_id", F.lit(True).alias("is_known")))
    sentence = F.concat(F.lit("store "), F.col("store_id").cast("string"), F.lit(f" is not in {stores_name}"))
    reason = F.coalesce("reason", F.when(F.col("is_known").isNull(), sentence))
    return parsed.join(known, on="store_id", how="left").withColumn("reason", reason).select(parsed.columns)


def _filled(field: Field, parsed: Mapping[str, Parsed]) -> Column:
    if field.name not in parsed:
        return F.lit(field.default).cast(_TYPES[field.kind])
    value = parsed[field.name].value
    return value if field.default is None else F.coalesce(value, F.lit(field.default))


def _parse(field: Field, text: Column, date_format: str) -> Parsed:
    parsed = _PARSERS[field.kind](field, text, date_format)
    missing = F.lit(None).cast("string") if field.is_nullable else F.lit(f"{field.source} is missing")
    return Parsed(parsed.value, F.when(text.isNull(), missing).otherwise(parsed.reason))


def _whole(field: Field, text: Column, _: str) -> Parsed:
    value = F.when(text.rlike(_WHOLE), text.try_cast("double").cast("int"))
    return Parsed(value, F.when(value.isNull(), _says(field, text, "is not a whole number")))


def _size(field: Field, text: Column, date_format: str) -> Parsed:
    number = _number(field, text, date_format)
    value = number.value.try_cast("int")
    too_small = F.when(number.value < 1, _says(field, text, "is not above 0"))
    not_whole = F.when(value.isNull() | (value != number.value), _says(field, text, "is not a whole number"))
    return Parsed(value, F.coalesce(number.reason, too_small, not_whole))


def _number(field: Field, text: Column, _: str) -> Parsed:
    value = F.when(text.rlike(_NUMBER), text.try_cast("double"))
    is_endless = F.lower(text).rlike(r"^[+-]?(nan|inf|infinity)$") | (F.abs(value) > _LARGEST)
    endless = F.when(is_endless, _says(field, text, "is not a finite number"))
    return Parsed(value, F.coalesce(endless, F.when(value.isNull(), _says(field, text, "is not a number"))))


def _above_zero(field: Field, text: Column, date_format: str) -> Parsed:
    number = _number(field, text, date_format)
    too_small = F.when(number.value <= 0, _says(field, text, "is not above 0"))
    return Parsed(number.value, F.coalesce(number.reason, too_small))


def _zero_or_more(field: Field, text: Column, date_format: str) -> Parsed:
    number = _number(field, text, date_format)
    below = F.when(number.value < 0, _says(field, text, "is below 0"))
    return Parsed(number.value, F.coalesce(number.reason, below))


def _flag(field: Field, text: Column, _: str) -> Parsed:
    word = F.lower(text)
    value = F.when(word.isin("true", "1"), True).when(word.isin("false", "0"), False)
    return Parsed(value, F.when(value.isNull(), _says(field, text, "is neither TRUE nor FALSE")))


def _store_type(field: Field, text: Column, _: str) -> Parsed:
    value = F.when(F.upper(text).isin(*STORE_TYPES), F.upper(text))
    return Parsed(value, F.when(value.isNull(), _says(field, text, "is not A, B or C")))


def _day(field: Field, text: Column, date_format: str) -> Parsed:
    value = parse_date(text, date_format)
    return Parsed(value, F.when(value.isNull(), _says(field, text, f"is not a date in {date_format}")))


def _week(field: Field, text: Column, date_format: str) -> Parsed:
    day = _day(field, text, date_format)
    weekday = F.date_format(day.value, "EEEE")
    shown = F.date_format(day.value, ISO)
    sentence = F.concat(
        F.lit(f"{field.source} "), shown, F.lit(" is a "), weekday, F.lit("; a week is dated by its Friday")
    )
    return Parsed(day.value, F.coalesce(day.reason, F.when(F.weekday(day.value) != 4, sentence)))


def parse_date(text: Column, date_format: str) -> Column:
    """Returns the date of a text in one of `spark_jobs.dates.FORMATS`; null where it is none from 1900 to 2099."""
    separator = "/" if "/" in date_format else "-"
    names = date_format.split(separator)
    pattern = separator.join(r"\d{4}" if name == "yyyy" else r"\d{1,2}" for name in names)
    parts = F.split(text, separator)
    iso = F.concat_ws("-", *[F.get(parts, F.lit(names.index(name))) for name in ("yyyy", "MM", "dd")])
    return F.when(text.rlike(f"^{pattern}$") & iso.rlike(_YEAR), iso.try_cast("date"))


def _says(field: Field, text: Column, what: str) -> Column:
    """Returns the sentence that a field's text is not what it should be, with the text in it."""
    return F.concat(F.lit(f"{field.source} {what}: '"), F.substring(text, 1, _SHOWN), F.lit("'"))


_PARSERS = {
    "whole": _whole,
    "size": _size,
    "number": _number,
    "above_zero": _above_zero,
    "zero_or_more": _zero_or_more,
    "flag": _flag,
    "week": _week,
    "day": _day,
    "store_type": _store_type,
}
_TYPES = {
    "whole": "int",
    "size": "int",
    "number": "double",
    "above_zero": "double",
    "zero_or_more": "double",
    "flag": "boolean",
    "week": "date",
    "day": "date",
    "store_type": "string",
}
