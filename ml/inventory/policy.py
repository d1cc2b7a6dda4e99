"""Inventory policies: what planners write, checked, and the one row that rules each pair."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

MAXIMUM_WEEKS = 26.0
"""Longest lead time, and longest review period, that an eight-week forecast is stretched over."""

_SELECTORS = {"dept_id": 4, "store_id": 2, "store_type": 1}
"""What a row may name, and the weight it lends: pair 6, department 4, store 2, store type 1, default 0."""

_MEND = "Mend it in the seed inventory_policies and run `shelfcast transform`."

_RANGES: dict[str, tuple[float, float, bool]] = {
    "service_level_rate": (0.0, 1.0, False),
    "lead_time_weeks": (0.0, MAXIMUM_WEEKS, False),
    "lead_time_deviation_weeks": (0.0, MAXIMUM_WEEKS, True),
    "review_period_weeks": (0.0, MAXIMUM_WEEKS, False),
    "minimum_order_amount": (0.0, np.inf, True),
    "pack_size_amount": (0.0, np.inf, False),
    "holding_cost_rate": (0.0, np.inf, True),
    "ordering_cost_amount": (0.0, np.inf, True),
    "margin_rate": (0.0, 1.0, True),
    "maximum_stock_weeks": (0.0, np.inf, False),
}
"""Least and greatest value of a column, and whether zero is allowed; service and margin stay below 1."""


@dataclass(frozen=True)
class Policies:
    """One policy a pair, as columns of the same length; amounts in dollars at retail value, rates as fractions.

    Attributes:
        service_level_rate: target probability that protection demand stays within the reorder point.
        lead_time_weeks: mean weeks from order to delivery.
        lead_time_deviation_weeks: standard deviation of it.
        review_period_weeks: weeks between two reviews.
        minimum_order_amount: least order.
        pack_size_amount: orders are whole multiples of it.
        holding_cost_rate: cost of holding a dollar of stock at cost value for a year.
        ordering_cost_amount: fixed cost of an order.
        margin_rate: share of the retail value that is margin.
        maximum_stock_weeks: cap of the order-up-to level in weeks of mean demand.
    """

    service_level_rate: FloatArray
    lead_time_weeks: FloatArray
    lead_time_deviation_weeks: FloatArray
    review_period_weeks: FloatArray
    minimum_order_amount: FloatArray
    pack_size_amount: FloatArray
    holding_cost_rate: FloatArray
    ordering_cost_amount: FloatArray
    margin_rate: FloatArray
    maximum_stock_weeks: FloatArray

    def __len__(self) -> int:
        return len(self.service_level_rate)

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Policies":
        """Returns the policies of some pairs."""
        return Policies(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def changed(self, **values: float | FloatArray | None) -> "Policies":
        """Returns the policies with some columns replaced, by one value for all or by a column; None changes nothing.

        Raises:
            ShelfcastError: a value is out of its range.
        """
        given = {name: np.broadcast_to(np.asarray(value, float), len(self)).copy()
                 for name, value in values.items() if value is not None}  # fmt: skip
        for name, column in given.items():
            _check_range(name, column, [f"what-if value {value:g}" for value in column])
        return replace(self, **given)


def resolve_policies(policies: "pd.DataFrame", pairs: "pd.DataFrame") -> Policies:
    """Returns the policy of each pair, the most specific row winning.

    Args:
        policies: rows of `marts.dim_inventory_policies`.
        pairs: store_id, dept_id and store_type, one row a pair.

    A row rules the pairs that match all it names: pair before department, department before store, store before store
    type, and the row that names nothing rules the rest.

    Raises:
        ShelfcastError: a value is missing or out of range, two rows name the same, or there is no default.
    """
    check_policies(policies)
    chosen = ruling_rows(policies, pairs)
    return Policies(**{name: policies[name].to_numpy(dtype=float)[chosen] for name in _RANGES})


def ruling_rows(policies: "pd.DataFrame", pairs: "pd.DataFrame") -> npt.NDArray[np.intp]:
    """Returns the position of the policy row that rules each pair; see `resolve_policies` for the arguments."""
    chosen = np.full(len(pairs), -1, dtype=np.intp)
    best = np.full(len(pairs), -1)
    for number, (_, row) in enumerate(policies.iterrows()):
        named = [name for name in _SELECTORS if row[name] == row[name] and row[name] is not None]
        matches = np.ones(len(pairs), dtype=bool)
        for name in named:
            matches &= (pairs[name] == row[name]).to_numpy()
        rank = sum(_SELECTORS[name] for name in named)
        wins = matches & (rank > best)
        chosen[wins], best[wins] = number, rank
    return chosen


def check_policies(policies: "pd.DataFrame") -> None:
    """Raises ShelfcastError where the policies are incomplete, out of range, doubled, or lack a default."""
    labels = [f"policy {name}" for name in policies["policy_id"]]
    for name in _RANGES:
        _check_range(name, policies[name].to_numpy(dtype=float), labels)
    named = policies[list(_SELECTORS)]
    doubled = named.duplicated().to_numpy()
    if doubled.any():
        raise ShelfcastError(
            f"{labels[int(doubled.argmax())]} names the same pairs as another row.".capitalize(), _MEND
        )
    if not named.isna().all(axis=1).any():
        raise ShelfcastError("No default inventory policy: every row names a store, department or store type.", _MEND)


def _check_range(name: str, values: FloatArray, labels: list[str]) -> None:
    least, greatest, is_zero_allowed = _RANGES[name]
    is_share = greatest == 1.0
    low = values < least if is_zero_allowed else values <= least
    high = values >= greatest if is_share else values > greatest
    wrong = ~np.isfinite(values) | low | high
    if wrong.any():
        first = int(wrong.argmax())
        floor = f"at least {least:g}" if is_zero_allowed else f"above {least:g}"
        ceiling = "" if np.isinf(greatest) else f" and {'below' if is_share else 'at most'} {greatest:g}"
        what = f"{labels[first].capitalize()} has {name} {values[first]:g}; it must be {floor}{ceiling}."
        raise ShelfcastError(what, _MEND if labels[first].startswith("policy") else "")
