"""Sales of lines and days as sales of weeks, and the weeks in which a series sold nothing."""

import datetime as dt
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.mapping import Mapping

WEEK = dt.timedelta(days=7)
QUIET_WEEKS = 13
"""Weeks without a sale after which a series may have ended, at the least."""
QUIET_GAPS = 3.0
"""And how many of its own mean gaps between sales: a series that sells every tenth week has not ended after 13."""
OPEN_SHARE = 0.1
"""Share of the usual day's lines from which on a weekday is one on which the retailer sells, a fraction."""
DECIMALS = 6
"""To which sums are rounded, so that a sum of cents is an amount of cents."""
SERIES = ("store_code", "product_code")
MEASURES = ("units", "amount")


@dataclass(frozen=True)
class WholeWeeks:
    """The weeks of a file that are whole.

    Attributes:
        first: last day of the first whole week.
        last: last day of the last one; before the first where none is whole.
        left_out: in words, the weeks at both ends that are not whole.
    """

    first: dt.date
    last: dt.date
    left_out: str = ""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.first <= self.last


def week_end_of(day: Column, week_end: int) -> Column:
    """Returns the last day of the week that a day lies in; weeks end on weekday `week_end`, 0 for Monday."""
    return F.date_add(day, (F.lit(week_end) - F.weekday(day) + 7) % 7)


def whole_weeks(rows: DataFrame, mapping: Mapping) -> WholeWeeks:
    """Returns which weeks of the rows are whole: with weeks as the grain, all of them.

    A first week is whole where its first selling day is there, a last one where its last is: a retailer that is closed
    on Sundays sells from Monday to Saturday.

    Args:
        rows: usable rows with `sale_date`.
        mapping: with the grain and the end of weeks.
    """
    if mapping.sales.grain == "weeks":
        first, last = rows.agg(F.min("sale_date"), F.max("sale_date")).collect()[0]
        return WholeWeeks(first, last)
    counts = {row["sale_date"]: row["count"] for row in rows.groupBy("sale_date").count().collect()}
    return choose_whole(counts, mapping.retailer.week_end)


def choose_whole(lines_by_day: dict[dt.date, int], week_end: int) -> WholeWeeks:
    """Returns the whole weeks of days with so many lines each."""
    selling = _selling_weekdays(lines_by_day)
    first_day, last_day = min(lines_by_day), max(lines_by_day)
    first, last = _end(first_day, week_end), _end(last_day, week_end)
    words = []
    if any(first - WEEK < day < first_day and day.weekday() in selling for day in _days(first)):
        words.append(f"the week that ends on {first}, whose sales begin on {first_day}")
        first += WEEK
    if any(day > last_day and day.weekday() in selling for day in _days(last)) and last >= first:
        words.append(f"the week that ends on {last}, whose sales end on {last_day}")
        last -= WEEK
    return WholeWeeks(first, last, " and ".join(words))


def _selling_weekdays(lines_by_day: dict[dt.date, int]) -> set[int]:
    """Returns the weekdays on which the retailer sells, 0 for Monday; one that the days do not reach may be one."""
    first, last = min(lines_by_day), max(lines_by_day)
    reached = {(first + dt.timedelta(days=days)).weekday() for days in range(min((last - first).days + 1, 7))}
    totals = [0] * 7
    for day, lines in lines_by_day.items():
        totals[day.weekday()] += lines
    usual = sorted(total for total in totals if total)
    least = OPEN_SHARE * usual[len(usual) // 2]
    return {weekday for weekday, total in enumerate(totals) if weekday not in reached or total >= max(least, 1)}


def _end(day: dt.date, week_end: int) -> dt.date:
    return day + dt.timedelta(days=(week_end - day.weekday()) % 7)


def _days(end: dt.date) -> list[dt.date]:
    return [end - dt.timedelta(days=back) for back in range(7)]


def with_measures(rows: DataFrame, mapping: Mapping) -> DataFrame:
    """Returns the rows with `units` and `amount`: money is units times price where the file has no amounts."""
    columns = mapping.sales.columns
    if columns.price and not columns.amount:
        rows = rows.withColumn("amount", F.round(F.col("units") * F.col("price"), DECIMALS))
    absent = [name for name in MEASURES if name not in rows.columns]
    return rows.withColumns({name: F.lit(None).cast("double") for name in absent})


def sum_to_weeks(rows: DataFrame, mapping: Mapping) -> DataFrame:
    """Returns one row per series and week: codes, `sale_date, units, amount, is_complete, is_holiday`.

    A week is complete where every row that sold has both measures: a part of its money over all of its pieces is no
    price.

    Args:
        rows: usable rows of whole weeks, with the measures of `with_measures`.
        mapping: with the end of weeks.
    """
    week = rows.withColumn("sale_date", week_end_of(F.col("sale_date"), mapping.retailer.week_end))
    flag = F.max("is_holiday") if "is_holiday" in rows.columns else F.lit(None).cast("boolean")
    own, other = MEASURES if mapping.retailer.is_in_units else MEASURES[::-1]
    is_complete = F.every((F.col(own) == 0) | F.col(own).isNull() | F.col(other).isNotNull()).alias("is_complete")
    sums = [F.round(F.sum(name), DECIMALS).alias(name) for name in MEASURES]
    return week.groupBy(*SERIES, "sale_date").agg(*sums, is_complete, flag.alias("is_holiday"))


def fill_zeros(weeks: DataFrame) -> DataFrame:
    """Returns the weeks of every series, 0 in those without a row in which its store has any.

    A series lives from its first row to its last, and on for 13 weeks or three of its mean gaps, whichever is more, at
    most to the last week of all. A week in which the store has no row stays without one: it is not known.

    Args:
        weeks: one row per series and week, with `store_id, dept_id, sale_date, weekly_sales, weekly_units,
            weekly_amount, is_holiday`.
    """
    series = ["store_id", "dept_id"]
    whole = Window.partitionBy(F.lit(1))
    sold = F.when(F.col("weekly_sales") != 0, F.col("sale_date"))
    lives = (
        weeks.groupBy(*series)
        .agg(
            F.min("sale_date").alias("first"),
            F.max("sale_date").alias("last"),
            F.coalesce(F.max(sold), F.max("sale_date")).alias("last_sold"),
            F.coalesce(
                F.datediff(F.max(sold), F.min(sold)) / F.greatest(F.count(sold) - 1, F.lit(1)), F.lit(0.0)
            ).alias("gap_days"),
        )
        .withColumn("end", F.max("last").over(whole))
    )
    quiet = F.greatest(F.lit(QUIET_WEEKS), F.ceil(QUIET_GAPS * F.col("gap_days") / 7)).cast("int")
    until = F.least("end", F.greatest("last", F.date_add("last_sold", quiet * 7)))
    calendar = lives.select(
        *series, F.explode(F.sequence("first", until, F.expr("interval 7 days"))).alias("sale_date")
    )
    reported = weeks.groupBy("store_id", "sale_date").agg(F.max("is_holiday").alias("flag"))
    alive = calendar.join(F.broadcast(reported), on=["store_id", "sale_date"], how="inner")
    filled = alive.join(weeks, on=[*series, "sale_date"], how="left")
    return filled.select(
        *series,
        "sale_date",
        F.coalesce("weekly_sales", F.lit(0.0)).alias("weekly_sales"),
        *[_zero_where_known(name) for name in ("weekly_units", "weekly_amount")],
        F.coalesce("is_holiday", "flag").alias("is_holiday"),
    )


def _zero_where_known(name: str) -> Column:
    """Returns a measure, 0 in a week that is filled; a measure that no row of the series has stays empty."""
    is_known = F.max(F.col(name).isNotNull()).over(Window.partitionBy("store_id", "dept_id"))
    return F.when(F.col("weekly_sales").isNull() & is_known, 0.0).otherwise(F.col(name)).alias(name)
