"""Pages that are drawn in a test find nothing that another test has left in their caches."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def no_caches() -> Iterator[None]:
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()
