"""The watch over past forecasts: reads what was forecast and what came, writes `ml.forecast_drift`."""

import datetime as dt
import logging
from typing import TYPE_CHECKING, LiteralString

from ml.forecasting.evaluation.drift import JUDGED_WEEKS, DriftWeek, WeekSums, judge
from warehouse.database import Database
from warehouse.incoming import publish_frame

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

TABLE = "ml.forecast_drift"
KEYS = ("model_name", "week_date")
_SUMS: LiteralString = """
    select model_name, forecast_date, {source} as source, origin_date, count(*)::integer,
        sum(abs(predicted_sales - actual_sales)), sum(predicted_sales - actual_sales), sum(abs(actual_sales))
    from {rows} as compared
    group by model_name, forecast_date, origin_date
"""
_BACKTEST: LiteralString = _SUMS.format(source="'backtest'", rows="ml.backtest_errors")
_PUBLISHED: LiteralString = _SUMS.format(
    source="'forecast'",
    rows="""(
        select forecasts.model_name, forecasts.forecast_date, forecasts.origin_date, forecasts.predicted_sales,
            sales.weekly_sales as actual_sales
        from ml.forecasts as forecasts
        inner join raw.raw_sales as sales
            on forecasts.store_id = sales.store_id and forecasts.dept_id = sales.dept_id
            and forecasts.forecast_date = sales.sale_date
        where forecasts.forecast_date between %(first)s and %(last)s and forecasts.origin_date < %(last)s
            -- What sells of an empty shelf says nothing about the forecast.
            and not exists (
                select from raw.stock_positions as counts
                where counts.store_id = sales.store_id and counts.dept_id = sales.dept_id and counts.on_hand <= 0
                    and counts.stock_date between sales.sale_date - 6 and sales.sale_date
            )
    )""",
)


def watch_drift(database: Database, run_id: str, last_week: dt.date) -> list[DriftWeek]:
    """Returns the judged weeks that now stand in `ml.forecast_drift`.

    Args:
        database: where forecasts, sales and the backtest's rows were published.
        run_id: run that is written to the rows that changed.
        last_week: last week of the data.
    """
    first = last_week - dt.timedelta(weeks=JUDGED_WEEKS - 1)
    with database.connect("pipeline") as connection:
        rows = connection.execute(_BACKTEST).fetchall()
        rows += connection.execute(_PUBLISHED, {"first": first, "last": last_week}).fetchall()
    judged = judge([WeekSums(*row) for row in rows], last_week)
    change = publish_frame(database, _frame(judged).assign(run_id=run_id), TABLE, KEYS, "replace")
    drifting = sorted({one.week.model_name for one in judged if one.is_drifting})
    logger.info("%d weeks of forecasts judged, %s; drifting: %s", len(judged), change, ", ".join(drifting) or "none")
    return judged


def _frame(judged: list[DriftWeek]) -> "pd.DataFrame":
    """Returns the rows of `ml.forecast_drift`."""
    import pandas as pd

    rows = [(*_seen(one), *_expected(one), bool(one.misses), one.is_drifting, one.sentence) for one in judged]
    columns = (
        "model_name",
        "week_date",
        "source",
        "origin_date",
        "forecast_count",
        "wape_share",
        "bias_share",
        "expected_week_count",
        "expected_wape_lower",
        "expected_wape_upper",
        "expected_bias_lower",
        "expected_bias_upper",
        "is_outside",
        "is_drifting",
        "sentence",
    )
    return pd.DataFrame(rows, columns=list(columns))


def _seen(one: DriftWeek) -> tuple[object, ...]:
    week = one.week
    return (week.model_name, week.week_date, week.source, week.origin_date, week.forecast_count, week.wape, week.bias)


def _expected(one: DriftWeek) -> tuple[float | None, ...]:
    if one.expected is None:
        return (0, None, None, None, None)
    return (one.expected.week_count, *one.expected.wape, *one.expected.bias)
