"""The store and product in the address of a page, by code: links set them, and the browser's back and forward."""

import pandas as pd
import streamlit as st

from streamlit_app.queries import names
from warehouse.wording import house

STORE, PRODUCT = "store", "dept"
"""Their names in the address."""


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
    """Returns the numbers of the store and product that the address names; None for what it does not name."""
    (store, product), known = _texts(), names.codes()
    return known.find_store(store), known.find_product(product)


def named(store: int, dept: int) -> dict[str, str]:
    """Returns the part of an address that names a pair: codes, which the browser's address writes encoded."""
    known = names.codes()
    return {STORE: known.store_code(store), PRODUCT: known.product_code(dept)}


def write(key: str, store: int, dept: int) -> None:
    """Sets the address to a pair that a person chose, which is a step of its own for the browser's back button."""
    st.query_params.update(named(store, dept))
    st.session_state[f"{key}_address"] = _texts()


def warn_if_unknown(pairs: pd.DataFrame) -> None:
    """Shows a warning where the address names a store or product that is not among some pairs.

    Args:
        pairs: store_id and dept_id.
    """
    fits = pd.Series(True, index=pairs.index)
    for text, number, name in zip(_texts(), pair(), ("store_id", "dept_id"), strict=True):
        if text:
            fits &= pairs[name] == (-1 if number is None else number)
    if not fits.any():
        st.warning(
            f"The link asks for a {house().pair_word} that are not known here. Another pair is shown instead.",
            icon=":material/link_off:",
        )


def _texts() -> tuple[str, str]:
    return st.query_params.get(STORE, ""), st.query_params.get(PRODUCT, "")
