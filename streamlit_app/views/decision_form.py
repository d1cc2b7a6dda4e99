"""The form in which a person approves, overrides or snoozes a recommendation, and what was decided before."""

import datetime as dt
from collections.abc import Callable

import pandas as pd
import streamlit as st

from ml.inventory.decisions import (
    KINDS,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_SNOOZE_WEEKS,
    Decision,
    Kind,
    Recorded,
    Seen,
    record,
)
from ml.inventory.orders.guardrails import GUARDRAILS
from streamlit_app.queries import decisions, names
from streamlit_app.queries.session import open_session
from streamlit_app.views import components, formats, palette, tables
from warehouse.errors import UsageError
from warehouse.wording import PIECES, house

_ICONS = {"approve": ":material/check:", "override": ":material/edit:", "snooze": ":material/snooze:"}
_DONE = {"approve": "approved", "override": "overridden", "snooze": "snoozed"}
_HISTORY = (
    "week_date",
    "decision_name",
    "recommended_order_amount",
    "effective_order_amount",
    "value_added_amount",
    "decided_by",
    "decided_at",
    "why",
)
_HISTORY_IN_PIECES = (*_HISTORY[:4], "effective_order_units", *_HISTORY[4:])
_SAID = "decision_said"


def state(row: pd.Series) -> None:
    """Shows why a recommendation needs a person, or who decided what."""
    if row["order_state"] == "waiting":
        why = GUARDRAILS.get(row["review_reason"], formats.words(row["review_reason"]))
        lapsed = " Another order was approved before." if row["decision_name"] == "approve" else ""
        st.warning(
            f"**Needs a person.** {why}{lapsed} Nothing goes out until somebody decides.", icon=":material/front_hand:"
        )
    elif row["order_state"] != "automatic":
        st.info(formats.plain_markdown(decided_sentence(row)), icon=_ICONS[row["decision_name"]])


def decided_sentence(row: pd.Series) -> str:
    """Returns who decided what, and what goes out because of it."""
    until = f" until {formats.day(row['snooze_until_date'])}" if row["order_state"] == "snoozed" else ""
    who, reason = formats.literal(row["decided_by"]), formats.literal(row["reason_text"])
    why = f" “{reason}”" if reason else ""
    return (
        f"**{row['order_state'].capitalize()}**{until} by {who}, {formats.moment(row['decided_at'])}: "
        f"{formats.both(row['effective_order_amount'], row['effective_order_units'])} goes out.{why}"
    )


def saved_message() -> None:
    """Says once what was saved just now, also where the decided pair has left the table."""
    if words := st.session_state.pop(_SAID, ""):
        st.toast(words, icon=":material/check:")


def form(row: pd.Series) -> None:
    """Shows the form; what is saved rules at once, here and in the exported orders."""
    key = str(row["recommendation_id"])
    shown = _shown(key, row)
    with st.container(border=True):
        kind = st.segmented_control(
            "Decide",
            KINDS,
            default="approve",
            required=True,
            key=f"kind_{key}",
            format_func=lambda name: f"{_ICONS[name]} {name.capitalize()}",
        )
        with st.form(f"decide_{key}_{kind}", enter_to_submit=False, border=False):
            written, until = _what(kind, row)
            reason = st.text_input("Reason" if kind == "override" else "Reason (optional)", max_chars=LONGEST_REASON)
            name = st.text_input("Who decides", value=_name(), max_chars=LONGEST_NAME, placeholder="Your name")
            is_asked = st.form_submit_button("Save the decision", type="primary")
    if is_asked:
        pair = int(row["store_id"]), int(row["dept_id"])
        _save(lambda: Decision(kind, *pair, name, _read(written), until, reason), shown)


def _shown(key: str, row: pd.Series) -> Seen:
    """Returns what stood here when the person decided: the script reads the tables again before it sees the click."""
    decided_at = None if pd.isna(row["decided_at"]) else row["decided_at"].to_pydatetime()
    now = Seen(key, float(row["order_quantity_amount"]), decided_at)
    before: Seen = st.session_state.get(f"shown_{key}", now)
    st.session_state[f"shown_{key}"] = now
    return before


def history(store_id: int, dept_id: int) -> None:
    """Shows what was decided on a pair before."""
    rows = decisions.decisions(store_id, dept_id)
    if len(rows):
        columns = _HISTORY_IN_PIECES if house().retailer.is_in_units else _HISTORY
        with st.expander(f"Decisions on this pair ({len(rows)})"):
            tables.show(rows, columns, height=180)


def totals() -> None:
    """Shows what goes out over the whole chain, how many pairs wait, and what overrides were worth so far."""
    rows, value = decisions.totals(), decisions.override_value()
    if rows.empty:
        return
    row = rows.iloc[0]
    orders, waiting, decided = (int(row[f"{name}_count"]) for name in ("order", "waiting", "decided"))
    text = (
        f"Whole chain: **{formats.counted(orders, 'order')}** of **{formats.money_short(row['order_amount'])}** "
        f"{'goes' if orders == 1 else 'go'} out, **{formats.counted(waiting, 'pair')}** "
        f"{'needs' if waiting == 1 else 'need'} a person, **{formats.count(decided)}** "
        f"{'has' if decided == 1 else 'have'} been decided by one."
    )
    if len(value) and value["score_count"].iloc[0]:
        scored = value.iloc[0]
        text += (
            f" {formats.counted(int(scored['score_count']), 'override')} scored by now saved "
            f"{formats.money(scored['value_added_amount'])} against the recommended orders."
        )
    st.caption(formats.plain_markdown(text))


def badge(row: pd.Series) -> None:
    """Shows the state of an order."""
    st.badge(str(row["order_state"]).capitalize(), color=palette.ORDER_BADGES[row["order_state"]])


def _read(written: str | None) -> float | None:
    """Returns the quantity of an override as the house writes numbers.

    Raises:
        UsageError: it is none.
    """
    if written is None:
        return None
    quantity = house().read(written)
    if quantity is None:
        examples = f"{house().number(1234)} or {house().number(12.5, 1)}"
        raise UsageError(f"{written!r} is no quantity.", f"Write it as {examples}.")
    return quantity


def _what(kind: Kind, row: pd.Series) -> tuple[str | None, dt.date | None]:
    """Returns the quantity of an override as it was written, or the date of a snooze."""
    recommended = float(row["order_quantity_amount"])
    if kind == "override":
        is_in_units = house().retailer.is_in_units and not formats.is_missing(row["order_quantity_pieces"])
        unit = PIECES if is_in_units else f"{house().currency} at retail value"
        value = float(row["order_quantity_pieces"]) if is_in_units else recommended
        pack = float(row["pack_size_units" if is_in_units else "pack_size_amount"])
        digits = 0 if value.is_integer() else 3 if is_in_units else 2
        written = st.text_input(
            f"Order, {unit}",
            value=house().number(value, digits),
            help=f"Goes out in whole packs of {house().number(pack, 0 if pack.is_integer() else 3)}, and not below the "
            "minimum order; 0 orders nothing.",
        )
        return written, None
    if kind == "snooze":
        day = row["decision_date"]
        until = st.date_input(
            "Nothing is ordered until",
            value=day + dt.timedelta(weeks=2),
            min_value=day + dt.timedelta(days=1),
            max_value=day + dt.timedelta(weeks=LONGEST_SNOOZE_WEEKS),
        )
        return None, until
    order = formats.both(recommended, row["order_quantity_pieces"])
    st.markdown(formats.plain_markdown(f"**{order}** goes out as recommended."))
    return None, None


def _save(decided: Callable[[], Decision], shown: Seen) -> None:
    with components.errors_as_sentences():
        made = record(open_session().database, decided(), shown)
        st.session_state["decided_by"] = made.decision.decided_by
        st.session_state[_SAID] = said(made)
        st.rerun()


def said(made: Recorded) -> str:
    """Returns what was saved, for the message that passes by."""
    pair = formats.literal(names.pair(made.decision.store_id, made.decision.dept_id))
    if not made.is_new:
        return f"{pair}: this decision was already on record."
    order = formats.both(made.effective_amount, made.effective_pieces)
    return f"{pair}: {_DONE[made.decision.kind]}, {order} goes out."


def _name() -> str:
    return str(st.session_state.get("decided_by", ""))
