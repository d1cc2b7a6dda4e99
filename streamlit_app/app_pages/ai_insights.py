"""What the four agents say of a store and department, and which of their figures were checked."""

import pandas as pd
import streamlit as st

from streamlit_app.queries import cache, marts, names
from streamlit_app.services import analyses
from streamlit_app.views import address, components, formats, palette
from warehouse.wording import house

KEY = "insight"
TITLES = {
    "report": "Report",
    "anomaly_detection": "Unusual sales",
    "forecasting": "Forecast",
    "inventory_optimization": "Inventory",
}


def main() -> None:
    """Draws the page."""
    pair_word = formats.literal(house().pair_word)
    components.header(
        "AI insights", f"Four agents explain a {pair_word} in words, whose figures are looked up in the data."
    )
    with st.spinner("Reading the reports …"):
        pairs = marts.inventory_filters()
    if pairs.empty:
        components.empty_state("Nothing to explain yet")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        store, dept = components.pair_picker(pairs, components.top_pair(), KEY)
        is_asked = st.button("Get AI analysis", type="primary", icon=":material/forum:", key=f"{KEY}_run")
    address.warn_if_unknown(pairs)
    situation(store, dept)
    notice = analyse(store, dept) if is_asked else ""
    if notice:
        st.info(formats.plain_markdown(notice), icon=":material/info:")
    answers = marts.agent_answers(store, dept)
    if answers.empty:
        st.info(
            f"No report on {formats.literal(names.pair(store, dept))} is saved yet. "
            "Press “Get AI analysis” to have one written.",
            icon=":material/info:",
        )
    else:
        report(answers)
    saved_reports(pairs)


def situation(store: int, dept: int) -> None:
    """Shows in one line what the inventory mart says of the pair."""
    rows = marts.pair_recommendation(store, dept)
    if rows.empty:
        return
    row = rows.iloc[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(str(row["status"]).capitalize(), color=palette.STATUS_BADGES[row["status"]])
        risk = formats.money(row["value_at_risk_amount"])
        order = formats.both(row["order_quantity_amount"], row["order_quantity_pieces"])
        lasts, week = formats.days(row["days_until_stockout"]), formats.week(row["decision_date"])
        st.markdown(
            formats.plain_markdown(
                f"{risk} at risk, order {order}, stock lasts {lasts}, decided on the week of {week}."
            )
        )
        components.simulated_badge(int(row["stock_source"] == "simulated"), 1)
        components.assumed_badge(int(row["price_source"] == "assumed"), 1)


def analyse(store: int, dept: int) -> str:
    """Runs the crew on the pair, which saves what it says; returns why the narrator stood in, if it did."""
    with (
        components.errors_as_sentences(),
        st.status(f"The agents look at {formats.literal(names.pair(store, dept))} …") as status,
    ):
        bar = st.progress(0.0, text="starting")

        def show(done: int, total: int, what: str) -> None:
            bar.progress(min(done / max(total, 1), 1.0), text=what)

        cache.let_go()
        outcome = analyses.analysis(store, dept, show)
        cache.forget()
        status.update(label="The agents have answered; their report is saved.", state="complete")
        return outcome.notice
    return ""


def report(answers: pd.DataFrame) -> None:
    """Shows the saved report, how far its figures are supported, and the agents' own answers."""
    main_answer = answers.iloc[0]
    checked(answers)
    with st.container(border=True):
        st.markdown(marked(str(main_answer["agent_response"])))
        st.caption(signature(main_answer))
    for _, answer in answers.iloc[1:].iterrows():
        title = TITLES.get(answer["analysis_type"], formats.words(answer["analysis_type"]))
        sign = ":material/check_circle:" if answer["is_clean"] else ":material/warning:"
        with st.expander(f"{title}: {formats.words(answer['agent_name'])}", icon=sign):
            st.markdown(marked(str(answer["agent_response"])))
            st.caption(signature(answer))


def checked(answers: pd.DataFrame) -> None:
    """Shows whether the figures in the words were found in what the agents' tools returned."""
    unsupported = [
        number for text in answers["unsupported_numbers"] for number in str(text).split(", ") if number.strip()
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        if answers["is_clean"].all():
            st.badge("All figures found in the data", color="green", icon=":material/verified:")
        else:
            missing = formats.plain_markdown("; ".join(unsupported))
            st.badge(f"Not found in the data: {missing}", color="red", icon=":material/warning:")
        writer = answers["model_name"].iloc[0]
        is_narrator = writer == "narrator"
        st.badge(
            "Deterministic narrator" if is_narrator else f"Language model {writer}",
            color="gray",
            icon=":material/edit:",
        )
        share = formats.percent(answers["grounded_rate"].iloc[0], 0)
        st.caption(f"{share} of the figures in the report were found in what the agents' tools returned.")


def signature(answer: pd.Series) -> str:
    """Returns when an answer was saved and what it took."""
    unit = "words" if answer["model_name"] == "narrator" else "tokens"
    took, at = formats.duration(answer["execution_seconds"]), formats.moment(answer["created_at"])
    return f"Saved {at}. It took {took} and {formats.count(answer['token_count'])} {unit}, read and written."


def marked(text: str) -> str:
    """Returns an answer as Markdown in which every number that no tool returned stands on red."""
    return formats.mark_unchecked(formats.plain_markdown(text))


def saved_reports(pairs: pd.DataFrame) -> None:
    """Shows for which pairs a report is saved, and opens one."""
    saved = marts.reported_pairs()
    if saved.empty:
        return
    known = names.codes()
    st.subheader("Saved reports", anchor=False)
    with st.container(horizontal=True):
        for _, row in saved.head(12).iterrows():
            store, dept = int(row["store_id"]), int(row["dept_id"])
            st.button(
                formats.literal(f"{house().store(known.store_label(store))} · {known.product_label(dept)}"),
                key=f"saved_{store}_{dept}",
                type="tertiary",
                icon=":material/description:",
                on_click=components.choose_pair,
                args=(KEY, store, dept),
                help=formats.moment(row["created_at"]),
            )


main()
