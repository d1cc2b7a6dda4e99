"""The window features: one row per store, department and week, with only what was known before the week."""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.features.calendar import WEEK, calendar_frame, calendar_weeks
from spark_jobs.features.covariates import known_covariates, normalized_stores
from spark_jobs.features.publication import (
    Artifact,
    clear_folders,
    feature_fingerprint,
    free_folder,
    publish_features,
    published,
    published_inputs,
)
from spark_jobs.features.windows import aligned_sales, complete_weeks, sales_history
from spark_jobs.session import open_spark
from warehouse.calendar import Calendar
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.retailer import read_retailer
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.publish import Change

logger = logging.getLogger(__name__)

FEATURE_TYPES = {
    "store_id": "int",
    "dept_id": "int",
    "feature_date": "date",
    "week_of_year": "smallint",
    "month": "smallint",
    "quarter": "smallint",
    "is_month_start": "boolean",
    "is_month_end": "boolean",
    "is_quarter_start": "boolean",
    "is_quarter_end": "boolean",
    "days_to_holiday": "int",
    "holiday_name": "string",
    "sales_lag_1": "double",
    "sales_lag_2": "double",
    "sales_lag_4": "double",
    "sales_lag_8": "double",
    "sales_lag_52": "double",
    "sales_last_year_aligned": "double",
    "price_lag_1": "double",
    "rolling_mean_4": "double",
    "rolling_mean_13": "double",
    "rolling_mean_52": "double",
    "rolling_std_4": "double",
    "rolling_std_13": "double",
    "rolling_min_4": "double",
    "rolling_max_4": "double",
    "weeks_observed": "int",
    "temperature": "double",
    "temperature_deviation": "double",
    "fuel_price": "double",
    "fuel_price_change": "double",
    "cpi": "double",
    "cpi_change": "double",
    "unemployment": "double",
    "unemployment_change": "double",
    "total_markdown": "double",
    "has_markdown": "boolean",
    "markdown_count": "smallint",
    "other_covariates": "string",
    "store_type": "string",
    "size_sqft": "int",
    "size_normalized": "double",
    "weekly_sales": "double",
    "is_holiday": "boolean",
}
"""Columns of `features.engineered_features` and of its Parquet files, in their order; run_id follows."""


@dataclass(frozen=True)
class FeatureReport:
    """What a build wrote: rows of the table, what changed in it, and the Parquet folder that matches it."""

    rows: int
    change: "Change"
    uri: str


def build_features(settings: Settings, database: Database, run_id: str) -> FeatureReport:
    """Returns what was published: features of the published inputs, as a table and as Parquet files.

    Raises:
        ShelfcastError: no inputs are published, or they hold no sales.
    """
    began = time.monotonic()
    inputs, current = published_inputs(database), published(database, "features")
    retailer = read_retailer(database, "pipeline")
    artifact = Artifact(free_folder(settings.lake, run_id, current), feature_fingerprint(inputs, retailer))
    spark = open_spark(settings, _published_rows(database))
    write_features(spark, inputs.uri, artifact.uri, Calendar.of(retailer), run_id)
    written = time.monotonic()
    rows, change, uri = publish_features(database, artifact, run_id, current)
    clear_folders(settings.lake, written=artifact.uri, published=uri, previous=current)
    logger.info(
        "features: %d rows in %.1f s (Spark %.1f s, load %.1f s); %s",
        rows,
        time.monotonic() - began,
        written - began,
        time.monotonic() - written,
        change,
    )
    return FeatureReport(rows, change, uri)


def _published_rows(database: Database) -> int:
    with database.connect("pipeline") as connection:
        row = connection.execute("select count(*) from raw.raw_sales").fetchone()
    return int(row[0]) if row else 0


def write_features(spark: SparkSession, inputs_uri: str, folder: str, calendar: Calendar, run_id: str) -> None:
    """Writes the features of the inputs as Parquet files to a folder, which is emptied first.

    Raises:
        ShelfcastError: the inputs hold no sales.
    """
    sales, stores, external = (
        spark.read.parquet(f"{inputs_uri}/{name}") for name in ("raw_sales", "store_attributes", "external_features")
    )
    features = engineer_features(sales, stores, external, calendar).withColumn("run_id", F.lit(run_id))
    features.write.mode("overwrite").parquet(folder)


def engineer_features(sales: DataFrame, stores: DataFrame, external: DataFrame, calendar: Calendar) -> DataFrame:
    """Returns one row per series and week of the completed calendar, with the columns of `FEATURE_TYPES`.

    The calendar ends one week beyond the last week of all sales: what a forecast at the latest origin reads.

    Args:
        sales: `raw.raw_sales`: one row per series and known week.
        stores: `raw.store_attributes`: one row per store.
        external: `raw.external_features`: one row per store and week.
        calendar: of the retailer.

    Raises:
        ShelfcastError: there are no sales.
    """
    first, last = sold_weeks(sales)
    weeks = calendar_weeks(calendar, first, last + WEEK)
    weeks_back = sorted({week.aligned_weeks for week in weeks})
    history = sales_history(complete_weeks(sales, last), weeks_back)
    # All three are small beside the sales, and a broadcast leaves the sales where the windows put them.
    joined = (
        history.join(F.broadcast(calendar_frame(sales.sparkSession, weeks)), on="feature_date", how="left")
        .join(F.broadcast(known_covariates(external)), on=["store_id", "feature_date"], how="left")
        .join(F.broadcast(normalized_stores(stores)), on="store_id", how="left")
    )
    return select_features(joined, weeks_back)


def sold_weeks(sales: DataFrame) -> tuple[dt.date, dt.date]:
    """Returns the first and the last week of all sales.

    Raises:
        ShelfcastError: there are no sales.
    """
    span = sales.agg(F.min("sale_date").alias("first"), F.max("sale_date").alias("last")).collect()[0]
    if span["first"] is None:
        raise ShelfcastError("The published inputs hold no sales.", "Give `shelfcast ingest` sales with rows.")
    return span["first"], span["last"]


def select_features(joined: DataFrame, weeks_back: Sequence[int]) -> DataFrame:
    """Returns the columns of the table out of a history joined to calendar, covariates and stores."""
    made = {
        "sales_last_year_aligned": aligned_sales(weeks_back),
        "is_holiday": F.coalesce("is_flagged", "is_calendar_holiday"),
    }
    return joined.select(*[made.get(name, F.col(name)).cast(kind).alias(name) for name, kind in FEATURE_TYPES.items()])
