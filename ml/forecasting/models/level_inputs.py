"""Rows for the learned model of the recent level: what each series and its likes sold of late, without a season.

Where promotions and not the calendar move sales, last year's week says little: the base is the median of the last
year, and the model learns what moves sales off it. Every amount is divided by the scale of its series. Nothing that all
series share in a week is an input: with a few years of weeks trees would remember each of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml.forecasting.models.model_inputs import Rows, likes_of
from ml.forecasting.models.price_inputs import TargetPrices, planned_prices, series_price_inputs, target_price_inputs
from ml.forecasting.models.seasonal_base import SeriesGroups, sum_by
from ml.forecasting.models.simple import known_median, known_quantile
from ml.forecasting.panel import FloatArray, IntArray, Panel, TextArray, known_mean, largest_scale
from warehouse.conventions import YEAR_WEEKS

MEAN_WEEKS = (4, 8, 13, 26, 52)
MEDIAN_WEEKS = (8, 13, 26)
LAGS = (1, 2, 3, 4)
QUANTILES = {"low": 0.25, "high": 0.9}
GROUP_WEEKS = (1, 2, 4, 13)
_LEAST_WEIGHT = 1e-9
LONGEST_LIFE = 3 * YEAR_WEEKS
"""Weeks of history beyond which more of them say nothing more."""


@dataclass(frozen=True)
class LevelBase:
    """The median of the last 52 weeks, the same for every week ahead.

    Attributes:
        point: in the unit of the sales, (series, horizon).
        fallback: always empty: a median needs no other method, (series,).
    """

    point: FloatArray
    fallback: TextArray

    def parts(self, series: int) -> dict[str, FloatArray]:
        """Returns the base as a part of the forecast, in the unit of the sales, (horizon,)."""
        return {"recent_level": self.point[series]}


def level_rows(history: Panel, horizon: int) -> Rows:
    """Returns the inputs at the last week of the history, with what is planned of the weeks ahead."""
    return history.once(f"level rows {horizon}", lambda: priced_rows(history, planned_prices(history, horizon)))


def priced_rows(history: Panel, targets: TargetPrices) -> Rows:
    """Returns the inputs at the last week of the history; of what comes after it only the target prices are told."""
    shape = targets.price.shape
    median = known_median(history.sales[:, -YEAR_WEEKS:])
    base = LevelBase(np.broadcast_to(median[:, None], shape), np.full(history.series_count, ""))
    by_series = {**_series_inputs(history), **series_price_inputs(history)}
    columns = {name: np.broadcast_to(values[:, None], shape) for name, values in by_series.items()}
    columns |= _target_inputs(history, shape[1]) | target_price_inputs(history, targets)
    columns["horizon"] = np.broadcast_to(np.arange(1, shape[1] + 1, dtype=np.float64), shape)
    columns["recent_base"] = base.point / history.scale[:, None]
    values = np.stack([values.astype(np.float32) for values in columns.values()], axis=2)
    return Rows(tuple(columns), values, base, history.scale)


def _series_inputs(history: Panel) -> dict[str, FloatArray]:
    """Returns what is known of each series: levels of several widths, how often and how unevenly it sells, (S,)."""
    sales, scale = history.sales, history.scale
    year = sales[:, -YEAR_WEEKS:]
    inputs = {f"recent_mean_{weeks}": known_mean(sales[:, -weeks:]) / scale for weeks in MEAN_WEEKS}
    inputs |= {f"recent_median_{weeks}": known_median(sales[:, -weeks:]) / scale for weeks in MEDIAN_WEEKS}
    inputs |= {f"recent_lag_{lag}": sales[:, -lag] / scale for lag in LAGS}
    inputs |= {f"recent_{name}": known_quantile(year, share) / scale for name, share in QUANTILES.items()}
    sold = sales > 0
    for weeks in (13, YEAR_WEEKS):
        inputs[f"recent_share_sold_{weeks}"] = known_mean(np.where(np.isnan(sales), np.nan, sold)[:, -weeks:])
    last = np.where(sold, np.arange(sales.shape[1]), -1).max(axis=1)
    inputs["weeks_since_sale"] = (sales.shape[1] - 1 - last).astype(np.float64)
    inputs["weeks_known"] = np.minimum((~np.isnan(sales)).sum(axis=1), LONGEST_LIFE).astype(np.float64)
    inputs["size_log"] = np.log(scale)
    for name, group in _groups(history).items():
        inputs |= {f"recent_{name}_{weeks}": values for weeks, values in _group_levels(history, group).items()}
    return inputs


def _groups(history: Panel) -> Mapping[str, IntArray]:
    groups = SeriesGroups.of(history)
    return {"department": groups.department, "store": groups.store}


def _group_levels(history: Panel, group: IntArray) -> dict[int, FloatArray]:
    """Returns the mean sales of the last weeks of a group over the scales of its series, by number of weeks, (S,)."""
    weight = _weights(history)
    relative = np.where(np.isnan(history.sales), 0.0, history.sales / history.scale[:, None]) * weight[:, None]
    total = np.maximum(sum_by(weight, group), _LEAST_WEIGHT)
    return {weeks: sum_by(relative[:, -weeks:].mean(axis=1), group) / total for weeks in GROUP_WEEKS}


def _weights(history: Panel) -> FloatArray:
    """Returns how much each series weighs in its groups: its scale, where active, and no more than the largest few."""
    scale, active = history.scale, history.active
    return np.where(active, np.minimum(scale, largest_scale(scale[active])), 0.0)


def _target_inputs(history: Panel, horizon: int) -> dict[str, FloatArray]:
    """Returns what weeks like the target weeks sold, the series and its groups, over their scales, (S, horizon)."""
    likes = {name: sales / history.scale[:, None] for name, sales in likes_of(history, horizon).items()}
    inputs = {f"year_{name}": relative for name, relative in likes.items()}
    weight = _weights(history)
    for group_name, group in _groups(history).items():
        total = np.maximum(sum_by(weight, group), _LEAST_WEIGHT)[:, None]
        for name in ("weekday", "two_weekday"):
            known = np.where(np.isnan(likes[name]), 0.0, likes[name]) * weight[:, None]
            inputs[f"year_{group_name}_{name}"] = sum_by(known, group) / total
    return inputs
