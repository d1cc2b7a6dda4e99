"""What is known at a decision beside forecast and stock: what the guardrails look at, and what was decided before."""

import datetime as dt
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ml.inventory.orders.guardrails import UNUSUAL_WEEKS, flags, stale_pairs
from ml.inventory.orders.levels import Before
from ml.inventory.policy import FloatArray, Policies
from warehouse.conventions import EMPTY_SHELF
from warehouse.database import Snapshot

if TYPE_CHECKING:
    import pandas as pd

WATCHED_WEEKS = 104
"""Weeks of sales that the guardrails look back on: the season of last year, and the one before it."""

STALE_COUNT_WEEKS = 2
"""Age in weeks from which a count of stock says too little about the shelf of the decision week."""

BEFORE_WEEKS = 4
"""Oldest decision week, in weeks, whose statuses still count as those of before."""

_WEEKS = """
select store_id, dept_id, count(weekly_sales) as weeks
from raw.raw_sales
where sale_date <= %(decision_date)s
group by store_id, dept_id
"""
_UNUSUAL = """
select distinct store_id, dept_id
from ml.sales_anomalies
where sale_date <= %(decision_date)s and sale_date > %(decision_date)s - 7 * %(weeks)s
    and detector <> %(empty_shelf)s
"""
"""An empty shelf is no reason to ask a person before it is filled."""
_BEFORE = """
select store_id, dept_id, status, order_quantity > 0 as was_due
from ml.inventory_recommendations
where recommendation_date = (
    select max(recommendation_date)
    from ml.inventory_recommendations
    where recommendation_date < %(decision_date)s and recommendation_date >= %(decision_date)s - 7 * %(weeks)s
)
"""


@dataclass(frozen=True)
class Watch:
    """What the guardrails look at for n pairs.

    Attributes:
        sales: (pairs, weeks) weekly sales in money up to the decision, NaN where a week is missing.
        weeks_known: weeks with known sales in the whole history.
        is_unusual: whether one of the last weeks is marked in ml.sales_anomalies, but for an empty shelf.
        is_stale: whether the latest sales are missing, or the stock was counted too long ago.
        is_overdue: whether what is on order should have come before the stock was counted.
        tiny_amount: (pairs,) money below which no person is asked, the same for all.
    """

    sales: FloatArray = field(repr=False)
    weeks_known: npt.NDArray[np.int64] = field(repr=False)
    is_unusual: npt.NDArray[np.bool_] = field(repr=False)
    is_stale: npt.NDArray[np.bool_] = field(repr=False)
    is_overdue: npt.NDArray[np.bool_] = field(repr=False)
    tiny_amount: FloatArray = field(repr=False)

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Watch":
        """Returns what is known of some pairs."""
        return Watch(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})

    def reasons(
        self, order: FloatArray, position: FloatArray, forecast: FloatArray, lot: FloatArray, policies: Policies
    ) -> npt.NDArray[np.str_]:
        """Returns the guardrail that sends each order to a person, empty where it is automatic."""
        return flags(
            order,
            position,
            self.sales,
            forecast,
            self.weeks_known,
            self.is_unusual,
            self.is_stale,
            self.tiny_amount,
            lot=lot,
            is_overdue=self.is_overdue,
            pack=policies.least_order_amount,
            lead_time_weeks=policies.lead_time_weeks,
        )


def read_watch(
    snapshot: Snapshot,
    pairs: "pd.DataFrame",
    date: dt.date,
    sales: FloatArray,
    stock: "pd.DataFrame",
    tiny_amount: float,
) -> Watch:
    """Returns what the guardrails look at, in the order of the pairs.

    Args:
        snapshot: the database at one moment.
        pairs: store_id and dept_id, one row a pair.
        date: the decision week; nothing after it is looked at.
        sales: (pairs, weeks) weekly sales up to it.
        stock: stock_date and is_overdue of each pair, missing where its stock was not counted.
        tiny_amount: money below which no person is asked.
    """
    import pandas as pd

    keys = ["store_id", "dept_id"]
    weeks = pairs[keys].merge(snapshot.read_frame(_WEEKS, {"decision_date": date}), on=keys, how="left")["weeks"]
    given = {"decision_date": date, "weeks": UNUSUAL_WEEKS, "empty_shelf": EMPTY_SHELF}
    unusual = pd.MultiIndex.from_frame(snapshot.read_frame(_UNUSUAL, given))
    oldest = pd.Timestamp(date - dt.timedelta(weeks=STALE_COUNT_WEEKS))
    return Watch(
        sales=sales,
        weeks_known=weeks.fillna(0).to_numpy(np.int64),
        is_unusual=pd.MultiIndex.from_frame(pairs[keys]).isin(unusual),
        is_stale=stale_pairs(sales) | (pd.to_datetime(stock["stock_date"]) <= oldest).to_numpy(),
        is_overdue=(stock["is_overdue"] == True).to_numpy(dtype=bool),  # noqa: E712 - missing is false
        tiny_amount=np.full(len(pairs), tiny_amount),
    )


def read_before(snapshot: Snapshot, pairs: "pd.DataFrame", date: dt.date) -> Before:
    """Returns what the newest decision week before this one recommended, in the order of the pairs."""
    found = snapshot.read_frame(_BEFORE, {"decision_date": date, "weeks": BEFORE_WEEKS})
    joined = pairs[["store_id", "dept_id"]].merge(found, on=["store_id", "dept_id"], how="left")
    status = joined["status"].fillna("").to_numpy(dtype=np.str_)
    return Before(status, (joined["was_due"] == True).to_numpy(dtype=bool))  # noqa: E712 - missing is false
