"""Prophet: one fit per store on its weekly total, shared down to departments.

A fit takes a twentieth of a second, so few stores are fitted in a plain loop; many go through Spark, where the same
function runs on the executors. Prophet is a local model: it is fitted anew at every origin, within `predict`.
"""

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ml.forecasting.models.calendar_alignment import aligned, alignment_matrix
from ml.forecasting.models.protocol import PointForecast, base_parts
from ml.forecasting.models.seasonal_base import SeriesGroups, plausible, sum_by
from ml.forecasting.panel import FloatArray, IntArray, Panel, known_mean
from warehouse.calendar import Calendar
from warehouse.conventions import YEAR_WEEKS

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import SparkSession

OpenSession = Callable[[], "SparkSession"]
"""Opens the Spark session, for who needs one."""

logger = logging.getLogger(__name__)

SPARK_FROM_STORES = 200
"""Number of stores from which Spark's overhead pays on one machine."""
SHARE_WEEKS = 13
SHARE_TREND = 0.6
"""How far a share's movement against last year is believed: as an exponent, 1 is wholly."""
SHARE_BOUNDS = (0.5, 2.0)
TOTAL_LIMIT = 2.0
"""How many times the largest total known so far a total is forecast to be at most."""
YEARLY_FROM_WEEKS = 60
"""Weeks of history from which a yearly season can be told from a trend."""
SHOPPING_WEEKS = {True: 1, False: 2}
"""Weeks before a holiday whose neighbours are aligned with it in which shoppers come, by whether it moves."""
_RESERVED = "_delim_"
_SCHEMA = "store_id long, ds timestamp, yhat double"


@dataclass(frozen=True)
class Prophet:
    """The candidate, and its own fitted model.

    Attributes:
        seed: seed of Stan's optimizer.
        open_session: returns the Spark session for many stores; without it the plain loop serves any number.
        spark_from: number of stores from which Spark is used.
    """

    seed: int
    open_session: OpenSession | None = field(default=None, compare=False)
    spark_from: int = SPARK_FROM_STORES
    name: str = "prophet"

    @property
    def parameters(self) -> Mapping[str, object]:
        """What is modelled, and how totals are shared down."""
        return {
            "level": "store, then top-down to departments",
            "yearly_seasonality": True,
            "holidays": "flagged weeks of the calendar",
            "share_weeks": SHARE_WEEKS,
            "share_trend": SHARE_TREND,
            "seed": self.seed,
        }

    def fit(self, history: Panel) -> "Prophet":
        """Returns itself: the fit happens at the origin of each forecast."""
        return self

    def predict(self, history: Panel, horizon: int) -> PointForecast:
        """Returns each series' share of the Prophet forecast of its store."""
        totals = store_totals(history)
        stores = self._forecast_stores(totals, history.calendar, horizon)
        share = department_shares(history, horizon)
        position = np.searchsorted(totals["store_id"].unique(), history.store_ids)
        recent = known_mean(history.sales[:, -SHARE_WEEKS:])[:, None]
        # A share cannot be negative: a department that takes back more than it sells keeps its own mean.
        is_alone = np.isnan(share) | (recent < 0)
        point = np.where(is_alone, recent, share * stores[position])
        point = plausible(point, history.sales)
        return PointForecast(point, np.where(is_alone.any(axis=1), "mean of the last known weeks", ""))

    def _forecast_stores(self, totals: "pd.DataFrame", calendar: Calendar, horizon: int) -> FloatArray:
        stores = totals["store_id"].unique()
        if self.open_session is not None and len(stores) >= self.spark_from:
            frame = forecast_with_spark(self.open_session(), totals, calendar, horizon, self.seed)
        else:
            frame = forecast_in_loop(totals, calendar, horizon, self.seed)
        ordered = frame.sort_values(["store_id", "ds"])
        return np.asarray(ordered["yhat"].to_numpy(np.float64).reshape(len(stores), horizon))

    def explain(self, history: Panel, horizon: int, series: int) -> Mapping[str, FloatArray]:
        """Returns last year's aligned sales, and the rest as recent level."""
        like = alignment_matrix(history.calendar, history.weeks, history.future_weeks(horizon), 1)
        last_year = aligned(history.sales[series : series + 1], like)[0]
        return base_parts(self.predict(history, horizon).point[series], last_year)

    def importance(self) -> Mapping[str, float]:
        """Returns nothing: there are no inputs."""
        return {}


def store_totals(history: Panel) -> "pd.DataFrame":
    """Returns store_id, ds, y: the weekly total of each store over its active series, in the unit of the sales."""
    import pandas as pd

    stores, position = np.unique(history.store_ids, return_inverse=True)
    sold = history.sales[history.active]
    member = (position[history.active][None, :] == np.arange(len(stores))[:, None]).astype(np.float64)
    known = member @ (~np.isnan(sold)).astype(np.float64)
    totals = np.where(known > 0, member @ np.where(np.isnan(sold), 0.0, sold), np.nan)
    dates = pd.DatetimeIndex(history.weeks.astype("datetime64[ns]"))
    return pd.DataFrame(
        {"store_id": np.repeat(stores, len(dates)), "ds": np.tile(dates, len(stores)), "y": totals.ravel()}
    )


def department_shares(history: Panel, horizon: int) -> FloatArray:
    """Returns each series' share of its store in each target week, NaN where no sales are known, (S, horizon).

    The share in last year's aligned week, times how the share of the last 13 weeks has moved against the same weeks of
    last year, partly believed; the share of the last 13 weeks where last year is not known. Shares of a store's active
    series sum to one.
    """
    store, is_active = SeriesGroups.of(history).store, history.active[:, None]
    recent_weeks = min(SHARE_WEEKS, history.week_count)
    targets = np.concatenate([history.weeks[-recent_weeks:], history.future_weeks(horizon)])
    like = aligned(history.sales, alignment_matrix(history.calendar, history.weeks, targets, 1))
    then = np.where(is_active, np.maximum(like, 0.0), np.nan)
    now = _share(np.where(is_active, known_mean(history.sales[:, -recent_weeks:])[:, None], np.nan), store)
    before = _share(np.where(is_active, known_mean(then[:, :recent_weeks])[:, None], np.nan), store)
    moved = np.clip(np.where(before > 0, now / np.where(before > 0, before, 1.0), 1.0), *SHARE_BOUNDS)
    season = _share(then[:, recent_weeks:], store) * moved**SHARE_TREND
    return _share(np.where(np.isnan(season), now, season), store)


def _share(values: FloatArray, store: IntArray) -> FloatArray:
    """Returns the values, none below zero, as shares of the sum of their store."""
    positive = np.maximum(values, 0.0)
    return np.asarray(positive / np.maximum(sum_by(positive, store), 1e-9))


def forecast_in_loop(totals: "pd.DataFrame", calendar: Calendar, horizon: int, seed: int) -> "pd.DataFrame":
    """Returns store_id, ds, yhat of every store, one after the other."""
    import pandas as pd

    frames = [forecast_store(frame, calendar, horizon, seed) for _, frame in totals.groupby("store_id")]
    return pd.concat(frames, ignore_index=True)


def forecast_with_spark(
    spark: "SparkSession", totals: "pd.DataFrame", calendar: Calendar, horizon: int, seed: int
) -> "pd.DataFrame":
    """Returns the same as the loop, the stores spread over Spark's executors."""

    def forecast_group(frame: "pd.DataFrame") -> "pd.DataFrame":
        return forecast_store(frame, calendar, horizon, seed)

    rows = spark.createDataFrame(totals).groupBy("store_id")
    forecasts: pd.DataFrame = rows.applyInPandas(forecast_group, schema=_SCHEMA).toPandas()
    return forecasts


def forecast_store(totals: "pd.DataFrame", calendar: Calendar, horizon: int, seed: int) -> "pd.DataFrame":
    """Returns store_id, ds, yhat of one store for the weeks after the last of its rows."""
    import pandas as pd

    ordered = totals.sort_values("ds")
    target = pd.date_range(ordered["ds"].iloc[-1] + pd.Timedelta(weeks=1), periods=horizon, freq="7D")
    known = ordered.dropna(subset=["y"])
    if len(known) < YEAR_WEEKS // 4:
        mean = float(known["y"].mean()) if len(known) else 0.0
        values = np.full(horizon, mean)
    else:
        made = _fit_and_predict(known[["ds", "y"]], calendar, target, seed)
        values = bounded_totals(made, known["y"].to_numpy(np.float64))
    return pd.DataFrame({"store_id": ordered["store_id"].iloc[0], "ds": target, "yhat": values})


def bounded_totals(forecast: FloatArray, known: FloatArray) -> FloatArray:
    """Returns forecasts of totals within twice their known range in their unit, so that no trend runs away with them.

    Totals that never fell below zero are not forecast to.
    """
    return np.clip(forecast, TOTAL_LIMIT * min(known.min(), 0.0), TOTAL_LIMIT * max(known.max(), 0.0))


def _fit_and_predict(known: "pd.DataFrame", calendar: Calendar, target: "pd.DatetimeIndex", seed: int) -> FloatArray:
    import pandas as pd
    from prophet import Prophet as Library

    _silence_stan()
    years = range(known["ds"].iloc[0].year, target[-1].year + 1)
    holidays = holiday_frame(calendar, years)
    model = Library(
        holidays=holidays if len(holidays) else None,
        yearly_seasonality=len(known) >= YEARLY_FROM_WEEKS,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=0,
    )
    model.fit(known, seed=seed)
    return np.asarray(model.predict(pd.DataFrame({"ds": target}))["yhat"].to_numpy(np.float64))


def holiday_frame(calendar: Calendar, years: range) -> "pd.DataFrame":
    """Returns holiday, ds: the flagged weeks, and those of shopping before holidays that go with the weeks beside."""
    import pandas as pd

    before = {
        anchor.name: SHOPPING_WEEKS[anchor.is_moving]
        for anchor in calendar.anchors
        if anchor.weeks_before or anchor.weeks_after
    }
    rows = {
        (f"{name} week" if count == 0 else f"{name}, {count} before", week - dt.timedelta(weeks=count)): None
        for year in years
        for week, name in calendar.holiday_weeks(year).items()
        for count in range(before.get(name, 0) + 1)
    }
    labels = [label.replace(_RESERVED, " ") for label, _ in rows]
    return pd.DataFrame({"holiday": labels, "ds": pd.to_datetime([week for _, week in rows])})


def _silence_stan() -> None:
    """Keeps off the terminal what Stan prints per fit, and Prophet's advice against the yearly season of one year."""
    logging.getLogger("prophet").setLevel(logging.ERROR)
    stan = logging.getLogger("cmdstanpy")
    stan.handlers = [logging.NullHandler()]
    stan.propagate = False
    stan.setLevel(logging.CRITICAL)
