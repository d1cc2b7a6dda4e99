"""The forecast of one store and department: how sure it is, how it compares, and why it looks so."""

import pandas as pd
import streamlit as st

from streamlit_app.queries import accuracy, marts, names
from streamlit_app.services import explanations
from streamlit_app.views import address, charts, components, formats, highlighted_models, pair_request, plans, tables
from warehouse.conventions import EMPTY_SHELF
from warehouse.file_names import safe_stem
from warehouse.wording import capital, house

KEY = "forecast"
ACCURACY_COLUMNS = (
    "horizon_weeks",
    "wmae_amount",
    "value_added_rate",
    "wape_rate",
    "bias_rate",
    "coverage_80_rate",
    "coverage_95_rate",
    "interval_score_80_rate",
    "forecast_count",
)
TOTAL_COLUMNS = ("level", "total_wape_rate", "naive_wape_rate", "bias_rate", "total_count")
KIND_COLUMNS = ("week_kind", "wmae_amount", "value_added_rate", "coverage_80_rate", "coverage_95_rate")
FIGURE_COLUMNS = (
    "model_name",
    "week_date",
    "horizon_weeks",
    "forecast_quantity",
    "lower_80_quantity",
    "upper_80_quantity",
    "lower_95_quantity",
    "upper_95_quantity",
)
UNUSUAL_COLUMNS = ("week_date", "actual_quantity", "expected_quantity", "deviation_quantity", "reason_text")
_CHEAPER = 0.9


def main() -> None:
    """Draws the page."""
    pair_word = formats.literal(house().pair_word)
    components.header(
        "Forecasts", f"The weeks ahead of one {pair_word}: how much, how sure, compared with what, and why."
    )
    with st.spinner("Reading the forecasts …"):
        pairs = marts.pairs()
    if pairs.empty:
        components.empty_state("No forecasts yet")
        return
    store, dept = choose(pairs)
    with st.spinner(f"Reading {formats.literal(names.pair(store, dept))} …"):
        weeks, forecasts = marts.pair_weeks(store, dept), marts.pair_forecasts(store, dept)
        anomalies = marts.pair_anomalies(store, dept)
    champion = forecasts[forecasts["is_champion"]]
    first = champion.iloc[0]
    headline(champion, accuracy.pair_record(store, dept, first["store_type"], first["model_name"]))
    components.drift_warning()
    components.chart(charts.pair(weeks, champion, anomalies), key="pair")
    fallback_note(champion)
    scores = accuracy.accuracy("store_type", store_type=first["store_type"])
    plan_note(forecasts, scores)
    lost_note(anomalies[anomalies["detector_name"] == EMPTY_SHELF])
    elasticity_note(dept)
    compare, measured, why, figures = st.tabs(
        ["Compare models", "Accuracy", "Why this forecast", "Figures and download"]
    )
    with compare:
        comparison(weeks, forecasts, scores)
    with measured:
        measured_accuracy(champion, dept)
    with why:
        explanation(store, dept)
    with figures:
        figures_and_download(store, dept, forecasts, anomalies)


def choose(pairs: pd.DataFrame) -> tuple[int, int]:
    """Returns the pair that a sentence, the selectors or the address names."""
    asked, picked = st.columns([3, 2], vertical_alignment="bottom")
    with asked:
        st.text_input(
            "Ask for a forecast",
            key=f"{KEY}_sentence",
            placeholder=f"show forecast for {example(pairs)}",
            on_change=understand,
            icon=":material/search:",
        )
    with picked:
        store, dept = components.pair_picker(pairs, components.top_pair(), KEY)
    address.warn_if_unknown(pairs)
    if (asked_for := st.session_state.pop(f"{KEY}_not_found", None)) is not None:
        st.warning(formats.literal(complaint(asked_for, pairs)), icon=":material/help:")
    return store, dept


def example(pairs: pd.DataFrame) -> str:
    """Returns how a person may name the first of some pairs."""
    first, words = pairs.iloc[0], house().retailer.words
    codes = address.named(int(first["store_id"]), int(first["dept_id"]))
    return f"{words.store} {codes[address.STORE]}, {words.product} {codes[address.PRODUCT]}"


def complaint(asked: pair_request.PairRequest, pairs: pd.DataFrame) -> str:
    """Returns why a sentence shows nothing: it names nothing, or what has no forecast."""
    words = house().retailer.words
    if asked.unknown:
        return f"{asked.unknown} is not known here. Choose a pair from the lists."
    if asked.is_empty:
        return (
            f"There is neither a {words.store} nor a {words.product} known here in that. "
            f"Write: show forecast for {example(pairs)}."
        )
    asked_for = names.pair(asked.store_id or 0, asked.dept_id or 0)
    return f"There is no forecast for {asked_for}. Choose a pair from the lists."


@components.errors_as_sentences()
def understand() -> None:
    """Takes over what the sentence asks for, or leaves for the page to say what was not found."""
    sentence = st.session_state[f"{KEY}_sentence"]
    if not sentence.strip():
        return
    pairs, words = marts.pairs(), names.wording().retailer.words
    asked = pair_request.read_pair(sentence, names.codes(), words)
    if asked.is_empty or asked.unknown:
        st.session_state[f"{KEY}_not_found"] = asked
        return
    store = asked.store_id if asked.store_id is not None else st.session_state[f"{KEY}_store"]
    dept = asked.dept_id if asked.dept_id is not None else st.session_state[f"{KEY}_dept"]
    if ((pairs["store_id"] == store) & (pairs["dept_id"] == dept)).any():
        components.choose_pair(KEY, store, dept)
        return
    st.session_state[f"{KEY}_not_found"] = pair_request.PairRequest(store, dept)


def headline(champion: pd.DataFrame, record: pd.DataFrame) -> None:
    """Shows the total, the next week with its interval, and how far such forecasts were off."""
    total, following, error, model = st.columns(4)
    first = champion.iloc[0]
    total.metric(
        f"Next {len(champion)} weeks",
        formats.quantity_short(first["total_quantity"]),
        formats.change(first["growth_rate"]),
        delta_description=formats.compared(first["growth_rate"]),
        border=True,
    )
    following.metric(
        f"Week of {formats.week(first['week_date'])}",
        formats.quantity_short(first["forecast_quantity"]),
        f"80%: {formats.quantity_short(first['lower_80_quantity'])} to "
        f"{formats.quantity_short(first['upper_80_quantity'])}",
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    typical_error(error, record)
    model.metric(
        "Model",
        formats.model(first["model_name"]),
        f"champion, version {first['model_version']} in the registry",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=f"Made from the week of {formats.week(first['origin_date'])}.",
    )


def typical_error(place: "st.delta_generator.DeltaGenerator", record: pd.DataFrame) -> None:
    """Shows how far the model was off in the backtest: for this pair, or for its store type where that says more."""
    if record.empty:
        place.metric("Typical error", formats.MISSING, border=True, help="No week of this pair has been scored yet.")
        return
    row = record.iloc[0]
    is_own = row["level_name"] == "pair"
    place.metric(
        "Typical error of this pair" if is_own else f"Typical error, {stores_of(str(row['store_type']))}",
        formats.percent(row["wape_rate"]),
        f"{formats.percent(row['coverage_80_rate'])} fell inside the 80% interval",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help="WAPE in the backtest: the sum of absolute errors over the sum of sales, in "
        f"{formats.count(row['forecast_count'])} scored weeks "
        + ("of this pair." if is_own else f"of {stores_of(str(row['store_type']))}: too few of this pair were scored."),
    )


def stores_of(kind: str) -> str:
    """Returns, for Markdown, what the stores of a type are called: all stores where there is only one."""
    words = house().retailer.words
    return formats.literal(f"{words.stores} of type {kind}" if names.has_store_types() else f"all {words.stores}")


def fallback_note(champion: pd.DataFrame) -> None:
    """Says where a simpler method stands in for the champion."""
    fallback = champion["fallback_name"].iloc[0]
    if fallback:
        method = formats.literal(capital(house().method(fallback)))
        st.info(f"This series is too short or has gaps: {method} stands in for the champion.", icon=":material/info:")


def plan_note(forecasts: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Says which weeks rest on planned prices, promotions or markdowns, or that the champion does not follow them."""
    said = plans.sentence(forecasts, scores)
    if said:
        st.info(said, icon=":material/sell:")


def lost_note(short: pd.DataFrame) -> None:
    """Says what empty shelves cost in sales, apart from all that was sold.

    Args:
        short: weeks in which the shelf was counted empty and less sold than before, the newest first.
    """
    if short.empty:
        return
    lost, worth = -short["deviation_quantity"].sum(), -short["deviation_amount"].sum(min_count=len(short))
    has_worth = house().retailer.is_in_units and not formats.is_missing(worth)
    money = f", {formats.literal(formats.money_short(worth))}" if has_worth else ""
    weeks, last = formats.counted(len(short), "week"), formats.week(short["week_date"].iloc[0])
    st.caption(
        f"The shelf was counted empty in {weeks}, last in the week of {last}: about "
        f"{formats.literal(formats.quantity_short(lost))}{money} were not sold for want of stock. Forecasts learn from "
        "what would have sold."
    )


def elasticity_note(dept: int) -> None:
    """Says how pieces follow the price, where the sales tell."""
    elasticity = marts.price_elasticity(dept)
    if elasticity is not None:
        more = formats.percent(_CHEAPER**elasticity - 1, 0)
        st.caption(
            f"Price elasticity {formats.literal(house().number(elasticity, 1))}: at a price "
            f"{formats.percent(1 - _CHEAPER, 0)} lower, {more} more is sold. "
            "Measured over two years, and used by What-if."
        )


def comparison(weeks: pd.DataFrame, forecasts: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Shows the line of every model and their weekly figures side by side, the best of this store type named."""
    champion = str(forecasts.loc[forecasts["is_champion"], "model_name"].iloc[0])
    usual = highlighted_models.leaders(scores, champion) or (champion,)
    known = list(forecasts["model_name"].unique())
    named = st.multiselect(
        "Models that stand out",
        known,
        [name for name in usual if name in known],
        format_func=formats.model,
        max_selections=highlighted_models.MOST_NAMED,
        key=f"{KEY}_named",
    )
    components.chart(charts.models(weeks.tail(26), forecasts, named), key="models")
    wide = forecasts.pivot_table(index="week_date", columns="model_name", values="forecast_quantity", sort=False)
    order = [*named, *(name for name in wide.columns if name not in named)]
    labels = {name: formats.model(name) for name in order}
    tables.show(wide.reset_index(), ("week_date", *order), heads=labels, quantities=order)


def measured_accuracy(champion: pd.DataFrame, dept: int) -> None:
    """Shows the measured accuracy over horizons, store types and departments, the intervals and the last weeks."""
    name, store_type = champion["model_name"].iloc[0], str(champion["store_type"].iloc[0])
    by_horizon = accuracy.accuracy("store_type", "horizon", store_type)
    if by_horizon.empty:
        components.not_yet("No model has been scored yet.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**WMAE by weeks ahead, {stores_of(store_type)}**")
        components.chart(charts.accuracy(by_horizon, "horizon_weeks", name), key="by_horizon")
    if names.has_store_types():
        with right:
            st.markdown(f"**WMAE by type of {formats.literal(house().retailer.words.store)}, all horizons**")
            components.chart(charts.accuracy(accuracy.accuracy("store_type"), "store_type", name), key="by_type")
    st.caption("Named: the champion, seasonal naive and the two best of the others. The overview scores every model.")
    tables.show(by_horizon[by_horizon["model_name"] == name], ACCURACY_COLUMNS)
    st.caption(f"{formats.model(name)}, {stores_of(store_type)}, from the rolling backtest.")
    reliability_and_products(name, dept)
    levels(name)
    last_weeks(name)


def reliability_and_products(name: str, dept: int) -> None:
    """Shows whether the intervals keep their word, and what the model adds over seasonal naive by product."""
    by_horizon, by_kind = (accuracy.accuracy("chain", slice_name) for slice_name in ("horizon", "holiday"))
    by_dept = accuracy.accuracy("department")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How often the intervals hold (dotted: what they promise)**")
        components.chart(charts.reliability(by_horizon[by_horizon["model_name"] == name]), key="reliability")
    with right:
        word, known = house().retailer.words.product, names.codes()
        shown = house().product(known.product_label(dept))
        st.markdown(f"**Better than seasonal naive by {formats.literal(word)}; {formats.literal(shown)} in orange**")
        own = by_dept[by_dept["model_name"] == name]
        own = own.assign(product_label=[known.product_label(int(number)) for number in own["dept_id"]])
        components.chart(charts.value_added(own, dept), key="by_dept")
    kinds = by_kind[by_kind["model_name"] == name]
    kinds = kinds.assign(week_kind=kinds["is_holiday"].map({True: "Holiday weeks", False: "Other weeks"}))
    tables.show(kinds, KIND_COLUMNS, heads={"week_kind": "Weeks"})


def levels(name: str) -> None:
    """Shows how far weekly totals were off, from the chain down to products, beside seasonal naive."""
    rows = accuracy.total_accuracy()
    if rows.empty:
        return
    shown = {"chain": "Chain", "store_type": f"Types of {house().retailer.words.store}"}
    shown |= {"store": house().stores_word, "department": house().products_word}
    if not names.has_store_types():
        del shown["store_type"]
    own = rows[(rows["model_name"] == name) & rows["level_name"].isin(list(shown))]
    own = own.assign(level=own["level_name"].map(shown))
    st.markdown("**Weekly totals**")
    tables.show(own, TOTAL_COLUMNS, heads={"level": "Totals of"})
    st.caption("A total is the sum of its forecasts, and errors of opposite sign cancel within it.")


def last_weeks(name: str) -> None:
    """Shows the last weeks' accuracy and bias beside what the backtest led to expect."""
    rows = accuracy.drift(name)
    if rows.empty:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**The last weeks: WAPE of all pairs together**")
        components.chart(charts.drift(rows, "wape"), key="drift_wape")
    with right:
        st.markdown("**The last weeks: bias of all pairs together**")
        components.chart(charts.drift(rows, "bias"), key="drift_bias")
    kinds = {"forecast": "published forecasts", "backtest": "the backtest's newest origin"}
    sources = " and ".join(kinds[source] for source in kinds if source in set(rows["source_name"]))
    st.caption(f"From {sources}. Two of three weeks outside the range in the same way count as drift.")


def explanation(store: int, dept: int) -> None:
    """Shows what moved the forecast, once the person asks for it."""
    st.markdown(
        f"What moved this forecast, in {house().unit}, part by part. Computed on demand; the first time takes seconds."
    )
    asked = f"{KEY}_explained"
    if st.button("Explain this forecast", icon=":material/lightbulb:", key=f"{KEY}_explain"):
        st.session_state[asked] = (store, dept)
    if st.session_state.get(asked) != (store, dept):
        return
    with components.errors_as_sentences():
        with st.spinner("Computing the contributions …"):
            explained = explanations.explained(store, dept)
        contributions(explained)


def contributions(explained: pd.DataFrame) -> None:
    """Shows the parts of the forecast of one week, or of all of them together, and the parts of every week."""
    weeks = [None, *explained["week_date"]]
    week = st.selectbox(
        "Explain",
        weeks,
        format_func=lambda week: f"Week of {formats.week(week)}" if week else "All weeks together",
        key=f"{KEY}_explained_week",
        width=280,
    )
    components.chart(charts.contributions(explanations.steps(explained, week)), key="contributions")
    moving = explanations.moving_parts(explained)
    labels = {name: explanations.label(name) for name in moving}
    tables.show(explained, ("week_date", "forecast_quantity", *moving), heads=labels, quantities=moving)


def file_name(what: str, store: int, dept: int) -> str:
    """Returns the name of a file about a pair, which every system takes."""
    known = names.codes()
    return f"{what}-{safe_stem(known.store_code(store))}-{safe_stem(known.product_code(dept))}.csv"


def figures_and_download(store: int, dept: int, forecasts: pd.DataFrame, anomalies: pd.DataFrame) -> None:
    """Shows every figure of every model, ready to be taken away."""
    tables.show(forecasts, FIGURE_COLUMNS, height=330)
    tables.download("Download CSV", lambda: forecasts, file_name("forecast", store, dept), key="download_forecast")
    if not anomalies.empty:
        st.markdown("**Unusual weeks of this pair**")
        tables.show(anomalies, UNUSUAL_COLUMNS)


main()
