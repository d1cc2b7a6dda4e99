"""The calendar of a retailer: weeks dated by their last day, the holidays of its country and events of its own."""

import datetime as dt
import difflib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import holidays
from holidays.constants import PUBLIC, UNOFFICIAL

from warehouse.retailer import CalendarSettings, Retailer

WEEK_DAYS = 7
YEARS_AHEAD = 3
"""Years after the last week of sales for which holidays are published."""
_LANGUAGE = "en_US"
_ESTIMATED = " (estimated)"
_SUBSTITUTE = "(substituted from"
_NAMED_YEARS = range(2000, 2040)
_YEAR_DAYS = 365.25
_LONGEST_MOVE = dt.timedelta(days=45)
"""How far from a year ago last year's time of a holiday can lie."""
_LEAST_MOVE = 3
"""Days by which a holiday that hangs on a date moves at most: a leap day, or an equinox."""
_PATTERN_YEARS = 8
"""Years of the library that show on what a holiday hangs."""


class Holiday(NamedTuple):
    """A day of a holiday or event.

    Attributes:
        day: the day.
        name: what people call it.
        is_flagged: whether the week that it lies in counts as a holiday week.
        is_official: whether it is a public holiday or an event of the retailer's.
    """

    day: dt.date
    name: str
    is_flagged: bool
    is_official: bool = True


class Anchor(NamedTuple):
    """A holiday that last year's sales are aligned on.

    Attributes:
        name: of the holiday or event.
        is_moving: whether it hangs on a weekday or on another calendar, and not on a date.
        is_flagged: whether its weeks count as holiday weeks.
        weeks_before: weeks before its own that go with it.
        weeks_after: weeks after its own that go with it.
    """

    name: str
    is_moving: bool
    is_flagged: bool
    weeks_before: int
    weeks_after: int


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

    def week_words(self, week: dt.date) -> str:
        """Returns what a week is to its first flagged holiday, `the week of Thanksgiving Day`; nothing without one."""
        holiday = next((holiday for holiday in self.holidays_of(week) if holiday.is_flagged), None)
        if holiday is None:
            return ""
        place = {week: "ends with", week - dt.timedelta(days=WEEK_DAYS - 1): "begins with"}.get(holiday.day)
        return f"the week that {place} {holiday.name}" if place else f"the week of {holiday.name}"

    def holiday_weeks(self, year: int) -> Mapping[dt.date, str]:
        """Returns the name of the first flagged holiday of each week that holds one of the year's, by week."""
        flagged = [holiday for holiday in self.holidays(year) if holiday.is_flagged]
        weeks = groupby(flagged, key=lambda holiday: self.week_of(holiday.day))
        return {week: next(holidays).name for week, holidays in weeks}

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The holidays that last year's sales are aligned on, those that move first."""
        return _anchors(self.settings)

    def times_between(self, name: str, first: dt.date, last: dt.date) -> Iterator[dt.date]:
        """Returns the first day of every time of a holiday from a day to another, both included, oldest first."""
        for year in range(first.year, last.year + 1):
            yield from (day for day in _times(self.settings, year).get(name, ()) if first <= day <= last)

    def times_like(self, name: str, day: dt.date, years: int) -> Iterator[dt.date]:
        """Returns the first days of the times of a holiday about so many years before a day, oldest first."""
        then = _years_before(day, years)
        return self.times_between(name, then - _LONGEST_MOVE, then + _LONGEST_MOVE)

    def time_like(self, name: str, day: dt.date, years: int) -> dt.date | None:
        """Returns the first day of the time of a holiday that lies nearest to a day of years before; None without."""
        then = _years_before(day, years)
        return min(self.times_like(name, day, years), key=lambda time: abs(time - then), default=None)

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


def unknown_holidays(settings: CalendarSettings) -> Mapping[str, str]:
    """Returns the holidays that settings name and nobody knows, each with the nearest known name or nothing."""
    own = {event.name for event in settings.events}
    country = known_names(settings.country, settings.region)
    named = dict.fromkeys(settings.holidays, country)
    named |= {holiday.name: country | own for holiday in settings.aligned}
    return {
        name: next(iter(difflib.get_close_matches(name, known, 1)), "")
        for name, known in named.items()
        if name not in known
    }


class _CountryDay(NamedTuple):
    """A holiday of a country's.

    Attributes:
        day: the day.
        name: its name in English.
        names: that, and the names in the country's own language.
        kind: `PUBLIC`, `UNOFFICIAL`, or empty for every other kind.
    """

    day: dt.date
    name: str
    names: frozenset[str]
    kind: str


def _years_before(day: dt.date, years: int) -> dt.date:
    return day - dt.timedelta(days=round(years * _YEAR_DAYS))


@lru_cache(maxsize=1024)
def _times(settings: CalendarSettings, year: int) -> Mapping[str, Sequence[dt.date]]:
    """Returns the first day of every time that a holiday of some days begins in a year, by its name."""
    begin = dt.timedelta(days=WEEK_DAYS)
    times: dict[str, list[dt.date]] = {}
    latest = {holiday.name: holiday.day for holiday in _holidays(settings, year - 1)}
    for day, name, *_ in _holidays(settings, year):
        if name not in latest or day - latest[name] > begin:
            times.setdefault(name, []).append(day)
        latest[name] = day
    return times


@lru_cache(maxsize=64)
def _anchors(settings: CalendarSettings) -> tuple[Anchor, ...]:
    years = sorted({*_NAMED_YEARS, *(day.year for event in settings.events for day in event.dates)})
    if settings.aligned:
        anchors = [_anchor(settings, years, *holiday.model_dump().values()) for holiday in settings.aligned]
    else:
        known = {holiday.name: holiday for year in years for holiday in _holidays(settings, year)}
        found = [(_anchor(settings, years, name), known[name]) for name in sorted(known)]
        # An unofficial day of a fixed date, such as Groundhog Day, is no reason to compare by date.
        anchors = [anchor for anchor, holiday in found if anchor and (anchor.is_moving or holiday.is_official)]
    return tuple(sorted((anchor for anchor in anchors if anchor), key=lambda anchor: not anchor.is_moving))


def _anchor(
    settings: CalendarSettings,
    years: Sequence[int],
    name: str,
    weeks_before: int | None = None,
    weeks_after: int | None = None,
) -> Anchor | None:
    """Returns the anchor of a holiday, None for one that does not recur.

    One that keeps its weekday goes alone, every other with the weeks beside it.
    """
    calendar = Calendar(0, settings)
    days = [day for year in years for day in _times(settings, year).get(name, ())]
    likes = [(day, calendar.time_like(name, day, 1)) for day in days]
    moves = [abs((day - like).days - _YEAR_DAYS) for day, like in likes if like is not None]
    if not moves:
        return None
    beside = 0 if _LEAST_MOVE < max(moves) <= WEEK_DAYS else 1
    is_flagged = any(name == holiday.name and holiday.is_flagged for holiday in calendar.holidays(days[-1].year))
    before, after = (beside if weeks is None else weeks for weeks in (weeks_before, weeks_after))
    return Anchor(name, max(moves) > _LEAST_MOVE, is_flagged, before, after)


@lru_cache(maxsize=1024)
def _holidays(settings: CalendarSettings, year: int) -> tuple[Holiday, ...]:
    chosen, aligned = frozenset(settings.holidays), frozenset(holiday.name for holiday in settings.aligned)
    found: dict[tuple[dt.date, str], tuple[bool, bool]] = {}
    for day, name, names, kind in _country_days(settings.country, settings.region, year):
        # People see the name that the mapping has.
        called = min(names & (chosen | aligned), default=name)
        if kind or called in chosen | aligned:
            found[day, called] = (called in chosen if chosen else kind == PUBLIC, kind == PUBLIC)
    for event in settings.events:
        # What a few stores do makes no holiday week of the whole chain.
        found |= {(day, event.name): (not event.stores, True) for day in event.dates if day.year == year}
    return tuple(Holiday(*key, *kinds) for key, kinds in sorted(found.items()))


@lru_cache(maxsize=1024)
def _country_days(country: str, region: str, year: int) -> tuple[_CountryDay, ...]:
    """Returns a country's holidays of a year; before the first year of the library those that a rule gives."""
    if not country:
        return ()
    first = type(holidays.country_holidays(country)).start_year
    if year >= first:
        return _library_days(country, region, year)
    return tuple(_assumed_days(country, region, year, first))


def _library_days(country: str, region: str, year: int) -> tuple[_CountryDay, ...]:
    entity = type(holidays.country_holidays(country))
    english, own = (
        _named(country, region, year, language, entity.supported_categories)
        for language in (_LANGUAGE, entity.default_language)
    )
    kinds = {
        (day, name): kind
        for kind in (UNOFFICIAL, PUBLIC)
        if kind in entity.supported_categories
        for day, names in _named(country, region, year, _LANGUAGE, (kind,)).items()
        for name in names
    }
    return tuple(
        _CountryDay(day, name, frozenset((name, *own[day])), kinds.get((day, name), ""))
        for day, names in sorted(english.items())
        for name in names
        if _SUBSTITUTE not in name
    )


def _named(
    country: str, region: str, year: int, language: str | None, categories: Sequence[str]
) -> Mapping[dt.date, Sequence[str]]:
    """Returns the names of a country's holidays of a year by day, days off in place of them left out."""
    with warnings.catch_warnings():
        # Of some countries the library knows a span of years only: the others have fewer holidays.
        warnings.simplefilter("ignore", UserWarning)
        found = holidays.country_holidays(
            country, subdiv=region or None, years=year, observed=False, language=language, categories=categories
        )
    return {day: [name.removesuffix(_ESTIMATED) for name in found.get_list(day)] for day in found}


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
