"""What to reorder, how much, and what it is worth."""

from typing import TypedDict

import pandas as pd
import streamlit as st

from streamlit_app.queries import decisions, marts, names
from streamlit_app.views import address, charts, components, decision_form, formats, palette, tables
from warehouse.wording import house, natural_key

KEY = "inventory"
MOST_LETTERS = 12
"""Of all types together, for which there is room side by side."""
TABLE = (
    "exception_rank",
    "store_id",
    "dept_id",
    "store_type",
    "status",
    "order_state",
    "value_at_risk_amount",
    "order_quantity_amount",
    "effective_order_amount",
    "days_until_stockout",
    "stockout_probability_rate",
    "current_stock_amount",
    "on_order_amount",
    "reorder_point_amount",
)


TABLE_IN_PIECES = (
    *TABLE[:7],
    "order_quantity_pieces",
    "order_quantity_amount",
    "effective_order_units",
    "days_until_stockout",
    "stockout_probability_rate",
    "current_stock_units",
    "on_order_units",
    "reorder_point_units",
)


def main() -> None:
    """Draws the page."""
    components.header(
        "Inventory",
        f"What to reorder, how much, and how much money is at risk. All amounts in {house().currency} at retail value.",
    )
    decision_form.saved_message()
    with st.spinner("Reading the recommendations …"):
        pairs, orders = marts.inventory_filters(), decisions.orders()
    if pairs.empty or orders.empty:
        components.empty_state("No recommendations yet")
        return
    address.warn_if_unknown(pairs)
    chosen = filters(pairs, orders)
    board = marts.inventory_board(**chosen)
    rows = marts.inventory_rows(**chosen)
    if board.empty:
        st.info("Nothing matches these filters. Remove one of them.", icon=":material/filter_alt_off:")
        return
    status_board(board)
    decision_form.totals()
    row = table(rows.merge(orders, on="recommendation_id", how="inner"), int(board["all_count"].iloc[0]))
    left, right = st.columns(2, gap="medium")
    with left:
        detail(row)
    with right:
        stock_chart(rows)


class Filters(TypedDict):
    """What the person chose of the recommendations, an empty list where all are wanted."""

    ids: list[str]
    types: list[str]
    statuses: list[str]
    stores: list[int]
    depts: list[int]


def filters(pairs: pd.DataFrame, orders: pd.DataFrame) -> Filters:
    """Returns what the person chose, an empty list where all are wanted."""
    known, words = names.codes(), house().retailer.words
    types, statuses, persons, stores, depts = st.columns(
        [2.6, 3.7, 1.6, 2, 2] if names.has_store_types() else [0.1, 3.7, 1.6, 2, 2]
    )
    with persons:
        ids = waiting_filter(orders)
    return {
        "ids": ids,
        "types": type_filter(types, pairs) if names.has_store_types() else [],
        "statuses": statuses.pills("Status", palette.STATUSES, selection_mode="multi", format_func=str.capitalize),
        "stores": stores.multiselect(
            formats.literal(house().stores_word),
            known.store_ids(pairs["store_id"]),
            format_func=known.store_label,
            placeholder=f"All {words.stores}",
        ),
        "depts": depts.multiselect(
            formats.literal(house().products_word),
            known.product_ids(pairs["dept_id"]),
            format_func=known.product_label,
            placeholder=f"All {words.products}",
        ),
    }


def type_filter(place: "st.delta_generator.DeltaGenerator", pairs: pd.DataFrame) -> list[str]:
    """Returns the chosen types of stores."""
    kinds = sorted(pairs["store_type"].dropna().unique().tolist(), key=natural_key)
    label = formats.literal(f"{house().store_word} type")
    if sum(map(len, kinds)) > MOST_LETTERS:
        return list(place.multiselect(label, kinds, placeholder="All types"))
    return place.pills(label, kinds, selection_mode="multi", format_func=formats.literal)


def waiting_filter(orders: pd.DataFrame) -> list[str]:
    """Returns the recommendations that wait for a person where only those are wanted; one that none has, if none."""
    waiting = orders.loc[orders["order_state"] == "waiting", "recommendation_id"].tolist()
    wanted = st.pills("Decision", ["Needs a person"], key="needs_a_person")
    return (waiting or ["none"]) if wanted else []


def status_board(board: pd.DataFrame) -> None:
    """Shows counts and money by status."""
    by_status = {row["status"]: row for _, row in board.iterrows()}
    for place, status in zip(st.columns(len(palette.STATUSES)), palette.STATUSES, strict=True):
        with place.container(border=True):
            st.badge(status.capitalize(), color=palette.STATUS_BADGES[status])
            if status not in by_status:
                st.metric(
                    "Pairs", "0", "nothing at risk", delta_color="off", delta_arrow="off", label_visibility="collapsed"
                )
                continue
            row = by_status[status]
            st.metric(
                f"{status} pairs",
                formats.count(row["pair_count"]),
                f"{formats.money_short(row['value_at_risk_amount'])} at risk, "
                f"order {formats.money_short(row['order_quantity_amount'])}",
                delta_color="off",
                delta_arrow="off",
                label_visibility="collapsed",
            )
    first = board.iloc[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        components.source_badges(board)
        risk = formats.money_short(first["all_value_at_risk_amount"])
        orders = formats.money_short(first["all_order_quantity_amount"])
        st.markdown(
            formats.plain_markdown(
                f"**{formats.count(first['all_count'])}** pairs, **{risk}** at risk, orders of **{orders}** "
                f"recommended, decided on the week of {formats.week(board['decision_date'].max())}."
            )
        )


def table(rows: pd.DataFrame, of: int) -> pd.Series:
    """Shows the ranked table and returns the chosen row; without one that of the address, or the first."""
    key = f"recommendations_{address.turn(KEY)}"
    columns = TABLE_IN_PIECES if house().retailer.is_in_units else TABLE
    chosen = tables.chosen_row(rows, columns, key=key, by="recommendation_id", height=330)
    row = rows.iloc[addressed_row(rows) if chosen is None else chosen]
    if chosen is not None:
        address.write(KEY, int(row["store_id"]), int(row["dept_id"]))
    with st.container(horizontal=True, vertical_alignment="center"):
        tables.download("Download this table", lambda: rows, "recommendations.csv", key="download_recommendations")
        shown = (
            "" if len(rows) == of else f"Of {formats.count(of)} pairs, those with the most money at risk are shown. "
        )
        st.caption(f"{shown}Choose a row to see its detail below.")
    return row


def addressed_row(rows: pd.DataFrame) -> int:
    """Returns the place of the pair that the address of the page names, the first where it names none of these."""
    store, dept = address.pair()
    named = (rows["store_id"] == store) & (rows["dept_id"] == dept)
    return int(named.to_numpy().argmax())


def detail(row: pd.Series) -> None:
    """Shows how the recommendation for one pair comes about."""
    store, dept = int(row["store_id"]), int(row["dept_id"])
    st.subheader(formats.literal(names.pair(store, dept)), anchor=False)
    with st.container(horizontal=True):
        st.badge(str(row["status"]).capitalize(), color=palette.STATUS_BADGES[row["status"]])
        decision_form.badge(row)
    decision_form.state(row)
    first, second, third = st.columns(3)
    first.metric(
        "Order now", formats.money(row["order_quantity_amount"]), pieces(row), delta_color="off", delta_arrow="off"
    )
    lasts, is_beyond = row["days_until_stockout"], formats.is_missing(row["days_until_stockout"])
    second.metric(
        "Stock lasts",
        formats.MISSING if is_beyond else formats.days(lasts),
        formats.days(lasts) if is_beyond else None,
        delta_color="off",
        delta_arrow="off",
    )
    third.metric("Stockout risk", formats.percent(row["stockout_probability_rate"]))
    decision_form.form(row)
    decision_form.history(store, dept)
    st.table(detail_lines(row), border="horizontal", hide_header=True)
    if row["agent_reasoning"]:
        st.markdown("**The inventory agent says**")
        st.markdown(formats.plain_markdown(str(row["agent_reasoning"])))
    with st.container(horizontal=True):
        named = address.named(store, dept)
        st.page_link(components.page("forecasts"), label="Forecast", icon=":material/timeline:", query_params=named)
        st.page_link(components.page("ai_insights"), label="AI analysis", icon=":material/forum:", query_params=named)


def pieces(row: pd.Series) -> str | None:
    """Returns the pieces of a recommended order; None where none is known."""
    count = row["order_quantity_pieces"]
    return None if formats.is_missing(count) else house().pieces(count)


def both(row: pd.Series, name: str) -> str:
    """Returns a figure of a recommendation in money, with its pieces before it where a piece has a price."""
    return formats.both(row[f"{name}_amount"], row[f"{name}_units"])


def detail_lines(row: pd.Series) -> pd.DataFrame:
    """Returns the figures behind a recommendation as label and text."""
    lead, review = (formats.figure(row[f"{name}_weeks"]) for name in ("lead_time", "review_period"))
    source = " (simulated)" if row["stock_source"] == "simulated" else " (counted)"
    lines = {
        f"Stock on hand{source}": both(row, "current_stock"),
        "Stock on order": both(row, "on_order"),
        "Stock position, with orders that come in time": both(row, "stock_position"),
        "Demand a day": both(row, "average_daily_demand"),
        "Lead time and review period": f"{lead} + {review} weeks",
        "Target service level": formats.percent(row["service_level_rate"], 0),
        "Safety stock": both(row, "safety_stock"),
        "Reorder point": both(row, "reorder_point"),
        "Order up to": both(row, "order_up_to_level"),
        "Order that goes out": both(row, "effective_order"),
        "Margin expected to be lost": formats.money(row["expected_lost_margin_amount"]),
        "Holding cost a review period": formats.money(row["holding_cost_amount"]),
        "Money at risk": formats.money(row["value_at_risk_amount"]),
    }
    escaped = [text.replace("$", "\\$") for text in lines.values()]
    return pd.DataFrame({f"{house().currency} at retail value": escaped}, index=list(lines))


def stock_chart(rows: pd.DataFrame) -> None:
    """Shows stock against the reorder point for the top of the table."""
    st.subheader("Stock against the reorder point", anchor=False)
    top, known = rows.head(15), names.codes()
    top = top.assign(
        store_label=[known.store_label(int(number)) for number in top["store_id"]],
        product_label=[known.product_label(int(number)) for number in top["dept_id"]],
    )
    components.chart(charts.stock(top), key="stock")
    store, product = house().store_word, house().retailer.words.product
    st.caption(
        f"{formats.literal(store)} / {formats.literal(product)}, those at the top of "
        "the table. Solid: on hand; pale: on order; dark mark: reorder point; grey mark: order-up-to level."
    )


main()
