"""What the terminal says of decisions: the sentence after one, and the tables of all."""

from typing import TYPE_CHECKING, Any, LiteralString

from flows.exports.marts import read_marts
from flows.reports.labels import plain, product_cell, store_cell
from warehouse.codes import known
from warehouse.wording import house

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType
    from rich.table import Table

    from ml.inventory.decisions import Recorded
    from warehouse.database import Database

SHOWN_ROWS = 40
_DECIDED: LiteralString = """
select store_id, dept_id, decision_name, recommended_order_amount, effective_order_amount, snooze_until_date,
    decided_by, decided_at, reason_text
from marts.fct_decisions
where is_current and is_latest
order by decided_at desc
"""
_WAITING: LiteralString = """
select store_id, dept_id, status, recommended_order_amount, review_reason
from marts.fct_orders
where is_latest and order_state = 'waiting'
order by recommended_order_amount desc, store_id, dept_id
"""
_COUNTS: LiteralString = """
select
    count(*) filter (where order_state = 'waiting') as waiting_count,
    count(*) filter (where order_state = 'waiting' and recommended_order_amount > 0) as waiting_order_count,
    count(*) as pair_count,
    max(decision_date) as decision_date
from marts.fct_orders
where is_latest
"""


def recorded_sentence(made: "Recorded") -> str:
    """Returns what was recorded, in one line."""
    decision = made.decision
    week = house().called(made.recommended.decision_date)
    pair = f"{known().pair(decision.store_id, decision.dept_id)}, week of {week}"
    money, recommended = house().money, house().money(made.recommended.order_amount)
    is_rounded = made.effective_amount != made.recommended.wanted_of(decision)
    wanted = house().quantity(decision.quantity or 0)
    rounding = f" ({wanted} in whole packs and at least the minimum order)" if is_rounded else ""
    what = {
        "approve": f"approved, {recommended} as recommended",
        "override": f"overridden, {money(made.effective_amount)} instead of {recommended}{rounding}",
        "snooze": f"snoozed until {decision.until}, nothing of the {recommended} recommended is ordered",
    }[decision.kind]
    sentence = f"{pair}: {what}, by {decision.decided_by}."
    if not made.is_new:
        return f"Nothing added: this decision was already on record. {sentence}"
    return f"{sentence} Before, {made.replaced}." if made.replaced else sentence


def current_decisions(database: "Database") -> "list[RenderableType]":
    """Returns the current decisions of the latest week, and how many pairs wait, to be printed one below the other."""
    frame = read_marts(database, _DECIDED)
    nobody = "Nobody has decided anything on the latest recommendations yet."
    shown: list[RenderableType] = (
        [decisions_table(frame.head(SHOWN_ROWS)), *_rest(len(frame))] if len(frame) else [nobody]
    )
    return [*shown, waiting_sentence(read_marts(database, _COUNTS).iloc[0])]


def waiting_pairs(database: "Database") -> "list[RenderableType]":
    """Returns the pairs whose order goes out only once a person has approved or overridden it, and how many wait."""
    frame = read_marts(database, _WAITING)
    shown: list[RenderableType] = [waiting_table(frame.head(SHOWN_ROWS)), *_rest(len(frame))] if len(frame) else []
    return [*shown, waiting_sentence(read_marts(database, _COUNTS).iloc[0], is_listed=True)]


def waiting_sentence(counts: "pd.Series[Any]", is_listed: bool = False) -> str:
    """Returns how many pairs wait for a person, and what lists them or lets one out."""
    if not counts["pair_count"]:
        return "There are no recommendations yet. Run `shelfcast run` first."
    week, number = house().called(counts["decision_date"]), house().number
    if not counts["waiting_count"]:
        return f"No pair waits for a person in the week of {week}."
    following = (
        "`shelfcast decide approve` lets one out" if is_listed else "`shelfcast decide list --waiting` names them"
    )
    return (
        f"{number(counts['waiting_count'])} of {number(counts['pair_count'])} pairs wait for a person in the week of "
        f"{week}, {number(counts['waiting_order_count'])} of them with an order: {following}."
    )


def decisions_table(frame: "pd.DataFrame") -> "Table":
    """Returns decisions as a table, amounts in money at retail value."""
    title = f"Decisions, {house().currency} at retail value"
    table = _table(title, "decision", "recommended", "goes out", "who", "why")
    for row in frame.to_dict("records"):
        until = f" until {row['snooze_until_date']}" if row["decision_name"] == "snooze" else ""
        table.add_row(
            store_cell(row["store_id"]),
            product_cell(row["dept_id"]),
            f"{row['decision_name']}{until}",
            house().number(row["recommended_order_amount"]),
            house().number(row["effective_order_amount"]),
            plain(str(row["decided_by"])),
            plain(str(row["reason_text"])),
        )
    return table


def waiting_table(frame: "pd.DataFrame") -> "Table":
    """Returns pairs that wait for a person as a table, amounts in money at retail value."""
    from ml.inventory.orders.guardrails import GUARDRAILS

    title = f"Waiting for a person, {house().currency} at retail value"
    table = _table(title, "status", "recommended", "because")
    for row in frame.to_dict("records"):
        because = GUARDRAILS.get(str(row["review_reason"]), str(row["review_reason"]))
        order = house().number(row["recommended_order_amount"])
        table.add_row(
            store_cell(row["store_id"]), product_cell(row["dept_id"]), str(row["status"]), order, plain(because)
        )
    return table


def _rest(count: int) -> list[str]:
    return [f"... and {house().number(count - SHOWN_ROWS)} more."] if count > SHOWN_ROWS else []


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    words = house().retailer.words
    table = Table(title=title, title_justify="left")
    for name in (words.store, words.product, *columns):
        table.add_column(plain(name), justify="right" if name in ("recommended", "goes out") else "left")
    return table
