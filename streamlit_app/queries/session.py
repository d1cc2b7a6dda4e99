"""The settings and the database, opened once for all sessions."""

from dataclasses import dataclass

import sqlalchemy
import streamlit as st

from warehouse.database import Database
from warehouse.environment import prepare_environment
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
    database = open_without_owner(settings)
    return Session(settings, database, database.engine("reader"))
