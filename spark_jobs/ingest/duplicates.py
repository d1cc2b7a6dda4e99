"""Rows that share a key: exact copies are dropped, copies that disagree are all set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.lines import per_part, place_column
from warehouse.retailer import Words

FEW_COPIES = 500_000
"""Rows that share a key up to which what became of them is sent to all rows, instead of the rows to it."""


@dataclass(frozen=True)
class Counts:
    """Rows of a file by what became of them, and how many keys of usable rows stand there more than once.

    Attributes:
        copies: usable rows that share their key with another.
        first_rejected: where the first rejected row stands, as `spark_jobs.ingest.lines.place_column` numbers places.
    """

    read: int
    rejected: int
    duplicates: int
    repeated_keys: int
    first_rejected: int | None
    copies: int = 0


def count_by_key(parsed: DataFrame, keys: Sequence[str]) -> Counts:
    """Returns the counts of rows whose copies are not judged yet, in one job.

    Keys are told apart by their hash: two in some billions may count as one that is repeated.
    """
    is_rejected = F.col("reason").isNotNull().alias("is_rejected")
    by_key = parsed.groupBy(_hash(keys), is_rejected).agg(
        F.count(F.lit(1)).alias("copies"), F.min(place_column()).alias("place")
    )
    is_repeated = ~F.col("is_rejected") & (F.col("copies") > 1)
    row = by_key.agg(
        F.coalesce(F.sum("copies"), F.lit(0)),
        F.coalesce(F.sum(F.when(F.col("is_rejected"), F.col("copies"))), F.lit(0)),
        F.lit(0),
        F.count_if(is_repeated),
        F.min(F.when(F.col("is_rejected"), F.col("place"))),
        F.coalesce(F.sum(F.when(is_repeated, F.col("copies"))), F.lit(0)),
    ).collect()[0]
    return Counts(*row)


def count_marked(rows: DataFrame) -> Counts:
    """Returns the counts of rows that `mark_repeated` has judged."""
    is_rejected = F.col("reason").isNotNull()
    row = rows.agg(
        F.count(F.lit(1)),
        F.count_if(is_rejected),
        F.count_if("is_duplicate"),
        F.lit(0),
        F.min(F.when(is_rejected, place_column())),
    ).collect()[0]
    return Counts(*row)


def mark_repeated(
    parsed: DataFrame, keys: Sequence[str], number: int, words: Words, part_names: Sequence[str] = ("",)
) -> tuple[DataFrame, tuple[DataFrame, ...]]:
    """Returns the rows with `is_duplicate`, with a reason where copies of a key disagree; and the frames held for it.

    Args:
        parsed: from `spark_jobs.ingest.parsing.parse_rows`, held in memory.
        keys: columns that identify a row; one that lacks a part of it is no copy.
        number: how many rows share their key, by `count_by_key`.
        words: what the house calls stores and products.
        part_names: what reasons call the parts; empty names where there is one part.
    """
    are_few = number <= FEW_COPIES
    usable = parsed.where(F.col("reason").isNull()).dropna(subset=list(keys)).withColumn("key_hash", _hash(keys))
    repeated = usable.groupBy("key_hash").agg(F.count(F.lit(1)).alias("copies")).where("copies > 1")
    copies = usable.join(F.broadcast(repeated) if are_few else repeated, on="key_hash", how="left_semi")
    judged = _judge_copies(copies, keys, parsed.columns, words, part_names).persist()
    marked = parsed.join(F.broadcast(judged) if are_few else judged, on=["part", "line_number"], how="left")
    rows = marked.select(
        *[name for name in parsed.columns if name != "reason"],
        F.coalesce("reason", "copy_reason").alias("reason"),
        F.coalesce("is_copy", F.lit(False)).alias("is_duplicate"),
    )
    if are_few:
        return rows, (judged,)
    held = rows.persist()
    return held, (held, judged)


def _hash(keys: Sequence[str]) -> Column:
    return F.xxhash64(*keys)


def _judge_copies(
    copies: DataFrame, keys: Sequence[str], columns: Sequence[str], words: Words, part_names: Sequence[str]
) -> DataFrame:
    """Returns `part, line_number, is_copy, copy_reason` of the rows, some of which share a key."""
    content = F.struct(
        F.lit(0), *[name for name in columns if name not in ("part", "line_number", "text", "reason", *keys)]
    )
    whole = Window.partitionBy(*keys).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    place = F.struct("part", "line_number")
    judged = (
        copies.withColumn("first", F.min(place).over(whole))
        .withColumn("second", F.min(F.when(place != F.col("first"), place)).over(whole))
        .withColumn("agree", F.min(content).over(whole).eqNullSafe(F.max(content).over(whole)))
        .withColumn("is_first", place == F.col("first"))
    )
    other = F.when(F.col("is_first"), F.col("second")).otherwise(F.col("first"))
    # The columns of the other place take the names that `per_part` looks for.
    named = judged.withColumns({"own_part": F.col("part"), "part": other["part"], "other_line": other["line_number"]})
    files = [f" of {name}" if name else "" for name in part_names]
    same = F.lit(f" has other values for the same {_key_words(keys, words)}")
    sentence = F.concat(F.lit("line "), F.col("other_line").cast("string"), per_part(files), same)
    return named.select(
        F.col("own_part").alias("part"),
        "line_number",
        (F.col("agree") & ~F.col("is_first")).alias("is_copy"),
        F.when(~F.col("agree"), sentence).alias("copy_reason"),
    )


def _key_words(keys: Sequence[str], words: Words) -> str:
    by_key = {"store_code": words.store, "product_code": words.product}
    names = [by_key.get(key, "date") for key in keys]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
