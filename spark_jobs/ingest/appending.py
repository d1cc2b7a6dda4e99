"""Files that hold only new or corrected rows: the published rows that they do not replace are put beside them."""

import logging

from pyarrow import fs
from pyspark.sql import DataFrame, SparkSession

from spark_jobs.ingest.schema import TABLES

logger = logging.getLogger(__name__)


def published_stores(spark: SparkSession, published_uri: str) -> DataFrame:
    """Returns the `store_id` of the published stores, from their folder of the lake."""
    return spark.read.parquet(f"{published_uri}/store_attributes").select("store_id")


def complete_folder(spark: SparkSession, folder: str, published_uri: str) -> list[str]:
    """Returns the tables that stand in the folder of a load once the published rows it does not replace are there.

    Args:
        spark: the session.
        folder: of the load; has a folder of Parquet files for each table that a file was given for.
        published_uri: folder of the published inputs, with a folder of Parquet files per table.
    """
    tables = []
    for name, table in TABLES.items():
        is_given, is_published = _is_there(f"{folder}/{name}"), _is_there(f"{published_uri}/{name}")
        if is_published:
            rest = spark.read.parquet(f"{published_uri}/{name}")
            if is_given:
                keys = list(table.keys)
                rest = rest.join(spark.read.parquet(f"{folder}/{name}").select(keys), on=keys, how="left_anti")
            rest.write.mode("append").parquet(f"{folder}/{name}")
        if is_given or is_published:
            tables.append(name)
    return tables


def _is_there(uri: str) -> bool:
    system, path = fs.FileSystem.from_uri(uri)
    return bool(system.get_file_info(path).type == fs.FileType.Directory)
