"""What is known of a week years ahead: its place in the year, its holidays, and last year's week like it."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from warehouse.calendar import holiday_of, holiday_weeks, next_holiday
from warehouse.conventions import YEAR_WEEKS

WEEK = dt.timedelta(days=7)
WEEKS_BACK = (YEAR_WEEKS, YEAR_WEEKS + 1)
"""How many weeks back last year's week can lie: holidays that hang on a weekday move by whole weeks only."""

# Shoppers come before these two and stay away after them, so their neighbours are aligned as well.
_WITH_NEIGHBOURS = ("thanksgiving", "christmas")
_SCHEMA = pa.schema(
    {
        "feature_date": pa.date32(),
        "week_of_year": pa.int16(),
        "month": pa.int16(),
        "quarter": pa.int16(),
        "is_month_start": pa.bool_(),
        "is_month_end": pa.bool_(),
        "is_quarter_start": pa.bool_(),
        "is_quarter_end": pa.bool_(),
        "days_to_holiday": pa.int32(),
        "holiday_name": pa.string(),
        "is_calendar_holiday": pa.bool_(),
        "aligned_weeks": pa.int32(),
    }
)


@dataclass(frozen=True)
class CalendarWeek:
    """The calendar columns of one week, dated by its Friday; `aligned_weeks` lead back to last year's."""

    feature_date: dt.date
    week_of_year: int
    month: int
    quarter: int
    is_month_start: bool
    is_month_end: bool
    is_quarter_start: bool
    is_quarter_end: bool
    days_to_holiday: int
    holiday_name: str | None
    is_calendar_holiday: bool
    aligned_weeks: int


def calendar_week(friday: dt.date) -> CalendarWeek:
    """Returns the calendar columns of the seven days that end on a Friday."""
    days = [friday - dt.timedelta(days=back) for back in range(7)]
    mornings_after = [day + dt.timedelta(days=1) for day in days]
    name = holiday_of(friday)
    return CalendarWeek(
        feature_date=friday,
        week_of_year=friday.isocalendar().week,
        month=friday.month,
        quarter=(friday.month + 2) // 3,
        is_month_start=any(day.day == 1 for day in days),
        is_month_end=any(day.day == 1 for day in mornings_after),
        is_quarter_start=any(_starts_quarter(day) for day in days),
        is_quarter_end=any(_starts_quarter(day) for day in mornings_after),
        days_to_holiday=(next_holiday(friday)[1] - friday).days,
        holiday_name=name,
        is_calendar_holiday=name is not None,
        aligned_weeks=weeks_to_last_year(friday),
    )


def weeks_to_last_year(friday: dt.date) -> int:
    """Returns how many weeks before a week last year's week like it lies.

    A flagged week leads to last year's flagged week of the same holiday; the weeks before and after
    Thanksgiving and Christmas lead to the weeks before and after it; every other week to 52 weeks before.
    """
    for offset in (0, -1, 1):
        flagged = friday - offset * WEEK
        name = holiday_of(flagged)
        if name is not None and (offset == 0 or name in _WITH_NEIGHBOURS):
            return (flagged - holiday_weeks(flagged.year - 1)[name]) // WEEK
    return YEAR_WEEKS


def weeks_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Returns the dates from the first to the last, both included, a week apart."""
    return (first + number * WEEK for number in range((last - first) // WEEK + 1))


def calendar_frame(spark: SparkSession, first: dt.date, last: dt.date) -> DataFrame:
    """Returns one row per week from the first Friday to the last, with the columns of `CalendarWeek`."""
    rows = [asdict(calendar_week(friday)) for friday in weeks_between(first, last)]
    # An Arrow table goes to Java as it is; a list of rows would start Python workers.
    return spark.createDataFrame(pa.Table.from_pylist(rows, schema=_SCHEMA))


def _starts_quarter(day: dt.date) -> bool:
    return day.day == 1 and day.month in (1, 4, 7, 10)
