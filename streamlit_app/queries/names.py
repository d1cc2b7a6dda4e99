"""How the retailer writes, and what people call its stores and products."""

import pandas as pd
import streamlit as st

from streamlit_app.queries.cache import data_version, read
from warehouse.codes import PRODUCTS, STORES, Codes, codes_of
from warehouse.retailer import Retailer
from warehouse.wording import Wording


def wording() -> Wording:
    """Returns how the retailer whose data is published writes; plain words where none is."""
    rows = read("select settings from marts.dim_retailer")
    return _wording("" if rows.empty else str(rows["settings"].iloc[0]))


def codes() -> Codes:
    """Returns the stores and products of the marts by the numbers that stand for them."""
    return _codes(read(STORES), read(PRODUCTS), data_version())


def pair(store_id: int, dept_id: int) -> str:
    """Returns the name of a series, as text that is not safe in Markdown."""
    return codes().pair(store_id, dept_id)


def has_store_types() -> bool:
    """Returns whether stores are of different types: where all are alike, nobody wants to read of it."""
    rows = read("select count(distinct store_type) as type_count from marts.dim_stores")
    return rows.empty or int(rows["type_count"].iloc[0]) > 1


@st.cache_resource(max_entries=4, show_spinner=False)
def _wording(settings: str) -> Wording:
    return Wording(Retailer.model_validate_json(settings) if settings else Retailer())


@st.cache_resource(max_entries=2, show_spinner=False)
def _codes(_stores: pd.DataFrame, _products: pd.DataFrame, version: str) -> Codes:
    return codes_of(_stores, _products)
