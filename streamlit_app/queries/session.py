"""The settings and the database, opened once for all sessions."""

from dataclasses import dataclass

import sqlalchemy
import streamlit as st

from warehouse.database import Database
from warehouse.environment import prepare_environment
from warehouse.journal import configure_logging
from warehouse.opening import open_database
from warehouse.settings import Settings, load_settings


@dataclass(frozen=True)
class Session:
    """What every page needs: settings, the database, and a pool of reading connections."""

    settings: Settings
    database: Database
    reader: sqlalchemy.Engine


@st.cache_resource(show_spinner="Opening the database …")
def open_session() -> Session:
    """Returns the opened session.

    Raises:
        ShelfcastError: a setting is not valid, or the database does not start or answer.
    """
    settings = load_settings()
    prepare_environment(settings)
    configure_logging(settings)
    database = open_database(settings)
    return Session(settings, database, database.engine("reader"))
