"""Weeks in which a count found the shelf empty: what sold is the least that was wanted, and what stands in for it.

Where less sold in such a week than in the middle one of the 13 weeks before, forecasts learn from that middle one, and
are not judged by the week: what would have sold is not known. Weeks with an empty shelf do not tell what is usual, so a
shelf that stays empty is soon taken as it is: the product has ended there, or is out of season. Nor does anything stand
in that is more than the same season sold a year before. Only what was known by then decides, so a cut of the history is
read as the whole is.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.forecasting.damping import SEASON_WEEKS, STAND_IN_WEEKS

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
DateArray = npt.NDArray[np.datetime64]

EMPTY_COUNTS = "select store_id, dept_id, stock_date from raw.stock_positions where on_hand <= 0"
LEAST_WEEKS = 4
"""Weeks with something on the shelf among them without which nobody can tell what would have sold."""


def empty_weeks(counts: "pd.DataFrame", store_ids: IntArray, dept_ids: IntArray, weeks: DateArray) -> BoolArray:
    """Returns whether a count of the week found nothing, (S, T).

    Args:
        counts: `store_id, dept_id, stock_date` of counts that found nothing, by `EMPTY_COUNTS`.
        store_ids: store of each series, (S,).
        dept_ids: product of each series, (S,).
        weeks: last days of the weeks, 7 days apart, (T,).
    """
    import pandas as pd

    is_empty = np.zeros((len(store_ids), len(weeks)), dtype=bool)
    if counts.empty:
        return is_empty
    series = pd.MultiIndex.from_arrays([store_ids, dept_ids])
    row = series.get_indexer(pd.MultiIndex.from_frame(counts[["store_id", "dept_id"]]))
    days = counts["stock_date"].to_numpy().astype("datetime64[D]")
    week = -((weeks[0] - days).astype(np.int64) // 7)
    kept = (row >= 0) & (week >= 0) & (week < len(weeks))
    is_empty[row[kept], week[kept]] = True
    return is_empty


def wanted(sales: FloatArray, is_empty: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Returns the sales with what would have sold in weeks with too little stock, and which those are, (S, T) each.

    Args:
        sales: in the unit that is forecast, NaN where not known, (S, T).
        is_empty: whether the shelf was counted empty, (S, T).
    """
    demand, is_short = sales.copy(), np.zeros(sales.shape, dtype=bool)
    usual = np.where(is_empty, np.nan, sales)
    for series, week in np.argwhere(is_empty & ~np.isnan(sales)).tolist():
        before = _known(usual[series, max(week - STAND_IN_WEEKS, 0) : week])
        season = _known(usual[series, : week + 1][::-1][SEASON_WEEKS])
        if len(before) >= LEAST_WEEKS:
            expected = min(np.median(before), season.max() if len(season) else np.inf)
            if expected > sales[series, week]:
                demand[series, week], is_short[series, week] = expected, True
    return demand, is_short


def _known(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]
