"""Rows for the learned models: what is known at an origin about each target week, relative to the seasonal base.

Every amount is divided by the scale of its series, and most are taken relative to the base, so that one model fits
all series. Store and department codes, the day of the year and the holiday flag are left out on purpose: with two
or three years of history they remember single Christmases.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, calendar_views, weight_matrix
from ml.forecasting.models.seasonal_base import SeasonalBase, SeriesGroups, group_weights, seasonal_base, sum_by
from ml.forecasting.panel import WEEK, FloatArray, Panel, TextArray, as_date, known_mean
from warehouse.conventions import WINDOW_WEEKS, YEAR_WEEKS

LEVEL_PREFIXES = ("recent_", "shock_", "weeks_", "size_", "horizon")
"""First words of the inputs that tell of the last weeks or of the series as a whole, not of the target week."""
_SHOCK_SMOOTHING = (0.15, 0.4)
_MONTH_PARTS = 4

_PART_OF_WORD = {
    "base": "season",
    "season": "season",
    "additive": "season",
    "year": "season",
    "department": "season",
    "type": "season",
    "growth": "growth",
    "level": "recent_level",
    "shock": "recent_level",
    "recent": "recent_level",
    "month": "holiday",
    "plan": "promotion",
    "price": "recent_level",
}


class Base(Protocol):
    """What a learned model learns the rest of: a plain forecast that can be told in parts."""

    @property
    def point(self) -> FloatArray:
        """In the unit of the sales, (series, horizon)."""

    @property
    def fallback(self) -> TextArray:
        """Name of the simpler method used, the empty string where none was needed, (series,)."""

    def parts(self, series: int) -> dict[str, FloatArray]:
        """Returns parts of one series' base, (horizon,) each, that add up to it."""


@dataclass(frozen=True)
class Rows:
    """Inputs of every series and horizon at one origin.

    Attributes:
        names: names of the inputs, F of them.
        values: inputs, NaN where not known, (series, horizon, F), 32 bits.
        base: what the model learns the rest of.
        scale: mean absolute sales of the last 52 weeks in the unit of the sales, (series,).
    """

    names: tuple[str, ...]
    values: "np.typing.NDArray[np.float32]"
    base: Base
    scale: FloatArray


def rows_at_origin(history: Panel, horizon: int) -> Rows:
    """Returns the inputs at the last week of the history; nothing after it is read, and nothing is made twice."""
    return history.once(f"rows {horizon}", lambda: _rows(history, horizon))


def _rows(history: Panel, horizon: int) -> Rows:
    base = seasonal_base(history, horizon)
    scale = history.scale
    shape = (history.series_count, horizon)
    columns = _target_inputs(history, base, horizon, scale)
    columns |= {name: np.broadcast_to(values, shape) for name, values in _month_inputs(history, horizon).items()}
    by_series = _series_inputs(history, base, scale)
    columns |= {name: np.broadcast_to(values[:, None], shape) for name, values in by_series.items()}
    columns["horizon"] = np.broadcast_to(np.arange(1, horizon + 1, dtype=np.float64), shape)
    values = np.stack([values.astype(np.float32) for values in columns.values()], axis=2)
    return Rows(tuple(columns), values, base, scale)


def part_of(name: str) -> str:
    """Returns the part of an explanation that an input belongs to, by the first word of its name."""
    return _PART_OF_WORD.get(name.partition("_")[0], "other")


def _target_inputs(history: Panel, base: SeasonalBase, horizon: int, scale: FloatArray) -> dict[str, FloatArray]:
    """Returns what is known of each target week: the base's forms, and last years' likes by each view."""
    point, per = base.point, scale[:, None]
    inputs = {"base": point / per, "season": base.season / per, "additive": (base.additive - point) / per}
    likes = {f"year_{key}": sales - point for key, sales in likes_of(history, horizon).items()}
    inputs |= {name: amount / per for name, amount in likes.items()}
    groups = SeriesGroups.of(history)
    for group_name, group in (("department", groups.department), ("type", groups.department_type)):
        weights = np.where(history.active, group_weights(history, group), 0.0)
        total = np.maximum(sum_by(weights * scale, group), history.least_scale)[:, None]
        for key in ("weekday", "date", "two_weekday"):
            counted = weights[:, None] * likes[f"year_{key}"]
            inputs[f"{group_name}_{key}"] = sum_by(counted, group) / total
    return inputs


def likes_of(history: Panel, horizon: int) -> dict[str, FloatArray]:
    """Returns the sales of weeks like the target weeks, in their unit: by weekday and by date, and the weeks beside."""
    targets = history.future_weeks(horizon)
    matrices = {}
    for prefix, years in (("", 1), ("two_", 2)):
        views = [calendar_views(history.calendar, as_date(week), years) for week in targets]
        matrices[f"{prefix}weekday"] = weight_matrix(history.weeks, targets, [view[0] for view in views])
        matrices[f"{prefix}date"] = weight_matrix(history.weeks, targets, [view[2] for view in views])
    matrices["after"] = _shifted(matrices["weekday"], 1)
    matrices["before"] = _shifted(matrices["weekday"], -1)
    return {name: aligned(history.sales, matrix) for name, matrix in matrices.items()}


def _shifted(matrix: FloatArray, weeks: int) -> FloatArray:
    """Returns a matrix of weights moved by a week; what leaves the history is lost."""
    moved = np.zeros_like(matrix)
    if weeks > 0:
        moved[:, weeks:] = matrix[:, :-weeks]
    else:
        moved[:, :weeks] = matrix[:, -weeks:]
    return moved


def _month_inputs(history: Panel, horizon: int) -> dict[str, FloatArray]:
    """Returns how many days of each target week lie in each quarter of its month, and what last year's had less."""
    weeks = history.future_weeks(horizon)
    now, then = (_month_days(some) for some in (weeks, weeks - YEAR_WEEKS * WEEK))
    inputs = {f"month_days_{part + 1}": now[:, part] for part in range(_MONTH_PARTS)}
    return inputs | {f"month_change_{part + 1}": now[:, part] - then[:, part] for part in range(_MONTH_PARTS)}


def _month_days(weeks: "np.typing.NDArray[np.datetime64]") -> FloatArray:
    """Returns the days of each week in days 1-8, 9-16, 17-24 and 25-31 of their month, (weeks, 4)."""
    counts = np.zeros((len(weeks), _MONTH_PARTS))
    for row, last in enumerate(map(as_date, weeks)):
        for back in range(7):
            day = (last - dt.timedelta(days=back)).day
            counts[row, min((day - 1) // 8, _MONTH_PARTS - 1)] += 1
    return counts


def _series_inputs(history: Panel, base: SeasonalBase, scale: FloatArray) -> dict[str, FloatArray]:
    """Returns what is known of each series: level, growth, how the last weeks went, and its place in the chain."""
    level = base.level[:, 0]
    inputs = {"level": level / scale, "growth": base.growth[:, 0]}
    for width in WINDOW_WEEKS:
        inputs[f"recent_mean_{width}"] = (history.features[f"rolling_mean_{width}"][:, -1] - level) / scale
    shocks = np.where(np.isnan(base.shocks), 0.0, base.shocks)
    inputs["shock_last"] = shocks[:, -1] / scale
    for smoothing in _SHOCK_SMOOTHING:
        weights = (1 - smoothing) ** np.arange(shocks.shape[1])[::-1]
        inputs[f"shock_smoothed_{smoothing}"] = shocks @ (weights / weights.sum()) / scale
    inputs["shock_spread"] = known_mean(np.abs(base.shocks)) / scale
    inputs["weeks_observed"] = history.features["weeks_observed"][:, -1]
    inputs["size_rate"] = history.features["size_normalized"][:, -1]
    return inputs
