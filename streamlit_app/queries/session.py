"""The settings and the database, opened once for all sessions."""

import subprocess
from dataclasses import dataclass

import psycopg
import sqlalchemy
import streamlit as st

from warehouse.database import Database
from warehouse.environment import prepare_environment
from warehouse.errors import ShelfcastError
from warehouse.journal import configure_logging
from warehouse.opening import open_without_owner
from warehouse.settings import Settings, load_settings


@dataclass(frozen=True)
class Session:
    """What every page needs: settings, the database without its owner's login, and a pool of reading connections."""

    settings: Settings
    database: Database
    reader: sqlalchemy.Engine


@st.cache_resource(show_spinner="Opening the database …")
def open_session() -> Session:
    """Returns the opened session.

    Raises:
        ShelfcastError: a setting is not valid, there is no warehouse of this version, or it does not answer.
    """
    settings = load_settings()
    prepare_environment(settings)
    configure_logging(settings)
    try:
        database = open_without_owner(settings)
    except (psycopg.OperationalError, TimeoutError, subprocess.TimeoutExpired) as error:
        raise unanswered(error) from None
    return Session(settings, database, database.engine("reader"))


def unanswered(error: BaseException | None) -> ShelfcastError:
    """Returns the error that says that the database does not answer, and why."""
    return ShelfcastError(
        f"The database does not answer: {first_line(error)}.", "Check with `shelfcast doctor`, then reload the page."
    )


def first_line(error: BaseException | None) -> str:
    """Returns the first line of an error without its full stop, its name where it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
