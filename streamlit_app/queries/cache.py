"""How the dashboard reads: as the role that may only select, cached until a run changes the marts."""

import logging
from typing import Any

import pandas as pd
import psycopg
import sqlalchemy
import streamlit as st

from streamlit_app.queries.session import open_session
from warehouse.errors import ShelfcastError

logger = logging.getLogger(__name__)

NOT_MADE_YET = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


def read(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends."""
    return _rows(sql, parameters, data_version())


def read_decided(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends or somebody decides."""
    return _rows(sql, parameters, f"{data_version()} {decision_version()}")


def read_live(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query, never older than two seconds."""
    return _live_rows(sql, parameters)


def forget() -> None:
    """Empties the caches: the next query reads the database."""
    _rows.clear()
    _live_rows.clear()
    data_version.clear()
    decision_version.clear()


@st.cache_data(ttl=3600, max_entries=500, show_spinner="Reading …")
def _rows(sql: str, parameters: dict[str, Any], version: str) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends, which changes the version."""
    return fetch(sql, parameters)


@st.cache_data(ttl=2, max_entries=100, show_spinner=False)
def _live_rows(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    return fetch(sql, parameters)


@st.cache_data(ttl=5, show_spinner=False)
def data_version() -> str:
    """Returns when a stage of the pipeline last ended: what is computed from the marts holds until it changes."""
    frame = fetch("select max(ended_at)::text as version from marts.fct_pipeline_runs", {})
    return "none" if frame.empty else str(frame["version"].iloc[0])


@st.cache_data(ttl=2, show_spinner=False)
def decision_version() -> str:
    """Returns the number of the latest decision; cleared by who decides, so that the page shows it at once."""
    frame = fetch("select max(decision_id)::text as version from marts.fct_decisions", {})
    return "none" if frame.empty else str(frame["version"].iloc[0])


def fetch(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """Returns the rows of a query, none where its mart does not exist yet; tries a lost connection once more.

    Raises:
        ShelfcastError: the database does not answer, or the marts are older than the dashboard.
    """
    try:
        return _fetch(sql, parameters)
    except sqlalchemy.exc.OperationalError:
        # The embedded server may have moved to another port since the session was opened.
        open_session.clear()
    try:
        return _fetch(sql, parameters)
    except sqlalchemy.exc.OperationalError as error:
        raise ShelfcastError(
            f"The database does not answer: {_first_line(error)}.",
            "Check with `shelfcast doctor`, then reload the page.",
        ) from None


def _fetch(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    values: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()
    }
    try:
        with open_session().reader.connect() as connection:
            return pd.read_sql_query(sqlalchemy.text(sql), connection, params=values)
    except sqlalchemy.exc.ProgrammingError as error:
        if isinstance(error.orig, NOT_MADE_YET):
            return pd.DataFrame()
        logger.warning("a mart could not be read: %s", _first_line(error))
        raise ShelfcastError(
            f"The marts do not have what this page reads: {_first_line(error)}.",
            "Bring them up to date with `make run`.",
        ) from None


def _first_line(error: sqlalchemy.exc.DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
    return lines[0].rstrip(".")
