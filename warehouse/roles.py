"""Roles: pipeline owns, reader selects what people read, agent selects what the agents may see."""

import logging
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from warehouse.database import Database, Login
from warehouse.migrate import take_setup_lock
from warehouse.secrets import role_passwords
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

READING_ROLES = {"reader": "30s", "agent": "5s"}
"""Roles that may only select from the marts, and how long a statement of theirs may take."""


def with_reading_roles(settings: Settings, database: Database) -> Database:
    """Returns the database with logins for reader and agent, created and granted where they were not yet.

    On a server where the given user may not create roles, read-only sessions of that user stand in for them.
    """
    owner = database.logins["pipeline"]
    passwords = role_passwords(settings.home)
    logins = {"pipeline": owner}
    for role, limit in READING_ROLES.items():
        with database.connect() as connection:
            take_setup_lock(connection)
            is_made = settings.is_embedded or _create_role(connection, role, passwords[role], limit)
            if is_made:
                _grant_reading(connection, role)
        logins[role] = Login(role, passwords[role]) if is_made else Login(owner.user, owner.password, is_read_only=True)
    return replace(database, logins=logins)


def _create_role(connection: "psycopg.Connection[Any]", role: str, password: str, statement_timeout: str) -> bool:
    """Returns whether the role exists with this password; an outside server may forbid that."""
    known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = sql.SQL("alter" if known else "create")
    statement = sql.SQL("{} role {} login password {}").format(verb, sql.Identifier(role), sql.Literal(password))
    try:
        with connection.transaction():
            connection.execute(statement)
            limit = sql.SQL("alter role {} set statement_timeout = {}")
            connection.execute(limit.format(sql.Identifier(role), sql.Literal(statement_timeout)))
            connection.execute(
                sql.SQL("alter role {} set default_transaction_read_only = on").format(sql.Identifier(role))
            )
    except psycopg.errors.InsufficientPrivilege:
        logger.warning("the database user may not create the role %s; read-only sessions stand in for it", role)
        return False
    return True


def _grant_reading(connection: "psycopg.Connection[Any]", role: str) -> None:
    """Lets the role select from the marts, those that dbt will make included."""
    granted = connection.execute("select has_schema_privilege(%s, 'marts', 'usage')", [role]).fetchone()
    if granted and granted[0]:
        return
    for statement in (
        "grant usage on schema marts to {}",
        "grant select on all tables in schema marts to {}",
        "alter default privileges in schema marts grant select on tables to {}",
    ):
        connection.execute(sql.SQL(statement).format(sql.Identifier(role)))
