"""Forecasts as a file: the latest, those that were possible at a date, or those of a list of pairs and weeks."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

from flows.exports.pairs_file import read_pairs, weeks_ahead
from warehouse.codes import read_codes
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.progress import Progress, silent
from warehouse.retailer import read_retailer
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from ml.forecasting.cold_start import Stores
    from ml.forecasting.panel import FloatArray, Panel
    from ml.forecasting.served_model import ServedModel

COLUMNS = (
    *("store_code", "store_name", "product_code", "product_name"),
    *("date", "cutoff", "yhat", "lo80", "hi80", "lo95", "hi95", "model"),
)
_LAST_WEEK: LiteralString = (
    "select max(feature_date) as day from features.engineered_features where weekly_sales is not null"
)
_PUBLISHED: LiteralString = """
select
    store_id,
    dept_id,
    forecast_date as date,
    origin_date as cutoff,
    predicted_sales as yhat,
    prediction_lower as lo80,
    prediction_upper as hi80,
    prediction_lower_95 as lo95,
    prediction_upper_95 as hi95,
    model_name as model
from ml.forecasts as forecasts
where origin_date = %(cutoff)s
    and unit_name = %(unit)s
    and horizon_weeks <= %(horizon)s
    and case when %(model)s::text is null then is_champion else model_name = %(model)s end
    and case
        when %(version)s::text is null then true
        else model_version = %(version)s and not exists (
            select from ml.forecasts as moved
            where moved.origin_date = forecasts.origin_date
                and moved.model_name = forecasts.model_name
                and moved.uses_plan
        )
    end
order by store_id, dept_id, forecast_date
"""


@dataclass(frozen=True)
class ForecastOptions:
    """What the user wrote: the options of the command, None where left out."""

    as_of: str | None = None
    horizon: int | None = None
    pairs: Path | None = None
    model: str | None = None
    is_submission: bool = False

    def checked(self) -> "Wanted":
        """Returns what they ask for.

        Raises:
            UsageError: an option makes no sense.
        """
        from ml.forecasting.long_range import checked_horizon

        if self.pairs is not None and self.horizon is not None:
            raise UsageError("The file of --pairs decides how many weeks are forecast.", "Leave --horizon out.")
        horizon = None if self.horizon is None else checked_horizon(self.horizon)
        day = None if self.as_of is None else day_of(self.as_of)
        return Wanted(day, horizon, self.pairs, self.model, self.is_submission)


@dataclass(frozen=True)
class Wanted:
    """What the user asked for.

    Attributes:
        as_of: day whose knowledge is used; the latest week without it.
        horizon: weeks to forecast, where no pairs are given; as many as the retailer says without it.
        pairs: file with the rows to forecast instead of every active pair.
        model: candidate; the champion without it.
        is_submission: whether the rows take the competition's form.
    """

    as_of: dt.date | None
    horizon: int | None
    pairs: Path | None = None
    model: str | None = None
    is_submission: bool = False


def day_of(text: str) -> dt.date:
    """Returns the date that a text writes as yyyy-mm-dd.

    Raises:
        UsageError: it is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date.", "Write it as yyyy-mm-dd.") from None


def forecast_rows(settings: Settings, database: Database, asked: Wanted, progress: Progress = silent) -> "pd.DataFrame":
    """Returns the forecasts with the columns `COLUMNS`, in the unit that is forecast, or in the competition's form.

    What was published from the same data and code is not made again. Nothing after the day of `as_of` touches what is
    made for it, not even a plan of markdowns: what is known of a later week today was not known then.

    Args:
        settings: seed, number of origins, address of the registry, whether markdowns ahead are a plan.
        database: where features and forecasts were published.
        asked: what the user asked for.
        progress: called while models are trained.

    Raises:
        UsageError: the day or the model cannot be had.
        ShelfcastError: a row of the pairs cannot be forecast, or there is nothing to forecast with.
    """
    if asked.model is not None:
        _check_model(settings, asked.model)
    published = read_retailer(database, "pipeline").horizon_weeks
    asked = replace(asked, horizon=asked.horizon or published)
    codes = read_codes(database)
    pairs, codes = (None, codes) if asked.pairs is None else read_pairs(asked.pairs, codes)
    if asked.as_of is None and _is_published_range(asked, published):
        rows = _latest_published(database, asked)
    else:
        rows = _from_history(settings, database, asked, pairs, progress)
    coded = codes.with_codes(rows)
    return submission(coded) if asked.is_submission else coded


def submission(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Returns the rows in the competition's form: Id, which is store_dept_date by their codes, and Weekly_Sales."""
    import pandas as pd

    key = frame["store_code"] + "_" + frame["product_code"] + "_" + frame["date"].astype(str)
    return pd.DataFrame({"Id": key, "Weekly_Sales": frame["yhat"]})


def _check_model(settings: Settings, name: str) -> None:
    from ml.forecasting.models.candidates import candidates, chosen_candidates

    chosen_candidates(candidates(settings), [name])


def _is_published_range(asked: Wanted, published: int) -> bool:
    return asked.pairs is None and asked.horizon is not None and asked.horizon <= published


def _latest_published(database: Database, asked: Wanted) -> "pd.DataFrame":
    """Returns the forecasts that the last run published from the last week with sales."""
    cutoff = database.read_frame("pipeline", _LAST_WEEK)["day"].iloc[0]
    frame = _published(database, asked, cutoff) if cutoff is not None else None
    if frame is None or frame.empty:
        by = f" by {asked.model}" if asked.model else ""
        since = f" from {cutoff}, the last week with sales" if cutoff is not None else ""
        raise ShelfcastError(f"There are no forecasts{by}{since}.", "Run `shelfcast run` first.")
    return frame


def _published(database: Database, asked: Wanted, cutoff: dt.date, version: str | None = None) -> "pd.DataFrame":
    unit = read_retailer(database, "pipeline").forecast_unit
    parameters = {"cutoff": cutoff, "horizon": asked.horizon, "model": asked.model, "version": version, "unit": unit}
    return database.read_frame("pipeline", _PUBLISHED, parameters)


def _from_history(
    settings: Settings, database: Database, asked: Wanted, pairs: "pd.DataFrame | None", progress: Progress
) -> "pd.DataFrame":
    from ml.forecasting.forecast_job import history_as_of, version_of_the_time
    from ml.forecasting.long_range import MOST_WEEKS, pair_forecasts
    from ml.forecasting.panel import read_panel

    progress(0, 1, "reading the history")
    panel = read_panel(database, with_plan=asked.as_of is None and settings.planned_markdowns)
    history = history_as_of(panel, asked.as_of)
    is_latest = history.week_count == panel.week_count
    if _is_published_range(asked, panel.horizon):
        if is_latest:
            return _latest_published(database, asked)
        found = _published(database, asked, history.origin, version_of_the_time(settings, history))
        if not found.empty:
            return found
    if pairs is None:
        horizon = asked.horizon or panel.horizon
        return _series_rows(_served(settings, database, history, is_latest, asked, progress), history, horizon)
    stores = _stores(database)
    name = asked.pairs.name if asked.pairs else ""
    ahead = weeks_ahead(pairs, history.origin, name, MOST_WEEKS)
    served = _served(settings, database, history, is_latest, asked, progress)
    made = pair_forecasts(served, history, ahead, stores)
    return _frame(pairs, history.origin, made.point, made.bounds, made.model)


def _served(
    settings: Settings, database: Database, history: "Panel", is_latest: bool, asked: Wanted, progress: Progress
) -> "ServedModel":
    """Returns the model that is asked for, else the champion: from the registry, or trained on the history."""
    from ml.forecasting.forecast_job import cast_of_the_time, registered_cast
    from ml.forecasting.models.candidates import candidates

    if is_latest:
        progress(0, 1, "loading the model")
        cast = registered_cast(settings, database, [asked.model] if asked.model else [])
    else:
        names = [asked.model] if asked.model else [model.name for model in candidates(settings)]
        cast = cast_of_the_time(settings, history, names, progress)
    name = asked.model or cast.champion
    if name not in cast.models:
        raise ShelfcastError(f"The model {name} is not in the registry.", "Run `shelfcast train` first.")
    return cast.models[name]


def _series_rows(served: "ServedModel", history: "Panel", horizon: int) -> "pd.DataFrame":
    """Returns a row for every active pair and week."""
    from ml.forecasting.long_range import range_forecast
    from ml.forecasting.served_model import forecast_frame

    made = forecast_frame(history, *range_forecast(served, history, horizon))
    keys = made.rename(columns={"forecast_date": "date"})
    bounds = made[["prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95"]]
    return _frame(keys, history.origin, made["predicted_sales"], bounds.to_numpy().T, served.name)


def _frame(
    keys: "pd.DataFrame", cutoff: dt.date, point: "ArrayLike", bounds: "FloatArray", model: "ArrayLike"
) -> "pd.DataFrame":
    import pandas as pd

    lower, upper, lower_95, upper_95 = bounds
    made = {"yhat": point, "lo80": lower, "hi80": upper, "lo95": lower_95, "hi95": upper_95, "model": model}
    numbers = {"store_id": keys["store_id"], "dept_id": keys["dept_id"]}
    return pd.DataFrame({**numbers, "date": keys["date"].dt.date, "cutoff": cutoff, **made})


def _stores(database: Database) -> "Stores":
    import numpy as np

    from ml.forecasting.cold_start import Stores

    frame = database.read_frame(
        "pipeline", "select store_id, store_type, size_sqft from raw.store_attributes order by store_id"
    )
    # Where no size is known, all stores count as equally large.
    sizes = frame["size_sqft"].astype("float64").fillna(1.0).to_numpy(np.float64)
    return Stores(frame["store_id"].to_numpy(np.int64), frame["store_type"].to_numpy(str), np.asarray(sizes))
