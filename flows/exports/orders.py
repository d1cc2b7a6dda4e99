"""Purchase orders as files, one a store: what the recommendations and the decisions of people let out."""

import datetime as dt
import re
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

from flows.exports.marts import read_marts, whole_folder, writing
from warehouse.cells import text_cells
from warehouse.codes import Codes, read_codes
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.file_names import safe_stem, safe_stems
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "order_id",
    "store_code",
    "store_name",
    "product_code",
    "product_name",
    "decision_week",
    "expected_delivery_date",
    "order_amount",
    "pieces",
    "order_cost_amount",
    "pack_size_amount",
    "decision",
    "decided_by",
    "stock_source",
)
"""Columns of a file; amounts are money at retail value, the cost at cost value."""

_ORDERS: LiteralString = """
select
    recommendation_id as order_id,
    store_id,
    dept_id,
    decision_date as decision_week,
    expected_delivery_date,
    effective_order_amount as order_amount,
    effective_order_units as pieces,
    order_cost_amount,
    pack_size_amount,
    order_state as decision,
    case when order_state = 'automatic' then '' else decided_by end as decided_by,
    stock_source,
    recommended_order_amount
from marts.fct_orders
where case when %(week)s::date is null then is_latest else decision_date = %(week)s end
order by store_id, dept_id
"""
_WEEKS: LiteralString = "select min(decision_date) as first, max(decision_date) as last from marts.fct_orders"
_RECORD: LiteralString = """
insert into ops.purchase_orders as known (order_id, store_id, dept_id, order_date, order_quantity, run_id)
select order_id, store_id, dept_id, %(week)s, order_quantity, %(run_id)s
from unnest(%(ids)s::text[], %(stores)s::integer[], %(depts)s::integer[], %(amounts)s::double precision[])
    as given (order_id, store_id, dept_id, order_quantity)
on conflict (order_id) do update set order_quantity = excluded.order_quantity, run_id = excluded.run_id
where known.order_quantity <> excluded.order_quantity
returning xmax = 0 as is_new
"""
_WITHDRAW: LiteralString = """
update ops.purchase_orders set order_quantity = 0, run_id = %(run_id)s
where order_date = %(week)s and order_quantity > 0 and order_id <> all(%(ids)s::text[])
"""


_FILE = re.compile(r"orders-.+-\d{4}-\d{2}-\d{2}\.csv", re.DOTALL)


@dataclass(frozen=True)
class OrdersReport:
    """What an export of orders wrote.

    Attributes:
        week: decision week.
        stores: stores with an order.
        orders: orders, one a pair.
        order_amount: their sum in money at retail value.
        cost_amount: the same at cost value.
        waiting: pairs whose order goes out only once a person has approved or overridden it.
        waiting_amount: what was recommended for them, in money at retail value.
        snoozed: pairs that a person snoozed.
        simulated: orders whose stock position is simulated.
        new: orders that were never exported before.
        changed: orders exported before with another amount.
        withdrawn: orders exported before that are not to be placed any more.
        files_changed: files that are not, byte for byte, what they were.
    """

    week: dt.date
    stores: int
    orders: int
    order_amount: float
    cost_amount: float
    waiting: int
    waiting_amount: float
    snoozed: int
    simulated: int
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    files_changed: int = 0


def export_orders(database: Database, folder: Path, week: dt.date | None, run_id: str) -> OrdersReport:
    """Returns what was written: `<week>/orders-<store>-<week>.csv` for every store with an order, all files or none.

    The store stands in the name by its code, where that is plain: see `warehouse.file_names`.

    A second export of the same decisions writes the same bytes and records nothing. The file of a store that has
    nothing left to order keeps its header alone.

    Args:
        database: where the marts are.
        folder: where the folder of the week goes; made where it is not there.
        week: decision week; the latest one without it.
        run_id: written beside the orders in `ops.purchase_orders`.

    Raises:
        ShelfcastError: the week has no recommendations, or the folder cannot be written.
    """
    codes = read_codes(database)
    rows = _read(database, week)
    orders = rows[rows["order_amount"] > 0]
    day = rows["decision_week"].iloc[0]
    before = _contents(folder / str(day))
    write_files(orders, folder, day, codes)
    files_changed = sum(before.get(name) != content for name, content in _contents(folder / str(day)).items())
    new, changed, withdrawn = _record(database, orders, day, run_id)
    waiting = rows[rows["decision"] == "waiting"]
    return OrdersReport(
        day,
        orders["store_id"].nunique(),
        len(orders),
        float(orders["order_amount"].sum()),
        float(orders["order_cost_amount"].sum()),
        len(waiting),
        float(waiting["recommended_order_amount"].sum()),
        int((rows["decision"] == "snoozed").sum()),
        int((orders["stock_source"] == "simulated").sum()),
        new,
        changed,
        withdrawn,
        files_changed,
    )


def write_files(orders: "pd.DataFrame", folder: Path, week: dt.date, codes: Codes) -> list[Path]:
    """Returns the files of the week's folder, which takes its place with all of them at once."""
    place = folder / str(week)
    # All stores that are known decide on the names: one that orders for the first time must not rename another's file.
    stems = safe_stems(one.code for one in codes.stores.values())
    coded = codes.with_codes(orders)
    texts = {
        file_name(stems.get(str(code)) or safe_stem(str(code)), week): csv_text(rows)
        for code, rows in coded.groupby("store_code", sort=False)
    }
    before = [name for name in _contents(place) if _FILE.fullmatch(name)]
    texts = {**dict.fromkeys(before, csv_text(coded.head(0))), **texts}
    if not texts:
        return []
    with whole_folder(place, lambda name: _FILE.fullmatch(name) is not None) as draft, writing(place):
        for name, text in texts.items():
            (draft / name).write_bytes(text.encode())
    return sorted(place / name for name in texts)


def file_name(stem: str, week: dt.date) -> str:
    """Returns the name of a store's file."""
    return f"orders-{stem}-{week}.csv"


def csv_text(orders: "pd.DataFrame") -> str:
    """Returns the lines of a file: amounts in whole cents, pieces as they are ordered or empty."""
    counts = orders["pieces"].astype(float)
    pieces = ["" if isnan(count) else f"{count:.3f}".rstrip("0").rstrip(".") for count in counts]
    frame = orders[list(COLUMNS)].assign(pieces=pieces)
    text: str = text_cells(frame).to_csv(index=False, float_format="%.2f", lineterminator="\n")
    return text


def summary(report: OrdersReport, place: Path) -> list[str]:
    """Returns what the terminal says of an export to the folder of its week."""
    money, number, week = house().money, house().number, house().called(report.week)
    if report.orders:
        first = (
            f"{number(report.orders)} orders of {number(report.stores)} {house().retailer.words.stores} for the week "
            f"of {week}: {money(report.order_amount)} at retail, {money(report.cost_amount)} at cost, written to "
            f"{place}"
        )
    else:
        first = f"Nothing is to be ordered for the week of {week}."
    lines = [first]
    if report.new or report.changed or report.withdrawn:
        lines.append(
            f"Recorded: {number(report.new)} new, {number(report.changed)} with another amount than exported before, "
            f"{number(report.withdrawn)} withdrawn."
        )
    elif report.orders:
        files = (
            f"{number(report.files_changed)} files name new decisions"
            if report.files_changed
            else "the files are the same"
        )
        lines.append(f"All of them were exported before with these amounts: {files} and nothing was recorded.")
    if report.withdrawn or report.changed:
        lines.append("Tell the suppliers of the orders that changed or were withdrawn.")
    if report.simulated:
        lines.append(
            f"Orders that rest on simulated stock: {number(report.simulated)}. Do not place these; count their stock."
        )
    if report.snoozed:
        lines.append(f"Pairs that are snoozed: {number(report.snoozed)}.")
    if report.waiting:
        lines.append(
            f"Pairs that wait for a person: {number(report.waiting)}, with {money(report.waiting_amount)} recommended; "
            "`shelfcast decide list --waiting` names them."
        )
    return lines


def _read(database: Database, week: dt.date | None) -> "pd.DataFrame":
    rows = read_marts(database, _ORDERS, {"week": week})
    if len(rows):
        return rows
    weeks = read_marts(database, _WEEKS).iloc[0]
    if weeks["last"] is None:
        raise ShelfcastError("There are no recommendations to order from.", "Run `shelfcast run` first.")
    raise ShelfcastError(
        f"There are no recommendations for the week of {week}.",
        f"Decision weeks end on a {weeks['last']:%A}, from {weeks['first']} to {weeks['last']}.",
    )


def _contents(place: Path) -> dict[str, bytes]:
    """Returns the files of an earlier export by name."""
    return {path.name: path.read_bytes() for path in place.glob("orders-*.csv") if path.is_file()}


def _record(database: Database, orders: "pd.DataFrame", week: dt.date, run_id: str) -> tuple[int, int, int]:
    """Returns how many orders were recorded as new, with another amount, and as withdrawn."""
    given = {
        "ids": orders["order_id"].tolist(),
        "stores": orders["store_id"].tolist(),
        "depts": orders["dept_id"].tolist(),
        "amounts": orders["order_amount"].tolist(),
        "week": week,
        "run_id": run_id,
    }
    with database.connect("pipeline") as connection:
        written = connection.execute(_RECORD, given).fetchall()
        withdrawn = connection.execute(_WITHDRAW, given).rowcount
    new = sum(is_new for (is_new,) in written)
    return new, len(written) - new, withdrawn
