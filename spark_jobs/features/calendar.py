"""What is known of a week years ahead: its place in the year, its holidays, and last year's week like it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from warehouse.calendar import Calendar
from warehouse.conventions import YEAR_WEEKS

WEEK = dt.timedelta(days=7)
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
    """The calendar columns of one week, dated by its last day; `aligned_weeks` lead back to last year's."""

    feature_date: dt.date
    week_of_year: int
    month: int
    quarter: int
    is_month_start: bool
    is_month_end: bool
    is_quarter_start: bool
    is_quarter_end: bool
    days_to_holiday: int | None
    holiday_name: str | None
    is_calendar_holiday: bool
    aligned_weeks: int


def calendar_week(calendar: Calendar, week: dt.date) -> CalendarWeek:
    """Returns the calendar columns of the seven days that end on a day."""
    days = [week - dt.timedelta(days=back) for back in range(7)]
    mornings_after = [day + dt.timedelta(days=1) for day in days]
    name, ahead = calendar.holiday_of(week), calendar.next_holiday(week)
    return CalendarWeek(
        feature_date=week,
        week_of_year=week.isocalendar().week,
        month=week.month,
        quarter=(week.month + 2) // 3,
        is_month_start=any(day.day == 1 for day in days),
        is_month_end=any(day.day == 1 for day in mornings_after),
        is_quarter_start=any(_starts_quarter(day) for day in days),
        is_quarter_end=any(_starts_quarter(day) for day in mornings_after),
        days_to_holiday=None if ahead is None else (ahead[1] - week).days,
        holiday_name=name,
        is_calendar_holiday=name is not None,
        aligned_weeks=weeks_to_last_year(calendar, week),
    )


def weeks_to_last_year(calendar: Calendar, week: dt.date) -> int:
    """Returns how many weeks before a week last year's week like it lies.

    A flagged week leads to last year's flagged week of the same holiday; the weeks before and after a holiday that
    shoppers come before and stay away after lead to the weeks before and after it; every other week to 52 weeks before.
    """
    with_neighbours = {anchor.name for anchor in calendar.anchors if anchor.weeks_before or anchor.weeks_after}
    for offset in (0, -1, 1):
        for holiday in calendar.holidays_of(week - offset * WEEK):
            if holiday.is_flagged and (offset == 0 or holiday.name in with_neighbours):
                like = calendar.time_like(holiday.name, holiday.day, 1)
                if like is not None:
                    return (week - offset * WEEK - calendar.week_of(like)) // WEEK
    return YEAR_WEEKS


def weeks_between(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Returns the dates from the first to the last, both included, a week apart."""
    return (first + number * WEEK for number in range((last - first) // WEEK + 1))


def calendar_weeks(calendar: Calendar, first: dt.date, last: dt.date) -> list[CalendarWeek]:
    """Returns the calendar columns of the weeks from the first to the last."""
    return [calendar_week(calendar, week) for week in weeks_between(first, last)]


def calendar_frame(spark: SparkSession, weeks: Sequence[CalendarWeek]) -> DataFrame:
    """Returns one row per week with the columns of `CalendarWeek`."""
    # An Arrow table goes to Java as it is; a list of rows would start Python workers.
    return spark.createDataFrame(pa.Table.from_pylist([asdict(week) for week in weeks], schema=_SCHEMA))


def _starts_quarter(day: dt.date) -> bool:
    return day.day == 1 and day.month in (1, 4, 7, 10)
