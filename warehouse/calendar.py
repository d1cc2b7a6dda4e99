"""The calendar of a retailer: weeks dated by their last day, the holidays of its country and events of its own."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import holidays

from warehouse.retailer import CalendarSettings, Retailer

WEEK_DAYS = 7
YEARS_AHEAD = 3
"""Years after the last week of sales for which holidays are published."""
_LANGUAGE = "en_US"
_SUBSTITUTE = "(substituted from"
_NAMED_YEARS = range(2000, 2040)
_PATTERN_YEARS = 8
"""Years of the library that show on what a holiday hangs."""


class Holiday(NamedTuple):
    """A day of a holiday or event, and whether the week that it lies in counts as a holiday week."""

    day: dt.date
    name: str
    is_flagged: bool


class HolidayDays(NamedTuple):
    """How many of the seven days of a week lie before, on and after a holiday that lies in the week or beside it."""

    name: str
    before: int
    on: int
    after: int


@dataclass(frozen=True)
class Calendar:
    """Weeks and holidays of a retailer.

    Attributes:
        week_end: the last day of a week, 0 for Monday.
        settings: which days are holidays.
    """

    week_end: int
    settings: CalendarSettings = field(default_factory=CalendarSettings)

    @classmethod
    def of(cls, retailer: Retailer) -> "Calendar":
        """Returns the calendar of a retailer."""
        return cls(retailer.week_end, retailer.calendar)

    def week_of(self, day: dt.date) -> dt.date:
        """Returns the last day of the week that a day lies in, which dates the week."""
        return day + dt.timedelta(days=(self.week_end - day.weekday()) % WEEK_DAYS)

    def holidays(self, year: int) -> tuple[Holiday, ...]:
        """Returns the days of a year that are holidays or events, flagged or not, by date and name."""
        return _holidays(self.settings, year)

    def holidays_between(self, first: dt.date, last: dt.date) -> Iterator[Holiday]:
        """Returns the holidays from a day to another, both included, by date and name."""
        for year in range(first.year, last.year + 1):
            yield from (holiday for holiday in self.holidays(year) if first <= holiday.day <= last)

    def holidays_of(self, week: dt.date) -> tuple[Holiday, ...]:
        """Returns the holidays that lie in a week, by date and name."""
        return tuple(self.holidays_between(week - dt.timedelta(days=WEEK_DAYS - 1), week))

    def holiday_of(self, week: dt.date) -> str | None:
        """Returns the name of the first flagged holiday that lies in a week; None where there is none."""
        return next((holiday.name for holiday in self.holidays_of(week) if holiday.is_flagged), None)

    def holiday_weeks(self, year: int) -> Mapping[dt.date, str]:
        """Returns the name of the first flagged holiday of each week that holds one of the year's, by week."""
        flagged = [holiday for holiday in self.holidays(year) if holiday.is_flagged]
        weeks = groupby(flagged, key=lambda holiday: self.week_of(holiday.day))
        return {week: next(holidays).name for week, holidays in weeks}

    def next_holiday(self, week: dt.date) -> tuple[str, dt.date] | None:
        """Returns the first holiday week from a week on and its holiday; None where the next two years have none."""
        for year in range(week.year, week.year + 3):
            for holiday_week in self.holiday_weeks(year):
                if holiday_week >= week:
                    return self.holiday_of(holiday_week) or "", holiday_week
        return None

    def shopping_days(self, week: dt.date) -> tuple[HolidayDays, ...]:
        """Returns how a week's days lie about every flagged holiday of it and of the weeks beside it.

        They are counted in days of the calendar: when stores are closed, files don't say.
        """
        days = [week - dt.timedelta(days=back) for back in range(WEEK_DAYS)]
        around = dt.timedelta(days=WEEK_DAYS)
        near: dict[str, list[dt.date]] = {}
        for holiday in self.holidays_between(days[-1] - around, week + around):
            if holiday.is_flagged:
                near.setdefault(holiday.name, []).append(holiday.day)
        return tuple(
            HolidayDays(
                name,
                before=sum(day < min(on) for day in days),
                on=sum(day in on for day in days),
                after=sum(day > min(on) and day not in on for day in days),
            )
            for name, on in near.items()
        )


def holiday_rows(retailer: Retailer, first: dt.date, last: dt.date) -> list[tuple[dt.date, str, dt.date, bool]]:
    """Returns holiday_date, holiday_name, week_date and is_flagged of `raw.holidays`, by date and name.

    Args:
        retailer: whose calendar it is.
        first: first week of sales, its last day.
        last: last week of sales, its last day; holidays of some years after it are returned too.
    """
    calendar = Calendar.of(retailer)
    begin = first - dt.timedelta(days=WEEK_DAYS - 1)
    end = calendar.week_of(dt.date(last.year + YEARS_AHEAD, 12, 31))
    return [
        (holiday.day, holiday.name, calendar.week_of(holiday.day), holiday.is_flagged)
        for holiday in calendar.holidays_between(begin, end)
    ]


def easter_sunday(year: int) -> dt.date:
    """Returns Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    weekday = (32 + 2 * century_rest + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return dt.date(year, month, day + 1)


def known_names(country: str, region: str) -> frozenset[str]:
    """Returns the names of the holidays that the library knows of a country, in English and in its own language."""
    days = (day for year in _NAMED_YEARS for day in _country_days(country, region, year))
    return frozenset(name for day in days for name in day.names)


class _CountryDay(NamedTuple):
    """A holiday of a country's: its name in English, that and its own names, and whether it is a public one."""

    day: dt.date
    name: str
    names: frozenset[str]
    is_public: bool


@lru_cache(maxsize=1024)
def _holidays(settings: CalendarSettings, year: int) -> tuple[Holiday, ...]:
    chosen = frozenset(settings.holidays)
    found: dict[tuple[dt.date, str], bool] = {}
    for day, name, names, is_public in _country_days(settings.country, settings.region, year):
        called = min(names & chosen, default=name)
        if is_public or called in chosen:
            found[day, called] = called in chosen or not chosen
    for event in settings.events:
        # What a few stores do makes no holiday week of the whole chain.
        found |= {(day, event.name): not event.stores for day in event.dates if day.year == year}
    return tuple(Holiday(day, name, is_flagged) for (day, name), is_flagged in sorted(found.items()))


@lru_cache(maxsize=1024)
def _country_days(country: str, region: str, year: int) -> tuple[_CountryDay, ...]:
    """Returns a country's holidays of a year; before the first year of the library those that a rule gives."""
    if not country:
        return ()
    kind = type(holidays.country_holidays(country))
    if year >= kind.start_year:
        return _library_days(country, region, year)
    return tuple(_assumed_days(country, region, year, kind.start_year))


def _library_days(country: str, region: str, year: int) -> tuple[_CountryDay, ...]:
    kind = type(holidays.country_holidays(country))
    every = kind.supported_categories
    english = _named(country, region, year, _LANGUAGE, every)
    public = _named(country, region, year, _LANGUAGE, (holidays.PUBLIC,) if holidays.PUBLIC in every else every)
    own = _named(country, region, year, kind.default_language, every)
    return tuple(
        _CountryDay(day, name, frozenset((name, *own[day])), name in public.get(day, ()))
        for day, names in sorted(english.items())
        for name in names
        if _SUBSTITUTE not in name
    )


def _named(
    country: str, region: str, year: int, language: str | None, categories: Sequence[str]
) -> Mapping[dt.date, Sequence[str]]:
    """Returns the names of a country's holidays of a year by day, days off in place of them left out."""
    found = holidays.country_holidays(
        country, subdiv=region or None, years=year, observed=False, language=language, categories=categories
    )
    return {day: found.get_list(day) for day in found}


def _assumed_days(country: str, region: str, year: int, first: int) -> Iterator[_CountryDay]:
    """Returns a year's holidays that hang on a date or on Easter, as in the library's first years."""
    seen: dict[str, list[_CountryDay]] = {}
    for known in range(first, first + _PATTERN_YEARS):
        for found in _library_days(country, region, known):
            seen.setdefault(found.name, []).append(found)
    for days in seen.values():
        dates = {(found.day.month, found.day.day) for found in days}
        distances = {(found.day - easter_sunday(found.day.year)).days for found in days}
        if len(days) == _PATTERN_YEARS and len(dates) == 1 and dates != {(2, 29)}:
            yield days[0]._replace(day=days[0].day.replace(year=year))
        elif len(days) == _PATTERN_YEARS and len(distances) == 1:
            yield days[0]._replace(day=easter_sunday(year) + dt.timedelta(days=distances.pop()))


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
