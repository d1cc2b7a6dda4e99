import datetime as dt

import pytest

from retailers import WALMART
from warehouse.calendar import Calendar, Holiday, HolidayDays, holiday_rows, known_names, unknown_holidays
from warehouse.retailer import WEEKDAYS, AlignedHoliday, CalendarSettings, Event, Retailer

# The weeks that the public data flags, and the same holidays in the years after it, by their Fridays.
FLAGGED = """
2009-02-06 2009-09-11 2009-11-27 2009-12-25   2010-02-12 2010-09-10 2010-11-26 2010-12-31
2011-02-11 2011-09-09 2011-11-25 2011-12-30   2012-02-10 2012-09-07 2012-11-23 2012-12-28
2013-02-08 2013-09-06 2013-11-29 2013-12-27   2014-02-07 2014-09-05 2014-11-28 2014-12-26
2015-02-06 2015-09-11 2015-11-27 2015-12-25   2016-02-12 2016-09-09 2016-11-25 2016-12-30
2017-02-10 2017-09-08 2017-11-24 2017-12-29   2018-02-09 2018-09-07 2018-11-23 2018-12-28
2019-02-08 2019-09-06 2019-11-29 2019-12-27   2020-02-07 2020-09-11 2020-11-27 2020-12-25
2021-02-12 2021-09-10 2021-11-26 2021-12-31   2022-02-18 2022-09-09 2022-11-25 2022-12-30
2023-02-17 2023-09-08 2023-11-24 2023-12-29   2024-02-16 2024-09-06 2024-11-29 2024-12-27
2025-02-14 2025-09-05 2025-11-28 2025-12-26   2026-02-13 2026-09-11 2026-11-27 2026-12-25
2027-02-19 2027-09-10 2027-11-26 2027-12-31   2028-02-18 2028-09-08 2028-11-24 2028-12-29
2029-02-16 2029-09-07 2029-11-23 2029-12-28   2030-02-15 2030-09-06 2030-11-29 2030-12-27
2031-02-14 2031-09-05 2031-11-28 2031-12-26   2032-02-13 2032-09-10 2032-11-26 2032-12-31
2033-02-18 2033-09-09 2033-11-25 2033-12-30   2034-02-17 2034-09-08 2034-11-24 2034-12-29
2035-02-16 2035-09-07 2035-11-23 2035-12-28
"""


def retailer(weekday: str = "Sunday", **calendar: object) -> Retailer:
    return Retailer(week_ends_on=weekday, calendar=CalendarSettings(**calendar))


def calendar(weekday: str = "Sunday", **settings: object) -> Calendar:
    return Calendar.of(retailer(weekday, **settings))


def named(calendar: Calendar, year: int) -> dict[str, str]:
    return {holiday.name: str(holiday.day) for holiday in calendar.holidays(year)}


def test_the_four_flagged_weeks_of_the_public_data_are_those_that_hold_the_holidays():
    weeks = [
        (str(week), name)
        for year in range(2009, 2036)
        for week, name in Calendar.of(WALMART).holiday_weeks(year).items()
    ]
    names = ("Super Bowl", "Labor Day", "Thanksgiving Day", "Christmas Day")
    assert weeks == list(zip(FLAGGED.split(), names * 27, strict=True))


@pytest.mark.parametrize(
    ("weekday", "week"), [("Saturday", "2026-12-26"), ("Sunday", "2026-12-27"), ("Wednesday", "2026-12-30")]
)
def test_a_week_is_dated_by_its_last_day_whatever_weekday_that_is(weekday, week):
    assert str(calendar(weekday).week_of(dt.date(2026, 12, 25))) == week


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_the_last_day_of_a_week_dates_it_and_so_do_the_six_before(weekday):
    some = calendar(weekday)
    week = some.week_of(dt.date(1970, 1, 1))
    assert {some.week_of(week - dt.timedelta(days=back)) for back in range(7)} == {week}
    assert WEEKDAYS[week.weekday()] == weekday


def test_bavaria_keeps_more_holidays_than_germany():
    germany, bavaria = (named(calendar(country="DE", region=region), 2024) for region in ("", "BY"))
    assert germany.items() < bavaria.items()
    assert {name: bavaria[name] for name in bavaria.keys() - germany.keys()} == {
        "Epiphany": "2024-01-06",
        "Corpus Christi": "2024-05-30",
        "All Saints' Day": "2024-11-01",
    }


def test_names_in_the_country_s_own_language_are_known_and_kept():
    some = calendar(country="DE", region="BY", holidays=("Erster Weihnachtstag", "Good Friday"))
    assert [(str(day), name) for day, name, is_flagged, _ in some.holidays(2024) if is_flagged] == [
        ("2024-03-29", "Good Friday"),
        ("2024-12-25", "Erster Weihnachtstag"),
    ]


def test_a_holiday_on_a_sunday_has_no_second_day():
    assert [day for day in calendar(country="US").holidays(2021) if day.name == "Christmas Day"] == [
        Holiday(dt.date(2021, 12, 25), "Christmas Day", True)
    ]


def test_before_the_first_year_of_the_library_a_holiday_keeps_its_date_or_its_distance_from_easter():
    days = named(calendar(country="DE", region="BY"), 1970)
    assert days["Good Friday"] == "1970-03-27"
    assert days["Corpus Christi"] == "1970-05-28"
    assert days["Christmas Day"] == "1970-12-25"


def test_moving_feasts_have_the_dates_of_the_library():
    assert named(calendar(country="TR"), 2024)["Eid al-Fitr"] == "2024-04-12"  # The last of its days; the first is:
    assert min(day.day for day in calendar(country="TR").holidays(2024) if day.name == "Eid al-Fitr") == dt.date(
        2024, 4, 10
    )
    assert named(calendar(country="SG"), 2025)["Diwali"] == "2025-10-20"
    assert min(day.day for day in calendar(country="SG").holidays(2025) if "Chinese" in day.name) == dt.date(
        2025, 1, 29
    )


def test_an_event_is_a_holiday_of_its_dates_alone():
    some = calendar(events=(Event(name="Fair", dates=(dt.date(2019, 12, 30), dt.date(2021, 1, 3))),))
    assert some.holiday_weeks(2019) == {dt.date(2020, 1, 5): "Fair"}
    assert some.holiday_weeks(2020) == {}
    assert some.holiday_of(dt.date(2021, 1, 3)) == "Fair"
    assert some.next_holiday(dt.date(2020, 1, 12)) == ("Fair", dt.date(2021, 1, 3))


def test_an_event_of_a_few_stores_makes_no_holiday_week_of_the_chain():
    some = calendar(events=(Event(name="Opening", dates=(dt.date(2020, 5, 6),), stores=("007",)),))
    assert some.holidays(2020) == (Holiday(dt.date(2020, 5, 6), "Opening", False),)
    assert some.holiday_of(dt.date(2020, 5, 10)) is None


def test_a_calendar_without_country_and_events_has_no_holidays():
    assert calendar().holidays(2020) == ()
    assert calendar().next_holiday(dt.date(2020, 1, 5)) is None
    assert holiday_rows(retailer(), dt.date(1970, 1, 4), dt.date(1975, 1, 5)) == []


def test_a_holiday_of_the_year_before_counts_in_the_week_that_the_year_begins_in():
    some = calendar("Wednesday", country="DE", holidays=("Second Day of Christmas",))
    assert some.holiday_weeks(2019) == {dt.date(2020, 1, 1): "Second Day of Christmas"}
    assert some.holiday_of(dt.date(2020, 1, 1)) == "Second Day of Christmas"


def test_days_about_christmas_are_counted_in_its_week_and_in_those_beside_it():
    some = Calendar.of(WALMART)

    def counted(week: str) -> list[HolidayDays]:
        return list(some.shopping_days(dt.date.fromisoformat(week)))

    # Christmas is a Friday in 2020, a Saturday in 2021.
    assert counted("2020-12-25") == [HolidayDays("Christmas Day", before=6, on=1, after=0)]
    assert counted("2021-12-24") == [HolidayDays("Christmas Day", before=7, on=0, after=0)]
    assert counted("2021-12-31") == [HolidayDays("Christmas Day", before=0, on=1, after=6)]
    assert counted("2021-06-11") == []


def test_rows_run_from_the_first_week_of_sales_to_some_years_after_the_last():
    rows = holiday_rows(WALMART, dt.date(2010, 2, 12), dt.date(2012, 10, 26))
    assert rows[0] == (dt.date(2010, 2, 7), "Super Bowl", dt.date(2010, 2, 12), True)
    assert (dt.date(2010, 7, 4), "Independence Day", dt.date(2010, 7, 9), False) in rows
    assert rows[-1][0].year == 2016
    assert len({row[:2] for row in rows}) == len(rows)
    assert [str(row[2]) for row in rows if row[3]] == FLAGGED.split()[4 : 4 + 6 * 4]


def test_the_names_of_a_country_are_known_in_both_languages():
    assert {"Christmas Day", "Erster Weihnachtstag", "Corpus Christi"} <= known_names("DE", "BY")


def test_a_misspelt_holiday_is_answered_with_the_one_that_is_meant():
    settings = CalendarSettings(
        country="US",
        holidays=("Labor Day", "Thanksgiving"),
        aligned=(AlignedHoliday(name="Easter Sundy"), AlignedHoliday(name="Fair"), AlignedHoliday(name="Qwertz")),
        events=(Event(name="Fair", dates=(dt.date(2020, 5, 6),)),),
    )
    assert unknown_holidays(settings) == {
        "Thanksgiving": "Thanksgiving Day",
        "Easter Sundy": "Easter Sunday",
        "Qwertz": "",
    }
    assert unknown_holidays(WALMART.calendar) == {}


def test_words_of_a_week_say_where_its_holiday_lies_in_it():
    some = Calendar.of(WALMART)
    words = {week: some.week_words(dt.date.fromisoformat(week)) for week in ("2010-12-31", "2024-12-27", "2026-12-25")}
    assert words == {
        "2010-12-31": "the week that begins with Christmas Day",
        "2024-12-27": "the week of Christmas Day",
        "2026-12-25": "the week that ends with Christmas Day",
    }
    assert some.week_words(dt.date(2024, 12, 20)) == ""
