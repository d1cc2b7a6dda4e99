"""Drift: whether the last weeks' forecasts did worse than the backtest of their model led to expect.

A week's WAPE (over all its stores and departments) and bias are compared with the weeks that the backtest scored before
the judged ones. One week outside its 95 % range is chance: with eight weeks and two figures it happens all the time. So
a model drifts where two of three weeks in a row miss in the same way, the two-of-three rule of control charts
(Western Electric, Statistical Quality Control Handbook, 1956): accuracy worse than its range, or bias beyond the same
end of its range. An accuracy better than expected is no drift.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ml.forecasting.panel import FloatArray

JUDGED_WEEKS = 8
"""Weeks up to the last one of the data that are judged."""
LEAST_WEEKS = 8
"""Weeks that an expectation needs: one origin of the backtest."""
LEVEL = 0.95
RULE_WEEKS, RULE_MISSES = 3, 2
"""Weeks in a row that are looked at together, and how many of them that miss in the same way are drift."""
_LEAST_RATE = 1e-6


@dataclass(frozen=True)
class WeekSums:
    """Errors of a model's forecasts for one week, from one origin.

    Attributes:
        model_name: candidate.
        week_date: target week.
        source: forecast (published) or backtest.
        origin_date: last week known to the forecasts.
        forecast_count: stores and departments.
        absolute_error: sum of absolute errors in the unit of the sales.
        error: sum of forecast less actual in the unit of the sales.
        sales: sum of absolute sales in the unit of the sales.
    """

    model_name: str
    week_date: dt.date
    source: str
    origin_date: dt.date
    forecast_count: int
    absolute_error: float
    error: float
    sales: float

    @property
    def wape(self) -> float:
        """Sum of absolute errors over sum of absolute sales, a fraction."""
        return self.absolute_error / max(self.sales, 1e-9)

    @property
    def bias(self) -> float:
        """Sum of forecast less actual over sum of absolute sales, a fraction."""
        return self.error / max(self.sales, 1e-9)


@dataclass(frozen=True)
class Expectation:
    """Ranges that a week's figures should keep to, fractions (lower, upper), and the weeks they come from."""

    week_count: int
    wape: tuple[float, float]
    bias: tuple[float, float]


@dataclass(frozen=True)
class DriftWeek:
    """One week of a model, judged.

    Attributes:
        week: what was seen.
        expected: what was to be expected; None where the backtest has too few earlier weeks.
        misses: in which ways the week lies outside: less accurate, too high, too low.
        is_drifting: whether two of the three weeks up to this one miss in the same way.
    """

    week: WeekSums
    expected: Expectation | None
    misses: frozenset[str] = frozenset()
    is_drifting: bool = False

    @property
    def sentence(self) -> str:
        """What was seen beside what was to be expected."""
        seen = f"WAPE {self.week.wape:.1%} and bias {self.week.bias:+.1%}"
        if self.expected is None:
            return f"{seen}; the backtest has too few earlier weeks to say what to expect."
        (_, most), (low, high) = self.expected.wape, self.expected.bias
        return f"{seen}; expected were a WAPE of at most {most:.1%} and a bias from {low:+.1%} to {high:+.1%}."


def judge(weeks: Sequence[WeekSums], last_week: dt.date) -> list[DriftWeek]:
    """Returns the judged weeks of every model, by model and week.

    Args:
        weeks: sums of published forecasts and of the backtest, any number of origins for a week.
        last_week: last week of the data.
    """
    first = last_week - dt.timedelta(weeks=JUDGED_WEEKS - 1)
    judged: list[DriftWeek] = []
    for name in sorted({week.model_name for week in weeks}):
        own = [week for week in weeks if week.model_name == name]
        expected = expectation([week for week in own if week.source == "backtest" and week.week_date < first])
        recent = newest_per_week([week for week in own if first <= week.week_date <= last_week])
        judged += _with_rule([DriftWeek(week, expected, _misses(week, expected)) for week in recent])
    return judged


def newest_per_week(weeks: Sequence[WeekSums]) -> list[WeekSums]:
    """Returns one forecast a week, in order: a published one before a backtest's, then the newest origin's."""
    ranked = sorted(weeks, key=lambda week: (week.week_date, week.source == "forecast", week.origin_date))
    return list({week.week_date: week for week in ranked}.values())


def expectation(weeks: Sequence[WeekSums]) -> Expectation | None:
    """Returns what the next week's figures should keep to, None with fewer than 8 weeks.

    WAPE is positive and skewed, so its range is computed on its logarithm.
    """
    if len(weeks) < LEAST_WEEKS:
        return None
    wape = np.log(np.maximum([week.wape for week in weeks], _LEAST_RATE))
    lower, upper = prediction_range(wape, LEVEL)
    bias = prediction_range(np.array([week.bias for week in weeks]), LEVEL)
    return Expectation(len(weeks), (float(np.exp(lower)), float(np.exp(upper))), bias)


def prediction_range(values: FloatArray, level: float) -> tuple[float, float]:
    """Returns the range in which one further value lies with a probability, if all come from one normal distribution.

    Source: Hahn and Meeker, Statistical Intervals, 1991, section 4.7: mean and deviation of n values, the quantile of
    Student's t with n - 1 degrees of freedom, times the root of 1 + 1 / n.
    """
    from scipy.stats import t

    count = len(values)
    half = float(t.ppf((1 + level) / 2, count - 1)) * float(np.std(values, ddof=1)) * (1 + 1 / count) ** 0.5
    mean = float(np.mean(values))
    return mean - half, mean + half


def drift_warning(judged: Sequence[DriftWeek], model_name: str) -> str:
    """Returns one sentence where the newest judged week of a model drifts, the empty string where it does not."""
    own = [one for one in judged if one.week.model_name == model_name]
    if not own or not own[-1].is_drifting:
        return ""
    last = own[-1]
    return (
        f"warning: the forecasts of {model_name} drift, the last {RULE_WEEKS} weeks to {last.week.week_date} missed "
        f"more than the backtest led to expect: {last.sentence}"
    )


def _misses(week: WeekSums, expected: Expectation | None) -> frozenset[str]:
    if expected is None:
        return frozenset()
    checks = {
        "less accurate": week.wape > expected.wape[1],
        "too high": week.bias > expected.bias[1],
        "too low": week.bias < expected.bias[0],
    }
    return frozenset(name for name, is_missed in checks.items() if is_missed)


def _with_rule(weeks: Sequence[DriftWeek]) -> list[DriftWeek]:
    """Returns the weeks of one model, in order, marked where two of the three up to them miss in the same way."""
    marked = []
    for number, one in enumerate(weeks):
        window = weeks[max(0, number - RULE_WEEKS + 1) : number + 1]
        ways = [way for seen in window for way in seen.misses]
        marked.append(replace(one, is_drifting=any(ways.count(way) >= RULE_MISSES for way in ways)))
    return marked
