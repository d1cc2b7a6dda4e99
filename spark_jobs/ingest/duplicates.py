"""Rows that share a key: exact copies are dropped, copies that disagree are all set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.lines import per_part, place_column
from warehouse.retailer import Words


@dataclass(frozen=True)
class Counts:
    """Rows of a file by what became of them, and how many keys of usable rows stand there more than once.

    Attributes:
        first_rejected: where the first rejected row stands, as `spark_jobs.ingest.lines.place_column` numbers places.
    """

    read: int
    rejected: int
    duplicates: int
    repeated_keys: int
    first_rejected: int | None


def count_by_key(parsed: DataFrame, keys: Sequence[str]) -> Counts:
    """Returns the counts of rows whose copies are not judged yet, in one job."""
    is_rejected = F.col("reason").isNotNull().alias("is_rejected")
    by_key = parsed.groupBy(*keys, is_rejected).agg(
        F.count(F.lit(1)).alias("copies"), F.min(place_column()).alias("place")
    )
    row = by_key.agg(
        F.coalesce(F.sum("copies"), F.lit(0)),
        F.coalesce(F.sum(F.when(F.col("is_rejected"), F.col("copies"))), F.lit(0)),
        F.lit(0),
        F.count_if(~F.col("is_rejected") & (F.col("copies") > 1)),
        F.min(F.when(F.col("is_rejected"), F.col("place"))),
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


def repeated_keys(parsed: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Returns the keys that more than one usable row has."""
    usable = parsed.where(F.col("reason").isNull())
    return usable.groupBy(*keys).agg(F.count(F.lit(1)).alias("copies")).where("copies > 1").select(*keys)


def mark_repeated(
    parsed: DataFrame, repeated: DataFrame, keys: Sequence[str], words: Words, part_names: Sequence[str] = ("",)
) -> DataFrame:
    """Returns the rows with `is_duplicate`, and with a reason where copies of a key disagree.

    Args:
        parsed: from `spark_jobs.ingest.parsing.parse_rows`.
        repeated: from `repeated_keys`.
        keys: columns that identify a row.
        words: what the house calls stores and products.
        part_names: what reasons call the parts; empty names where there is one part.
    """
    marked = parsed.join(repeated.withColumn("is_repeated", F.lit(True)), on=list(keys), how="left")
    is_copy = F.col("is_repeated") & F.col("reason").isNull()
    single = marked.where(~F.coalesce(is_copy, F.lit(False))).withColumn("is_duplicate", F.lit(False))
    copies = _judge_copies(marked.where(is_copy), keys, parsed.columns, words, part_names)
    names = [*parsed.columns, "is_duplicate"]
    return single.select(names).unionByName(copies.select(names))


def _judge_copies(
    copies: DataFrame, keys: Sequence[str], columns: Sequence[str], words: Words, part_names: Sequence[str]
) -> DataFrame:
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
        .withColumn("is_duplicate", F.col("agree") & ~F.col("is_first"))
    )
    other = F.when(F.col("is_first"), F.col("second")).otherwise(F.col("first"))
    # The columns of the other place take the names that `per_part` looks for.
    named = judged.withColumns({"own_part": F.col("part"), "part": other["part"], "other_line": other["line_number"]})
    files = [f" of {name}" if name else "" for name in part_names]
    same = F.lit(f" has other values for the same {_key_words(keys, words)}")
    sentence = F.concat(F.lit("line "), F.col("other_line").cast("string"), per_part(files), same)
    marked = named.withColumn("reason", F.when(~F.col("agree"), sentence))
    return marked.withColumn("part", F.col("own_part"))


def _key_words(keys: Sequence[str], words: Words) -> str:
    by_key = {"store_code": words.store, "product_code": words.product}
    names = [by_key.get(key, "date") for key in keys]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
