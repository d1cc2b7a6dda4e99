"""The peers of the forecast benchmark, fed from the public files alone: mlforecast and statsforecast.

Every peer gets the same frame: the active series, each from its first week to the origin, gaps filled with straight
lines. None of the project's own code has a part in their forecasts.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from mlforecast.target_transforms import LocalStandardScaler
from statsforecast import StatsForecast
from statsforecast.models import MSTL, DynamicOptimizedTheta, SeasonalNaive

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

HORIZON = 8
SEASON = 52
ACTIVE_WEEKS = 13
HOLIDAY_WEIGHT = 5.0
WEEKLY = "W-FRI"
LAGS = (1, 2, 4, 8, 13, 26, 51, 52, 53)
# A direct model sees every lag from the origin: last year's week of step h is lag 52 - h + 1 there.
DIRECT_LAGS = (1, 2, 4, 8, 13, 26, *range(SEASON - HORIZON, SEASON + 2))
ROLLING_WEEKS = (4, 13, 26, 52)
SEARCHED = (
    {"objective": ("l1", "l2"), "statics": (False, True), "dropna": (True, False)},
    {"num_leaves": (31, 127), "learning_rate": (0.03, 0.1)},
)
FIRST_GUESS = {"objective": "l2", "statics": False, "dropna": True, "num_leaves": 31, "learning_rate": 0.05}
TREES = 300
SEARCH_HOLDOUTS = (16, 8)
"""Weeks before the first origin at which the search for parameters holds eight weeks out."""


@dataclass(frozen=True)
class Sales:
    """Weekly sales of the public files, up to an origin.

    Attributes:
        store_ids: store of each series, (series,); series are sorted by store and department.
        dept_ids: department of each series, (series,).
        weeks: Fridays, 7 days apart, (weeks,).
        values: dollars, NaN where not known, (series, weeks).
        holidays: Fridays that the data flags, future ones too: the calendar is known.
        stores: store_type and size_sqft by store.
    """

    store_ids: npt.NDArray[np.int64]
    dept_ids: npt.NDArray[np.int64]
    weeks: pd.DatetimeIndex
    values: FloatArray
    holidays: pd.DatetimeIndex
    stores: pd.DataFrame

    def until(self, week_count: int) -> "Sales":
        """Returns what was known after so many weeks."""
        return replace(self, weeks=self.weeks[:week_count], values=self.values[:, :week_count])

    @property
    def active(self) -> BoolArray:
        """Whether each series sold anything in the last 13 weeks, (series,)."""
        return np.asarray((np.nan_to_num(self.values[:, -ACTIVE_WEEKS:]) != 0).any(axis=1))

    def future(self) -> pd.DatetimeIndex:
        """Returns the weeks to forecast."""
        return pd.date_range(self.weeks[-1] + pd.Timedelta(weeks=1), periods=HORIZON, freq="7D")


@dataclass(frozen=True)
class Forecast:
    """Forecasts of all series in dollars, NaN for those that are not active.

    Attributes:
        point: (series, horizon).
        lower: lower bound of the 80 % interval, NaN where the method gives none, (series, horizon).
        upper: its upper bound.
    """

    point: FloatArray
    lower: FloatArray
    upper: FloatArray


Method = Callable[[Sales], Forecast]


def read_sales(folder: Path) -> Sales:
    """Returns the sales of train.csv, with the flags of features.csv and the attributes of stores.csv."""
    train = pd.read_csv(folder / "train.csv", parse_dates=["Date"])
    wide = train.pivot(index=["Store", "Dept"], columns="Date", values="Weekly_Sales").sort_index()
    weeks = pd.date_range(wide.columns.min(), wide.columns.max(), freq="7D")
    wide = wide.reindex(columns=weeks)
    features = pd.read_csv(folder / "features.csv", parse_dates=["Date"])
    stores = pd.read_csv(folder / "stores.csv", lineterminator=None).set_index("Store")
    return Sales(
        store_ids=wide.index.get_level_values("Store").to_numpy(np.int64),
        dept_ids=wide.index.get_level_values("Dept").to_numpy(np.int64),
        weeks=weeks,
        values=wide.to_numpy(np.float64),
        holidays=pd.DatetimeIndex(features.loc[features["IsHoliday"], "Date"].unique()),
        stores=stores.set_axis(["store_type", "size_sqft"], axis=1),
    )


def long_frame(history: Sales) -> pd.DataFrame:
    """Returns unique_id, ds, y of the active series, each from its first week to the origin without gaps."""
    weeks, frames = np.arange(len(history.weeks)), []
    for number in np.flatnonzero(history.active):
        known = ~np.isnan(history.values[number])
        first = int(known.argmax())
        filled = np.interp(weeks[first:], weeks[known], history.values[number, known])
        frames.append(pd.DataFrame({"unique_id": number, "ds": history.weeks[first:], "y": filled}))
    return pd.concat(frames, ignore_index=True)


def statistical(model: object, least_weeks: int, threads: int) -> Method:
    """Returns statsforecast's model for series of at least so many weeks, and its seasonal naive for shorter ones."""

    def forecast(history: Sales) -> Forecast:
        frame = long_frame(history)
        is_long = frame.groupby("unique_id")["y"].transform("size") >= least_weeks
        parts = []
        for chosen, rows in ((model, frame[is_long]), (SeasonalNaive(SEASON), frame[~is_long])):
            if len(rows):
                made = StatsForecast([chosen], freq=WEEKLY, n_jobs=threads).forecast(HORIZON, rows, level=[80])
                parts.append(made.set_axis(["unique_id", "ds", "point", "lower", "upper"], axis=1))
        return spread(pd.concat(parts), history, frame)

    return forecast


def gradient_boosting(chosen: Mapping[str, object], is_direct: bool, threads: int) -> Method:
    """Returns mlforecast with LightGBM on the standardised target: recursive, or direct with a model per step."""

    def forecast(history: Sales) -> Forecast:
        frame = _with_statics(long_frame(history), history) if chosen["statics"] else long_frame(history)
        model = _mlforecast(history, chosen, is_direct, threads)
        model.fit(
            frame,
            static_features=[name for name in frame if name not in ("unique_id", "ds", "y")],
            dropna=bool(chosen["dropna"]),
            max_horizon=HORIZON if is_direct else None,
        )
        made = model.predict(HORIZON).set_axis(["unique_id", "ds", "point"], axis=1)
        return spread(made.assign(lower=np.nan, upper=np.nan), history, frame)

    return forecast


def _mlforecast(history: Sales, chosen: Mapping[str, object], is_direct: bool, threads: int) -> MLForecast:
    trees = LGBMRegressor(
        objective=chosen["objective"],
        num_leaves=chosen["num_leaves"],
        learning_rate=chosen["learning_rate"],
        n_estimators=TREES,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.8,
        n_jobs=threads,
        random_state=7,
        verbose=-1,
        deterministic=True,
    )

    def is_holiday(days: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
        return days.isin(history.holidays).astype(np.int64)

    return MLForecast(
        {"lightgbm": trees},
        freq=WEEKLY,
        lags=DIRECT_LAGS if is_direct else LAGS,
        lag_transforms={1: [RollingMean(weeks, min_samples=1) for weeks in ROLLING_WEEKS]},
        date_features=["week", "month", "day", is_holiday],
        target_transforms=[LocalStandardScaler()],
        num_threads=threads,
    )


def _with_statics(frame: pd.DataFrame, history: Sales) -> pd.DataFrame:
    number = frame["unique_id"].to_numpy()
    store = history.stores.loc[history.store_ids[number]]
    return frame.assign(
        store=pd.Categorical(history.store_ids[number]),
        dept=pd.Categorical(history.dept_ids[number]),
        store_type=pd.Categorical(store["store_type"]),
        size_sqft=store["size_sqft"].to_numpy(),
    )


def spread(made: pd.DataFrame, history: Sales, frame: pd.DataFrame) -> Forecast:
    """Returns the forecasts as arrays; one that a library leaves empty is the last value of its series."""
    columns = made.sort_values(["unique_id", "ds"])
    numbers = columns["unique_id"].to_numpy()[::HORIZON]
    last = frame.groupby("unique_id")["y"].last().loc[numbers].to_numpy()[:, None]
    arrays = []
    for name in ("point", "lower", "upper"):
        values = np.full((len(history.values), HORIZON), np.nan)
        values[numbers] = columns[name].to_numpy().reshape(-1, HORIZON)
        arrays.append(values)
    point = arrays[0]
    point[numbers] = np.where(np.isfinite(point[numbers]), point[numbers], last)
    return Forecast(*arrays)


def search(first: Sales, threads: int, report: Callable[[str], None]) -> dict[str, object]:
    """Returns the best LightGBM parameters by two small grids, judged on holdouts before the first origin only."""
    best = dict(FIRST_GUESS)
    for grid in SEARCHED:
        trials = [{**best, **dict(zip(grid, values, strict=True))} for values in itertools.product(*grid.values())]
        errors = [_holdout_error(first, trial, threads) for trial in trials]
        best = trials[int(np.argmin(errors))]
        report(f"searched {', '.join(grid)}: {min(errors):,.0f} to {max(errors):,.0f}, best {best}")
    return best


def _holdout_error(first: Sales, chosen: Mapping[str, object], threads: int) -> float:
    errors, weights = 0.0, 0.0
    for weeks_before in SEARCH_HOLDOUTS:
        week_count = len(first.weeks) - weeks_before
        history = first.until(week_count)
        point = gradient_boosting(chosen, is_direct=False, threads=threads)(history).point
        actual = first.values[:, week_count : week_count + HORIZON]
        weight = np.where(history.future().isin(first.holidays), HOLIDAY_WEIGHT, 1.0) * ~np.isnan(actual * point)
        errors += float(np.nansum(np.abs(point - actual) * weight))
        weights += float(weight.sum())
    return errors / weights


def peers(chosen: Mapping[str, object], threads: int) -> dict[str, Method]:
    """Returns the peers by name."""
    return {
        "statsforecast_seasonal_naive": statistical(SeasonalNaive(SEASON), SEASON, threads),
        "statsforecast_theta": statistical(DynamicOptimizedTheta(SEASON), 2 * SEASON, threads),
        "statsforecast_mstl": statistical(MSTL(SEASON), SEASON + 8, threads),
        "mlforecast_recursive": gradient_boosting(chosen, is_direct=False, threads=threads),
        "mlforecast_direct": gradient_boosting(chosen, is_direct=True, threads=threads),
    }
