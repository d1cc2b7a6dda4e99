"""Quantities that are no pieces: fuel in thousandths of a gallon among groceries, each for a part of a cent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spark_jobs.ingest.guess.forecast_level import Hierarchy
from spark_jobs.ingest.guess.sales_scan import Scan

TIMES = 100
"""How many times the usual quantity a row must have, and how small a part of the usual price a piece must cost."""
MONEY_SHARE_MAX = 0.01
"""Share of all money from which on such products make sums of pieces meaningless."""
_NAMED = 3


@dataclass(frozen=True)
class OddQuantities:
    """Products whose quantities are no pieces.

    Attributes:
        products: how many there are.
        money_share: their share of all money, a fraction.
        units_share: their share of all units, a fraction.
        names: the groups with most of their money, of the coarsest level; codes where there are no groups.
    """

    products: int
    money_share: float
    units_share: float
    names: tuple[str, ...]

    @property
    def spoils_units(self) -> bool:
        """Whether sums of pieces mean nothing."""
        return self.money_share >= MONEY_SHARE_MAX


def find_odd_quantities(scan: Scan, hierarchy: Hierarchy) -> OddQuantities | None:
    """Returns the products whose quantities are no pieces; nothing where all are, or where money is not known."""
    sums = scan.sums
    is_known = (sums.rows > 0) & (sums.units > 0) & (sums.amount > 0)
    if not is_known.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        quantity, price = sums.units / sums.rows, sums.amount / sums.units
    usual_quantity = _weighted_median(quantity[is_known], sums.rows[is_known])
    usual_price = _weighted_median(price[is_known], sums.rows[is_known])
    is_odd = is_known & (quantity > TIMES * usual_quantity) & (price < usual_price / TIMES)
    if not is_odd.any():
        return None
    money = np.where(is_odd, sums.amount, 0.0)
    return OddQuantities(
        int(is_odd.sum()),
        float(money.sum() / sums.amount[is_known].sum()),
        float(sums.units[is_odd].sum() / sums.units[is_known].sum()),
        _named(scan.products, money.tolist(), hierarchy),
    )


def _weighted_median(
    values: "np.ndarray[tuple[int], np.dtype[np.float64]]", weights: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _named(products: Sequence[str], money: Sequence[float], hierarchy: Hierarchy) -> tuple[str, ...]:
    totals: dict[str, float] = {}
    for code, amount in zip(products, money, strict=True):
        if amount > 0:
            group = (hierarchy.values.get(code) or (code,))[0] if hierarchy.columns else code
            totals[group] = totals.get(group, 0.0) + amount
    return tuple(sorted(totals, key=lambda name: -totals[name])[:_NAMED])
