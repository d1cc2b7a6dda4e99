"""Rows for the global model: what is known at an origin about each target week, relative to the seasonal base."""

from dataclasses import dataclass

import numpy as np

from ml.forecasting.alignment import like_weeks
from ml.forecasting.panel import WEEK, YEAR_WEEKS, FloatArray, Panel, as_date, known_mean, weeks_back
from ml.forecasting.seasonal import Groups, SeasonalBase, seasonal_base, sum_by

_SCALED = ("rolling_std_4", "rolling_std_13", "rolling_min_4", "rolling_max_4", "sales_last_year_aligned")
_FROM_LEVEL = (
    "sales_lag_1",
    "sales_lag_2",
    "sales_lag_4",
    "sales_lag_8",
    "rolling_mean_4",
    "rolling_mean_13",
    "rolling_mean_52",
)
_AS_THEY_ARE = (
    "weeks_observed", "temperature_deviation", "fuel_price_change", "cpi_change", "unemployment",
    "unemployment_change", "markdown_count", "size_normalized",
)  # fmt: skip
_SHOCK_WINDOWS = (1, 4, 13)
_GROUP_SHOCK_WINDOWS = (1, 4)

_PART_OF_WORD = {
    "base": "season", "season": "season", "year": "season", "growth": "season",
    "level": "recent_level", "shock": "recent_level", "sales": "recent_level", "rolling": "recent_level",
    "horizon": "calendar", "target": "calendar", "markdown": "markdown", "total": "markdown",
    "temperature": "economics", "fuel": "economics", "cpi": "economics", "unemployment": "economics",
}  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """Inputs of every series and horizon at one origin.

    Attributes:
        names: names of the inputs, F of them.
        values: inputs, NaN where not known, (series, horizon, F), 32 bits.
        base: seasonal base in dollars, (series, horizon).
        scale: mean absolute sales of the last 52 weeks in dollars, (series,).
    """

    names: tuple[str, ...]
    values: "np.typing.NDArray[np.float32]"
    base: SeasonalBase
    scale: FloatArray


def rows_at_origin(history: Panel, horizon: int) -> Rows:
    """Returns the inputs at the last week of the history; nothing after it is read."""
    base = seasonal_base(history, horizon)
    scale = history.scale
    by_series = _series_inputs(history, base, scale)
    by_target = _target_inputs(history, base, horizon, scale)
    shape = (history.series_count, horizon)
    columns = {name: np.broadcast_to(values[:, None], shape) for name, values in by_series.items()} | by_target
    columns |= {name: np.broadcast_to(values, shape) for name, values in _calendar_inputs(history, horizon).items()}
    values = np.stack([values.astype(np.float32) for values in columns.values()], axis=2)
    return Rows(tuple(columns), values, base, scale)


def part_of(name: str) -> str:
    """Returns the part of an explanation that an input belongs to, by the first word of its name."""
    return _PART_OF_WORD.get(name.partition("_")[0], "other")


def _series_inputs(history: Panel, base: SeasonalBase, scale: FloatArray) -> dict[str, FloatArray]:
    known = {name: values[:, -1] for name, values in history.features.items()}
    inputs = {name: known[name] for name in _AS_THEY_ARE}
    inputs |= {name: known[name] / scale for name in _SCALED}
    inputs |= {name: (known[name] - base.level[:, 0]) / scale for name in _FROM_LEVEL}
    inputs["total_markdown_rate"] = known["total_markdown"] / sum_by(scale, Groups.of(history).store)
    inputs["growth"] = base.growth[:, 0]
    inputs["level"] = base.level[:, 0] / scale
    return inputs | _shock_inputs(history, base, scale)


def _shock_inputs(history: Panel, base: SeasonalBase, scale: FloatArray) -> dict[str, FloatArray]:
    """Returns what the last weeks sold beyond level and season: of the series and of the groups that it belongs to."""
    inputs = {f"shock_{width}": known_mean(base.shocks[:, -width:]) / scale for width in _SHOCK_WINDOWS}
    inputs["shock_spread"] = known_mean(np.abs(base.shocks)) / scale
    groups = Groups.of(history)
    members = {"department": groups.department, "store": groups.store, "department_type": groups.department_type}
    for name, group in members.items():
        total = sum_by(np.where(history.active, scale, 0.0), group)
        for width in _GROUP_SHOCK_WINDOWS:
            shock = sum_by(known_mean(base.shocks[:, -width:]), group)
            inputs[f"shock_{name}_{width}"] = shock / np.maximum(total, 1.0)
    return inputs


def _target_inputs(history: Panel, base: SeasonalBase, horizon: int, scale: FloatArray) -> dict[str, FloatArray]:
    point, per = base.point, scale[:, None]
    inputs = {
        "base": point / per,
        "season": base.season / per,
        "season_multiplicative": (base.multiplicative - point) / per,
        "season_last_year": (base.last_year - point) / per,
    }
    for lag in (51, 52, 53):
        inputs[f"year_lag_{lag}"] = (weeks_back(history.sales, lag, horizon) - point) / per
    return inputs


def _calendar_inputs(history: Panel, horizon: int) -> dict[str, FloatArray]:
    weeks = history.future_weeks(horizon)
    days = [as_date(week) for week in weeks]
    back = [sum(lag * weight for lag, weight in like_weeks(day, 1).items()) - YEAR_WEEKS for day in days]
    sources = [as_date(week - YEAR_WEEKS * WEEK) for week in weeks]
    return {
        "horizon": np.arange(1, horizon + 1, dtype=np.float64),
        "target_day_of_month": np.array([day.day for day in days], dtype=np.float64),
        "target_day_last_year": np.array([day.day for day in sources], dtype=np.float64),
        "target_shift": np.array(back, dtype=np.float64),
    }
