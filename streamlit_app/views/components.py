"""Pieces that several pages show in the same way."""

import contextlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.errors import FragmentHandledException

from streamlit_app.queries import accuracy, marts, names
from streamlit_app.views import address, charts, formats
from warehouse.errors import ShelfcastError
from warehouse.wording import NO_BREAK, PIECES, capital, house

logger = logging.getLogger(__name__)

ASSETS = Path(__file__).parents[1] / "assets"


def header(title: str, purpose: str) -> None:
    """Shows a page's title and, in one line, what it is for."""
    st.title(title, anchor=False)
    st.caption(purpose)


def empty_state(what: str, why: str = "Nothing has been published yet.", command: str = "make run") -> None:
    """Shows that there is nothing to show, and the next step."""
    with st.container(border=True):
        st.subheader(f":material/inbox: {what}", anchor=False)
        st.markdown(f"{why} Next step, in a terminal in the project's folder:")
        st.code(command, language="bash")
        st.caption("Reload this page once the run has ended. The Runs page can start one as well.")


def not_yet(what: str, command: str = "make run") -> None:
    """Shows in one line that a part of a page has nothing to show, and the next step."""
    st.info(f"{what} Next step: `{command}`.", icon=":material/info:")


@contextlib.contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Shows an error as one sentence in place of the rest of the block; also a decorator, for callbacks.

    One that nobody expected is logged with its traceback, under a reference that its sentence names.
    """
    try:
        yield
    except ShelfcastError as error:
        st.error(formats.plain_markdown(str(error)), icon=":material/error:")
    except FragmentHandledException:
        # The only one of Streamlit's own turns that is an Exception.
        raise
    except Exception:
        reference = secrets.token_hex(4)
        logger.exception("unexpected error %s", reference)
        st.error(
            "Something went wrong that the dashboard did not expect. `logs/shelfcast.log` in the home folder tells "
            f"more under the reference {reference}.",
            icon=":material/error:",
        )


def chart(figure: go.Figure, key: str) -> None:
    """Shows a figure in the dashboard's own colours, without the tool bar that nobody uses."""
    charts.at_its_size(figure)
    st.plotly_chart(
        figure, theme=None, key=key, config={"displayModeBar": False, "responsive": True, **spelling(figure)}
    )


def spelling(figure: go.Figure) -> dict[str, object]:
    """Returns the locale in which the browser writes the figures of a chart: the currency, or pieces, of the house."""
    before, behind = (house().sign, "") if charts.is_of_money(figure) else ("", f"{NO_BREAK}{PIECES}")
    thousands, decimal = house().marks
    figures = {"currency": [before, behind], "thousands": thousands, "decimal": decimal, "grouping": [3]}
    figure.update_layout(separators=f"{decimal}{thousands}")
    return {"locale": "house", "locales": {"house": {"dictionary": {}, "format": figures}}}


def drift_warning() -> None:
    """Shows a plain warning where the champion's last weeks missed more than its backtest led to expect."""
    rows = accuracy.champion_drift()
    if rows.empty:
        return
    row = rows.iloc[0]
    st.warning(
        f"The forecasts drift: in two of the three weeks to {formats.week(row['week_date'])} "
        f"{formats.model(row['model_name'])} missed more than its backtest led to expect. "
        f"{formats.plain_markdown(str(row['drift_text']))} "
        "Look at the newest weeks of input first.",
        icon=":material/trending_down:",
    )


def source_badges(board: pd.DataFrame) -> None:
    """Shows on what all figures stand: counted or simulated stock, known or assumed prices.

    Args:
        board: simulated_count, assumed_count and all_count in its first row, as `marts.inventory_board` returns them.
    """
    pairs = int(board["all_count"].iloc[0])
    simulated_badge(int(board["simulated_count"].iloc[0]), pairs)
    assumed_badge(int(board["assumed_count"].iloc[0]), pairs)


def simulated_badge(simulated: int, of: int) -> None:
    """Shows whether stock positions are counted or simulated."""
    if simulated == 0:
        st.badge("Stock: counted", color="green", icon=":material/check:")
        return
    st.badge(
        f"Stock: simulated{_of_pairs(simulated, of)}",
        color="orange",
        icon=":material/science:",
        help=f"{capital(house().stock_sources(simulated, of))}. Where it is simulated, so is every figure that follows "
        "from it (status, order quantity, money at risk). Count the stock to make them real.",
    )


def _of_pairs(count: int, of: int) -> str:
    return "" if count >= of else f" for {formats.count(count)} of {formats.count(of)} pairs"


def assumed_badge(assumed: int, of: int) -> None:
    """Shows that money rests on an assumed price, where it does."""
    if assumed:
        st.badge(
            f"Prices: assumed{_of_pairs(assumed, of)}",
            color="orange",
            icon=":material/sell:",
            help=f"{capital(house().price_sources(assumed, of))}. Name a column of prices or amounts in the mapping.",
        )


def pair_picker(pairs: pd.DataFrame, default: tuple[int, int], key: str) -> tuple[int, int]:
    """Returns the chosen store and product; the address of the page follows the choice, and the other way round.

    An address without a pair stays as it is until somebody chooses one: each change of it is a step of the browser's
    back button, which would lead to the same page again.

    Args:
        pairs: store_id and dept_id that can be chosen.
        default: what is chosen where neither the address nor the person says.
        key: prefix of the widgets' keys.
    """
    store_key, dept_key, shown_key = f"{key}_store", f"{key}_dept", f"{key}_shown"
    turn = address.turn(key)
    # Streamlit forgets the choice of a person who was on another page meanwhile.
    is_addressed = st.session_state.get(shown_key, (0,))[0] != turn or store_key not in st.session_state
    if is_addressed:
        st.session_state[store_key], st.session_state[dept_key] = address.pair()
    known = names.codes()
    stores = known.store_ids(pairs["store_id"])
    _settle(store_key, stores, default[0])
    left, right = st.columns(2)
    with left:
        store = st.selectbox(formats.literal(house().store_word), stores, key=store_key, format_func=known.store_label)
    depts = known.product_ids(pairs.loc[pairs["store_id"] == store, "dept_id"])
    _settle(dept_key, depts, default[1])
    with right:
        dept = st.selectbox(formats.literal(house().product_word), depts, key=dept_key, format_func=known.product_label)
    shown = (turn, store, dept)
    if not is_addressed and st.session_state[shown_key] != shown:
        address.write(key, store, dept)
    st.session_state[shown_key] = shown
    return store, dept


@errors_as_sentences()
def choose_pair(key: str, store: int, dept: int) -> None:
    """Sets what a picker of this page shows; for callbacks, before the picker is drawn again."""
    st.session_state[f"{key}_store"], st.session_state[f"{key}_dept"] = store, dept


def _settle(key: str, options: Sequence[int], default: int) -> None:
    """Keeps a choice that is still possible; else takes the default, or the first option."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default if default in options else options[0]


def top_pair() -> tuple[int, int]:
    """Returns the pair with the most money at risk, (0, 0) where there is no recommendation yet."""
    top = marts.inventory_rows(limit=1)
    return (0, 0) if top.empty else (int(top["store_id"].iloc[0]), int(top["dept_id"].iloc[0]))


def page(name: str) -> str:
    """Returns the path of a page, as links between pages write it."""
    return f"app_pages/{name}.py"
