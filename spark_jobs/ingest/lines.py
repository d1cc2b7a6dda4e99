"""The lines of an input file, numbered and laid out by column, and a survey of how they are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.date_formats import DATE_LIKE, IN_WORDS, REWRITTEN, TIME
from spark_jobs.ingest.encodings import Encoding
from spark_jobs.ingest.number_formats import SHAPE, Shape
from spark_jobs.ingest.schema import Field, Place

NUMBER_KINDS = ("number", "above_zero", "zero_or_more", "size")
_DATE_KINDS = ("week", "day")
_ROW_BITS = 33
"""`monotonically_increasing_id` counts rows in the lower bits and partitions above them."""
_PART_BITS = 40
"""Lines of a part are counted below these bits where one number stands for part and line."""
_TIMED = "@"
"""Stands before a date that had a time behind it."""
_DATE_LENGTH = 10
BLANKS = " \t\u00a0\u2007\u2009\u202f\u200b\ufeff"
"""What is left out around a field: blanks of all widths, a tab, and signs without any width."""
_CLEAR = r"^-?[0-9]*(?:\.(?:[0-9]{1,2}|[0-9]{4,}))?$"
"""Numbers that are whole or have a decimal point for certain; also no text at all."""


@dataclass(frozen=True)
class Survey:
    """What one pass over a file found.

    Attributes:
        offsets: lines before each partition within its part, by part and partition.
        dates: the different texts of its dates, without times, and where each stands first.
        has_times: whether times stand behind dates.
        shapes: how its numbers are written.
    """

    offsets: dict[tuple[int, int], int]
    dates: dict[str, Place]
    has_times: bool
    shapes: list[Shape]


def read_lines(spark: SparkSession, path: Path, encoding: Encoding) -> DataFrame:
    """Returns the lines of a file as `row_id, value`, empty ones included.

    LF, CRLF and a bare CR end a line; a byte order mark is left out; gzip and bzip2 are unpacked.
    """
    value = F.col("value")
    if encoding == "Latin-1":
        # Windows writes signs where Latin-1 has none.
        decoded = F.decode(value.cast("binary"), "ISO-8859-1")
        value = F.translate(decoded, *windows_signs()).alias("value")
    return spark.read.text(_literal(path)).select(F.monotonically_increasing_id().alias("row_id"), value)


def windows_signs() -> tuple[str, str]:
    """Returns the characters that Latin-1 reads where Windows-1252 has signs of its own, and these signs."""
    codes = [code for code in range(0x80, 0xA0) if bytes([code]).decode("cp1252", "ignore")]
    return "".join(map(chr, codes)), bytes(codes).decode("cp1252")


def split_fields(lines: DataFrame, separator: str) -> DataFrame:
    """Returns the lines as `row_id, text, fields`.

    Separators within quotes do not split; quotes around a field are left out. Both are looked for only in lines that
    have quotes, because looking costs as much as all the rest.
    """
    sign = re.escape(separator)
    quoted = F.split("value", f'{sign}(?=(?:[^"]*"[^"]*")*[^"]*$)', -1)
    unquoted = F.transform(quoted, _unquoted)
    fields = F.when(F.contains("value", F.lit('"')), unquoted).otherwise(F.split("value", sign, -1))
    return lines.select("row_id", F.col("value").alias("text"), fields.alias("fields"))


def _unquoted(field: Column) -> Column:
    """Returns a field without the quotes around it; two quotes within are one."""
    bare = F.regexp_replace(field, '^\\s*"(.*)"\\s*$', "$1")
    return F.replace(F.when(bare == field, F.btrim(field, F.lit(' "'))).otherwise(bare), F.lit('""'), F.lit('"'))


def lay_out(rows: DataFrame, part: int, fields: Sequence[Field], positions: Mapping[str, tuple[int, ...]]) -> DataFrame:
    """Returns `part, row_id, text, width` and the text of every field, so that parts of any layout can be joined.

    Args:
        rows: from `split_fields`.
        part: number of the part.
        fields: the columns wanted.
        positions: where its columns stand, by its name in the table; of a missing one the text is null.
    """
    texts = [_field_text(field, positions).alias(text_name(field)) for field in fields]
    return rows.select(F.lit(part).alias("part"), "row_id", "text", F.size("fields").alias("width"), *texts)


def _field_text(field: Field, positions: Mapping[str, tuple[int, ...]]) -> Column:
    text = field_text(positions.get(field.name, ()))
    return without_words(text) if field.kind in _DATE_KINDS else text


def text_name(field: Field) -> str:
    """Returns the name of the column that holds a field's text."""
    return f"text_{field.name}"


def field_text(positions: Sequence[int]) -> Column:
    """Returns a field without the blanks around it; of several, those that are filled, with a blank between them."""
    texts = [F.btrim(F.get("fields", F.lit(position)), F.lit(BLANKS)) for position in positions]
    if not texts:
        return F.lit(None).cast("string")
    return texts[0] if len(texts) == 1 else F.concat_ws(" ", *[F.when(text != "", text) for text in texts])


def filled(text: Column, words: Sequence[str]) -> Column:
    """Returns a text, null where it is one of the words for a missing value."""
    return F.when(~text.isin(*words), text)


def survey(laid: DataFrame, fields: Sequence[Field], part_names: Sequence[str]) -> Survey:
    """Returns how a file is written, in one job: every text and every shape of a number is looked at once.

    Args:
        laid: from `lay_out`, every line of the file in it.
        fields: the columns of the file.
        part_names: what sentences call the parts.
    """
    groups = _groups(laid, fields).collect()
    offsets = _offsets([(row["part"], row["partition"], row["lines"]) for row in groups])
    dates: dict[str, Place] = {}
    shapes: list[Shape] = []
    for row in [row for row in groups if row["key"] is not None]:
        part, before = row["part"], offsets[row["part"], row["partition"]]
        place = Place(part, before + row["first"] + 1, part_names[part])
        field = fields[row["field"]]
        if field.kind in NUMBER_KINDS:
            shapes.append(Shape(row["key"], row["count"], place, field.kind == "size", field.source))
        else:
            dates[row["key"]] = min(place, dates.get(row["key"], place))
    has_times = any(text.startswith(_TIMED) for text in dates)
    return Survey(offsets, _without_mark(dates), has_times, shapes)


def _without_mark(dates: dict[str, Place]) -> dict[str, Place]:
    plain: dict[str, Place] = {}
    for text, place in dates.items():
        name = text.removeprefix(_TIMED)
        plain[name] = min(place, plain.get(name, place))
    return plain


def _groups(laid: DataFrame, fields: Sequence[Field]) -> DataFrame:
    """Returns per partition and field the texts that may be dates or numbers; others only count as lines.

    Columns: part, partition, field, key, count, first (rows before it in the partition), lines (of the partition).
    """
    keys = [(n, key) for n, field in enumerate(fields) if (key := _key(field)) is not None]
    # Lines are counted also where there is neither a date nor a number to look at.
    keys = keys or [(0, F.lit(""))]
    entries = F.array(*[F.struct(F.lit(n).alias("field"), key.alias("key")) for n, key in keys])
    row = F.col("row_id").bitwiseAND(F.lit((1 << _ROW_BITS) - 1))
    partition = F.shiftright("row_id", _ROW_BITS).cast("int")
    every = laid.select("part", partition.alias("partition"), row.alias("row"), F.explode(entries).alias("entry"))
    first = every.groupBy("part", "partition", "entry.field", "entry.key").agg(
        F.count(F.lit(1)).alias("count"), F.min("row").alias("first"), F.max("row").alias("last")
    )
    numbers = [n for n, _ in keys if fields[n].kind in NUMBER_KINDS]
    pattern = F.when(F.col("field").isin(numbers), F.lit(SHAPE)).otherwise(F.lit(f"^{_TIMED}?(?:{DATE_LIKE})$"))
    likely = F.when(F.regexp_like("key", pattern), F.col("key")).alias("key")
    found = first.select("part", "partition", "field", likely, "count", "first", "last")
    return found.groupBy("part", "partition", "field", "key").agg(
        F.sum("count").alias("count"), F.min("first").alias("first"), (F.max("last") + 1).alias("lines")
    )


def _key(field: Field) -> Column | None:
    """Returns what the survey tells apart: dates by their text, numbers by their shape; nothing for other kinds."""
    text = F.col(text_name(field))
    if field.kind in _DATE_KINDS:
        has_time = (F.length(text) > _DATE_LENGTH) & text.rlike(TIME)
        return F.when(has_time, F.concat(F.lit(_TIMED), without_time(text))).otherwise(text)
    if field.kind not in NUMBER_KINDS:
        return None
    # One look settles nearly all numbers of nearly all files; what it does not settle is told apart by its shape.
    clear = F.when(F.contains(text, F.lit(".")), "9.9").otherwise("9")
    # Zeros are told apart only where they may begin a number: 0.123 is no thousand.
    start = F.translate(F.substring(text, 1, 3), "123456789", "999999999")
    rest = F.translate(F.substring(text, 4, 1_000), "0123456789", "9999999999")
    return F.when(text.rlike(_CLEAR), clear).otherwise(F.concat(start, rest))


def without_time(text: Column) -> Column:
    """Returns the text of a date without the time behind it."""
    return F.regexp_replace(text, TIME, "")


def without_words(text: Column) -> Column:
    """Returns the text of a date as `date_formats.plain_date` does, a time behind it left."""
    plain = text
    for pattern, clear in REWRITTEN:
        plain = F.regexp_replace(plain, pattern, clear)
    return F.when(text.rlike(IN_WORDS), plain).otherwise(text)


def _offsets(lines: Sequence[tuple[int, int, int]]) -> dict[tuple[int, int], int]:
    """Returns the lines before each partition within its part, from (part, partition, lines seen) of its groups."""
    counts: dict[tuple[int, int], int] = {}
    for part, partition, seen in lines:
        counts[part, partition] = max(seen, counts.get((part, partition), 0))
    offsets, sums = {}, dict[int, int]()
    for (part, partition), count in sorted(counts.items()):
        offsets[part, partition] = sums.get(part, 0)
        sums[part] = offsets[part, partition] + count
    return offsets


def with_line_numbers(laid: DataFrame, found: Survey) -> DataFrame:
    """Returns the rows with `line_number`, counted from 1 within their part, in place of `row_id`."""
    pairs = ((_code(*key), lines) for key, lines in sorted(found.offsets.items()))
    table = F.create_map(*[F.lit(value) for pair in pairs for value in pair])
    partition = F.shiftright("row_id", _ROW_BITS).cast("int")
    before = F.element_at(table, F.col("part") * _code(1, 0) + partition)
    within = F.col("row_id").bitwiseAND(F.lit((1 << _ROW_BITS) - 1))
    others = [name for name in laid.columns if name != "row_id"]
    return laid.select((before + within + 1).cast("long").alias("line_number"), *others)


def _code(part: int, partition: int) -> int:
    return part * (1 << 15) + partition


def place_column() -> Column:
    """Returns one number for `part` and `line_number` that sorts like them."""
    return F.shiftleft(F.col("part").cast("long"), _PART_BITS) + F.col("line_number")


def place_of(number: int, part_names: Sequence[str]) -> Place:
    """Returns the place that a number of `place_column` stands for."""
    part, line = number >> _PART_BITS, number & ((1 << _PART_BITS) - 1)
    return Place(part, line, part_names[part])


def per_part(values: Sequence[int | str]) -> Column:
    """Returns the value of each row's part."""
    if len(set(values)) == 1:
        return F.lit(values[0])
    return F.element_at(F.array(*map(F.lit, values)), F.col("part") + 1)


def _literal(path: Path) -> str:
    """Returns a path in which no character is read as a wildcard."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", str(path))
