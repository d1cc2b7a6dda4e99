"""The database as everything else sees it: an address, its roles, and connections."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, LiteralString
from urllib.parse import parse_qsl, quote, urlencode

from warehouse.errors import ShelfcastError
from warehouse.role_limits import session_settings

if TYPE_CHECKING:
    import pandas as pd
    import psycopg
    import sqlalchemy

STARTING_SECONDS = 60
"""How long a connection waits for a server that is starting or recovers from a crash."""

ANSWER_SECONDS = 5
"""How long somebody who looks at a page waits for a server that does not answer."""

STARTING = ("is starting up", "in recovery mode", "not yet accepting connections")
"""What Postgres says to those who come while it recovers."""

Role = Literal["pipeline", "reader", "agent", "planner", "analyst"]


@dataclass(frozen=True)
class Login:
    """A database user; the password stays out of its representation."""

    user: str
    password: str
    is_read_only: bool = False

    def __repr__(self) -> str:
        return f"Login(user={self.user!r})"


@dataclass(frozen=True)
class Snapshot:
    """The database as it stood at one moment, however much is published or decided meanwhile."""

    connection: "psycopg.Connection[Any]"

    def read_frame(self, query: LiteralString, parameters: Mapping[str, Any] | None = None) -> "pd.DataFrame":
        """Returns the rows of a query as a frame; parameters are written `%(name)s` in the query."""
        import pandas as pd

        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters)
            names = [column.name for column in cursor.description or []]
            return pd.DataFrame(cursor.fetchall(), columns=names)

    def read_rows(self, query: LiteralString, parameters: Mapping[str, Any] | None = None) -> Iterable[Any]:
        """Returns the rows of a query as named tuples: each column is an attribute of its row."""
        return self.read_frame(query, parameters).itertuples(index=False)


@dataclass(frozen=True)
class Database:
    """Address and logins of one Postgres database."""

    host: str
    port: int
    name: str
    logins: Mapping[str, Login]
    options: str = ""

    def url(self, role: Role, driver: str = "postgresql", search_path: str = "") -> str:
        """Returns a URL with the password in it: for libraries only, never for a log."""
        login = self.logins[role]
        given = dict(parse_qsl(self.options, keep_blank_values=True))
        # The settings of a role come last: of two that differ, Postgres takes the later one.
        options = " ".join([*filter(None, [given.pop("options", "")]), *self._server_options(role, login, search_path)])
        query = urlencode(given | ({"options": options} if options else {}), quote_via=quote)
        user, password = quote(login.user, safe=""), quote(login.password, safe="")
        address = f"{driver}://{user}:{password}@{self.host}:{self.port}/{self.name}"
        return f"{address}?{query}" if query else address

    @staticmethod
    def _server_options(role: Role, login: Login, search_path: str) -> list[str]:
        # With each connection: what a role has changed for its own sessions does not hold for these.
        settings = session_settings(role)
        if login.is_read_only:
            settings["default_transaction_read_only"] = "on"
        if search_path:
            settings["search_path"] = search_path
        return [f"-c {name}={value}" for name, value in settings.items()]

    def connect(self, role: Role, autocommit: bool = False) -> "psycopg.Connection[Any]":
        """Returns an open psycopg connection; as a context manager it commits, or rolls back on an error.

        Raises:
            ShelfcastError: the server does not answer or refuses the login.
        """
        import psycopg

        began = time.monotonic()
        while True:
            try:
                return psycopg.connect(self.url(role), autocommit=autocommit, connect_timeout=10)
            except psycopg.OperationalError as error:
                is_starting = any(words in str(error) for words in STARTING)
                if is_starting and time.monotonic() - began < STARTING_SECONDS:
                    time.sleep(0.2)
                    continue
                raise ShelfcastError(
                    f"Postgres at {self.host}:{self.port}/{self.name} does not answer as {self.logins[role].user}: "
                    f"{str(error).strip().splitlines()[0]}.",
                    "Check that it runs and that DATABASE_URL or DB_* are right; `shelfcast doctor` helps.",
                ) from None

    def engine(self, role: Role) -> "sqlalchemy.Engine":
        """Returns a SQLAlchemy engine over psycopg 3, which connects anew each time.

        A connection that is kept would wait without end on a server that has come to a halt.
        """
        import sqlalchemy

        # A statement that the server keeps would fail once a mart is replaced by one with other columns.
        arguments = {"prepare_threshold": None, "connect_timeout": ANSWER_SECONDS}
        return sqlalchemy.create_engine(
            self.url(role, "postgresql+psycopg"), poolclass=sqlalchemy.NullPool, connect_args=arguments
        )

    def read_frame(
        self, role: Role, query: LiteralString, parameters: Mapping[str, Any] | None = None
    ) -> "pd.DataFrame":
        """Returns the rows of a query as a frame; parameters are written `%(name)s` in the query."""
        with self.connect(role) as connection:
            return Snapshot(connection).read_frame(query, parameters)

    @contextlib.contextmanager
    def snapshot(self, role: Role) -> Iterator[Snapshot]:
        """Gives a snapshot for reading what belongs together: all of it as before a publication, or all as after it."""
        with self.connect(role) as connection, frozen(connection) as snapshot:
            yield snapshot

    def read_rows(self, role: Role, query: LiteralString, parameters: Mapping[str, Any] | None = None) -> Iterable[Any]:
        """Returns the rows of a query as named tuples: each column is an attribute of its row."""
        return self.read_frame(role, query, parameters).itertuples(index=False)

    def dbt_environment(self, role: Role) -> dict[str, str]:
        """Returns the DB_* variables that `profiles.yml` reads."""
        login = self.logins[role]
        return {
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_NAME": self.name,
            "DB_USER": login.user,
            "DB_PASSWORD": login.password,
        }


_READABLE = """
select c.relname from pg_class c
where c.relnamespace = to_regnamespace('marts') and c.relkind in ('r', 'v') and has_table_privilege(c.oid, 'select')
order by 1
"""


@contextlib.contextmanager
def frozen(connection: "psycopg.Connection[Any]") -> Iterator[Snapshot]:
    """Gives a snapshot in a read-only transaction of an open connection, which is as it was before in the end.

    A publication puts other relations in the place of the marts, which no isolation level hides. So all marts that the
    role may read are locked against that first, and only then is the state that is seen fixed.
    """
    import psycopg

    try:
        while not _is_begun(connection):
            pass
        yield Snapshot(connection)
    finally:
        with contextlib.suppress(psycopg.OperationalError):
            connection.rollback()
        if not connection.closed:
            connection.isolation_level = connection.read_only = None


def _is_begun(connection: "psycopg.Connection[Any]") -> bool:
    """Returns whether the transaction of a snapshot has begun; not where a mart was made anew in this moment."""
    import psycopg
    from psycopg import sql

    names = connection.execute(_READABLE).fetchall()
    connection.rollback()
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    marts = sql.SQL(", ").join(sql.Identifier("marts", name) for (name,) in names)
    try:
        connection.execute(sql.SQL("lock table {} in access share mode").format(marts) if names else "select 1")
    except psycopg.errors.UndefinedTable:
        connection.rollback()
        return False
    return True
