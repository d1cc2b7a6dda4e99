"""Fields of text into values, with a reason for every row that cannot be used. Column functions only."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.columns import STORE_TYPES, Field, Table
from spark_jobs.dates import ISO
from spark_jobs.lines import field_text, filled

_WHOLE = r"^\d{1,9}(\.0+)?$"
_DIGITS = r"^[-+.\deE]+$"
"""What a number may be written with; the cast decides the rest, and would also take 1d, 0x1p3 or NaN."""
_LARGEST = 1e15
_YEAR = r"^(19|20)\d\d-\d{1,2}-\d{1,2}$"
_FRIDAY = 4
_SHOWN = 60
"""Characters of a bad value that a reason quotes."""


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
    texts = [field_text(positions[field.name]).alias(_text(field)) for field in present]
    values = [_value(field, positions, date_format).alias(field.name) for field in table.fields]
    reasons = [_reason(field, date_format) for field in present]
    # Each step is a projection of its own, so that nothing that several columns need is worked out twice.
    split = rows.select("line_number", "text", F.size("fields").alias("width"), *texts)
    known = split.select("line_number", "text", "width", *[filled(F.col(_text(f))).alias(_text(f)) for f in present])
    typed = known.select("line_number", "text", "width", *map(_text, present), *values)
    reason = F.coalesce(_wrong_width(width), *reasons).alias("reason")
    return typed.select("line_number", "text", *[field.name for field in table.fields], reason)


def reject_unknown_stores(parsed: DataFrame, stores: DataFrame, stores_name: str) -> DataFrame:
    """Returns the rows with a reason where their store is not among the `store_id` of `stores`."""
    known = F.broadcast(stores.select("store_id", F.lit(True).alias("is_known")))
    sentence = F.concat(F.lit("store "), F.col("store_id").cast("string"), F.lit(f" is not in {stores_name}"))
    reason = F.coalesce("reason", F.when(F.col("is_known").isNull(), sentence))
    return parsed.join(known, on="store_id", how="left").withColumn("reason", reason).select(parsed.columns)


def parse_date(text: Column, date_format: str) -> Column:
    """Returns the date of a text in one of `spark_jobs.dates.FORMATS`; null where it is none from 1900 to 2099."""
    separator = "/" if "/" in date_format else "-"
    names = date_format.split(separator)
    parts = F.split(text, separator, -1)
    ordered = F.concat_ws("-", *[F.get(parts, F.lit(names.index(name))) for name in ("yyyy", "MM", "dd")])
    iso = text if date_format == ISO else F.when(F.size(parts) == len(names), ordered)
    return F.when(iso.rlike(_YEAR), iso.try_cast("date"))


def _text(field: Field) -> str:
    return f"text_{field.name}"


def _value(field: Field, positions: Mapping[str, int], date_format: str) -> Column:
    default = F.lit(field.default)
    if field.name not in positions:
        return default.cast(_TYPES[field.kind])
    value = _read(field, F.col(_text(field)), date_format)
    return value if field.default is None else F.coalesce(value, default)


def _read(field: Field, text: Column, date_format: str) -> Column:
    """Returns the value of a text, null where it cannot be read."""
    if field.kind == "whole":
        return F.when(text.rlike(_WHOLE), text.try_cast("double").cast("int"))
    if field.kind == "flag":
        word = F.lower(text)
        return F.when(word.isin("true", "1"), True).when(word.isin("false", "0"), False)
    if field.kind == "store_type":
        return F.when(F.upper(text).isin(*STORE_TYPES), F.upper(text))
    if field.kind in ("week", "day"):
        return parse_date(text, date_format)
    number = F.when(text.rlike(_DIGITS), text.try_cast("double"))
    return F.when(number == F.floor(number), number.try_cast("int")) if field.kind == "size" else number


def _reason(field: Field, date_format: str) -> Column:
    """Returns why a field makes its row unusable, null where it does not."""
    text, value = F.col(_text(field)), F.col(field.name)
    missing = F.lit(None).cast("string") if field.is_nullable else F.lit(f"{field.source} is missing")
    unread = F.when(value.isNull(), _says(field, text, _UNREAD[field.kind].format(date_format=date_format)))
    return F.when(text.isNull(), missing).otherwise(F.coalesce(*_limits(field, text, value), unread))


def _limits(field: Field, text: Column, value: Column) -> list[Column]:
    """Returns the reasons for values that can be read and are not possible."""
    if field.kind == "week":
        sentence = F.concat(
            F.lit(f"{field.source} "),
            F.date_format(value, ISO),
            F.lit(" is a "),
            F.date_format(value, "EEEE"),
            F.lit("; a week is dated by its Friday"),
        )
        return [F.when(F.weekday(value) != _FRIDAY, sentence)]
    if field.kind not in ("number", "above_zero", "zero_or_more", "size"):
        return []
    is_endless = F.when(value.isNull(), F.lower(text).rlike(r"^[-+]?(nan|inf|infinity)$"))
    endless = F.when(
        F.coalesce(is_endless, F.abs(value.cast("double")) > _LARGEST), _says(field, text, "is not a finite number")
    )
    if field.kind == "zero_or_more":
        return [endless, F.when(value < 0, _says(field, text, "is below 0"))]
    if field.kind in ("above_zero", "size"):
        return [endless, F.when(value <= 0, _says(field, text, "is not above 0"))]
    return [endless]


def _wrong_width(width: int) -> Column:
    found = F.col("width").cast("string")
    sentence = F.concat(F.lit("has "), found, F.lit(f" fields where the header has {width}"))
    return F.when(F.col("width") != width, sentence)


def _says(field: Field, text: Column, what: str) -> Column:
    """Returns the sentence that a field's text is not what it should be, with the text in it."""
    return F.concat(F.lit(f"{field.source} {what}: '"), F.substring(text, 1, _SHOWN), F.lit("'"))


_UNREAD = {
    "whole": "is not a whole number",
    "size": "is not a whole number",
    "number": "is not a number",
    "above_zero": "is not a number",
    "zero_or_more": "is not a number",
    "flag": "is neither TRUE nor FALSE",
    "week": "is not a date in {date_format}",
    "day": "is not a date in {date_format}",
    "store_type": "is not A, B or C",
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
