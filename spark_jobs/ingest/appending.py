"""Files that hold only new or corrected rows: the published rows that they do not replace are put beside them."""

from pyarrow import fs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812


def published_stores(spark: SparkSession, published_uri: str) -> DataFrame:
    """Returns the `store_code` of the published stores, from their folder of the lake."""
    stores = published(spark, published_uri, "store_attributes")
    assert stores is not None, "inputs are published with their stores"
    return stores.select("store_code")


def published(spark: SparkSession, uri: str, name: str) -> DataFrame | None:
    """Returns a table from a folder of the lake; None where it is not there."""
    if not _is_there(f"{uri}/{name}"):
        return None
    rows = spark.read.parquet(f"{uri}/{name}")
    if name == "store_attributes" and "store_code" not in rows.columns:
        # Written before stores had codes: their numbers were their codes.
        rows = rows.withColumn("store_code", F.col("store_id").cast("string"))
    return rows


def completed(
    spark: SparkSession, given: DataFrame | None, published_uri: str | None, name: str, keys: list[str]
) -> DataFrame | None:
    """Returns the rows of a table as they will be: those given, and the published ones that they do not replace.

    Args:
        spark: the session.
        given: rows of the load; None where no file was given for the table.
        published_uri: folder of the published inputs; None where the load is all there is.
        name: the table.
        keys: columns that identify a row.
    """
    before = None if published_uri is None else published(spark, published_uri, name)
    if before is None or given is None:
        return given if before is None else before
    rest = before.join(given.select(*keys), on=keys, how="left_anti")
    return given.unionByName(rest, allowMissingColumns=True)


def _is_there(uri: str) -> bool:
    system, path = fs.FileSystem.from_uri(uri)
    return bool(system.get_file_info(path).type == fs.FileType.Directory)
