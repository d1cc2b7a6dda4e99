"""Forecasts: eight weeks for every active series from every candidate, into `ml.forecasts`."""

import datetime as dt
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from psycopg import sql

from ml.forecasting.evaluation.backtest import least_weeks
from ml.forecasting.models.candidates import candidates, chosen_candidates, with_session
from ml.forecasting.models.price_inputs import at_usual_prices, planned_prices
from ml.forecasting.models.prophet_model import OpenSession
from ml.forecasting.models.protocol import PointForecast, follows_plans
from ml.forecasting.panel import WEEK, FloatArray, Panel, as_date, read_panel
from ml.forecasting.planned_markdowns import planned_promotions
from ml.forecasting.registry.aliases import choose
from ml.forecasting.registry.client import load_models
from ml.forecasting.registry.tracking import training_fingerprint
from ml.forecasting.served_model import ServedModel, forecast_frame
from ml.forecasting.study import study
from ml.prices import read_prices
from warehouse.conventions import BASELINE
from warehouse.database import Database
from warehouse.errors import UsageError
from warehouse.incoming import publish_frame
from warehouse.progress import Progress, silent
from warehouse.publish import Change
from warehouse.retailer import retailer_of_sales
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

TABLE = "ml.forecasts"
KEYS = ("forecast_id",)


@dataclass(frozen=True)
class ForecastReport:
    """What a forecast wrote.

    Attributes:
        origin_date: last week whose sales were known to it.
        champion: candidate whose forecasts are marked as champion's.
        models: version by candidate.
        series_count: active series.
        rows: rows of `ml.forecasts` at this origin.
        planned_rows: the champion's that a planned price, promotion or markdown moved.
        has_plan: whether prices or promotions are planned for a week ahead.
        change: those that changed.
        seconds: wall clock.
        horizon_weeks: weeks ahead.
    """

    origin_date: dt.date
    champion: str
    models: Mapping[str, str]
    series_count: int
    rows: int
    planned_rows: int
    has_plan: bool
    change: Change
    seconds: float
    horizon_weeks: int

    def __str__(self) -> str:
        planned = f"plans moved {self.planned_rows:,} of its forecasts; " if self.planned_rows else ""
        if self.has_plan and not self.planned_rows:
            planned = "planned prices and promotions do not move its forecasts; "
        return (
            f"{self.horizon_weeks} weeks from {self.origin_date} for {self.series_count:,} series "
            f"by {len(self.models)} models, champion {self.champion}; {planned}{self.change}"
        )


@dataclass(frozen=True)
class Cast:
    """The models that forecast, their versions by name, and the name of the champion."""

    models: Mapping[str, ServedModel]
    versions: Mapping[str, str]
    champion: str


def forecast(
    settings: Settings,
    database: Database,
    run_id: str,
    as_of: dt.date | None = None,
    progress: Progress = silent,
    open_session: OpenSession | None = None,
) -> ForecastReport:
    """Returns the report of forecasts that now stand in `ml.forecasts`; those of other origins stay as they are.

    Args:
        settings: seed, number of origins, address of the registry, whether markdowns ahead are a plan.
        database: where the features were published.
        run_id: run that is written to rows that changed.
        as_of: makes the forecast that was possible on that day: candidates, intervals and champion from nothing but
            the weeks known then. The newest week and the registered models without it.
        progress: called per candidate.
        open_session: opens Spark for candidates that fan out over many stores; they loop without it.

    Raises:
        UsageError: `as_of` lies before the first or after the last week that can be an origin.
        ShelfcastError: there are no features or no trained model.
    """
    began = time.monotonic()
    panel = read_panel(database, settings.planned_markdowns)
    history = history_as_of(panel, as_of)
    names = [model.name for model in candidates(settings)]
    if history.week_count == panel.week_count:
        cast = registered_cast(settings, database, names, open_session)
    else:
        cast = cast_of_the_time(settings, history, names, progress, open_session)
    frame = with_prices(database, forecast_rows(history, cast, run_id, progress), history.origin)
    scope = sql.SQL("t.origin_date = {}").format(sql.Literal(history.origin))
    change = publish_frame(database, frame, TABLE, KEYS, "replace", scope)
    seconds = time.monotonic() - began
    logger.info("forecasts at %s: %d rows in %.1f s, %s", history.origin, len(frame), seconds, change)
    counts = int(history.active.sum()), len(frame), int((frame["uses_plan"] & frame["is_champion"]).sum())
    has_plan = bool(planned_prices(history, history.horizon).is_known.any())
    return ForecastReport(
        history.origin, cast.champion, cast.versions, *counts, has_plan, change, seconds, history.horizon
    )


def history_as_of(panel: Panel, day: dt.date | None) -> Panel:
    """Returns the panel as it was known on a day, the whole of it without one; a week is known from its last day on.

    Raises:
        UsageError: the day lies before the first or after the last week that can be an origin.
    """
    if day is None:
        return panel
    least = least_weeks(panel) + panel.horizon
    first, last = as_date(panel.weeks[min(least, panel.week_count) - 1]), panel.origin
    if not first <= day <= last:
        raise UsageError(
            f"No forecast can be made as of {day}: it needs {least} weeks of history, and sales are known to {last}.",
            f"Choose a date from {first} to {last}.",
        )
    return panel.until(int((np.datetime64(day, "D") - panel.weeks[0]) // WEEK) + 1)


def registered_cast(
    settings: Settings, database: Database, names: Sequence[str], open_session: OpenSession | None = None
) -> Cast:
    """Returns the champion and the candidates of the names as the registry holds them.

    Raises:
        ShelfcastError: no model was trained.
    """
    champion, found = load_models(settings, database, "pipeline", names)
    models = {
        name: replace(served, model=with_session(served.model, open_session)) for name, (_, served) in found.items()
    }
    return Cast(models, {name: version.version for name, (version, _) in found.items()}, champion)


def cast_of_the_time(
    settings: Settings,
    history: Panel,
    names: Sequence[str],
    progress: Progress = silent,
    open_session: OpenSession | None = None,
) -> Cast:
    """Returns what a training on the history would have made of some candidates, seasonal naive among them.

    The champion is the best of them: only with the names of all candidates it is the champion of the time.
    """
    chosen = chosen_candidates(candidates(settings), [BASELINE, *names])
    tried = tuple(with_session(model, open_session) for model in chosen)
    result = study(history, tried, settings.backtest_origins, progress)
    champion = choose(result.scores, None).champion if len(result.scores) > 1 else BASELINE
    version = version_of_the_time(settings, history)
    return Cast(result.models, dict.fromkeys(result.models, version), champion)


def version_of_the_time(settings: Settings, history: Panel) -> str:
    """Returns the version of what is trained for a date: its last week, and a mark of data, code, settings and plan."""
    digest = hashlib.sha256(training_fingerprint(history, settings).encode())
    if history.plan is not None:
        ahead = slice(history.week_count, history.week_count + history.horizon)
        digest.update(history.plan.price[:, ahead].tobytes() + history.plan.is_promoted[:, ahead].tobytes())
    return f"as-of-{history.origin:%Y%m%d}-{digest.hexdigest()[:8]}"


def forecast_rows(history: Panel, cast: Cast, run_id: str, progress: Progress = silent) -> "pd.DataFrame":
    """Returns the rows of `ml.forecasts` that the models make after a history; a plan it carries moves them."""
    import pandas as pd

    markdowns = planned_promotions(history, history.horizon)
    frames = []
    for number, (name, model) in enumerate(cast.models.items()):
        progress(number, len(cast.models), f"forecast at {history.origin}: {name}")
        forecast, bounds = model.forecast(history)
        effect = (markdowns.amount(forecast.point) + _plan_effect(history, model, forecast))[history.active].ravel()
        rows = forecast_frame(history, *markdowns.applied(forecast, bounds))
        rows = rows.assign(plan_effect=effect, uses_plan=effect != 0)
        frames.append(
            rows.assign(model_name=name, model_version=cast.versions[name], is_champion=name == cast.champion)
        )
    progress(len(frames), len(frames), "writing")
    frame = pd.concat(frames, ignore_index=True).assign(run_id=run_id)
    frame.insert(0, "forecast_id", _forecast_ids(frame))
    return frame


def _plan_effect(history: Panel, model: ServedModel, forecast: PointForecast) -> FloatArray:
    """Returns what planned prices and promotions move forecasts by, against the usual price, (series, horizon)."""
    if history.plan is None or not follows_plans(model.model):
        return np.zeros_like(forecast.point)
    usual = model.model.predict(at_usual_prices(history, history.horizon), history.horizon)
    return np.asarray(forecast.point - usual.point)


def with_prices(database: Database, frame: "pd.DataFrame", origin: dt.date) -> "pd.DataFrame":
    """Returns forecasts with their unit, and the price of a piece of each pair as it was known at the origin."""
    with database.snapshot("pipeline") as snapshot:
        retailer = retailer_of_sales(snapshot)
        prices = read_prices(snapshot, origin, retailer.is_in_units).of(frame)
    return frame.assign(unit_name=retailer.forecast_unit, unit_price=prices.unit_price, price_source=prices.source)


def _forecast_ids(frame: "pd.DataFrame") -> "pd.Series[str]":
    """Returns store-dept-origin-week-model of each row."""
    days = [frame[name].dt.strftime("%Y%m%d") for name in ("origin_date", "forecast_date")]
    pair = frame["store_id"].astype(str) + "-" + frame["dept_id"].astype(str)
    ids: pd.Series[str] = pair + "-" + days[0] + "-" + days[1] + "-" + frame["model_name"]
    return ids
