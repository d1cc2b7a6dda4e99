"""What a piece of each pair is worth at retail, as it was known at a week: counted, from its own sales, or assumed.

A price is known where the latest count of stock gives one. Else it is the median, over the last 13 weeks in which the
pair sold, of money taken over pieces sold: one faulty week moves it little. Else it is the middle of the product's
prices in other stores, else one, which is assumed. Weeks without money or without pieces have no price, and a price of
zero is none. Derived prices are rounded, to the cent from one on and to four digits below, so that people can multiply
what they see.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse.database import Snapshot

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

COUNTED, SOLD, PRODUCT, ASSUMED, UNKNOWN = "stock", "sales", "product", "assumed", ""
"""Where a price is from: a count of stock, the pair's sales, the product's sales in other stores, nowhere; or no price
at all, where money is forecast and no count gives one."""

PRICED_WEEKS = 13

WHOLE, PART = 1.0, 0.001
"""Least part of a piece that can be ordered: a whole one, or a thousandth where pieces are measured, as kilograms."""

_DIGITS = 4
_KEYS = ["store_id", "dept_id"]
# Where pieces are forecast they are the series itself, and money stands beside it.
_SOLD = """
with weeks as (
    select store_id, dept_id, weekly_amount / weekly_sales as price,
        row_number() over (partition by store_id, dept_id order by sale_date desc) as place
    from raw.raw_sales
    where sale_date <= %(date)s and weekly_sales > 0 and weekly_amount > 0
),
prices as (
    select store_id, dept_id, percentile_cont(0.5) within group (order by price) as sold_price
    from weeks
    where place <= %(priced_weeks)s
    group by store_id, dept_id
)
select store_id, dept_id, sold_price, is_whole
from (
    select store_id, dept_id, bool_and(weekly_sales = trunc(weekly_sales)) as is_whole
    from raw.raw_sales
    where sale_date <= %(date)s
    group by store_id, dept_id
) as pairs
left join prices using (store_id, dept_id)
"""
_COUNTED = """
select distinct on (store_id, dept_id) store_id, dept_id, unit_price as counted_price
from raw.stock_positions
where stock_date <= %(date)s::date + 6
order by store_id, dept_id, stock_date desc
"""


@dataclass(frozen=True)
class Prices:
    """What pieces of n pairs are worth.

    Attributes:
        unit_price: money at retail value, above zero; NaN where none is known.
        source: one of `COUNTED`, `SOLD`, `PRODUCT`, `ASSUMED`, `UNKNOWN`.
        least_piece: `WHOLE` where the pair only ever sold whole pieces, else `PART`.
        worth: money of one of what is forecast: the price where pieces are, 1 where money is.
    """

    unit_price: FloatArray
    source: npt.NDArray[np.str_]
    least_piece: FloatArray
    worth: FloatArray

    @property
    def whole_piece(self) -> FloatArray:
        """Returns the money of a piece where only whole ones are sold, NaN elsewhere."""
        return np.where(self.least_piece == WHOLE, self.unit_price, np.nan)

    @property
    def count_worth(self) -> FloatArray:
        """Money of one of what is counted: the price where there is one, 1 where money is counted."""
        return np.where(np.isnan(self.unit_price), 1.0, self.unit_price)


@dataclass(frozen=True)
class KnownPrices:
    """All that is known of prices at a week.

    Attributes:
        sold: store_id, dept_id, sold_price and is_whole, one row a pair with sales.
        counted: store_id, dept_id and counted_price, one row a pair whose stock was counted.
        is_in_units: whether pieces are forecast. Where money is, only counts give a price and nothing else is priced.
    """

    sold: "pd.DataFrame"
    counted: "pd.DataFrame"
    is_in_units: bool

    def of(self, pairs: "pd.DataFrame") -> Prices:
        """Returns the prices of some pairs, in their order.

        Args:
            pairs: store_id and dept_id, one row a pair.
        """
        known = pairs[_KEYS].astype("int64").merge(self._known, on=_KEYS, how="left")
        product = known["dept_id"].map(self._by_product)
        counted, sold, shared = (_numbers(column) for column in (known["counted_price"], known["sold_price"], product))
        choices = {
            COUNTED: counted,
            SOLD: plain_price(sold),
            PRODUCT: plain_price(shared),
            ASSUMED: np.ones(len(known)),
        }
        if not self.is_in_units:
            choices = {COUNTED: counted}
        holds = [price > 0 for price in choices.values()]
        is_part = (known["is_whole"] == False).to_numpy(dtype=bool)  # noqa: E712 - missing is whole
        price = np.select(holds, list(choices.values()), np.nan)
        return Prices(
            unit_price=price,
            source=np.select(holds, list(choices), UNKNOWN),
            least_piece=np.where(is_part, PART, WHOLE),
            worth=price if self.is_in_units else np.ones(len(price)),
        )

    @property
    def _known(self) -> "pd.DataFrame":
        sides = (side.astype(dict.fromkeys(_KEYS, "int64")) for side in (self.sold, self.counted))
        return next(sides).merge(next(sides), on=_KEYS, how="outer")

    @property
    def _by_product(self) -> "pd.Series[float]":
        known = self._known
        price = known["counted_price"].where(known["counted_price"] > 0, known["sold_price"]).astype(float)
        return price.groupby(known["dept_id"]).median()


def read_prices(snapshot: Snapshot, date: dt.date, is_in_units: bool) -> KnownPrices:
    """Returns what was known of prices at a week; nothing after it is read, but for a count within the week after.

    Args:
        snapshot: the database at one moment.
        date: last week whose sales are known.
        is_in_units: whether pieces are forecast.
    """
    import pandas as pd

    given = {"date": date, "priced_weeks": PRICED_WEEKS}
    nothing = pd.DataFrame({"store_id": [], "dept_id": [], "sold_price": [], "is_whole": []})
    sold = snapshot.read_frame(_SOLD, given) if is_in_units else nothing
    return KnownPrices(sold, snapshot.read_frame(_COUNTED, given), is_in_units)


def _numbers(column: "pd.Series[float]") -> FloatArray:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def plain_price(price: FloatArray) -> FloatArray:
    """Returns prices as people write them: to the cent from one on, to four digits below.

    >>> plain_price(np.array([2.4937, 0.084372, 0.9999999])).tolist()
    [2.49, 0.08437, 1.0]
    """
    import pandas as pd

    small = np.array([float(f"{value:.{_DIGITS}g}") for value in price])
    plain: FloatArray = np.where(pd.isna(price) | (price < 1.0), small, np.round(price, 2))
    return plain
