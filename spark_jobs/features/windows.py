"""What a series of weekly sales knows of itself: the completed calendar, lags and rolling windows.

Every window here is partitioned and ordered alike, so Spark shuffles and sorts the sales once.
"""

import datetime as dt
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.features.calendar import WEEK
from warehouse.conventions import WINDOW_WEEKS, YEAR_WEEKS

LAGS = (1, 2, 4, 8, YEAR_WEEKS)
_MEASURES = ("weekly_amount", "weekly_units")


def complete_weeks(sales: DataFrame, last_week: dt.date) -> DataFrame:
    """Returns one row per series and week, from its first week to one week beyond the last week of all sales.

    Each known week brings the weeks missing after it, with unknown sales: no join, no second shuffle.

    Args:
        sales: `raw.raw_sales`: one row per series and known week.
        last_week: the last week of the whole data, also for series that stopped before it.
    """
    week_after = F.lead("sale_date", 1).over(_series("sale_date").rowsBetween(1, 1))
    end = F.date_sub(F.coalesce(week_after, F.lit(last_week + 2 * WEEK)), 7)
    named = ("store_id", "dept_id", "sale_date", "weekly_sales", "is_holiday")
    # Sales that were published before pieces and money stood side by side have one of them alone.
    absent = {name: F.lit(None).cast("double") for name in _MEASURES if name not in sales.columns}
    followed = sales.withColumns(absent).select(*named, _price().alias("price"), end.alias("end_date"))
    weeks = F.sequence("sale_date", "end_date", F.expr("interval 7 days"))
    is_known = F.col("feature_date") == F.col("sale_date")
    return followed.withColumn("feature_date", F.explode(weeks)).select(
        "store_id",
        "dept_id",
        "feature_date",
        F.when(is_known, F.col("weekly_sales")).alias("weekly_sales"),
        F.when(is_known, F.col("is_holiday")).alias("is_flagged"),
        F.when(is_known, F.col("price")).alias("price"),
    )


def sales_history(weeks: DataFrame, weeks_back: Sequence[int]) -> DataFrame:
    """Returns the completed weeks with what their series sold before each of them; no window reaches week t.

    Args:
        weeks: one row per series and week without a gap, as `complete_weeks` makes them.
        weeks_back: how many weeks back last years' weeks lie that the calendar leads to.
    """
    return weeks.select(
        "store_id",
        "dept_id",
        "feature_date",
        *[_lag(lag).alias(f"sales_lag_{lag}") for lag in LAGS],
        *[_lag(lag).alias(f"sales_back_{lag}") for lag in weeks_back],
        F.lag("price", 1).over(_series("feature_date").rowsBetween(-1, -1)).alias("price_lag_1"),
        *[F.avg("weekly_sales").over(_before(width)).alias(f"rolling_mean_{width}") for width in WINDOW_WEEKS],
        *[F.stddev_samp("weekly_sales").over(_before(width)).alias(f"rolling_std_{width}") for width in (4, 13)],
        F.min("weekly_sales").over(_before(4)).alias("rolling_min_4"),
        F.max("weekly_sales").over(_before(4)).alias("rolling_max_4"),
        F.count("weekly_sales").over(_before(None)).alias("weeks_observed"),
        "weekly_sales",
        "is_flagged",
    )


def aligned_sales(weeks_back: Sequence[int]) -> Column:
    """Returns the sales of last year's week like week t, out of a history joined to the calendar."""
    column = F.lit(None).cast("double")
    for lag in weeks_back:
        column = F.when(F.col("aligned_weeks") == lag, F.col(f"sales_back_{lag}")).otherwise(column)
    return column


def _price() -> Column:
    """Returns what a piece cost on average: money over pieces, whichever of the two is the series itself."""
    amount, units = (F.coalesce(name, "weekly_sales") for name in _MEASURES)
    is_known = F.coalesce(*_MEASURES).isNotNull()
    return F.when(is_known & (amount > 0) & (units > 0), amount / units)


def _series(order: str) -> WindowSpec:
    return Window.partitionBy("store_id", "dept_id").orderBy(order)


def _lag(weeks: int) -> Column:
    return F.lag("weekly_sales", weeks).over(_series("feature_date").rowsBetween(-weeks, -weeks))


def _before(weeks: int | None) -> WindowSpec:
    start = Window.unboundedPreceding if weeks is None else -weeks
    return _series("feature_date").rowsBetween(start, -1)
