"""Roles: pipeline owns, reader selects what people read, agent what agents may see, planner adds decisions."""

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

ROLE_LIMITS = READING_ROLES | {"planner": "10s"}
"""All roles beside the owner. The planner may add decisions to `ops.decisions`, and read what it decides on."""

_PLANNER_GRANTS = (
    "grant usage on schema ml, ops to planner",
    "grant select on ml.inventory_recommendations, ops.decisions to planner",
    "grant insert (recommendation_id, decision, order_quantity, snooze_until, reason, decided_by) "
    "on ops.decisions to planner",
)


def with_roles(settings: Settings, database: Database) -> Database:
    """Returns the database with logins for reader, agent and planner, created and granted where they were not yet.

    On a server where the given user may not create roles, sessions of that user stand in for them, read-only ones for
    reader and agent.
    """
    owner = database.logins["pipeline"]
    passwords = role_passwords(settings.home)
    logins = {"pipeline": owner}
    for role in ROLE_LIMITS:
        with database.connect() as connection:
            take_setup_lock(connection)
            is_made = settings.is_embedded or _create_role(connection, role, passwords[role])
            if is_made:
                _grant(connection, role)
        stand_in = Login(owner.user, owner.password, is_read_only=role in READING_ROLES)
        logins[role] = Login(role, passwords[role]) if is_made else stand_in
    return replace(database, logins=logins)


def _create_role(connection: "psycopg.Connection[Any]", role: str, password: str) -> bool:
    """Returns whether the role exists with this password; an outside server may forbid that."""
    known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = sql.SQL("alter" if known else "create")
    statement = sql.SQL("{} role {} login password {}").format(verb, sql.Identifier(role), sql.Literal(password))
    try:
        with connection.transaction():
            connection.execute(statement)
            limit_role(connection, role)
    except psycopg.errors.InsufficientPrivilege:
        logger.warning("the database user may not create the role %s; its own sessions stand in for it", role)
        return False
    return True


def limit_role(connection: "psycopg.Connection[Any]", role: str) -> None:
    """Bounds how long a statement of the role may take, and makes a reading role's sessions read-only."""
    name, limit = sql.Identifier(role), sql.Literal(ROLE_LIMITS[role])
    connection.execute(sql.SQL("alter role {} set statement_timeout = {}").format(name, limit))
    if role in READING_ROLES:
        connection.execute(sql.SQL("alter role {} set default_transaction_read_only = on").format(name))


def _grant(connection: "psycopg.Connection[Any]", role: str) -> None:
    if role in READING_ROLES:
        _grant_reading(connection, role)
        return
    granted = connection.execute(
        "select has_column_privilege(%s, 'ops.decisions', 'reason', 'insert')", [role]
    ).fetchone()
    if not (granted and granted[0]):
        for statement in _PLANNER_GRANTS:
            connection.execute(statement)


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
