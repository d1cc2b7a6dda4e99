"""The columns of the sales: what is a quantity, an amount, a price, told by names and checked against the rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from spark_jobs.ingest.guess.column_profiles import ColumnProfile
from spark_jobs.ingest.guess.name_fits import fits, is_total
from spark_jobs.ingest.guess.table_roles import LEAST, KnownTable, date_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SalesRoles:
    """Columns of the sales, as far as they were found, and what is to be said of them."""

    product: tuple[str, ...]
    date: str
    store: str = ""
    units: str = ""
    amount: str = ""
    price: str = ""
    line: tuple[str, ...] = ()
    holiday: str = ""
    label: Literal["", "first", "last"] = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


_REPEATED, _HALVED = 0.005, 0.5
"""Share of rows that repeat a key from which on another column may belong to it, and how much of it that must end."""


_SEVERAL, _FEW, _SMALL, _CENT = 3, 0.01, 100, 0.011
"""Rows and products that tell something; a share that is next to none; a number of pieces that is usual; a cent, as
far as floats hold one."""

_WHOLE = re.compile(r"(\d+)(?:[.,]0{1,2})?")
_SMALL_AND_WHOLE = "they are whole, and most are small"


def sales_roles(
    known: KnownTable, others: Sequence[KnownTable] = (), unit: Literal["", "units", "amount"] = ""
) -> SalesRoles:
    """Returns the columns of the sales.

    Args:
        known: the table of sales.
        others: the other tables; what they tell of products need not be told by sales.
        unit: what the user says is sold, pieces or money; decides what a column is that may be both.
    """
    reasons, doubts = dict[str, str](), list[str]()
    roles = dict(known.roles)
    _drop_attributes(known, roles)
    _settle_sales(known, roles, unit, doubts)
    _settle_units(known, roles, doubts)
    _settle_totals(known, roles, doubts)
    _settle_money(known, roles, doubts)
    date, label = _date_and_label(known)
    store = roles.get("store") or roles.get("store name", "")
    product = _product_columns(known, roles, store, date, others, reasons)
    if not product:
        doubts.append(
            "no column says what was sold: all sales of a store are one series; where one does, name it as product "
            "under [sales.columns]"
        )
    for name in (store, *product):
        doubts += _totals_in(known, name, roles)
    if product and not store and "basket" not in roles:
        doubts += _perhaps_stores(known, [*product, date])
    for role, name in roles.items():
        reasons.setdefault(role, _called(role, name))
    line = _line(known, [column for column in (store, date) if column], doubts)
    return SalesRoles(
        product, date, store, roles.get("units", ""), roles.get("amount", ""), roles.get("price", ""), line,
        roles.get("holiday", ""), label, reasons, tuple(doubts),
    )  # fmt: skip


def _called(role: str, name: str) -> str:
    concepts = ["store", "place"] if role == "store" else [role.removesuffix(" name")]
    is_named = any(fits(name, concept).score >= LEAST for concept in concepts)
    return "its name says so" if is_named else "its values look like it"


def _totals_in(known: KnownTable, column: str, roles: Mapping[str, str]) -> list[str]:
    """Returns a doubt about values called a total whose sales are those of all other values of a column together."""
    measure = roles.get("units") or roles.get("amount")
    called = {value for value in known.head[column].unique() if is_total(value)} if column and measure else set()
    if not measure or not called:
        return []
    sums = _numbers(known.head, [measure])[measure].groupby(known.head[column]).sum()
    others = sums.drop(list(called)).sum()
    found = [value for value in sorted(called) if abs(sums[value] - others) <= _FEW * others]
    return [
        f"{value} in column {column} is the sum of the others, and counts twice: leave its rows out" for value in found
    ]


def _perhaps_stores(known: KnownTable, keys: Sequence[str]) -> list[str]:
    """Returns a doubt about the one unused column of texts by which rows that repeat a product and date differ."""
    head = known.head
    if head.duplicated(keys).mean() <= _REPEATED:
        return []
    free = [profile for name, profile in known.columns.items() if name not in keys and profile.is_text]
    several = [profile.name for profile in free if profile.filled == 1 and profile.distinct <= _HALVED * len(head)]
    found = [name for name in several if not head.duplicated([*keys, name]).any()]
    return [f"rows differ by {found[0]}: is it the store?"] if len(found) == 1 else []


def _drop_attributes(known: KnownTable, roles: dict[str, str]) -> None:
    """Drops a quantity that never changes within a product, such as the volume of a bottle, where another one does."""
    units, sold, product = (roles.get(role, "") for role in ("units", "sales", "product"))
    if not (units and sold and product):
        return
    grouped = known.head.groupby(product)
    several = grouped.size() >= _SEVERAL
    changes = grouped[[units, sold]].nunique()[several] > 1
    if len(changes) >= _SEVERAL and not changes[units].any() and changes[sold].any():
        del roles["units"]


def _settle_units(known: KnownTable, roles: dict[str, str], doubts: list[str]) -> None:
    """Takes an amount for pieces where it is small and whole, and a price beside it tells of such."""
    if "units" in roles or not {"amount", "price", "product"} <= roles.keys():
        return
    if _are_pieces(known.columns[roles["amount"]]):
        name = roles.pop("amount")
        roles["units"] = name
        doubts.append(f"the numbers in {name} are taken for pieces: {_SMALL_AND_WHOLE}")


def _are_pieces(profile: ColumnProfile) -> bool:
    """Returns whether numbers are whole, and most of them small; 12.0 is whole."""
    numbers = [float(found[1]) for value in profile.samples if (found := _WHOLE.fullmatch(value))]
    return profile.fractions < _FEW and bool(numbers) and float(np.median(numbers)) < _SMALL


def _settle_sales(
    known: KnownTable, roles: dict[str, str], unit: Literal["", "units", "amount"], doubts: list[str]
) -> None:
    """Decides whether a column that is merely called sales holds pieces or money, where the user does not say so."""
    name = roles.pop("sales", "")
    if not name or ("units" in roles and "amount" in roles):
        return
    profile = known.columns[name]
    if "units" in roles:
        roles |= {} if profile.flags else {"amount": name}
    elif "amount" in roles or ("price" in roles and profile.fractions < _FEW):
        roles["units"] = name
    elif unit:
        roles[unit] = name
    else:
        is_pieces = _are_pieces(profile)
        roles["units" if is_pieces else "amount"] = name
        why = _SMALL_AND_WHOLE if is_pieces else "some are not whole" if profile.fractions >= _FEW else "most are large"
        taken, other = ("pieces", "amount") if is_pieces else ("money", "units")
        doubts.append(f"the numbers in {name} are taken for {taken}: {why}. Otherwise: --unit {other}")


def _settle_totals(known: KnownTable, roles: dict[str, str], doubts: list[str]) -> None:
    """Takes the price of a line in place of an amount that is the total of its receipt, or tells of it without one."""
    amount, units, price = (roles.get(role, "") for role in ("amount", "units", "price"))
    if not amount or not _is_of_receipts(known, roles):
        return
    what = f"{amount} is the total of a receipt, not the money of its lines"
    if units and price:
        del roles["amount"]
        doubts.append(f"{what}: that is taken for {units} times {price}")
    else:
        doubts.append(f"{what}: name that as amount or price under [sales.columns]")


def _is_of_receipts(known: KnownTable, roles: Mapping[str, str]) -> bool:
    """Returns whether an amount stands on one line of each receipt alone, or is the same on all lines of each."""
    head, amount, receipt = known.head, roles["amount"], roles.get("basket", "")
    is_filled = head[amount] != ""
    if not is_filled.all():
        names = [name for name in known.columns if name not in roles.values() or name == receipt]
        return any(_stands_once(head[name], is_filled) for name in names)
    if not receipt or known.columns[amount].distinct == 1:
        return False
    lines = head.drop_duplicates([receipt, roles["product"]]) if "product" in roles else head
    lines = lines[lines.duplicated(receipt, keep=False)]
    if _is_product(lines, roles.get("units", ""), roles.get("price", ""), amount):
        return False
    is_same = lines.groupby(receipt)[amount].nunique() == 1
    return len(is_same) >= _SEVERAL and bool(is_same.mean() > 1 - _FEW)


def _stands_once(receipt: "pd.Series[str]", is_filled: "pd.Series[bool]") -> bool:
    """Returns whether a value stands on one line alone of nearly every receipt of several lines."""
    counts = is_filled.groupby(receipt).agg(["size", "sum"])
    several = counts["sum"][counts["size"] > 1]
    return len(several) >= _SEVERAL and bool((several == 1).mean() > 1 - _FEW)


def _is_product(head: "pd.DataFrame", units: str, price: str, amount: str) -> bool:
    """Returns whether an amount is the units times the price of its row, in most rows and to a cent."""
    if not units or not price:
        return False
    numbers = _numbers(head, [units, price, amount])
    return bool(((numbers[units] * numbers[price] - numbers[amount]).abs() <= _CENT).mean() > _HALVED)


def _numbers(head: "pd.DataFrame", columns: Sequence[str]) -> "pd.DataFrame":
    """Returns columns of texts as numbers, whatever their decimal mark; not a number where a text is none."""
    import pandas as pd

    numbers = {name: pd.to_numeric(head[name].str.replace(",", "."), errors="coerce") for name in columns}
    return pd.DataFrame(numbers)


def _settle_money(known: KnownTable, roles: dict[str, str], doubts: list[str]) -> None:
    """Decides from the rows whether the one column of money is a price apiece or what a row comes to."""
    units, product = roles.get("units", ""), roles.get("product", "")
    money = [role for role in ("amount", "price") if role in roles]
    if not units or not product or len(money) != 1:
        return
    name = roles[money[0]]
    apiece = _is_apiece(known.head, units, name, product)
    meant = {True: "price", False: "amount"}.get(apiece) if apiece is not None else None
    if meant is not None and meant != money[0]:
        del roles[money[0]]
        roles[meant] = name
        says = (
            "stays the same however many are sold: a price apiece"
            if apiece
            else "grows with the pieces sold: money, no price apiece"
        )
        doubts.append(f"{name} {says}")


def _is_apiece(head: "pd.DataFrame", units: str, money: str, product: str) -> bool | None:
    """Returns whether an amount of money is apiece: within a product it then varies less than divided by the pieces."""
    numbers = _numbers(head, [units, money])
    rows = numbers.assign(product=head[product])[(numbers[units] > 0) & (numbers[money] > 0)]
    rows = rows.assign(divided=rows[money] / rows[units])
    grouped = rows.groupby("product")
    several = grouped[units].transform("nunique") > 1
    grouped = rows[several].groupby("product")
    if grouped.ngroups < 3:
        return None
    spread = grouped[[money, "divided"]].std() / grouped[[money, "divided"]].mean()
    votes = (spread[money] < spread["divided"]).mean()
    return None if 0.35 < votes < 0.65 else bool(votes >= 0.65)


def _date_and_label(known: KnownTable) -> tuple[str, Literal["", "first", "last"]]:
    roles = known.roles
    if "last day" in roles:
        return roles["last day"], "last"
    if "first day" in roles:
        return roles["first day"], "first"
    return date_of(known), ""


def _product_columns(
    known: KnownTable, roles: Mapping[str, str], store: str, date: str, others: Sequence[KnownTable],
    reasons: dict[str, str],
) -> tuple[str, ...]:  # fmt: skip
    """Returns the columns of a product's code: one, or a product and its size where only both tell rows apart."""
    name = roles.get("product") or roles.get("product name", "")
    if not name:
        return ()
    reasons["product"] = _called("product", name)
    size = roles.get("size", "")
    is_listed = any(other.kind == "products" for other in others)
    if not size or is_listed or "basket" in roles or _is_measured(known.columns[size]):
        return (name,)
    keys = [column for column in (store, date, name) if column]
    repeated = known.head.duplicated(keys).mean()
    with_size = known.head.duplicated([*keys, size]).mean()
    if repeated < _REPEATED or with_size > _HALVED * repeated:
        return (name,)
    reasons["product"] = (
        f"{name} and {size} together: without the second, {repeated:.0%} of the rows repeat another's key"
    )
    return (name, size)


def _is_measured(profile: ColumnProfile) -> bool:
    """Returns whether a column holds decimals, which are no part of a code."""
    return profile.is_number and profile.fractions > 0


def _line(known: KnownTable, keys: Sequence[str], doubts: list[str]) -> tuple[str, ...]:
    """Returns the columns that identify a line of a till: the basket, and a number that is its own within a basket.

    A product may stand on a receipt twice, so it tells no repeat of the export from an item that was scanned again.
    """
    basket, line = known.roles.get("basket", ""), known.roles.get("line", "")
    if not basket:
        return ()
    repeats = int(known.head.duplicated().sum())
    if line and known.head.drop_duplicates().duplicated([*keys, basket, line]).mean() <= _REPEATED:
        return (basket, line)
    told = f"; {repeats:,} of the first {len(known.head):,} lines are such" if repeats else ""
    doubts.append(f"no column numbers the lines of a receipt, so lines that repeat another exactly are counted{told}")
    return ()
