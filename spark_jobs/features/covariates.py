"""Weather, economy, markdowns and stores, as they are known when a week begins."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.schema import OTHERS

MARKDOWNS = tuple(f"markdown_{number}" for number in range(1, 6))


def known_covariates(external: DataFrame) -> DataFrame:
    """Returns one row per store and week t with the covariates of the week before, the latest known then.

    Changes and deviations are worked out here, per store and week, before anything is joined to departments.

    Args:
        external: `raw.external_features`: one row per store and week, with the columns of the table.
    """
    if OTHERS not in external.columns:  # published before covariates could have any name
        external = external.withColumn(OTHERS, F.lit(None).cast("string"))
    day = F.unix_date("feature_date")
    store = Window.partitionBy("store_id").orderBy(day)
    # From the first week with a markdown on, they are recorded: an empty one means unknown before it and none after.
    has_any = F.coalesce(*MARKDOWNS).isNotNull()
    first = external.agg(F.min(F.when(has_any, F.col("feature_date"))).alias("first_markdown_date"))
    # Frames count days, not rows: where the file skips a week, the week before is unknown.
    week_before, all_before = store.rangeBetween(-7, -7), store.rangeBetween(Window.unboundedPreceding, -1)

    def change(name: str) -> Column:
        return F.col(name) - F.first(name).over(week_before)

    return external.join(F.broadcast(first), how="cross").select(
        "store_id",
        F.date_add("feature_date", 7).alias("feature_date"),
        "temperature",
        (F.col("temperature") - F.avg("temperature").over(all_before)).alias("temperature_deviation"),
        "fuel_price",
        change("fuel_price").alias("fuel_price_change"),
        "cpi",
        change("cpi").alias("cpi_change"),
        "unemployment",
        change("unemployment").alias("unemployment_change"),
        *_markdown_columns(),
        OTHERS,
    )


def normalized_stores(stores: DataFrame) -> DataFrame:
    """Returns one row per store: its type, its size in square feet, its size as a fraction of the largest."""
    largest = stores.agg(F.max("size_sqft").alias("largest_sqft"))
    return stores.join(F.broadcast(largest), how="cross").select(
        "store_id", "store_type", "size_sqft", (F.col("size_sqft") / F.col("largest_sqft")).alias("size_normalized")
    )


def _markdown_columns() -> list[Column]:
    amounts = [F.coalesce(F.col(name), F.lit(0.0)) for name in MARKDOWNS]
    total, count = F.lit(0.0), F.lit(0)
    for amount in amounts:
        total, count = total + amount, count + F.when(amount != 0, 1).otherwise(0)
    is_recorded = F.col("feature_date") >= F.col("first_markdown_date")
    return [
        F.when(is_recorded, total).alias("total_markdown"),
        F.when(is_recorded, count > 0).alias("has_markdown"),
        F.when(is_recorded, count).alias("markdown_count"),
    ]
