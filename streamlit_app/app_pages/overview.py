"""Where the chain stands, where it goes, and what needs a person today."""

import pandas as pd
import streamlit as st

from streamlit_app.queries import marts, names, totals
from streamlit_app.views import charts, components, formats, quality_tabs, tables
from warehouse.conventions import SIMPLE
from warehouse.wording import house

EXCEPTION_COLUMNS = (
    "store_id",
    "dept_id",
    "status",
    "value_at_risk_amount",
    "expected_lost_margin_amount",
    "days_until_stockout",
    "order_quantity_amount",
)
EXCEPTION_COLUMNS_IN_PIECES = (*EXCEPTION_COLUMNS[:-1], "order_quantity_pieces")
SCORE_COLUMNS = (
    "model_name",
    "wmae_amount",
    "value_added_rate",
    "mae_amount",
    "rmse_amount",
    "wape_rate",
    "store_total_wape_rate",
    "bias_rate",
    "coverage_80_rate",
    "coverage_95_rate",
    "interval_score_80_rate",
)
TOTAL_COLUMNS = ("total_name", "forecast_quantity", "sales_last_year_quantity", "growth_rate", "pair_count")
UNUSUAL_COLUMNS = (
    "store_id",
    "dept_id",
    "week_date",
    "actual_quantity",
    "expected_quantity",
    "deviation_quantity",
    "reason_text",
)


def main() -> None:
    """Draws the page."""
    components.header("Overview", "Where sales stand, where they are going, and what needs a decision now.")
    with st.spinner("Reading the marts …"):
        weeks, forecast, ahead = marts.chain_weeks(), totals.chain_forecast(), totals.horizon_totals()
        scores, board = marts.model_scores(), marts.inventory_board()
    if weeks.empty:
        components.empty_state("No sales yet")
        return
    headline(weeks, ahead, scores, board)
    quality_tabs.score_badge()
    components.drift_warning()
    st.subheader("Weekly sales of the chain, and the weeks ahead", anchor=False)
    components.chart(charts.chain(weeks, forecast), key="chain")
    explain_range(forecast, ahead)
    total_forecasts(ahead)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        exceptions()
    with right:
        statuses(board)
    scorecard(scores)
    unusual(is_searched=not board.empty)


def headline(weeks: pd.DataFrame, ahead: pd.DataFrame, scores: pd.DataFrame, board: pd.DataFrame) -> None:
    """Shows the figures that a manager asks for first."""
    sales, outlook, risk, model = st.columns(4)
    last = weeks.iloc[-1]
    sales.metric(
        "Sales, last 13 weeks",
        formats.quantity_short(last["sales_13_weeks_quantity"]),
        formats.change(last["growth_13_weeks_rate"]),
        delta_description=formats.compared(last["growth_13_weeks_rate"]),
        border=True,
        help=f"13 weeks up to the week of {formats.week(last['week_date'])}, against the 13 weeks 52 weeks before: "
        f"{formats.quantity_short(last['sales_13_weeks_last_year_quantity'])}.".replace("$", "\\$"),
    )
    forecast_figure(outlook, ahead)
    money_figure(risk, board)
    champion_figure(model, scores)


def forecast_figure(place: "st.delta_generator.DeltaGenerator", ahead: pd.DataFrame) -> None:
    """Shows the chain's forecast total with the range that the backtest supports."""
    if ahead.empty:
        place.metric("Forecast, next 8 weeks", formats.MISSING, border=True, help="No forecast has been published yet.")
        return
    chain = ahead.iloc[0]
    span = f"{formats.quantity_short(chain['lower_quantity'])} to {formats.quantity_short(chain['upper_quantity'])}"
    place.metric(
        f"Forecast, next {formats.count(chain['week_count'])} weeks",
        formats.quantity_short(chain["forecast_quantity"]),
        span if not formats.is_missing(chain["lower_quantity"]) else None,
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=f"{formats.signed_percent(chain['growth_rate'])} against the same weeks a year before. The range is the "
        f"largest miss of the whole chain's total over {formats.count(chain['backtest_count'])} backtests.",
    )


def money_figure(place: "st.delta_generator.DeltaGenerator", board: pd.DataFrame) -> None:
    """Shows the money at risk and how many pairs are critical."""
    if board.empty:
        place.metric("Money at risk", formats.MISSING, border=True, help="No recommendation has been published yet.")
        return
    critical = board.loc[board["status"] == "critical", "pair_count"]
    place.metric(
        "Money at risk",
        formats.money_short(board["all_value_at_risk_amount"].iloc[0]),
        f"{formats.count(critical.iloc[0] if len(critical) else 0)} critical of "
        f"{formats.count(board['all_count'].iloc[0])} pairs",
        delta_color="off",
        delta_arrow="off",
        border=True,
        help=tables.HELP["value_at_risk_amount"],
    )


def champion_figure(place: "st.delta_generator.DeltaGenerator", scores: pd.DataFrame) -> None:
    """Shows the champion's error beside the baseline's."""
    champion = scores[scores["is_champion"]] if not scores.empty else scores
    if champion.empty:
        place.metric("Champion model", formats.MISSING, border=True, help="No model has been scored yet.")
        return
    best = champion.iloc[0]
    place.metric(
        f"Champion: {formats.model(best['model_name'])}",
        f"WMAE {formats.quantity(best['wmae_amount'])}",
        formats.change(best["value_added_rate"]),
        delta_description="better than naive",
        border=True,
        help=house().weighted(
            f"Weighted mean absolute error per {formats.literal(house().pair_word)} and week in the backtest"
        )
        + ". "
        f"Seasonal naive (the same week a year ago) is scored on the same rows.{_simple_words(scores)}",
    )


def _simple_words(scores: pd.DataFrame) -> str:
    """Returns how far the best simple methods miss; nothing where they were not scored."""
    simple = scores.loc[scores["model_name"] == SIMPLE, "wmae_amount"]
    if simple.empty:
        return ""
    missed = formats.literal(formats.quantity(simple.iloc[0]))
    return f" The simple baseline (moving means and medians) misses by {missed}."


def explain_range(forecast: pd.DataFrame, ahead: pd.DataFrame) -> None:
    """Says where the range of the chart comes from."""
    if forecast.empty:
        components.not_yet("No forecast has been published yet.")
        return
    first = forecast.iloc[0]
    if formats.is_missing(first["miss_80_rate"]):
        return
    backtests = formats.count(ahead["backtest_count"].iloc[0])
    st.caption(
        f"Forecast made from the week of {formats.week(first['origin_date'])} by {formats.model(first['model_name'])}, "
        f"version {first['model_version']} in the registry. Range: in {backtests} backtests, "
        f"80% of the weeks of the whole chain came within ±{formats.percent(first['miss_80_rate'])} of the forecast."
    )


def total_forecasts(rows: pd.DataFrame) -> None:
    """Shows what the chain, the store types and the stores are to sell in the weeks ahead, beside last year."""
    if rows.empty:
        return
    words = house().retailer.words
    ahead = f"The next {formats.count(rows['week_count'].max())} weeks by {formats.literal(words.store)}"
    st.subheader(ahead, anchor=False)
    stores = rows[rows["level_name"] == "store"]
    stores = stores.assign(store_label=[names.codes().store_label(int(store)) for store in stores["store_id"]])
    left, right = st.columns([2, 3], gap="medium")
    with left:
        above = rows[(rows["level_name"] == "chain") | ((rows["level_name"] == "store_type") & names.has_store_types())]
        totals_of = above["store_type"].map(
            lambda kind: "Chain" if formats.is_missing(kind) else f"{house().stores_word} of type {kind}"
        )
        tables.show(above.assign(total_name=totals_of), TOTAL_COLUMNS, heads={"total_name": "Total"})
        st.caption(
            f"Every total is the sum of its pairs: {formats.literal(words.stores)} and "
            f"{formats.literal(words.products)} add up to the chain."
        )
    with right:
        components.chart(charts.stores(stores), key="stores")


def exceptions() -> None:
    """Shows the pairs with the most money at risk."""
    st.subheader("Top exceptions", anchor=False)
    rows = marts.inventory_rows(limit=8)
    if rows.empty:
        components.not_yet("No recommendation has been published yet.")
        return
    tables.show(rows, EXCEPTION_COLUMNS_IN_PIECES if house().retailer.is_in_units else EXCEPTION_COLUMNS)
    st.page_link(components.page("inventory"), label="All recommendations", icon=":material/arrow_forward:")


def statuses(board: pd.DataFrame) -> None:
    """Shows how the pairs split over the statuses."""
    st.subheader("Recommendations by status", anchor=False)
    if board.empty:
        components.not_yet("No recommendation has been published yet.")
        return
    components.chart(charts.statuses(board), key="statuses")
    tables.show(board, ("status", "pair_count", "value_at_risk_amount", "order_quantity_amount"))
    components.source_badges(board)


def scorecard(scores: pd.DataFrame) -> None:
    """Shows every model beside seasonal naive."""
    st.subheader("Forecast scorecard", anchor=False)
    if scores.empty:
        components.not_yet("No model has been scored yet.")
        return
    tables.show(scores, SCORE_COLUMNS)
    champion = scores.loc[scores["is_champion"], "model_name"]
    compared = scores[scores["is_comparable"]]
    st.caption(
        f"Champion: {formats.model(champion.iloc[0] if len(champion) else None)}. Rolling backtest over "
        f"{formats.count(compared['origin_count'].max())} origins, eight weeks ahead, "
        f"{formats.count(compared['forecast_count'].max())} forecasts a model. "
        f"Figures are in {house().unit} per {formats.literal(house().pair_word)} and week."
    )
    apart = scores.loc[~scores["is_comparable"], "model_name"]
    if len(apart):
        st.caption(
            f"Not comparable, because scored on other origins: {', '.join(map(formats.model, apart))}. "
            "A new backtest scores all models on the same ones."
        )


def unusual(is_searched: bool) -> None:
    """Shows the unusual sales of the last eight weeks, which the stage that recommends orders searches for."""
    st.subheader("Unusual sales in the last eight weeks", anchor=False)
    if not is_searched:
        components.not_yet("No search for unusual sales has been published yet.")
        return
    rows = marts.unusual_sales()
    if rows.empty:
        st.info("Nothing unusual was found.", icon=":material/check:")
        return
    tables.show(rows, UNUSUAL_COLUMNS)


main()
