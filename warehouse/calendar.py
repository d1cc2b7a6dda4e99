"""The retail calendar: weeks dated by their Friday and the four holidays that the public data flags."""

import datetime as dt

HOLIDAYS = ("super_bowl", "labor_day", "thanksgiving", "christmas")
FRIDAY = 4


def friday_on_or_after(day: dt.date) -> dt.date:
    """Returns the Friday that dates the Saturday-to-Friday week of a day."""
    return day + dt.timedelta(days=(FRIDAY - day.weekday()) % 7)


def holiday_weeks(year: int) -> dict[str, dt.date]:
    """Returns the Friday of each flagged week of a year, by holiday.

    The flagged weeks are those of the public data: the week of the Super Bowl (first Sunday of February, the second
    from 2022 on), Labor Day's (first Monday of September), Thanksgiving's own (Friday after the fourth Thursday of
    November), and the last Friday of December, the week after Christmas.
    """
    december_end = dt.date(year, 12, 31)
    return {
        "super_bowl": _nth_weekday(year, 2, 6, 1 if year < 2022 else 2) + dt.timedelta(days=5),
        "labor_day": _nth_weekday(year, 9, 0, 1) + dt.timedelta(days=4),
        "thanksgiving": _nth_weekday(year, 11, 3, 4) + dt.timedelta(days=1),
        "christmas": december_end - dt.timedelta(days=(december_end.weekday() - FRIDAY) % 7),
    }


def holiday_of(week: dt.date) -> str | None:
    """Returns the holiday whose flagged week is dated by this Friday, or None."""
    return next((name for name, friday in holiday_weeks(week.year).items() if friday == week), None)


def next_holiday(week: dt.date) -> tuple[str, dt.date]:
    """Returns the holiday week at or after a Friday, with its name."""
    upcoming = {**_dated(week.year), **_dated(week.year + 1)}
    friday = min(day for day in upcoming if day >= week)
    return upcoming[friday], friday


def _dated(year: int) -> dict[dt.date, str]:
    return {friday: name for name, friday in holiday_weeks(year).items()}


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
