import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from ml.forecasting.evaluation.drift import DriftWeek, WeekSums, drift_warning, expectation, judge, prediction_range

LAST = dt.date(2012, 8, 31)


def week(back: int, bias: float = 0.0, wape: float = 0.1, source: str = "backtest", origin: int = 0) -> WeekSums:
    """A week so many weeks before the last, forecast `origin` weeks before it, with sales of 1,000 dollars."""
    day = LAST - dt.timedelta(weeks=back)
    return WeekSums("blend", day, source, day - dt.timedelta(weeks=origin or 1), 10, 1000 * wape, 1000 * bias, 1000.0)


def history() -> list[WeekSums]:
    """16 weeks before the judged ones: WAPE 9 % and 11 %, bias -2 % and +2 % in turn."""
    turns = [(-1) ** number for number in range(16)]
    return [week(8 + number, 0.02 * turn, 0.1 + 0.01 * turn) for number, turn in enumerate(turns)]


def judged(*biases: float, wape: float = 0.1) -> list[DriftWeek]:
    """The last weeks with these biases, judged against the history."""
    recent = [week(len(biases) - 1 - number, bias, wape) for number, bias in enumerate(biases)]
    return judge([*history(), *recent], LAST)


def test_the_prediction_range_is_that_of_student_s_t_worked_by_hand() -> None:
    # Mean 50.1, deviation sqrt(6.9 / 4) = 1.3134, t(0.975; 4) = 2.7764: 2.7764 x 1.3134 x sqrt(1 + 1 / 5) = 3.9946.
    values = np.array([51.4, 49.5, 48.7, 49.3, 51.6])
    lower, upper = prediction_range(values, 0.95)
    assert (lower, upper) == pytest.approx((50.1 - 3.9946, 50.1 + 3.9946), abs=1e-4)


def test_the_expected_range_holds_95_of_100_further_weeks() -> None:
    random, held = np.random.default_rng(5), 0
    for _ in range(400):
        *known, new = random.normal(0, 1, 17)
        lower, upper = prediction_range(np.array(known), 0.95)
        held += lower <= new <= upper
    assert 0.92 <= held / 400 <= 0.98


def test_two_of_three_weeks_beyond_the_same_end_are_drift() -> None:
    assert [one.is_drifting for one in judged(0.0, 0.10, 0.0, 0.10)] == [False, False, False, True]


def test_one_week_outside_is_chance() -> None:
    weeks = judged(0.0, 0.0, 0.0, 0.10)
    assert [bool(one.misses) for one in weeks] == [False, False, False, True]
    assert not any(one.is_drifting for one in weeks)


def test_weeks_beyond_opposite_ends_are_no_drift() -> None:
    assert not any(one.is_drifting for one in judged(0.10, -0.10, 0.0))


def test_worse_accuracy_is_drift_and_better_accuracy_is_not() -> None:
    assert judged(0.0, 0.0, wape=0.3)[-1].is_drifting
    assert not judged(0.0, 0.0, wape=0.01)[-1].misses


def test_a_published_forecast_is_judged_before_the_backtest_and_the_newest_origin_before_older_ones() -> None:
    rows = [week(0, 0.01), week(0, 0.02, source="forecast", origin=8), week(0, 0.03, source="forecast", origin=2)]
    (one,) = judge([*history(), *rows], LAST)
    assert (one.week.source, one.week.bias) == ("forecast", 0.03)


def test_only_weeks_before_the_judged_ones_set_the_expectation() -> None:
    (one, *_) = judged(0.5, 0.5)
    assert one.expected is not None
    assert one.expected.week_count == 16
    assert one.expected == judged(0.0)[0].expected


def test_too_few_earlier_weeks_expect_nothing_and_say_so() -> None:
    assert expectation(history()[:7]) is None
    (one,) = judge([*history()[:7], week(0, 0.9)], LAST)
    assert not one.is_drifting
    assert "too few earlier weeks" in one.sentence


def test_the_warning_names_the_model_and_both_figures_and_only_where_the_newest_week_drifts() -> None:
    weeks = judged(0.0, 0.10, 0.10)
    warning = drift_warning(weeks, "blend")
    assert "blend" in warning
    assert "bias +10.0%" in warning
    assert drift_warning(weeks, "lightgbm") == ""
    assert drift_warning([*weeks[:-1], replace(weeks[-1], is_drifting=False)], "blend") == ""


def test_a_model_that_never_erred_gives_no_number_that_is_not_one() -> None:
    perfect = [replace(one, absolute_error=0.0, error=0.0, sales=0.0) for one in [*history(), week(0)]]
    (one,) = judge(perfect, LAST)
    assert np.isfinite([*one.expected.wape, *one.expected.bias]).all()  # type: ignore[union-attr]
