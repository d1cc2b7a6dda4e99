import datetime as dt

import numpy as np
import pytest

from ml.forecasting.alignment import aligned, alignment_matrix, easter_sunday, like_weeks


@pytest.mark.parametrize("day", ["2010-04-04", "2011-04-24", "2012-04-08", "2013-03-31", "2019-04-21", "2026-04-05"])
def test_easter_falls_on_the_published_sunday(day: str) -> None:
    assert easter_sunday(int(day[:4])) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("years", [1, 2])
def test_weights_of_like_weeks_sum_to_one_all_year_round(years: int) -> None:
    for number in range(200):
        weights = like_weeks(dt.date(2012, 1, 6) + dt.timedelta(weeks=number), years)
        assert sum(weights.values()) == pytest.approx(1.0)
        assert all(52 * years - 4 <= weeks_back <= 52 * years + 5 for weeks_back in weights)


def test_good_friday_leads_mostly_to_last_years_good_friday() -> None:
    # Easter moved from 2011-04-24 to 2012-04-08: its week is 50 weeks after last year's.
    weights = like_weeks(dt.date(2012, 4, 6), 1)
    assert max(weights, key=lambda weeks_back: weights[weeks_back]) == 50


def test_thanksgiving_leads_to_thanksgiving_also_where_53_weeks_lie_between() -> None:
    weights = like_weeks(dt.date(2013, 11, 29), 1)
    assert max(weights, key=lambda weeks_back: weights[weeks_back]) == 53


def test_an_ordinary_week_leads_52_weeks_back_and_a_little_further_by_date() -> None:
    # 2011-06-10 is 365 days after 2010-06-10: 52 weeks and a day. Two of three views go by date.
    assert like_weeks(dt.date(2011, 6, 10), 1) == pytest.approx({52: 1 / 3 + 2 / 3 * 6 / 7, 53: 2 / 3 / 7})


def test_aligned_values_are_unknown_where_the_sources_are() -> None:
    weeks = np.datetime64("2010-02-05") + np.timedelta64(7, "D") * np.arange(60)
    targets = weeks[-1] + np.timedelta64(7, "D") * np.arange(1, 3)
    matrix = alignment_matrix(weeks, targets, 1)
    known = aligned(np.ones((1, 60)), matrix)
    unknown = aligned(np.full((1, 60), np.nan), matrix)
    assert known.tolist() == [[pytest.approx(1.0), pytest.approx(1.0)]]
    assert np.isnan(unknown).all()
    assert np.isnan(aligned(np.ones((1, 60)), alignment_matrix(weeks, targets, 2))).all()
