"""Roles: pipeline owns, the others do what `warehouse.role_limits` lists; analyst has schemas of its own."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from warehouse.database import Database, Login
from warehouse.migrate import take_setup_lock
from warehouse.role_limits import READING_ROLES, ROLE_LIMITS, Limits, limit_role
from warehouse.secrets import role_passwords
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

_WRONG_GRANTS = """
select n.nspname, c.relname, not has_table_privilege(%(role)s, c.oid, 'select')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%(ours)s) and c.relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(c.relowner) = current_user
    and has_table_privilege(%(role)s, c.oid, 'select')
        <> (n.nspname = any(%(schemas)s) or n.nspname || '.' || c.relname = any(%(tables)s))
order by 1, 2
"""
"""Relations that a role may select from and should not, or should and may not."""

_COLUMN_GRANTS = """
select a.privilege_type, n.nspname || '.' || c.relname, t.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute t on t.attrelid = c.oid,
    aclexplode(t.attacl) a
where n.nspname = any(%(ours)s) and a.grantee = %(role)s::regrole
"""
_COLUMNS = """
select n.nspname || '.' || c.relname, t.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute t on t.attrelid = c.oid
where n.nspname || '.' || c.relname = any(%(tables)s) and t.attnum > 0 and not t.attisdropped
"""

_SCHEMAS = (
    "raw_incoming",
    "raw",
    "features",
    "ml",
    "agents",
    "ops",
    "staging",
    "intermediate",
    "marts",
    "staging_next",
    "intermediate_next",
    "marts_next",
    "mlflow",
)


def with_roles(settings: Settings, database: Database) -> Database:
    """Returns the database with logins for all roles, created and granted where they were not yet.

    On a server where the given user may not create roles, sessions of that user stand in for them, read-only ones for
    reader and agent.
    """
    owner = database.logins["pipeline"]
    passwords = role_passwords(settings.home)
    logins, made = {"pipeline": owner}, []
    with database.connect("pipeline") as connection:
        take_setup_lock(connection)
        for role in ROLE_LIMITS:
            is_made = settings.is_embedded or _create_role(connection, role, passwords[role])
            stand_in = Login(owner.user, owner.password, is_read_only=role in READING_ROLES)
            logins[role] = Login(role, passwords[role]) if is_made else stand_in
            made += [role] if is_made else []
        grant_roles(connection, made)
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
            if role == "analyst":
                connection.execute("grant analyst to current_user with inherit true, set true")
    except psycopg.errors.InsufficientPrivilege:
        logger.warning("the database user may not create the role %s; its own sessions stand in for it", role)
        return False
    return True


def grant_all(connection: "psycopg.Connection[Any]") -> None:
    """Puts right what our roles may do."""
    grant_roles(connection, known_roles(connection))


def known_roles(connection: "psycopg.Connection[Any]") -> list[str]:
    """Returns which of our roles exist; one of the same name that never had rights here is another's."""
    query = (
        "select rolname from pg_roles where rolname = any(%s) and exists (select from pg_namespace "
        "where nspname in ('marts', 'ml') and has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'usage'))"
    )
    return [row[0] for row in connection.execute(query, [list(ROLE_LIMITS)]).fetchall()]


def grant_roles(connection: "psycopg.Connection[Any]", roles: Sequence[str]) -> None:
    """Lets these roles read what they are meant to read, and nothing else of ours."""
    for role in roles:
        _grant_schemas(connection, role, ROLE_LIMITS[role])
        _grant_tables(connection, role, ROLE_LIMITS[role])
        _grant_columns(connection, role, ROLE_LIMITS[role].columns)
    if "analyst" in roles:
        _grant_own_schemas(connection)


def _grant_schemas(connection: "psycopg.Connection[Any]", role: str, limits: Limits) -> None:
    """Lets the role enter its schemas, and read what will be made in those that it reads as a whole."""
    tables = {*limits.tables, *(table for _, table, _ in limits.columns)}
    entered = {*limits.schemas, *(table.partition(".")[0] for table in tables)}
    rows = connection.execute(
        "select nspname, has_schema_privilege(%s, oid, 'usage') from pg_namespace where nspname = any(%s)",
        [role, list(_SCHEMAS)],
    ).fetchall()
    for schema, may_enter in rows:
        if may_enter == (schema in entered):
            continue
        names = {"role": sql.Identifier(role), "schema": sql.Identifier(schema)}
        verb, word = ("grant", "to") if schema in entered else ("revoke", "from")
        parts = {**names, "verb": sql.SQL(verb), "word": sql.SQL(word)}
        connection.execute(sql.SQL("{verb} usage on schema {schema} {word} {role}").format(**parts))
    for schema, _ in rows:
        _grant_future(connection, role, schema, schema in limits.schemas)


def _grant_future(connection: "psycopg.Connection[Any]", role: str, schema: str, may_read: bool) -> None:
    """Sets whether the role may select from what the owner will make in a schema."""
    row = connection.execute(
        "select 1 from pg_default_acl d join pg_namespace n on n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a "
        "where n.nspname = %s and d.defaclobjtype = 'r' and pg_get_userbyid(a.grantee) = %s "
        "and pg_get_userbyid(d.defaclrole) = current_user",
        [schema, role],
    ).fetchone()
    if (row is not None) != may_read:
        statement = sql.SQL("alter default privileges in schema {} {} select on tables {} {}").format(
            sql.Identifier(schema),
            sql.SQL("grant" if may_read else "revoke"),
            sql.SQL("to" if may_read else "from"),
            sql.Identifier(role),
        )
        connection.execute(statement)


def _grant_tables(connection: "psycopg.Connection[Any]", role: str, limits: Limits) -> None:
    parameters = {"role": role, "ours": list(_SCHEMAS), "schemas": list(limits.schemas), "tables": list(limits.tables)}
    for schema, table, is_missing in connection.execute(_WRONG_GRANTS, parameters).fetchall():
        template = "grant select on {} to {}" if is_missing else "revoke select on {} from {}"
        connection.execute(sql.SQL(template).format(sql.Identifier(schema, table), sql.Identifier(role)))


def _grant_columns(connection: "psycopg.Connection[Any]", role: str, wanted: set[tuple[str, str, str]]) -> None:
    """Lets the role do with single columns what it may, and nothing else."""
    tables = sorted({table for _, table, _ in wanted})
    known = set(connection.execute(_COLUMNS, {"tables": tables}).fetchall())
    given = set(connection.execute(_COLUMN_GRANTS, {"ours": list(_SCHEMAS), "role": role}).fetchall())
    missing = {right for right in wanted if right[1:] in known} - given
    for template, rights in (("grant {} ({}) on {} to {}", missing), ("revoke {} ({}) on {} from {}", given - wanted)):
        for privilege, table, column in sorted(rights):
            place = sql.Identifier(*table.split(".", 1))
            names = (sql.SQL(privilege), sql.Identifier(column), place, sql.Identifier(role))
            connection.execute(sql.SQL(template).format(*names))


def _grant_own_schemas(connection: "psycopg.Connection[Any]") -> None:
    """Lets analysts make schemas of their own in this database."""
    name = sql.Identifier(connection.info.dbname)
    statement = sql.SQL("grant create, temporary on database {} to analyst").format(name)
    try:
        with connection.transaction():
            _grant_if_missing(connection, "has_database_privilege('analyst', current_database(), 'create')", statement)
    except psycopg.errors.InsufficientPrivilege:
        logger.warning("the database user may not let analysts make schemas: the dbt target dev needs one made for it")


def _grant_if_missing(connection: "psycopg.Connection[Any]", privilege: str, statement: sql.SQL | sql.Composed) -> None:
    row = connection.execute(sql.SQL("select {}").format(sql.SQL(privilege))).fetchone()
    if not (row and row[0]):
        connection.execute(statement)
