"""From the settings to the database, running, migrated and with its roles."""

from urllib.parse import unquote, urlsplit

from warehouse import embedded
from warehouse.database import Database, Login
from warehouse.errors import UsageError
from warehouse.migrate import apply_migrations
from warehouse.roles import with_roles
from warehouse.settings import Settings


def open_database(settings: Settings) -> Database:
    """Returns the database of the settings, running, migrated and with its roles.

    Raises:
        UsageError: DATABASE_URL is not a Postgres URL.
        ShelfcastError: the server does not start or does not answer.
    """
    database = locate_database(settings)
    with database.connect("pipeline") as connection:
        apply_migrations(connection)
    return with_roles(settings, database)


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
