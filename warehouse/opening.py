"""From the settings to the database: by its owner, migrated and with its roles, or by weaker roles as it is."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import psycopg

from warehouse import embedded
from warehouse.database import Database, Login, Role
from warehouse.errors import ShelfcastError, UsageError
from warehouse.migrate import FOLDER, apply_migrations
from warehouse.places import settle
from warehouse.role_limits import READING_ROLES
from warehouse.roles import has_logins, known_logins, with_roles
from warehouse.secrets import role_passwords
from warehouse.settings import Settings
from warehouse.views_of_others import make_noted

logger = logging.getLogger(__name__)

READERS: tuple[Role, ...] = ("reader", "planner", "agent")
"""Roles of a process that shows, decides and explains: the dashboard."""

_NOT_SET_UP_YET = "The warehouse is not set up for this version of Shelfcast."
_NOT_SET_UP = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege)


def open_database(settings: Settings) -> Database:
    """Returns the database of the settings, running, migrated and with its roles.

    That of a home which was moved knows its new places then; a server of one's own has no home that could move.

    Raises:
        UsageError: DATABASE_URL is not a Postgres URL.
        ShelfcastError: the server does not start or does not answer.
    """
    return set_up(settings, locate_database(settings))


def set_up(settings: Settings, database: Database) -> Database:
    """Returns the database of a home migrated, and with its roles."""
    with database.connect("pipeline") as connection:
        apply_migrations(connection)
        if settings.is_embedded:
            settle(settings, connection)
    opened = with_roles(settings, database)
    make_noted(opened)
    return opened


def open_without_owner(settings: Settings, roles: Sequence[Role] = READERS) -> Database:
    """Returns the database with the logins of some roles alone; nothing in it is made, migrated or granted.

    The embedded server is started where it does not run. Where another server's user could not create the roles, its
    own sessions stand in for them, as in `with_roles`.

    Raises:
        UsageError: DATABASE_URL is not a Postgres URL.
        ShelfcastError: there is no warehouse yet, it is of another version of Shelfcast, or the server does not answer.
    """
    if settings.is_embedded and not embedded.is_created(settings):
        raise ShelfcastError(f"There is no warehouse in {settings.home} yet.", "Run `shelfcast run` first.")
    owned = locate_database(settings)
    database = replace(owned, logins=_logins(settings, owned, roles))
    _check_version(database, roles[0])
    return database


def _logins(settings: Settings, owned: Database, roles: Sequence[Role]) -> dict[str, Login]:
    if settings.is_embedded:
        passwords = role_passwords(settings.home)
        return {role: Login(role, passwords[role]) for role in roles}
    with owned.connect("pipeline") as connection:
        if not has_logins(connection):
            raise ShelfcastError(_NOT_SET_UP_YET, "Run `shelfcast run` first.")
        known = known_logins(connection)
    if not all(role in known for role in roles):
        logger.warning("the database has no roles of ours; sessions of its user stand in for them")
    owner = owned.logins["pipeline"]
    return {role: known.get(role, replace(owner, is_read_only=role in READING_ROLES)) for role in roles}


def _check_version(database: Database, role: Role) -> None:
    """Refuses a warehouse whose migrations are not those of this code.

    Raises:
        ShelfcastError: some are missing, or unknown here; or the server does not answer.
    """
    try:
        applied = set(database.read_frame(role, "select name from ops.migrations")["name"])
    except _NOT_SET_UP:
        applied = set()
    known = {path.stem for path in FOLDER.glob("*.sql")}
    if applied - known:
        raise ShelfcastError("The warehouse was made by a newer version of Shelfcast.", "Update Shelfcast.")
    if known - applied:
        raise ShelfcastError(_NOT_SET_UP_YET, "Run `shelfcast run` first.")


def locate_database(settings: Settings) -> Database:
    """Returns the address of the database; starts the embedded server where no other is set."""
    if settings.is_embedded:
        port, passwords = embedded.start(settings)
        login = Login("pipeline", passwords["pipeline"])
        return Database(embedded.HOST, port, embedded.DATABASE, {"pipeline": login})
    if settings.database_url is not None:
        return _from_url(settings.database_url.get_secret_value())
    password = settings.db_password.get_secret_value() if settings.db_password else ""
    login = Login(settings.db_user, password)
    return Database(settings.db_host or "127.0.0.1", settings.db_port, settings.db_name, {"pipeline": login})


def _from_url(url: str) -> Database:
    parts = urlsplit(url)
    if not parts.scheme.startswith("postgres") or not parts.hostname or not parts.path.strip("/"):
        raise UsageError(
            "DATABASE_URL is not a Postgres URL.", "Write it as postgresql://user:password@host:port/database."
        )
    login = Login(unquote(parts.username or ""), unquote(parts.password or ""))
    return Database(parts.hostname, parts.port or 5432, parts.path.strip("/"), {"pipeline": login}, parts.query)
