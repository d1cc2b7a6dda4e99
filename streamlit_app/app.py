"""Entry of the dashboard: navigation, and the place where an error of any page becomes a sentence."""

import streamlit as st

from streamlit_app.queries import cache, marts, names
from streamlit_app.queries.session import open_session
from streamlit_app.services import pipeline_runs
from streamlit_app.views import components, formats
from warehouse.codes import knowing
from warehouse.wording import speaking

PAGES = {
    "": [("overview", "Overview", "monitoring")],
    "Decide": [
        ("forecasts", "Forecasts", "timeline"),
        ("inventory", "Inventory", "inventory_2"),
        ("what_if", "What-if", "tune"),
        ("ai_insights", "AI insights", "forum"),
    ],
    "Trust": [("data_quality", "Data quality", "verified"), ("runs", "Runs", "play_circle")],
}
STYLE = """<style>
.stMainBlockContainer {padding: 2.2rem 2.4rem 3rem; max-width: 1500px;}
[data-testid="stMetric"] {background: #FFFFFF;}
[data-testid="stMetricLabel"] p {color: #5A6773; font-size: 0.86rem;}
[data-testid="stSidebarContent"] hr {margin: 0.6rem 0;}
</style>"""


def main() -> None:
    """Draws the frame and the chosen page."""
    st.set_page_config(
        "Shelfcast", page_icon=str(components.ASSETS / "icon.svg"), layout="wide", initial_sidebar_state=232
    )
    st.html(STYLE)
    st.logo(str(components.ASSETS / "logo.svg"), size="large")
    chosen = st.navigation(
        {
            section: [
                st.Page(components.page(name), title=title, icon=f":material/{icon}:", default=name == "overview")
                for name, title, icon in pages
            ]
            for section, pages in PAGES.items()
        }
    )
    with components.errors_as_sentences(), cache.one_state(), speaking(names.wording()), knowing(names.codes()):
        state_of_the_data()
        chosen.run()


def state_of_the_data() -> None:
    """Shows in the side bar on which data all pages stand."""
    weeks, runs = marts.chain_weeks(), marts.runs(limit=1)
    with st.sidebar:
        if not weeks.empty:
            st.caption(f"**Sales up to the week of**  \n{formats.week(weeks['week_date'].iloc[-1])}")
        board = marts.inventory_board()
        if not board.empty:
            components.source_badges(board)
        if not runs.empty:
            session = open_session()
            last = pipeline_runs.settled_now(runs, session.settings, session.database).iloc[0]
            st.caption(f"**Last run** {last['status']}  \n{formats.moment(last['started_at'])}")


main()
