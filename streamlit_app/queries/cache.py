"""How the dashboard reads: as the role that may only select, a page in one snapshot, cached until the marts change."""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pandas as pd
import psycopg
import sqlalchemy
import streamlit as st

from streamlit_app.queries.session import first_line, open_session, unanswered
from warehouse.database import frozen
from warehouse.errors import ShelfcastError

logger = logging.getLogger(__name__)

NOT_MADE_YET = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)

_DATA_VERSION = """
select
    concat_ws(
        ' ',
        (select max(ended_at) from marts.fct_pipeline_runs),
        (select md5(string_agg(oid::text, ' ' order by oid)) from pg_class where relnamespace = 'marts'::regnamespace)
    ) as version
"""
"""What changes when a stage ends, or a publication puts other relations in the place of the marts."""

_DECISION_VERSION = "select max(decision_id)::text as version from marts.fct_decisions"


class PageReads:
    """The snapshot that a page reads in, taken when it first asks the database, and the versions of what it holds."""

    def __init__(self) -> None:
        self._connection: sqlalchemy.Connection | None = None
        self._opened = contextlib.ExitStack()
        self._versions: dict[str, str] = {}

    def connection(self) -> sqlalchemy.Connection:
        """Returns the connection whose reads all see the same state."""
        if self._connection is None:
            connection = self._opened.enter_context(open_session().reader.connect())
            driver: Any = connection.connection.driver_connection
            self._opened.enter_context(frozen(driver))
            self._connection = connection
        return self._connection

    def version(self, query: str) -> str:
        """Returns the version that a query names, asked once; none where its mart does not exist yet."""
        if query not in self._versions:
            frame = fetch(query, {})
            self._versions[query] = "none" if frame.empty else str(frame["version"].iloc[0])
        return self._versions[query]

    def end(self) -> None:
        """Lets the snapshot go: what is read next is read in another one."""
        self._versions.clear()
        self._connection = None
        self._opened.close()


_PAGE: ContextVar[PageReads | None] = ContextVar("_PAGE", default=None)


@contextlib.contextmanager
def one_state() -> Iterator[PageReads]:
    """Lets everything that is read in the block agree: all of it stands as before a publication, or as after it."""
    reads = PageReads()
    token = _PAGE.set(reads)
    try:
        yield reads
    finally:
        reads.end()
        _PAGE.reset(token)


def read(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends or marts are published."""
    return _rows(sql, parameters, data_version())


def read_decided(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends or somebody decides."""
    return _rows(sql, parameters, f"{data_version()} {_version(_DECISION_VERSION)}")


def read_live(sql: str, **parameters: Any) -> pd.DataFrame:
    """Returns the rows of a query, never older than two seconds."""
    return _live_rows(sql, parameters)


def let_go() -> None:
    """Ends the snapshot of the page before work that takes long or writes: what is read next is the newest state."""
    if reads := _PAGE.get():
        reads.end()


def forget() -> None:
    """Empties the caches: the next query reads the database."""
    let_go()
    _rows.clear()
    _live_rows.clear()


@st.cache_data(ttl=3600, max_entries=500, show_spinner="Reading …")
def _rows(sql: str, parameters: dict[str, Any], version: str) -> pd.DataFrame:
    """Returns the rows of a query; kept until a stage of the pipeline ends, which changes the version."""
    return fetch(sql, parameters)


@st.cache_data(ttl=2, max_entries=100, show_spinner=False)
def _live_rows(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    return fetch(sql, parameters)


def data_version() -> str:
    """Returns the version of the marts: what is computed from them holds until it changes."""
    return _version(_DATA_VERSION)


def _version(query: str) -> str:
    if reads := _PAGE.get():
        return reads.version(query)
    with one_state() as reads:
        return reads.version(query)


def fetch(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    """Returns the rows of a query, none where its mart does not exist yet; tries a lost connection once more.

    Raises:
        ShelfcastError: the database does not answer, or the marts are older than the dashboard.
    """
    try:
        return _fetch(sql, parameters)
    except sqlalchemy.exc.OperationalError as error:
        if isinstance(error.orig, psycopg.errors.ConnectionTimeout):
            raise unanswered(error.orig) from None
        # The embedded server may have moved to another port since the session was opened.
        open_session.clear()
    try:
        return _fetch(sql, parameters)
    except sqlalchemy.exc.OperationalError as error:
        raise unanswered(error.orig) from None


def _fetch(sql: str, parameters: dict[str, Any]) -> pd.DataFrame:
    values: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()
    }
    with contextlib.ExitStack() as opened:
        reads = _PAGE.get() or opened.enter_context(one_state())
        try:
            return pd.read_sql_query(sqlalchemy.text(sql), reads.connection(), params=values)
        except sqlalchemy.exc.DBAPIError as error:
            # Nothing more can be read in a transaction that failed.
            reads.end()
            if not isinstance(error, sqlalchemy.exc.ProgrammingError):
                raise
            if isinstance(error.orig, NOT_MADE_YET):
                return pd.DataFrame()
            logger.warning("a mart could not be read: %s", first_line(error.orig))
            raise ShelfcastError(
                f"The marts do not have what this page reads: {first_line(error.orig)}.",
                "Bring them up to date with `make run`.",
            ) from None
