import datetime as dt

import pytest

from warehouse.calendar import friday_on_or_after, holiday_of, holiday_weeks, next_holiday


@pytest.mark.parametrize(
    ("year", "super_bowl", "labor_day", "thanksgiving", "christmas"),
    [
        (2010, "2010-02-12", "2010-09-10", "2010-11-26", "2010-12-31"),
        (2011, "2011-02-11", "2011-09-09", "2011-11-25", "2011-12-30"),
        (2012, "2012-02-10", "2012-09-07", "2012-11-23", "2012-12-28"),
        (2013, "2013-02-08", "2013-09-06", "2013-11-29", "2013-12-27"),
    ],
)
def test_the_four_flagged_weeks_are_those_of_the_public_data(year, super_bowl, labor_day, thanksgiving, christmas):
    weeks = {name: str(friday) for name, friday in holiday_weeks(year).items()}
    assert weeks == {
        "super_bowl": super_bowl,
        "labor_day": labor_day,
        "thanksgiving": thanksgiving,
        "christmas": christmas,
    }


def test_a_week_without_a_holiday_has_no_name():
    assert holiday_of(dt.date(2012, 3, 16)) is None


def test_after_christmas_the_next_holiday_is_the_super_bowl():
    assert next_holiday(dt.date(2012, 1, 6)) == ("super_bowl", dt.date(2012, 2, 10))


def test_a_holiday_week_is_its_own_next_holiday():
    assert next_holiday(dt.date(2012, 11, 23)) == ("thanksgiving", dt.date(2012, 11, 23))


def test_every_day_belongs_to_the_week_of_the_friday_that_follows():
    assert friday_on_or_after(dt.date(2012, 10, 20)) == dt.date(2012, 10, 26)
    assert friday_on_or_after(dt.date(2012, 10, 26)) == dt.date(2012, 10, 26)
