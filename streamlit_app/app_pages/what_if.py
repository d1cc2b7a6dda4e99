"""What another policy, a promotion or other demand would do to orders, stock, service and profit."""

import datetime as dt
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ml.inventory.orders.inputs import DecisionInputs
from ml.inventory.scenarios.what_if import (
    Evaluation,
    Promotion,
    Scenario,
    ScenarioKpis,
    compared,
    is_answer_known,
    rows_of,
)
from streamlit_app.queries import marts, names
from streamlit_app.services import scenarios
from streamlit_app.views import charts, components, formats, tables
from warehouse.wording import house

AS_IT_IS = "As it is"
BY_UPLIFT, BY_PRICE = "Uplift", "Price"
ANSWER_HELP = "With another price, demand answers as it answered to prices of the last two years."
EVERY = 0
"""Stands for all stores, or all departments: a choice of None could be crossed out."""
CHOICES: dict[str, tuple[str, list[float], str]] = {
    "service_level_rate": (
        "Service level",
        [0.7, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999],
        "Target of the reorder point, the same for every pair chosen.",
    ),
    "lead_time_weeks": ("Lead time", [0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 13, 20, 26], "From order to delivery."),
    "lead_time_deviation_weeks": (
        "Lead time varies by",
        [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4],
        "Standard deviation of the lead time.",
    ),
    "review_period_weeks": ("Review every", [1, 2, 3, 4, 6, 8, 12], "Weeks between two reviews of a pair."),
}
METRICS: tuple[tuple[str, str, Literal["normal", "inverse", "off"]], ...] = (
    ("Orders now", "order_amount", "off"),
    ("Stockout risk now", "risk_rate", "inverse"),
    ("Demand ahead", "sales_ahead_amount", "off"),
    ("Its margin", "margin_ahead_amount", "normal"),
    ("Average stock", "stock_amount", "off"),
    ("Demand met", "fill_rate", "normal"),
    ("Cycles with a stockout", "stockout_rate", "inverse"),
    ("Margin lost a year", "lost_margin_amount", "inverse"),
    ("Holding cost a year", "holding_cost_amount", "inverse"),
    ("Profit a year", "profit_amount", "normal"),
)
HELP = {
    "risk_rate": "Probability that stock runs out before an order placed now is delivered, mean of the pairs.",
    "sales_ahead_amount": "Demand of the weeks that are forecast, in money at their prices.",
    "margin_ahead_amount": "What is left of it once the pieces are paid.",
    "stock_amount": "Stock on hand that the policy leads to in the long run; today's may differ.",
    "fill_rate": "Share of demand, in money, that is met in the long run.",
    "stockout_rate": "Share of review cycles in which stock runs out, mean of the pairs.",
    "profit_amount": "Margin of what is sold less holding and ordering cost, in a year like the weeks ahead.",
}
TABLE = (
    "store_id",
    "dept_id",
    "status_before",
    "status_after",
    "order_before_amount",
    "order_after_amount",
    "order_change_amount",
)
LABELS = {
    "status_before": "Status before",
    "status_after": "Status after",
    "order_before_amount": "Order before",
    "order_after_amount": "Order after",
    "order_change_amount": "Change",
}


def main() -> None:
    """Draws the page."""
    components.header(
        "What-if",
        "Try another service level, lead time, review period, promotion or demand. Nothing is changed by trying. "
        f"All amounts in {house().currency} at retail value.",
    )
    if marts.inventory_filters().empty:
        components.empty_state("No recommendations yet")
        return
    inputs = scenarios.inputs()
    choice = chosen_pairs(inputs)
    scenario = asked_scenario(inputs, choice)
    before, after = scenarios.today(choice), scenarios.under(choice, scenario)
    figures(before.kpis, after.kpis)
    badge_and_note(before, choice)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        exchange_chart(choice, scenario, before.kpis, after.kpis)
    with right:
        changes(compared(before, after), is_changed=scenario != Scenario())


def chosen_pairs(inputs: DecisionInputs) -> scenarios.PairChoice:
    """Returns the store and product chosen; all products of the store with most at risk where nothing is."""
    known, words = names.codes(), house().retailer.words
    stores = known.store_ids(inputs.pairs["store_id"])
    first = components.top_pair()[0]
    left, right, reset = st.columns([3, 3, 1.2], vertical_alignment="bottom")
    with left:
        store = st.selectbox(
            formats.literal(house().store_word),
            [EVERY, *stores],
            index=stores.index(first) + 1 if first in stores else 0,
            key="what_if_store",
            format_func=lambda number: known.store_title(number) if number else f"All {words.stores}",
        )
    rows = inputs.pairs if store == EVERY else inputs.pairs[inputs.pairs["store_id"] == store]
    depts = [EVERY, *known.product_ids(rows["dept_id"])]
    if st.session_state.get("what_if_dept") not in depts:
        st.session_state["what_if_dept"] = EVERY
    with right:
        dept = st.selectbox(
            formats.literal(house().product_word),
            depts,
            key="what_if_dept",
            format_func=lambda number: known.product_title(number) if number else f"All {words.products}",
        )
    with reset:
        st.button("Start over", on_click=start_over, icon=":material/restart_alt:", width="stretch")
    return scenarios.PairChoice(store or None, dept or None)


def asked_scenario(inputs: DecisionInputs, choice: scenarios.PairChoice) -> Scenario:
    """Returns the scenario that the controls say."""
    given: dict[str, Any] = {}
    with st.container(border=True):
        for place, (name, (label, values, hint)) in zip(st.columns(len(CHOICES)), CHOICES.items(), strict=True):
            unit = "%" if name.endswith("_rate") else "weeks"
            given[name] = place.select_slider(
                label, [None, *values], key=f"what_if_{name}", help=hint, format_func=partial(value_text, unit=unit)
            )
        left, right = st.columns([1, 3], gap="medium")
        # Set here and not as the slider's default: a widget takes its value from one of the two.
        st.session_state.setdefault("what_if_shift", 0)
        with left:
            shift = st.slider("Demand shift, %", -50, 100, step=5, key="what_if_shift", format="%+d%%")
        with right:
            promotions = planned_promotions(inputs, choice)
    return Scenario(**given, demand_shift_rate=shift / 100, promotions=promotions)


def planned_promotions(inputs: DecisionInputs, choice: scenarios.PairChoice) -> tuple[Promotion, ...]:
    """Returns the promotions planned: an uplift in percent for any of the weeks ahead, or another price."""
    weeks = range(1, inputs.demand.forecast.shape[1] + 1)
    day = {week: house().called(inputs.decision_date + dt.timedelta(weeks=week)) for week in weeks}
    chosen = st.multiselect(
        "Promotions in the weeks of",
        list(weeks),
        key="what_if_weeks",
        placeholder="None planned",
        format_func=lambda week: f"{day[week]:%b} {day[week].day}",
    )
    if not chosen:
        return ()
    told = BY_UPLIFT
    if is_answer_known(inputs, rows_of(inputs, choice.store_id, choice.dept_id)):
        told = st.segmented_control(
            "Told by", [BY_UPLIFT, BY_PRICE], default=BY_UPLIFT, key="what_if_told", help=ANSWER_HELP, required=True
        )
    if told == BY_PRICE:
        price = st.slider("Change of their prices, %", -60, 60, -20, 5, key="what_if_price", format="%+d%%")
        return tuple(Promotion(week, price_change_rate=price / 100) for week in sorted(chosen)) if price else ()
    uplift = st.slider("Uplift of their demand, %", -50, 200, 30, 5, key="what_if_uplift", format="%+d%%")
    return tuple(Promotion(week, uplift / 100) for week in sorted(chosen)) if uplift else ()


@components.errors_as_sentences()
def start_over() -> None:
    """Sets every control back; the pairs chosen stay."""
    st.session_state.update({f"what_if_{name}": None for name in CHOICES} | {"what_if_shift": 0, "what_if_weeks": []})


def figures(before: ScenarioKpis, after: ScenarioKpis) -> None:
    """Shows what is expected under the scenario, and what as things are."""
    for line in (METRICS[:5], METRICS[5:]):
        for place, (label, name, color) in zip(st.columns(len(line)), line, strict=True):
            old, new = getattr(before, name), getattr(after, name)
            is_rate = name.endswith("_rate")
            text = formats.percent(new, 2) if is_rate else formats.money_short(new)
            is_same = abs(new - old) < (5e-5 if is_rate else 0.5)
            place.metric(
                label,
                text,
                AS_IT_IS.lower() if is_same else change_text(old, new, is_rate),
                delta_color="off" if is_same else color,
                delta_arrow="off" if is_same else "auto",
                help=HELP.get(name),
                border=True,
            )


def change_text(old: float, new: float, is_rate: bool) -> str:
    """Returns a change with its sign, and from where."""
    sign = "-" if new < old else "+"
    if is_rate:
        return f"{sign}{house().number(abs(new - old) * 100, 2)} points, from {formats.percent(old, 2)}"
    return f"{sign}{formats.money_short(abs(new - old))}, from {formats.money_short(old)}"


def badge_and_note(before: Evaluation, choice: scenarios.PairChoice) -> None:
    """Shows how sure the stock is, and whether the inputs are still those of the published recommendations."""
    source = before.recommendations["stock_source"]
    with st.container(horizontal=True, vertical_alignment="center"):
        components.simulated_badge(int((source == "simulated").sum()), len(source))
        components.assumed_badge(int((before.recommendations["price_source"] == "assumed").sum()), len(source))
        st.markdown(
            f"**{formats.count(before.kpis.pairs)}** pair{'s' if before.kpis.pairs > 1 else ''}. "
            "Figures of a year: one like the weeks ahead, without promotions."
        )
    stores = () if choice.store_id is None else (choice.store_id,)
    depts = () if choice.dept_id is None else (choice.dept_id,)
    board = marts.inventory_board(stores=stores, depts=depts)
    published = 0.0 if board.empty else float(board["all_order_quantity_amount"].iloc[0])
    if abs(published - before.kpis.order_amount) >= 1:
        st.info(
            "Sales, policies or stock have changed since the recommendations were published: as it is means as it "
            "would be recommended now. A new run, from the page Runs, publishes that.",
            icon=":material/info:",
        )


def exchange_chart(choice: scenarios.PairChoice, scenario: Scenario, before: ScenarioKpis, after: ScenarioKpis) -> None:
    """Shows what service costs in stock."""
    st.subheader("Service against stock", anchor=False)
    today, there = scenarios.curve(choice, Scenario()), scenarios.curve(choice, scenario)
    is_moved = scenario != Scenario()
    figure = charts.exchange(
        today,
        there if not there.equals(today) else None,
        (before.stock_amount, before.fill_rate),
        (after.stock_amount, after.fill_rate) if is_moved else None,
    )
    components.chart(figure, key="exchange")
    st.caption(
        "Each point of a line is a service level for all these pairs alike. A policy off the line asks more of some "
        "pairs than of others."
    )


def changes(pairs: pd.DataFrame, is_changed: bool) -> None:
    """Shows the pairs whose order changes most, and lets all pairs be saved."""
    moved = pairs[pairs["order_change_amount"] != 0]
    st.subheader("Orders that change", anchor=False)
    if moved.empty:
        st.info(
            "No order changes." if is_changed else "Move a slider to see which orders would change.",
            icon=":material/tune:",
        )
    else:
        words = moved.assign(**{name: moved[name].str.capitalize() for name in ("status_before", "status_after")})
        amounts = [name for name in LABELS if name.endswith("_amount")]
        tables.show(words, TABLE, height=330, heads=LABELS, money=amounts)
    with st.container(horizontal=True, vertical_alignment="center"):
        tables.download("Download all pairs", lambda: pairs, "what_if.csv", key="download_what_if")
        st.caption(f"{formats.count(len(moved))} of {formats.count(len(pairs))} orders change.")


def value_text(value: float | None, unit: str) -> str:
    """Returns a choice of a slider for people."""
    if value is None:
        return AS_IT_IS
    if unit == "%":
        return f"{formats.figure(value * 100)}%"
    return f"{formats.figure(value)} week{'' if value == 1 else 's'}"


main()
