"""The metrics of forecasts: each is one function of scored rows, and every table of figures is made from them.

A metric is named like the column of the marts that holds it. A figure without the rows it needs is NaN.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml.forecasting.panel import BoolArray, FloatArray, IntArray
from warehouse.wording import house

BOUND_LEVELS = (0.1, 0.9, 0.025, 0.975)
"""Levels of the quantiles that the bounds stand for: lower and upper at 80 %, then at 95 %."""
UNITS: Mapping[str, Callable[[float], str]] = {
    "count": lambda value: house().number(value),
    "amount": lambda value: house().bare_quantity(value),
    "rate": lambda value: f"{house().number(100 * value, 1)} %",
    "signed rate": lambda value: f"{'' if value < 0 else '+'}{house().number(100 * value, 1)} %",
    "ratio": lambda value: house().number(value, 3),
}
"""How a figure of each unit is written; amounts are in the unit that is forecast, rates fractions."""

Score = Mapping[str, float]
"""Figures of one candidate over some rows, by the name of the metric."""
SCORECARD = (
    "wmae_amount",
    "value_added_rate",
    "wape_rate",
    "store_total_wape_rate",
    "coverage_80_rate",
    "coverage_95_rate",
    "interval_score_80_rate",
)
"""The figures of the scorecard, in the order of its columns."""


@dataclass(frozen=True)
class ScoredForecasts:
    """Scored forecasts of one candidate, (n,) each.

    Attributes:
        actual: sales in the unit of the sales.
        point: forecasts in the unit of the sales.
        is_holiday: whether the week is a holiday week.
        bounds: lower and upper bounds at 80 %, then at 95 %, in their unit, NaN where there are none, (4, n).
        scale: mean weekly sales of the row's pair in the year before the origin, in the unit of the sales.
        baseline: forecasts of seasonal naive in the unit of the sales.
        store_total: label of the total that a row belongs to, one per store, origin and week.
        holiday_weight: how much a holiday week counts in the weighted error, in ordinary weeks.
    """

    actual: FloatArray
    point: FloatArray
    is_holiday: BoolArray
    bounds: FloatArray | None = None
    scale: FloatArray | None = None
    baseline: FloatArray | None = None
    store_total: IntArray | None = None
    holiday_weight: float = 1.0

    @property
    def error(self) -> FloatArray:
        """Forecast less actual in the unit of the sales, (n,)."""
        return self.point - self.actual

    @property
    def weight(self) -> FloatArray:
        """Weight in the weighted error, (n,)."""
        return np.where(self.is_holiday, self.holiday_weight, 1.0)

    def interval(self, level: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Returns actual, lower and upper bound of the rows that have bounds at a level, 0.8 or 0.95."""
        lower, upper = (np.full(len(self.actual), np.nan),) * 2
        if self.bounds is not None:
            lower, upper = self.bounds[:2] if level == 0.8 else self.bounds[2:]
        known = ~np.isnan(lower)
        return self.actual[known], lower[known], upper[known]


@dataclass(frozen=True)
class Metric:
    """A figure of forecasts: its name in marts and MLflow, its title, its unit, and how it is computed."""

    name: str
    title: str
    unit: str
    function: Callable[[ScoredForecasts], float]

    @property
    def head(self) -> str:
        """The head of its column in tables: the title, with what amounts are in."""
        return house().quantity_head(self.title) if self.unit == "amount" else self.title

    def text(self, value: float | None) -> str:
        """Returns the figure as tables write it, a dash where there is none."""
        if value is None or value != value:
            return "-"
        return UNITS[self.unit](value)


METRICS: dict[str, Metric] = {}
"""Every metric by its name."""


def metric(title: str, unit: str) -> Callable[[Callable[[ScoredForecasts], float]], Callable[[ScoredForecasts], float]]:
    """Returns a decorator that registers a function as the metric of its name."""

    def register(function: Callable[[ScoredForecasts], float]) -> Callable[[ScoredForecasts], float]:
        METRICS[function.__name__] = Metric(function.__name__, title, unit, function)
        return function

    return register


def evaluate(rows: ScoredForecasts, names: Iterable[str] | None = None) -> Score:
    """Returns the figures of forecasts by name: those asked for, or all of them."""
    return {name: METRICS[name].function(rows) for name in (METRICS if names is None else names)}


@metric("forecasts", "count")
def forecast_count(rows: ScoredForecasts) -> float:
    """Returns the number of rows."""
    return float(len(rows.actual))


@metric("sales", "amount")
def absolute_sales_amount(rows: ScoredForecasts) -> float:
    """Returns the sum of absolute sales in their unit; equal for candidates that were scored on the same rows."""
    return float(np.abs(rows.actual).sum())


@metric("WMAE", "amount")
def wmae_amount(rows: ScoredForecasts) -> float:
    """Returns the mean absolute error in the unit of the sales in which holiday weeks count by their weight."""
    return float((rows.weight * np.abs(rows.error)).sum() / rows.weight.sum())


@metric("WMAE of naive", "amount")
def baseline_wmae_amount(rows: ScoredForecasts) -> float:
    """Returns the weighted mean absolute error of seasonal naive on the same rows, in the unit of the sales."""
    if rows.baseline is None:
        return float("nan")
    return wmae_amount(replace(rows, point=rows.baseline))


@metric("better than naive", "signed rate")
def value_added_rate(rows: ScoredForecasts) -> float:
    """Returns by what fraction the weighted error lies below seasonal naive's; 0 where that makes none."""
    baseline = baseline_wmae_amount(rows)
    return 0.0 if baseline == 0 else 1 - wmae_amount(rows) / baseline


@metric("MAE", "amount")
def mae_amount(rows: ScoredForecasts) -> float:
    """Returns the mean absolute error in the unit of the sales."""
    return float(np.abs(rows.error).mean())


@metric("RMSE", "amount")
def rmse_amount(rows: ScoredForecasts) -> float:
    """Returns the root mean squared error in the unit of the sales."""
    return float(np.sqrt((rows.error**2).mean()))


@metric("scaled RMSE", "ratio")
def scaled_rmse_rate(rows: ScoredForecasts) -> float:
    """Returns the root mean squared error as a fraction of each pair's own sales: small pairs weigh like large ones."""
    return float("nan") if rows.scale is None else float(np.sqrt(((rows.error / rows.scale) ** 2).mean()))


@metric("WAPE", "rate")
def wape_rate(rows: ScoredForecasts) -> float:
    """Returns the sum of absolute errors over the sum of absolute sales, a fraction."""
    return float(np.abs(rows.error).sum()) / _sales(rows.actual)


@metric("bias", "signed rate")
def bias_rate(rows: ScoredForecasts) -> float:
    """Returns the sum of forecast less actual over the sum of absolute sales, a fraction."""
    return float(rows.error.sum()) / _sales(rows.actual)


@metric("store WAPE", "rate")
def store_total_wape_rate(rows: ScoredForecasts) -> float:
    """Returns the sum of absolute errors of the stores' totals over the sum of their absolute sales, a fraction.

    Errors of opposite sign cancel within a total, so it is at most the WAPE of the rows where all sales are positive.
    """
    if rows.store_total is None:
        return float("nan")
    member = np.unique(rows.store_total, return_inverse=True)[1]
    missed, sales = (np.asarray(np.bincount(member, part), dtype=float) for part in (rows.error, rows.actual))
    return float(np.abs(missed).sum()) / _sales(sales)


@metric("in 80 %", "rate")
def coverage_80_rate(rows: ScoredForecasts) -> float:
    """Returns the share of the rows with bounds whose actual lies within the 80 % interval."""
    return _coverage(*rows.interval(0.8))


@metric("in 95 %", "rate")
def coverage_95_rate(rows: ScoredForecasts) -> float:
    """Returns the share of the rows with bounds whose actual lies within the 95 % interval."""
    return _coverage(*rows.interval(0.95))


@metric("width 80 %", "amount")
def mean_width_80_amount(rows: ScoredForecasts) -> float:
    """Returns the mean width of the 80 % intervals in the unit of the sales."""
    _, lower, upper = rows.interval(0.8)
    return _mean(upper - lower)


@metric("interval score", "ratio")
def interval_score_80_rate(rows: ScoredForecasts) -> float:
    """Returns the sum of interval scores at 80 % over the sum of absolute sales, over the rows with bounds."""
    actual, lower, upper = rows.interval(0.8)
    return float(interval_score(actual, lower, upper, 0.8).sum()) / _sales(actual) if len(actual) else float("nan")


@metric("pinball", "amount")
def pinball_amount(rows: ScoredForecasts) -> float:
    """Returns the mean pinball loss of the four bounds in the unit of the sales."""
    if rows.bounds is None:
        return float("nan")
    losses = [pinball_loss(rows.actual, bound, level) for bound, level in zip(rows.bounds, BOUND_LEVELS, strict=True)]
    return _mean(np.concatenate(losses))


def coverage_by(
    groups: npt.NDArray[np.generic], actual: FloatArray, lower: FloatArray, upper: FloatArray
) -> FloatArray:
    """Returns the coverage of each group, in the order of `np.unique(groups)`, NaN where a group has no bounds.

    Args:
        groups: label of the group of each row, (n,).
        actual: sales in the unit of the sales, (n,).
        lower: lower bounds in the unit of the sales, NaN where there are none, (n,).
        upper: upper bounds in the unit of the sales, (n,).
    """
    members = (groups == label for label in np.unique(groups))
    known = ~np.isnan(lower)
    return np.array([_coverage(*(part[known & mine] for part in (actual, lower, upper))) for mine in members])


def interval_score(actual: FloatArray, lower: FloatArray, upper: FloatArray, level: float) -> FloatArray:
    """Returns the interval score of each row in its unit, (n,): the width, and 2 / alpha for each unit outside.

    Less is better; no other bounds score less in expectation than the true quantiles. Source: Gneiting and Raftery,
    Strictly Proper Scoring Rules, Prediction, and Estimation, 2007, equation 43.

    Args:
        actual: sales in the unit of the sales, (n,).
        lower: lower bounds in the unit of the sales, NaN where there are none, (n,).
        upper: upper bounds in the unit of the sales, (n,).
        level: share that the interval is meant to cover, 1 - alpha.
    """
    missed = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    return np.asarray(upper - lower + 2.0 / (1.0 - level) * missed)


def pinball_loss(actual: FloatArray, quantile: FloatArray, level: float) -> FloatArray:
    """Returns the pinball loss of each row in the unit of the sales, (n,), NaN where there is no quantile.

    A unit of sales above the quantile costs `level`, one below costs 1 - `level`. Source: Koenker and Bassett,
    Regression Quantiles, 1978. The interval score is 2 / alpha times the sum of the losses of its two bounds.
    """
    above = actual - quantile
    return np.asarray(np.maximum(level * above, (level - 1.0) * above))


def _coverage(actual: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    return _mean((actual >= lower) & (actual <= upper))


def _mean(values: npt.NDArray[np.generic]) -> float:
    """Returns the mean of the known values, NaN where there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _sales(actual: FloatArray) -> float:
    """Returns the sum of absolute sales in the unit of the sales, never zero."""
    return max(float(np.abs(actual).sum()), 1e-9)
