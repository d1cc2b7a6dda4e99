"""The peers of the forecast benchmark: mlforecast and statsforecast on the weekly series that were published.

Every peer gets the same frame: the active series, each from its first week to the origin, gaps filled with straight
lines. None of the project's own code has a part in their forecasts.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import RollingMean
from mlforecast.target_transforms import LocalStandardScaler
from statsforecast import StatsForecast
from statsforecast.models import MSTL, TSB, AutoETS, CrostonSBA, DynamicOptimizedTheta, Naive, SeasonalNaive

from ml.forecasting.panel import Panel

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SEASON = 52
ACTIVE_WEEKS = 13
LAGS = (1, 2, 4, 8, 13, 26, 51, 52, 53)
ROLLING_WEEKS = (4, 13, 26, 52)
SEARCHED = (
    {"objective": ("l1", "l2"), "statics": (False, True), "dropna": (True, False)},
    {"num_leaves": (31, 127), "learning_rate": (0.03, 0.1)},
)
FIRST_GUESS = {"objective": "l2", "statics": False, "dropna": True, "num_leaves": 31, "learning_rate": 0.05}
TREES = 300
SEARCH_HOLDOUTS = 2
"""Holdouts of a horizon before the first origin on which parameters are searched."""
TOLD = ", told prices ahead"
SMOOTHING = 0.2
"""How fast TSB follows sizes and chances of a sale."""


@dataclass(frozen=True)
class Sales:
    """Weekly sales of a retailer, in the unit that is forecast, up to an origin.

    Attributes:
        store_ids: store of each series, (series,).
        dept_ids: product of each series, (series,).
        store_types: type of its store, (series,).
        weeks: last days of the weeks, 7 days apart, (weeks,).
        values: sales as they were reported, NaN where not known, (series, weeks).
        holidays: weeks that are flagged, later ones too: the calendar is known.
        horizon: weeks to forecast.
        holiday_weight: how much the error of a flagged week weighs.
        prices: money apiece that was shown, (series, weeks + horizon): those to come are for methods that are told
            them. None where no prices are known.
    """

    store_ids: npt.NDArray[np.int64]
    dept_ids: npt.NDArray[np.int64]
    store_types: npt.NDArray[np.str_]
    weeks: pd.DatetimeIndex
    values: FloatArray
    holidays: pd.DatetimeIndex
    horizon: int = 8
    holiday_weight: float = 1.0
    prices: FloatArray | None = None

    @classmethod
    def of(cls, panel: Panel) -> "Sales":
        """Returns the sales of a panel."""
        weeks = pd.DatetimeIndex(panel.weeks)
        return cls(
            store_ids=panel.store_ids,
            dept_ids=panel.dept_ids,
            store_types=panel.store_types,
            weeks=weeks,
            values=panel.actual,
            holidays=weeks[panel.is_holiday],
            horizon=panel.horizon,
            holiday_weight=panel.retailer.holiday_weight,
            prices=panel.prices,
        )

    def until(self, week_count: int) -> "Sales":
        """Returns what was known after so many weeks, and the prices of the weeks to forecast."""
        prices = None if self.prices is None else self.prices[:, : week_count + self.horizon]
        return replace(self, weeks=self.weeks[:week_count], values=self.values[:, :week_count], prices=prices)

    @property
    def active(self) -> BoolArray:
        """Whether each series sold anything in the last 13 weeks, (series,)."""
        return np.asarray((np.nan_to_num(self.values[:, -ACTIVE_WEEKS:]) != 0).any(axis=1))

    @property
    def freq(self) -> str:
        """How pandas calls weeks that end on this weekday."""
        return f"W-{self.weeks[0].day_name()[:3].upper()}"

    def future(self) -> pd.DatetimeIndex:
        """Returns the weeks to forecast."""
        return pd.date_range(self.weeks[-1] + pd.Timedelta(weeks=1), periods=self.horizon, freq="7D")

    def weight(self) -> FloatArray:
        """Returns the weight of each week to forecast, (horizon,)."""
        return np.where(self.future().isin(self.holidays), self.holiday_weight, 1.0)


@dataclass(frozen=True)
class Forecast:
    """Forecasts of all series in the unit of the sales, NaN for those that are not active.

    Attributes:
        point: (series, horizon).
        lower: lower bound of the 80 % interval, NaN where the method gives none, (series, horizon).
        upper: its upper bound.
    """

    point: FloatArray
    lower: FloatArray
    upper: FloatArray


Method = Callable[[Sales], Forecast]


def long_frame(history: Sales) -> pd.DataFrame:
    """Returns unique_id, ds, y of the active series, each from its first week to the origin without gaps."""
    weeks, frames = np.arange(len(history.weeks)), []
    for number in np.flatnonzero(history.active):
        known = ~np.isnan(history.values[number])
        first = int(known.argmax())
        filled = np.interp(weeks[first:], weeks[known], history.values[number, known])
        frames.append(pd.DataFrame({"unique_id": number, "ds": history.weeks[first:], "y": filled}))
    return pd.concat(frames, ignore_index=True)


def statistical(model: object, least_weeks: int, threads: int, has_interval: bool = True) -> Method:
    """Returns statsforecast's model for series of at least so many weeks, and its seasonal naive for shorter ones.

    A series on which the model fails gets its last value: methods for demand now and then take none without a sale.
    """

    def forecast(history: Sales) -> Forecast:
        frame = long_frame(history)
        is_long = frame.groupby("unique_id")["y"].transform("size") >= least_weeks
        parts = []
        for chosen, rows, has in (
            (model, frame[is_long], has_interval),
            (SeasonalNaive(SEASON), frame[~is_long], True),
        ):
            if len(rows):
                fitted = StatsForecast([chosen], freq=history.freq, n_jobs=threads, fallback_model=Naive())
                made = fitted.forecast(history.horizon, rows, level=[80] if has else None)
                names = ["unique_id", "ds", "point", *(["lower", "upper"] if has else [])]
                parts.append(
                    made.set_axis(names, axis=1).reindex(columns=["unique_id", "ds", "point", "lower", "upper"])
                )
        return spread(pd.concat(parts), history, frame)

    return forecast


def gradient_boosting(
    chosen: Mapping[str, object], is_direct: bool, threads: int, knows_prices: bool = False
) -> Method:
    """Returns mlforecast with LightGBM on the standardised target: recursive, or direct with a model per step."""

    def forecast(history: Sales) -> Forecast:
        frame = long_frame(history)
        if chosen["statics"]:
            frame = _with_statics(frame, history)
        statics = [name for name in ("store", "dept", "store_type") if name in frame]
        if knows_prices:
            frame = frame.merge(_price_frame(history), on=["unique_id", "ds"], how="left")
        model = _mlforecast(history, chosen, is_direct, threads)
        model.fit(
            frame,
            static_features=statics,
            dropna=bool(chosen["dropna"]),
            max_horizon=history.horizon if is_direct else None,
        )
        ahead = _price_frame(history) if knows_prices else None
        made = model.predict(history.horizon, X_df=ahead).set_axis(["unique_id", "ds", "point"], axis=1)
        return spread(made.assign(lower=np.nan, upper=np.nan), history, frame)

    return forecast


def _price_frame(history: Sales) -> pd.DataFrame:
    """Returns unique_id, ds, price and price over its mean so far, of active series to the end of the horizon."""
    assert history.prices is not None, "asked for only where prices are known"
    series, weeks = np.flatnonzero(history.active), history.weeks.append(history.future())
    prices = pd.DataFrame(history.prices[series], index=series, columns=weeks).bfill(axis=1)
    usual = prices.iloc[:, : len(history.weeks)].mean(axis=1)
    long = prices.rename_axis(index="unique_id").reset_index().melt("unique_id", var_name="ds", value_name="price")
    long = long.assign(ds=pd.to_datetime(long["ds"])).sort_values(["unique_id", "ds"], ignore_index=True)
    return long.assign(price_over_usual=long["price"] / usual.loc[long["unique_id"]].to_numpy())


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
        freq=history.freq,
        lags=lags_of(history, is_direct),
        lag_transforms={1: [RollingMean(weeks, min_samples=1) for weeks in ROLLING_WEEKS]},
        date_features=["week", "month", "day", is_holiday],
        target_transforms=[LocalStandardScaler()],
        num_threads=threads,
    )


def lags_of(history: Sales, is_direct: bool) -> list[int]:
    """Returns the lags that leave the longest series at least two horizons of rows to learn from.

    A direct model sees every lag from the origin: last year's week of step h is lag 52 - h + 1 there.
    """
    lags = (*LAGS[:6], *range(SEASON - history.horizon, SEASON + 2)) if is_direct else LAGS
    return [lag for lag in lags if lag + 2 * history.horizon <= len(history.weeks)]


def _with_statics(frame: pd.DataFrame, history: Sales) -> pd.DataFrame:
    number = frame["unique_id"].to_numpy()
    ids = {"store": history.store_ids, "dept": history.dept_ids, "store_type": history.store_types}
    return frame.assign(**{name: pd.Categorical(values[number]) for name, values in ids.items()})


def spread(made: pd.DataFrame, history: Sales, frame: pd.DataFrame) -> Forecast:
    """Returns the forecasts as arrays; one that a library leaves empty is the last value of its series."""
    columns = made.sort_values(["unique_id", "ds"])
    numbers = columns["unique_id"].to_numpy()[:: history.horizon]
    last = frame.groupby("unique_id")["y"].last().loc[numbers].to_numpy()[:, None]
    arrays = []
    for name in ("point", "lower", "upper"):
        values = np.full((len(history.values), history.horizon), np.nan)
        values[numbers] = columns[name].to_numpy().reshape(-1, history.horizon)
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
    for step in range(SEARCH_HOLDOUTS, 0, -1):
        week_count = len(first.weeks) - step * first.horizon
        history = first.until(week_count)
        point = gradient_boosting(chosen, is_direct=False, threads=threads)(history).point
        actual = first.values[:, week_count : week_count + first.horizon]
        weight = history.weight() * ~np.isnan(actual * point)
        errors += float(np.nansum(np.abs(point - actual) * weight))
        weights += float(weight.sum())
    return errors / weights


def peers(chosen: Mapping[str, object], threads: int, has_prices: bool) -> dict[str, Method]:
    """Returns the peers by what tables call them; those that are told prices only where prices are known."""
    found = {
        "statsforecast: seasonal naive": statistical(SeasonalNaive(SEASON), SEASON, threads),
        "statsforecast: exponential smoothing (AutoETS)": statistical(AutoETS(season_length=1), 8, threads),
        "statsforecast: TSB": statistical(TSB(SMOOTHING, SMOOTHING), 8, threads, has_interval=False),
        "statsforecast: Croston, SBA": statistical(CrostonSBA(), 8, threads, has_interval=False),
        "statsforecast: dynamic optimised theta": statistical(DynamicOptimizedTheta(SEASON), 2 * SEASON, threads),
        "statsforecast: MSTL with exponential smoothing": statistical(MSTL(SEASON), SEASON + 8, threads),
    }
    for knows_prices in (False, True)[: 1 + has_prices]:
        for is_direct, kind in ((False, "recursive"), (True, "direct")):
            name = f"mlforecast: LightGBM, {kind}{TOLD if knows_prices else ''}"
            found[name] = gradient_boosting(chosen, is_direct, threads, knows_prices)
    return found
