"""Explanations: what moved the champion's forecast for one store and department, per week in the unit of the sales."""

from typing import TYPE_CHECKING, LiteralString

import numpy as np

from ml.forecasting.models.protocol import PARTS
from ml.forecasting.panel import Panel, read_panel
from ml.forecasting.planned_markdowns import planned_promotions
from ml.forecasting.registry.client import load_models
from warehouse.codes import known
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd

_NEWEST: LiteralString = """
select max(origin_date) as origin_date, coalesce(bool_or(uses_plan), false) as uses_plan,
    exists (select from raw.promotions) as has_promotions
from ml.forecasts
where origin_date = (select max(origin_date) from ml.forecasts)
"""
"""Where the newest forecasts were made, whether a plan moved any of them, and whether it may be one of prices."""


def explain_forecast(settings: Settings, database: Database, store_id: int, dept_id: int) -> "pd.DataFrame":
    """Returns one row per week to come, with the parts that add up to the champion's forecast.

    Columns: store_id, dept_id, origin_date, forecast_date, horizon_weeks, model_name, model_version, forecast_amount,
    then last_year_amount (sales of 52 weeks before; where that was a holiday's week, of the ordinary weeks
    beside it), holiday_amount (what holidays and pay days brought in last year's like weeks, and what the models make
    of the days of the month), growth_amount (against last year), recent_level_amount (what sold of late),
    season_amount (what the models make of the season), promotion_amount (what planned prices, promotions and
    markdowns add, where the published forecast used them), coherence_amount (what the forecast of the store's total
    adds) and other_amount.

    Raises:
        ShelfcastError: the pair is not known or no longer sells, no model was trained, or a run that was cut short
            has published sales whose forecasts are not made yet.
    """
    import pandas as pd

    newest = database.read_frame("reader", _NEWEST).iloc[0]
    may_be_markdowns = settings.planned_markdowns or not newest["has_promotions"]
    panel = read_panel(database, bool(newest["uses_plan"]) and may_be_markdowns)
    if newest["origin_date"] != panel.origin:
        raise ShelfcastError(
            f"The sales are known to {house().called(panel.origin)}, and no forecasts were made from there yet.",
            "Run `shelfcast run` to its end.",
        )
    series, horizon = _series_of(panel, store_id, dept_id), panel.horizon
    champion, found = load_models(settings, database, "reader")
    version, served = found[champion]
    parts = dict(served.model.explain(panel, horizon, series))
    point = sum(parts.values(), np.zeros(horizon))
    markdowns = planned_promotions(panel, horizon).amount(point)[series]
    parts["promotion"] = parts.get("promotion", np.zeros(horizon)) + markdowns
    amounts = {f"{name}_amount": parts.get(name, np.zeros(horizon)) for name in PARTS}
    return pd.DataFrame(
        {
            "store_id": store_id,
            "dept_id": dept_id,
            "origin_date": pd.Timestamp(panel.origin),
            "forecast_date": panel.future_weeks(horizon).astype("datetime64[ns]"),
            "horizon_weeks": np.arange(1, horizon + 1),
            "model_name": champion,
            "model_version": version.version,
            "forecast_amount": sum(parts.values(), np.zeros(horizon)),
            **amounts,
        }
    )


def _series_of(panel: Panel, store_id: int, dept_id: int) -> int:
    found = np.flatnonzero((panel.store_ids == store_id) & (panel.dept_ids == dept_id))
    if not len(found):
        raise ShelfcastError(
            f"There are no sales of {known().pair(store_id, dept_id)}.",
            "`shelfcast forecast` covers every pair that has sold.",
        )
    if not panel.active[found[0]]:
        raise ShelfcastError(
            f"{known().pair(store_id, dept_id)} has not sold anything of late: nothing in the weeks to {panel.origin}.",
            "Only active pairs are forecast.",
        )
    return int(found[0])
