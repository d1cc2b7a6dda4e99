"""Roles: pipeline owns, the others do what `warehouse.role_limits` lists; analyst has schemas of its own."""

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg
from psycopg import sql

from warehouse.conventions import SCHEMAS
from warehouse.database import Database, Login
from warehouse.locks import take
from warehouse.role_limits import READING_ROLES, ROLE_LIMITS, Limits, limit_again
from warehouse.secrets import role_passwords
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

_LONGEST_NAME = 50
"""Bytes of the database's name that the names of its roles begin with; Postgres cuts names at 63."""

_WRONG_GRANTS = """
select n.nspname, c.relname, not has_table_privilege(%(role)s, c.oid, 'select')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any(%(ours)s) and c.relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(c.relowner) = current_user
    and has_table_privilege(%(role)s, c.oid, 'select')
        <> (n.nspname = any(%(schemas)s) or n.nspname || '.' || c.relname = any(%(tables)s))
order by 1, 2
"""
"""Relations that a role may select from and should not, or should and may not."""

_HAS_EARLIER_ANALYST = """
select exists (
    select from pg_auth_members inner join pg_roles on pg_roles.oid = roleid
    where rolname = 'analyst' and member = quote_ident(current_user)::regrole
        and exists (select from unnest(rolconfig) as setting where setting like 'statement_timeout=%')
)
"""
"""Whether the role `analyst` of an earlier version is there: limited, and with its database's owner as a member."""

_STRAY_GRANTS = """
select 'table', n.nspname, c.relname, a.privilege_type, case when a.grantee <> 0 then pg_get_userbyid(a.grantee) end
from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
where n.nspname = any(%(ours)s) and c.relkind in ('r', 'p', 'v', 'm') and pg_get_userbyid(c.relowner) = current_user
    and (a.grantee = 0 or pg_get_userbyid(a.grantee) = any(%(users)s) and a.privilege_type <> 'SELECT')
union all
select 'schema', n.nspname, null, a.privilege_type, case when a.grantee <> 0 then pg_get_userbyid(a.grantee) end
from pg_namespace n, aclexplode(n.nspacl) a
where n.nspname = any(%(ours)s) and pg_get_userbyid(n.nspowner) = current_user
    and (a.grantee = 0 or pg_get_userbyid(a.grantee) = any(%(users)s) and a.privilege_type <> 'USAGE')
"""
"""What anybody may do with our tables and schemas, and what our roles may do there beside reading."""

_COLUMN_GRANTS = """
select a.privilege_type, n.nspname || '.' || c.relname, t.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute t on t.attrelid = c.oid,
    aclexplode(t.attacl) a
where n.nspname = any(%(ours)s) and a.grantee = quote_ident(%(role)s)::regrole
"""
_COLUMNS = """
select n.nspname || '.' || c.relname, t.attname
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute t on t.attrelid = c.oid
where n.nspname || '.' || c.relname = any(%(tables)s) and t.attnum > 0 and not t.attisdropped
"""


def with_roles(settings: Settings, database: Database) -> Database:
    """Returns the database with logins for all roles, created and granted where they were not yet.

    On a server of one's own their names begin with the name of the database, and their passwords are kept in it, for
    the owner alone: other homes and other databases of that server do without changing them. A role that was not made
    here is never altered. Where a role can't be made, sessions of the owner stand in, read-only for reader and agent.
    """
    owner = database.logins["pipeline"]
    stand_ins = {role: Login(owner.user, owner.password, role in READING_ROLES) for role in ROLE_LIMITS}
    with database.connect("pipeline") as connection:
        take(connection, "setup")
        made = _embedded_logins(settings, connection) if settings.is_embedded else _outside_logins(connection)
        grant_roles(connection, {role: login.user for role, login in made.items()})
    return replace(database, logins={"pipeline": owner, **stand_ins, **made})


def known_logins(connection: "psycopg.Connection[Any]") -> dict[str, Login]:
    """Returns the logins that were made for this database and still exist, by role; read by the owner."""
    if not has_logins(connection):
        return {}
    rows = connection.execute(
        "select role, login, coalesce(password, '') from shelfcast_private.logins "
        "inner join pg_roles on rolname = login"
    ).fetchall()
    return {role: Login(login, password) for role, login, password in rows if role in ROLE_LIMITS}


def has_logins(connection: "psycopg.Connection[Any]") -> bool:
    """Returns whether the database was opened by its owner since logins are kept in it."""
    return connection.execute("select to_regclass('shelfcast_private.logins')").fetchone() != (None,)


def known_names(connection: "psycopg.Connection[Any]") -> dict[str, str]:
    """Returns the names of the users that were made for this database, by role; read by the owner."""
    return {role: login.user for role, login in known_logins(connection).items()}


def _embedded_logins(settings: Settings, connection: "psycopg.Connection[Any]") -> dict[str, Login]:
    """Returns the logins of the home's own server, which has made them when it was set up."""
    for role in ROLE_LIMITS:
        connection.execute(
            "insert into shelfcast_private.logins (role, login) values (%s, %s) on conflict do nothing", [role, role]
        )
    passwords = role_passwords(settings.home)
    return {role: Login(role, passwords[role]) for role in ROLE_LIMITS}


def _outside_logins(connection: "psycopg.Connection[Any]") -> dict[str, Login]:
    known = known_logins(connection)
    for role in ROLE_LIMITS:
        try:
            with connection.transaction():
                login = known.get(role) or _created(connection, role)
                # Whoever it is may have given itself another one.
                names = sql.Identifier(login.user), sql.Literal(login.password)
                connection.execute(sql.SQL("alter role {} login password {}").format(*names))
                limit_again(connection, {role: login.user})
                known[role] = login
        except psycopg.errors.InsufficientPrivilege:
            logger.warning("the database user may not make or limit the role %s; its own sessions stand in", role)
            known.pop(role, None)
        except psycopg.errors.DuplicateObject:
            logger.warning("a user of the name for the role %s that is not ours stays as it is", role)
    return known


def _created(connection: "psycopg.Connection[Any]", role: str) -> Login:
    """Returns the login of a new role, whose password is kept in the database for its owner."""
    beginning = connection.info.dbname.encode()[:_LONGEST_NAME].decode(errors="ignore")
    login = Login(f"{beginning}_{role}", secrets.token_urlsafe(24))
    user = sql.Identifier(login.user)
    connection.execute(sql.SQL("create role {}").format(user))
    if role == "analyst":
        connection.execute(sql.SQL("grant {} to current_user with inherit true, set true").format(user))
        if connection.execute(_HAS_EARLIER_ANALYST).fetchone() == (True,):
            connection.execute(sql.SQL("reassign owned by analyst to {}").format(user))
    connection.execute(
        "insert into shelfcast_private.logins (role, login, password) values (%s, %s, %s) "
        "on conflict (role) do update set login = excluded.login, password = excluded.password",
        [role, login.user, login.password],
    )
    return login


def grant_all(connection: "psycopg.Connection[Any]") -> None:
    """Puts right what our roles may do."""
    grant_roles(connection, known_names(connection))


def grant_roles(connection: "psycopg.Connection[Any]", names: Mapping[str, str]) -> None:
    """Lets the users of these names, by role, read what they are meant to read, and nothing else of ours."""
    _revoke_stray_grants(connection, list(names.values()))
    for role, name in names.items():
        _grant_schemas(connection, name, ROLE_LIMITS[role])
        _grant_tables(connection, name, ROLE_LIMITS[role])
        _grant_columns(connection, name, ROLE_LIMITS[role].columns)
    if "analyst" in names:
        _grant_own_schemas(connection, names["analyst"])


def _revoke_stray_grants(connection: "psycopg.Connection[Any]", users: list[str]) -> None:
    """Takes back what no role of ours is to have, whoever gave it; column by column it is given again."""
    rows = connection.execute(_STRAY_GRANTS, {"ours": list(SCHEMAS), "users": users}).fetchall()
    for kind, schema, table, privilege, user in rows:
        place = sql.Identifier(schema, table) if table else sql.Identifier(schema)
        whom = sql.Identifier(user) if user else sql.SQL("public")
        statement = sql.SQL("revoke {} on {} {} from {}")
        connection.execute(statement.format(sql.SQL(privilege), sql.SQL(kind), place, whom))


def _grant_schemas(connection: "psycopg.Connection[Any]", role: str, limits: Limits) -> None:
    """Lets the role enter its schemas, and read what will be made in those that it reads as a whole."""
    tables = {*limits.tables, *(table for _, table, _ in limits.columns)}
    entered = {*limits.schemas, *(table.partition(".")[0] for table in tables)}
    rows = connection.execute(
        "select nspname, has_schema_privilege(%s, oid, 'usage') from pg_namespace where nspname = any(%s)",
        [role, list(SCHEMAS)],
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
    parameters = {"role": role, "ours": list(SCHEMAS), "schemas": list(limits.schemas), "tables": list(limits.tables)}
    for schema, table, is_missing in connection.execute(_WRONG_GRANTS, parameters).fetchall():
        template = "grant select on {} to {}" if is_missing else "revoke select on {} from {}"
        connection.execute(sql.SQL(template).format(sql.Identifier(schema, table), sql.Identifier(role)))


def _grant_columns(connection: "psycopg.Connection[Any]", role: str, wanted: set[tuple[str, str, str]]) -> None:
    """Lets the role do with single columns what it may, and nothing else."""
    tables = sorted({table for _, table, _ in wanted})
    known = set(connection.execute(_COLUMNS, {"tables": tables}).fetchall())
    given = set(connection.execute(_COLUMN_GRANTS, {"ours": list(SCHEMAS), "role": role}).fetchall())
    missing = {right for right in wanted if right[1:] in known} - given
    for template, rights in (("grant {} ({}) on {} to {}", missing), ("revoke {} ({}) on {} from {}", given - wanted)):
        for privilege, table, column in sorted(rights):
            place = sql.Identifier(*table.split(".", 1))
            names = (sql.SQL(privilege), sql.Identifier(column), place, sql.Identifier(role))
            connection.execute(sql.SQL(template).format(*names))


def _grant_own_schemas(connection: "psycopg.Connection[Any]", analyst: str) -> None:
    """Lets analysts make schemas of their own in this database."""
    may = connection.execute("select has_database_privilege(%s, current_database(), 'create')", [analyst]).fetchone()
    if may == (True,):
        return
    names = sql.Identifier(connection.info.dbname), sql.Identifier(analyst)
    try:
        with connection.transaction():
            connection.execute(sql.SQL("grant create, temporary on database {} to {}").format(*names))
    except psycopg.errors.InsufficientPrivilege:
        logger.warning("the database user may not let analysts make schemas: the dbt target dev needs one made for it")
