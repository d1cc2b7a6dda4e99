"""Pictures of a backtest: error by horizon, reliability of the intervals, value added by department."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.evaluation.backtest import Backtest, OriginResult
from ml.forecasting.evaluation.metrics import coverage_by
from ml.forecasting.panel import BoolArray, FloatArray, IntArray
from warehouse.codes import known
from warehouse.conventions import BASELINE
from warehouse.wording import house

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ERROR_BY_HORIZON = "error_by_horizon.png"
RELIABILITY = "interval_reliability.png"
VALUE_ADDED = "value_added_by_department.png"
_MOST_NAMED = 150
"""Bars that can be told apart by a name below each."""
_LEVELS = ((0.8, 0, "#1F5A85"), (0.95, 2, "#C9781E"))
"""Share that an interval is meant to cover, the first of its two bounds, its colour."""
_GOOD, _BAD, _MUTED = "#3C8C62", "#B3362B", "#6B7885"


@dataclass(frozen=True)
class ScoredRows:
    """The scored rows of a candidate over all origins, (n,) each.

    Attributes:
        dept_ids: department.
        horizon: weeks ahead, 1 and up.
        is_holiday: whether the target week is a holiday week.
        weight: weight in the weighted error.
        actual: sales in the unit of the sales.
        point: forecast in the unit of the sales.
        bounds: lower and upper bounds at 80 %, then at 95 %, in their unit, NaN where there are none, (4, n).
    """

    dept_ids: IntArray
    horizon: IntArray
    is_holiday: BoolArray
    weight: FloatArray
    actual: FloatArray
    point: FloatArray
    bounds: FloatArray


def draw(backtest: Backtest, shown: str) -> "dict[str, Figure]":
    """Returns the pictures of a backtest by the name of their file; they dwell on one candidate, the champion."""
    rows, baseline = scored_rows(backtest, shown), scored_rows(backtest, BASELINE)
    return {
        ERROR_BY_HORIZON: error_by_horizon(backtest, shown),
        RELIABILITY: reliability(rows, shown),
        VALUE_ADDED: value_added_by_department(rows, baseline, shown),
    }


def save(pictures: "Mapping[str, Figure]", folder: Path) -> list[Path]:
    """Returns the files that the pictures were written to."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in pictures]
    for path, figure in zip(paths, pictures.values(), strict=True):
        figure.savefig(path, dpi=110)
    return paths


def scored_rows(backtest: Backtest, name: str) -> ScoredRows:
    """Returns the scored rows of a candidate, the origins one after the other."""
    parts = [_origin_rows(origin, name) for origin in backtest.origins]
    dept_ids, horizon, is_holiday, actual, point, bounds = zip(*parts, strict=True)
    flagged = np.concatenate(is_holiday)
    return ScoredRows(
        np.concatenate(dept_ids),
        np.concatenate(horizon),
        flagged,
        np.where(flagged, backtest.origins[0].history.retailer.holiday_weight, 1.0),
        np.concatenate(actual),
        np.concatenate(point),
        np.concatenate(bounds, axis=1),
    )


def _origin_rows(
    origin: OriginResult, name: str
) -> tuple[IntArray, IntArray, BoolArray, FloatArray, FloatArray, FloatArray]:
    series, step = np.nonzero(origin.scored)
    return (
        origin.history.dept_ids[series],
        step + 1,
        origin.is_holiday[step],
        origin.actual[series, step],
        origin.forecasts[name].point[series, step],
        origin.bounds[name][:, series, step],
    )


def error_by_horizon(backtest: Backtest, shown: str) -> "Figure":
    """Returns the weighted error in the unit of the sales of every candidate over the weeks ahead.

    The shown one is strongest; it, the baseline and the two best others are named.
    """
    figure, axes = _figure(house().weighted("Error by weeks ahead"))
    steps = range(1, backtest.origins[0].history.horizon + 1)
    ranked = sorted(backtest.names, key=lambda name: backtest.score(name, metrics=["wmae_amount"])["wmae_amount"])
    named = [shown, BASELINE, *[name for name in ranked if name not in (shown, BASELINE)][:2]]
    for name in ranked:
        errors = [backtest.score(name, step - 1, ["wmae_amount"])["wmae_amount"] for step in steps]
        axes.plot(
            list(steps),
            errors,
            marker="o" if name in named else "",
            markersize=4,
            label=name if name in named else f"_{name}",  # a leading underscore keeps it out of the legend
            color=None if name in named else _MUTED,
            alpha=1 if name in named else 0.5,
            linewidth=3 if name == shown else 1.3 if name in named else 0.9,
            linestyle="--" if name == BASELINE else "-",
            zorder=3 if name == shown else 2,
        )
    if len(ranked) > len(named):
        axes.plot([], [], color=_MUTED, alpha=0.5, linewidth=0.9, label=f"{len(ranked) - len(named)} others")
    axes.set_xlabel("weeks ahead")
    axes.set_ylabel(house().quantity_head("weighted mean absolute error").replace("$", r"\$"))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)
    return figure


def reliability(rows: ScoredRows, shown: str) -> "Figure":
    """Returns the share of weeks that the intervals cover beside what they promise, by horizon and by kind of week."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    by_horizon, by_kind = figure.subplots(1, 2, sharey=True, width_ratios=[2, 1])
    figure.suptitle(f"How often the intervals of {shown} hold")
    for level, lower, color in _LEVELS:
        bounds = rows.bounds[lower], rows.bounds[lower + 1]
        held = coverage_by(rows.horizon, rows.actual, *bounds)
        by_horizon.plot(np.unique(rows.horizon), held, marker="o", color=color, label=f"{level:.0%} interval")
        kinds = coverage_by(rows.is_holiday, rows.actual, *bounds)
        labels = np.where(np.unique(rows.is_holiday), "holiday weeks", "other weeks")
        by_kind.plot(labels, kinds, marker="o", linestyle="", color=color)
        for axes in (by_horizon, by_kind):
            axes.axhline(level, color=color, linestyle=":", linewidth=1)
    by_horizon.set_xlabel("weeks ahead")
    by_horizon.set_ylabel("share of weeks inside (dotted: promised)")
    by_horizon.set_ylim(min(0.5, by_horizon.get_ylim()[0]), 1.0)
    by_kind.margins(x=0.4)
    by_horizon.legend(frameon=False, loc="lower left")
    return figure


def value_added_by_department(rows: ScoredRows, baseline: ScoredRows, shown: str) -> "Figure":
    """Returns by what share the candidate's weighted error lies below seasonal naive's, by department, best first."""
    departments, error = _weighted_errors(rows)
    _, naive = _weighted_errors(baseline)
    gain = np.where(naive > 0, 1 - error / np.maximum(naive, 1e-9), 0.0)
    order, words = np.argsort(-gain, kind="stable"), house().retailer.words
    figure, axes = _figure(f"Error of {shown} below seasonal naive's, by {words.product}", width=14)
    # A dollar sign in a name would begin a formula.
    labels = [known().product_label(int(dept)).replace("$", r"\$") for dept in departments[order]]
    places = np.arange(len(labels))
    axes.bar(places, gain[order], color=np.where(gain[order] >= 0, _GOOD, _BAD))
    axes.set_xticks(places, labels if len(labels) <= _MOST_NAMED else [""] * len(labels))
    axes.axhline(
        1 - error.sum() / max(float(naive.sum()), 1e-9), color=_MUTED, linestyle=":", label=f"all {words.products}"
    )
    axes.set_xlabel(words.product)
    axes.set_ylabel("share of the error that is gone")
    axes.tick_params(axis="x", labelsize=7, rotation=90)
    axes.margins(x=0.01)
    axes.legend(frameon=False)
    return figure


def _weighted_errors(rows: ScoredRows) -> tuple[IntArray, FloatArray]:
    """Returns the departments and the sum of the weighted absolute errors of each, in the unit of the sales."""
    departments, group = np.unique(rows.dept_ids, return_inverse=True)
    return departments, np.asarray(np.bincount(group, rows.weight * np.abs(rows.point - rows.actual)), dtype=np.float64)


def _figure(title: str, width: float = 8) -> "tuple[Figure, Axes]":
    # No pyplot: it keeps every figure it makes, and training draws in threads.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes
