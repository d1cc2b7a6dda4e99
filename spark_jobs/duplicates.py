"""Rows that share a key: exact copies are dropped, copies that disagree are all set aside."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812


@dataclass(frozen=True)
class Counts:
    """Rows of a file by what became of them, and how many keys of usable rows stand there more than once."""

    read: int
    rejected: int
    duplicates: int
    repeated_keys: int
    first_rejected_line: int | None


def count_by_key(parsed: DataFrame, keys: Sequence[str]) -> Counts:
    """Returns the counts of rows whose copies are not judged yet, in one job."""
    is_rejected = F.col("reason").isNotNull().alias("is_rejected")
    by_key = parsed.groupBy(*keys, is_rejected).agg(
        F.count(F.lit(1)).alias("copies"), F.min("line_number").alias("line")
    )
    row = by_key.agg(
        F.coalesce(F.sum("copies"), F.lit(0)),
        F.coalesce(F.sum(F.when(F.col("is_rejected"), F.col("copies"))), F.lit(0)),
        F.lit(0),
        F.count_if(~F.col("is_rejected") & (F.col("copies") > 1)),
        F.min(F.when(F.col("is_rejected"), F.col("line"))),
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
        F.min(F.when(is_rejected, F.col("line_number"))),
    ).collect()[0]
    return Counts(*row)


def repeated_keys(parsed: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Returns the keys that more than one usable row has."""
    usable = parsed.where(F.col("reason").isNull())
    return usable.groupBy(*keys).agg(F.count(F.lit(1)).alias("copies")).where("copies > 1").select(*keys)


def mark_repeated(parsed: DataFrame, repeated: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Returns the rows with `is_duplicate`, and with a reason where copies of a key disagree.

    Args:
        parsed: from `spark_jobs.parsing.parse_rows`.
        repeated: from `repeated_keys`.
        keys: columns that identify a row.
    """
    marked = parsed.join(repeated.withColumn("is_repeated", F.lit(True)), on=list(keys), how="left")
    is_copy = F.col("is_repeated") & F.col("reason").isNull()
    single = marked.where(~F.coalesce(is_copy, F.lit(False))).withColumn("is_duplicate", F.lit(False))
    copies = _judge_copies(marked.where(is_copy), keys, parsed.columns)
    names = [*parsed.columns, "is_duplicate"]
    return single.select(names).unionByName(copies.select(names))


def _judge_copies(copies: DataFrame, keys: Sequence[str], columns: Sequence[str]) -> DataFrame:
    content = F.struct(*[name for name in columns if name not in ("line_number", "text", "reason", *keys)])
    whole = Window.partitionBy(*keys).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    line = F.col("line_number")
    judged = (
        copies.withColumn("lines", F.sort_array(F.collect_list(line).over(whole)))
        .withColumn("agree", F.min(content).over(whole).eqNullSafe(F.max(content).over(whole)))
        .withColumn("is_duplicate", F.col("agree") & (line != F.col("lines")[0]))
    )
    other = F.when(line == F.col("lines")[0], F.col("lines")[1]).otherwise(F.col("lines")[0])
    has_other_values = F.lit(f" has other values for the same {_key_words(keys)}")
    sentence = F.concat(F.lit("line "), other.cast("string"), has_other_values)
    return judged.withColumn("reason", F.when(~F.col("agree"), sentence))


def _key_words(keys: Sequence[str]) -> str:
    words = {"store_id": "store", "dept_id": "department"}
    names = [words.get(key, "date") for key in keys]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
