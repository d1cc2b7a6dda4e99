"""The store and department in the address of a page: links set them, and the browser's back and forward buttons."""

import pandas as pd
import streamlit as st

LONGEST_NUMBER = 9
"""Digits above which a number is no store and no department."""


def turn(key: str) -> int:
    """Returns a number that changes when something else than `write` has changed the address since it was last asked.

    Args:
        key: of the part of a page that follows the address.
    """
    texts, number = _texts(), int(st.session_state.get(f"{key}_turn", 0))
    if st.session_state.get(f"{key}_address") != texts:
        number += 1
    st.session_state[f"{key}_address"], st.session_state[f"{key}_turn"] = texts, number
    return number


def pair() -> tuple[int | None, int | None]:
    """Returns the store and department that the address names; None for what it does not name as a number."""
    store, dept = (int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None for text in _texts())
    return store, dept


def write(key: str, store: int, dept: int) -> None:
    """Sets the address to a pair that a person chose, which is a step of its own for the browser's back button."""
    st.query_params.update({"store": str(store), "dept": str(dept)})
    st.session_state[f"{key}_address"] = _texts()


def warn_if_unknown(pairs: pd.DataFrame) -> None:
    """Shows a warning where the address names a store or department that is not among some pairs.

    Args:
        pairs: store_id and dept_id.
    """
    fits = pd.Series(True, index=pairs.index)
    for text, name in zip(_texts(), ("store_id", "dept_id"), strict=True):
        fits &= (pairs[name].astype(str) == text) | (text == "")
    if not fits.any():
        st.warning(
            "The link asks for a store and department that are not known here. Another pair is shown instead.",
            icon=":material/link_off:",
        )


def _texts() -> tuple[str, str]:
    return st.query_params.get("store", ""), st.query_params.get("dept", "")
