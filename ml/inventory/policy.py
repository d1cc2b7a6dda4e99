"""Inventory policies: what planners write, checked, and the one row that rules each pair."""

import difflib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ml.inventory.packs import pack_of_pieces
from warehouse.conventions import LONGEST_LEAD_TIME_WEEKS
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.str_]

POLICY_KINDS = ("(R,S)", "(R,s,S)", "(s,Q)")
"""How a pair is ordered: up to S at each review; up to S at a review that finds it at or below s; Q at or below s."""

TARGET_KINDS = ("cycle_service", "fill_rate")
"""What `service_level_rate` is the target of: order cycles without a stockout, or demand met from stock."""

KINDS = {"policy_kind": POLICY_KINDS, "target_kind": TARGET_KINDS}
"""Columns of words, and the words they may hold."""

_CENT = 0.01

MAXIMUM_WEEKS = float(LONGEST_LEAD_TIME_WEEKS)

LEAST_SERVICE, GREATEST_SERVICE = 0.5, 0.999
"""Service levels that can be asked for: the highest of the 500 paths of demand stands for 99.9 %, none beyond it."""

CONTINUOUS_REVIEW_WEEKS = 1.0
"""Weeks between two reviews of (s,Q): the stock is looked at as often as the data come."""

SELECTORS = {"product_code": 32, "level_3": 16, "level_2": 8, "level_1": 4, "store_code": 2, "store_type": 1}
"""What a row may name by its code, and the weight it lends: what is sold before where, the finer before the coarser,
so that of two rows that both match a pair the weightier rules it."""

_SELECTORS_OF_BEFORE = {"dept_id": "product_code", "store_id": "store_code"}

_MAY_LACK = ("level_1", "level_2", "level_3", "minimum_order_units", "pack_size_units")
"""Columns that a table may lack: they are empty then."""

_ROUNDING = 1e-12
"""What a greatest value may be exceeded by, of itself: 99.9 divided by 100 is more than 0.999."""

_FIX = "Fix it in the seed inventory_policies and run `shelfcast transform`."

_RANGES: dict[str, tuple[float, float, bool]] = {
    "service_level_rate": (0.0, GREATEST_SERVICE, False),
    "lead_time_weeks": (0.0, MAXIMUM_WEEKS, False),
    "lead_time_deviation_weeks": (0.0, MAXIMUM_WEEKS, True),
    "review_period_weeks": (0.0, MAXIMUM_WEEKS, False),
    "minimum_order_amount": (0.0, np.inf, True),
    "minimum_order_units": (0.0, np.inf, True),
    "pack_size_amount": (0.0, np.inf, False),
    "pack_size_units": (0.0, np.inf, False),
    "holding_cost_rate": (0.0, np.inf, True),
    "ordering_cost_amount": (0.0, np.inf, True),
    "margin_rate": (0.0, 1.0, True),
    "maximum_stock_weeks": (0.0, np.inf, False),
}
"""Least and greatest value of a column, and whether the least is allowed; a margin stays below 1."""

_MAY_BE_EMPTY = (
    *("minimum_order_amount", "minimum_order_units", "pack_size_amount", "pack_size_units", "ordering_cost_amount"),
)
"""Columns that a row may leave empty: `Terms` says what holds then."""


@dataclass(frozen=True)
class Terms:
    """What turns the rows of policies into amounts for n pairs.

    A minimum order or pack of pieces holds where a piece has a price, else the one in money. Without any there is no
    minimum order, and a pack is the least that can be ordered: a piece, or a cent where no price is known. Where no
    ordering cost is given, it follows the size of the retailer's pairs.

    Attributes:
        unit_price: (n,) price of a piece, NaN where none is known.
        least_piece: (n,) least part of a piece that can be ordered, see `ml.inventory.packs.pack_of_pieces`.
        ordering_cost_amount: fixed cost of an order where a row gives none.
    """

    unit_price: FloatArray
    least_piece: FloatArray
    ordering_cost_amount: float


def plain_terms(pairs: int, ordering_cost_amount: float = 0.0) -> Terms:
    """Returns the terms of pairs whose pieces have no price."""
    return Terms(np.full(pairs, np.nan), np.ones(pairs), ordering_cost_amount)


@dataclass(frozen=True)
class Policies:
    """One policy a pair, as columns of the same length; amounts in money at retail value, rates as fractions.

    Attributes:
        policy_kind: one of POLICY_KINDS.
        target_kind: one of TARGET_KINDS.
        service_level_rate: the target: with cycle_service the probability that protection demand stays within the
            reorder point, with fill_rate the share of demand that stock meets.
        lead_time_weeks: mean weeks from order to delivery.
        lead_time_deviation_weeks: standard deviation of it.
        review_period_weeks: weeks between two reviews; (s,Q) is reviewed every week whatever stands here.
        minimum_order_amount: least order.
        pack_size_amount: orders are whole multiples of it.
        holding_cost_rate: cost of holding stock for a year, as a fraction of its cost value.
        ordering_cost_amount: fixed cost of an order.
        margin_rate: share of the retail value that is margin.
        maximum_stock_weeks: cap of the order-up-to level in weeks of mean demand.
    """

    policy_kind: TextArray
    target_kind: TextArray
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

    @property
    def reviewed_weeks(self) -> FloatArray:
        """Weeks between two reviews as the policy is run: one for (s,Q)."""
        return np.where(self.policy_kind == "(s,Q)", CONTINUOUS_REVIEW_WEEKS, self.review_period_weeks)

    @property
    def least_order_amount(self) -> FloatArray:
        """What can be ordered at the least."""
        return np.maximum(self.minimum_order_amount, self.pack_size_amount)

    def take(self, rows: "slice | npt.NDArray[np.intp]") -> "Policies":
        """Returns the policies of some pairs."""
        return Policies(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def with_lead_times(self, weeks: FloatArray) -> "Policies":
        """Returns the policies with lead times that the pairs have themselves.

        One that is shorter than the policy's deviates in proportion less: a day is not half a week early.

        Raises:
            ShelfcastError: a lead time is out of its range.
        """
        share = np.minimum(weeks / self.lead_time_weeks, 1.0)
        return self.changed(lead_time_weeks=weeks, lead_time_deviation_weeks=share * self.lead_time_deviation_weeks)

    def changed(self, **values: float | str | FloatArray | TextArray | None) -> "Policies":
        """Returns the policies with some columns replaced, by one value for all or by a column; None changes nothing.

        Raises:
            ShelfcastError: a value is out of its range, or not a word of its column.
        """
        wanted = {name: value for name, value in values.items() if value is not None}
        given: dict[str, Any] = {name: _spread(name, value, len(self)) for name, value in wanted.items()}
        for name, column in given.items():
            _check_column(name, column, [f"what-if value {_text(value)}" for value in column.tolist()])
        return replace(self, **given)


def resolve_policies(policies: "pd.DataFrame", pairs: "pd.DataFrame", terms: Terms | None = None) -> Policies:
    """Returns the policy of each pair, the most specific row winning.

    Args:
        policies: rows of `marts.dim_inventory_policies`.
        pairs: store_type, store_code, product_code and level_1 to level_3 as far as there are any, one row a pair.
        terms: what a row's empty columns and pieces mean for the pairs; without them pieces have no price.

    A row rules the pairs that match all it names: product before level 3, 2, 1, that before store, store before store
    type (see `SELECTORS`), and the row that names nothing rules the rest.

    Raises:
        ShelfcastError: see `check_policies`.
    """
    check_policies(policies)
    chosen = ruling_rows(policies, pairs)
    columns: dict[str, Any] = {name: _column(policies, name)[chosen] for name in (*KINDS, *_RANGES)}
    return Policies(**_priced(columns, terms or plain_terms(len(pairs))))


def _priced(columns: dict[str, Any], terms: Terms) -> dict[str, Any]:
    """Returns the columns of `Policies`: pieces as money, and what was left empty by the terms."""
    price, least = terms.unit_price, columns.pop("minimum_order_units") * terms.unit_price
    given = (columns.pop("pack_size_units") * price, columns["pack_size_amount"])
    units, amount = (pack_of_pieces(pack, price, terms.least_piece) for pack in given)
    return {
        **columns,
        "minimum_order_amount": _first_known(least, columns["minimum_order_amount"], 0.0),
        "pack_size_amount": _first_known(units, amount, price * terms.least_piece, _CENT),
        "ordering_cost_amount": _first_known(columns["ordering_cost_amount"], terms.ordering_cost_amount),
    }


def _first_known(*choices: FloatArray | float) -> FloatArray:
    """Returns, row by row, the first of the choices that is a number."""
    first, *others = choices
    found = np.asarray(first, dtype=float)
    for other in others:
        found = np.where(np.isnan(found), other, found)
    return found


def ruling_rows(policies: "pd.DataFrame", pairs: "pd.DataFrame") -> npt.NDArray[np.intp]:
    """Returns the position of the policy row that rules each pair; see `resolve_policies` for the arguments."""
    chosen = np.full(len(pairs), -1, dtype=np.intp)
    best = np.full(len(pairs), -1)
    for number, (_, row) in enumerate(policies.iterrows()):
        named = named_by(row)
        matches = np.ones(len(pairs), dtype=bool)
        for name, code in named.items():
            matches &= (pairs[name] == code).to_numpy() if name in pairs else False
        rank = sum(SELECTORS[name] for name in named)
        wins = matches & (rank > best)
        chosen[wins], best[wins] = number, rank
    return chosen


def named_by(row: "pd.Series[Any]") -> dict[str, str]:
    """Returns the codes that a row of policies names, by column; none for the default."""
    return {name: str(row[name]) for name in SELECTORS if name in row and not _is_empty(row[name])}


def unknown_codes(policies: "pd.DataFrame", pairs: "pd.DataFrame") -> list[str]:
    """Returns a sentence for each code that a row of the policies names and no pair has, with the one it resembles.

    A store type that resembles none is no slip: the shipped rows name types that other retailers do not have.

    Args:
        policies: rows of `marts.dim_inventory_policies`.
        pairs: as `resolve_policies` takes them.
    """
    said = []
    for _, row in policies.iterrows():
        for name, code in named_by(row).items():
            known = sorted(set(pairs[name].dropna().astype(str))) if name in pairs else []
            close = difflib.get_close_matches(code, known, 1)
            if code not in known and (close or name != "store_type"):
                meant = f" Did you mean {close[0]}?" if close else ""
                said.append(f"Policy {row['policy_id']} names {name} {code}, which the data do not have.{meant}")
    return said


def _is_empty(value: object) -> bool:
    return value is None or value != value or value == ""


def check_policies(policies: "pd.DataFrame") -> None:
    """Checks the rows of policies, whatever they were read from.

    Raises:
        ShelfcastError: a column is missing or not known, a value is missing, no number, out of range or not a word of
            its column, two rows name the same pairs, or there is no default.
    """
    _check_names(list(policies.columns))
    labels = [f"policy {name}" for name in policies["policy_id"]]
    for name in (*KINDS, *_RANGES):
        _check_column(name, _column(policies, name), labels)
    named = policies[[name for name in SELECTORS if name in policies]]
    doubled = named.duplicated().to_numpy()
    if doubled.any():
        raise ShelfcastError(f"{_capital(labels[int(doubled.argmax())])} names the same pairs as another row.", _FIX)
    if not named.isna().all(axis=1).any():
        raise ShelfcastError(
            "No default inventory policy: every row names a store, a product, a level or a store type.", _FIX
        )


def _check_names(names: list[str]) -> None:
    """Raises ShelfcastError where a column is missing or not known, with the known name that it resembles."""
    wanted = ("policy_id", *reversed(SELECTORS), *KINDS, *_RANGES)
    unknown = [name for name in names if name not in wanted]
    if unknown:
        known_as = _SELECTORS_OF_BEFORE.get(unknown[0])
        close = [known_as] if known_as else difflib.get_close_matches(unknown[0], wanted, 1)
        meant = f"; did you mean {close[0]}?" if close else "."
        raise ShelfcastError(f"The inventory policies have a column {unknown[0]} that nobody knows{meant}", _FIX)
    missing = [name for name in wanted if name not in names and name not in _MAY_LACK]
    if missing:
        raise ShelfcastError(f"The inventory policies have no column {missing[0]}.", _FIX)


def _column(policies: "pd.DataFrame", name: str) -> FloatArray | TextArray:
    """Returns a column as the words or the numbers that it must hold; what is missing stays empty."""
    if name not in policies:
        return np.full(len(policies), np.nan)
    if name in KINDS:
        return policies[name].fillna("").astype(str).to_numpy(dtype=np.str_)
    import pandas as pd

    numbers = pd.to_numeric(policies[name], errors="coerce").to_numpy(dtype=float)
    unread = np.isnan(numbers) & policies[name].notna().to_numpy()
    if unread.any():
        row = policies.iloc[int(unread.argmax())]
        raise ShelfcastError(f"Policy {row['policy_id']} has {name} {row[name]!r}; it must be a number.", _FIX)
    return numbers


def _spread(name: str, value: float | str | FloatArray | TextArray, count: int) -> FloatArray | TextArray:
    if name in KINDS:
        return np.broadcast_to(np.asarray(value, dtype=np.str_), count).copy()
    return np.broadcast_to(np.asarray(value, dtype=np.float64), count).copy()


def _check_column(name: str, values: FloatArray | TextArray, labels: list[str]) -> None:
    if name in KINDS:
        _check_words(name, values, labels)
    else:
        _check_range(name, values.astype(float), labels)


def _check_words(name: str, values: FloatArray | TextArray, labels: list[str]) -> None:
    wrong = ~np.isin(values, KINDS[name])
    if wrong.any():
        first = int(wrong.argmax())
        what = (
            f"{_capital(labels[first])} has {name} {str(values[first])!r}; it must be one of {', '.join(KINDS[name])}."
        )
        raise ShelfcastError(what, _fix_of(labels[first]))


def _check_range(name: str, values: FloatArray, labels: list[str]) -> None:
    least, greatest, is_zero_allowed = _RANGES[name]
    is_share = greatest == 1.0
    low = values < least if is_zero_allowed else values <= least
    high = values >= greatest if is_share else values > greatest * (1 + _ROUNDING)
    is_given = ~np.isnan(values) if name in _MAY_BE_EMPTY else np.ones(len(values), dtype=bool)
    wrong = is_given & (~np.isfinite(values) | low | high)
    if wrong.any():
        first = int(wrong.argmax())
        floor = f"at least {least:g}" if is_zero_allowed else f"above {least:g}"
        ceiling = "" if np.isinf(greatest) else f" and {'below' if is_share else 'at most'} {greatest:g}"
        what = f"{_capital(labels[first])} has {name} {values[first]:g}; it must be {floor}{ceiling}."
        raise ShelfcastError(what, _fix_of(labels[first]))


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _capital(label: str) -> str:
    return label[0].upper() + label[1:]


def _fix_of(label: str) -> str:
    return _FIX if label.startswith("policy") else ""
