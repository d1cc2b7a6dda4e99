"""Counted stock: the latest count of each pair, checked, and merged with the simulated stock of the others."""

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.inventory.orders.positions import Positions, counted_positions
from ml.inventory.policy import MAXIMUM_WEEKS, FloatArray, Policies
from warehouse.codes import known
from warehouse.database import Snapshot
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

COUNTED, SIMULATED = "counted", "simulated"

_STOCK = """
select distinct on (store_id, dept_id)
    store_id, dept_id, stock_date, on_hand, on_order, lead_time_days,
    (expected_date - %(decision_date)s) / 7.0::double precision as weeks_until_expected,
    on_order > 0 and expected_date < stock_date as is_overdue
from raw.stock_positions
order by store_id, dept_id, stock_date desc
"""


def read_stock(snapshot: Snapshot, pairs: "pd.DataFrame", date: dt.date) -> "pd.DataFrame":
    """Returns the latest count of each pair, in the order of the pairs; all missing where nobody counted.

    Raises:
        ShelfcastError: a count is later than the week after the last week of sales.
    """
    stock = snapshot.read_frame(_STOCK, {"decision_date": date})
    late = stock[stock["stock_date"] > date + dt.timedelta(days=6)]
    if len(late):
        day = late["stock_date"].iloc[0]
        raise ShelfcastError(
            f"{_stock_of(late.iloc[0])} is dated {day}, after the last week of sales, {date}.",
            "Add the sales up to that day, or fix the date in the stock file.",
        )
    return pairs[["store_id", "dept_id"]].merge(stock, on=["store_id", "dept_id"], how="left", validate="one_to_one")


def with_own_lead_times(policies: Policies, stock: "pd.DataFrame") -> Policies:
    """Returns the policies with the lead times that counts give.

    Raises:
        ShelfcastError: one is out of range.
    """
    own = stock["lead_time_days"].to_numpy(dtype=float) / 7
    wrong = ~np.isnan(own) & ((own <= 0) | (own > MAXIMUM_WEEKS))
    if wrong.any():
        row = stock.iloc[int(wrong.argmax())]
        raise ShelfcastError(
            f"{_stock_of(row)} has a lead time of {row['lead_time_days']:g} days; it must be above 0 and at most "
            f"{MAXIMUM_WEEKS * 7:g}.",
            "Fix the lead time in the stock file.",
        )
    return policies.with_lead_times(np.where(np.isnan(own), policies.lead_time_weeks, own))


def merged_positions(
    stock: "pd.DataFrame", worth: FloatArray, policies: Policies, simulated: Positions
) -> tuple[Positions, npt.NDArray[np.str_]]:
    """Returns counted stock in money where there is a count, else the simulated one, and which it is.

    Args:
        stock: as `read_stock` returns it.
        worth: (pairs,) money of what is counted as one.
        policies: of the pairs, with their own lead times.
        simulated: stock of the pairs in money, as simulated.
    """
    is_counted = stock["on_hand"].notna().to_numpy()
    numbers = stock.assign(
        **{name: stock[name].astype(float) for name in ("on_hand", "on_order", "weeks_until_expected")}
    )
    counted = counted_positions(numbers, worth, policies.lead_time_weeks)
    merged = Positions(
        np.where(is_counted, counted.on_hand, simulated.on_hand),
        np.where(is_counted, counted.on_order, simulated.on_order),
        np.where(is_counted, counted.due_weeks, simulated.due_weeks),
    )
    return merged, np.where(is_counted, COUNTED, SIMULATED)


def _stock_of(row: "pd.Series[Any]") -> str:
    return f"Stock of {known().pair(row['store_id'], row['dept_id'])}"
