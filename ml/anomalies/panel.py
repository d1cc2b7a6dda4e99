"""Sales as a matrix, one row a pair and one column a week, with what else is known of the weeks."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecasting.empty_shelves import EMPTY_COUNTS, empty_weeks
from warehouse.database import Database

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

_SALES = """
select store_id, dept_id, (sale_date - first_week) / 7 as week, weekly_sales
from raw.raw_sales
cross join (select min(sale_date) as first_week from raw.raw_sales) as bounds
"""
_MARKDOWNS = """
select store_id, (feature_date - %(first_week)s) / 7 as week,
    coalesce(markdown_1, 0) + coalesce(markdown_2, 0) + coalesce(markdown_3, 0) + coalesce(markdown_4, 0)
    + coalesce(markdown_5, 0) as markdown
from raw.external_features
where coalesce(markdown_1, markdown_2, markdown_3, markdown_4, markdown_5) is not null
    and feature_date >= %(first_week)s
"""
_FORECASTS = """
select distinct on (store_id, dept_id, forecast_date)
    store_id, dept_id, (forecast_date - %(first_week)s) / 7 as week, horizon_weeks, predicted_sales
from ml.backtest_errors
where forecast_date >= %(first_week)s and model_name = (
    select model_name from ml.forecasts where is_champion order by origin_date desc, model_name limit 1
)
order by store_id, dept_id, forecast_date, horizon_weeks
"""


@dataclass(frozen=True)
class AnomalyPanel:
    """Weekly figures of n pairs over T weeks, in the unit of the sales; NaN where nothing is known.

    Attributes:
        first_week: last day of the week of column 0; the columns are a week apart.
        store_id: store of each row.
        dept_id: department of each row.
        sales: (n, T) sales.
        forecast: (n, T) champion forecasts of the backtest, made before the week, from the nearest origin.
        horizon: (n, T) weeks between that origin and the week.
        markdown: (n, T) markdowns of the store.
        is_empty: (n, T) whether a count of the week found the shelf empty.
    """

    first_week: dt.date
    store_id: npt.NDArray[np.int64] = field(repr=False)
    dept_id: npt.NDArray[np.int64] = field(repr=False)
    sales: FloatArray = field(repr=False)
    forecast: FloatArray = field(repr=False)
    horizon: FloatArray = field(repr=False)
    markdown: FloatArray = field(repr=False)
    is_empty: npt.NDArray[np.bool_] = field(repr=False)

    def week_date(self, column: int) -> dt.date:
        """Returns the last day of the week of a column."""
        return self.first_week + dt.timedelta(weeks=column)


def read_panel(database: Database) -> AnomalyPanel | None:
    """Returns the panel of all published sales, or None where there are none."""
    import pandas as pd

    sales = database.read_frame("pipeline", _SALES)
    if sales.empty:
        return None
    first_week = database.read_frame("pipeline", "select min(sale_date) as first_week from raw.raw_sales")[
        "first_week"
    ].iloc[0]
    keys = pd.MultiIndex.from_frame(sales[["store_id", "dept_id"]].drop_duplicates()).sort_values()
    weeks = int(sales["week"].max()) + 1
    store, product = (keys.get_level_values(level).to_numpy(np.int64) for level in (0, 1))
    forecasts = database.read_frame("pipeline", _FORECASTS, {"first_week": first_week})
    return AnomalyPanel(
        first_week=first_week,
        store_id=store,
        dept_id=product,
        sales=_matrix(sales, "weekly_sales", keys, weeks),
        forecast=_matrix(forecasts, "predicted_sales", keys, weeks),
        horizon=_matrix(forecasts, "horizon_weeks", keys, weeks),
        markdown=_markdowns(database.read_frame("pipeline", _MARKDOWNS, {"first_week": first_week}), store, weeks),
        is_empty=empty_weeks(
            database.read_frame("pipeline", EMPTY_COUNTS),
            store,
            product,
            np.datetime64(first_week) + 7 * np.arange(weeks),
        ),
    )


def _matrix(frame: "pd.DataFrame", column: str, keys: "pd.MultiIndex", weeks: int) -> FloatArray:
    """Returns (pairs, weeks) of a column; rows of other pairs or later weeks are left out."""
    import pandas as pd

    matrix = np.full((len(keys), weeks), np.nan)
    row = keys.get_indexer(pd.MultiIndex.from_frame(frame[["store_id", "dept_id"]]))
    week = frame["week"].to_numpy(dtype=np.int64)
    known = (row >= 0) & (week < weeks)
    matrix[row[known], week[known]] = frame[column].to_numpy(dtype=float)[known]
    return matrix


def _markdowns(frame: "pd.DataFrame", store_id: npt.NDArray[np.int64], weeks: int) -> FloatArray:
    import pandas as pd

    stores = pd.Index(np.unique(store_id))
    matrix = np.full((len(stores), weeks), np.nan)
    row, week = stores.get_indexer(pd.Index(frame["store_id"])), frame["week"].to_numpy(dtype=np.int64)
    known = (row >= 0) & (week < weeks)
    matrix[row[known], week[known]] = frame["markdown"].to_numpy(dtype=float)[known]
    return matrix[stores.get_indexer(pd.Index(store_id))]
