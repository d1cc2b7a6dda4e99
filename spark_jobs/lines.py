"""The lines of an input file, numbered, and what they tell about its dates."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.dates import ISO, SEPARATORS, day_first, month_first

_ROW_BITS = 33
"""`monotonically_increasing_id` counts rows in the lower bits and partitions above them."""


@dataclass(frozen=True)
class Survey:
    """What one pass over a file found: first row of each partition, and the proofs of its date format.

    Attributes:
        offsets: lines before each partition, by its number.
        proofs: see `spark_jobs.dates.choose_format`.
    """

    offsets: dict[int, int]
    proofs: dict[str, int]


def read_lines(spark: SparkSession, path: Path) -> DataFrame:
    """Returns the lines of a file as `row_id, value`, empty ones included.

    LF, CRLF and a bare CR end a line; a byte order mark is left out; gzip is unpacked.
    """
    return spark.read.text(_literal(path)).select(F.monotonically_increasing_id().alias("row_id"), "value")


def readable_path(path: Path, folder: Path) -> Path:
    """Returns a path whose ending tells Spark how to unpack it: a link in `folder` where it is .GZ."""
    if path.suffix == path.suffix.lower():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / f"{hashlib.sha256(str(path).encode()).hexdigest()[:16]}-{path.name.lower()}"
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


def split_fields(lines: DataFrame) -> DataFrame:
    """Returns the lines that are not empty as `row_id, text, fields`.

    Commas within quotes do not split; quotes around a field are left out. Both are looked for only in lines that
    have quotes, because looking costs as much as all the rest.
    """
    quoted = F.split("text", ',(?=(?:[^"]*"[^"]*")*[^"]*$)', -1)
    unquoted = F.transform(quoted, lambda field: F.btrim(field, F.lit(' "')))
    fields = F.when(F.contains("text", F.lit('"')), unquoted).otherwise(F.split("text", ",", -1))
    return (
        lines.withColumnRenamed("value", "text")
        .where(F.trim("text") != "")
        .select("row_id", "text", fields.alias("fields"))
    )


def field_text(position: int) -> Column:
    """Returns a field without the blanks around it."""
    return F.trim(F.get("fields", F.lit(position)))


def filled(text: Column) -> Column:
    """Returns a text, null where it is empty or says NA."""
    return F.when(~text.isin("", "NA"), text)


def survey(lines: DataFrame, rows: DataFrame, header_line: int, dates: Sequence[int]) -> Survey:
    """Returns the line offsets of the partitions and the proofs of the date format.

    Args:
        lines: from `read_lines`.
        rows: from `split_fields`, of the same lines.
        header_line: the line that is no row.
        dates: positions of the columns that hold dates.
    """
    offsets = _offsets(lines)
    dated = with_line_numbers(rows, offsets).where(F.col("line_number") > header_line)
    return Survey(offsets, _proofs(dated, dates) if dates else {})


def _offsets(lines: DataFrame) -> dict[int, int]:
    """Returns the number of lines before each partition; counts nothing where there is only one."""
    if lines.rdd.getNumPartitions() == 1:
        return {0: 0}
    partition = F.shiftright("row_id", _ROW_BITS).cast("int").alias("partition")
    counts = {row["partition"]: row["count"] for row in lines.groupBy(partition).count().collect()}
    return {part: sum(counts[before] for before in counts if before < part) for part in counts}


def _proofs(rows: DataFrame, dates: Sequence[int]) -> dict[str, int]:
    """Returns the first line that matches each pattern; every text is matched once, however often it stands there."""
    texts = F.explode(F.array(*map(field_text, dates)))
    firsts = rows.select("line_number", texts.alias("text")).groupBy("text").agg(F.min("line_number").alias("line"))
    earliest = [F.min(F.when(F.col("text").rlike(pattern), F.col("line"))) for pattern in _PATTERNS.values()]
    found = firsts.agg(*[column.alias(str(n)) for n, column in enumerate(earliest)]).first() or ()
    return {name: line for name, line in zip(_PATTERNS, found, strict=True) if line is not None}


def with_line_numbers(rows: DataFrame, offsets: dict[int, int]) -> DataFrame:
    """Returns the rows with `line_number`, counted from 1 over the whole file, in place of `row_id`."""
    table = F.create_map(*[F.lit(value) for part in sorted(offsets.items()) for value in part])
    before = F.element_at(table, F.shiftright("row_id", _ROW_BITS).cast("int"))
    within = F.col("row_id").bitwiseAND(F.lit((1 << _ROW_BITS) - 1))
    return rows.select((before + within + 1).cast("long").alias("line_number"), "text", "fields")


def _two_numbers_and_a_year(separator: str, first: str = r"\d{1,2}", second: str = r"\d{1,2}") -> str:
    return rf"^{first}{separator}{second}{separator}\d{{4}}$"


_ABOVE_12 = r"(1[3-9]|2\d|3[01])"
_UP_TO_12 = r"(0?[1-9]|1[0-2])"
_PATTERNS = {ISO: r"^\d{4}-\d{1,2}-\d{1,2}$"}
for _separator in SEPARATORS:
    _PATTERNS[_separator] = _two_numbers_and_a_year(_separator)
    _PATTERNS[day_first(_separator)] = _two_numbers_and_a_year(_separator, _ABOVE_12, _UP_TO_12)
    _PATTERNS[month_first(_separator)] = _two_numbers_and_a_year(_separator, _UP_TO_12, _ABOVE_12)


def _literal(path: Path) -> str:
    """Returns a path in which no character is read as a wildcard."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", str(path))
