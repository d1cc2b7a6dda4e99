"""What is for the owner of the database alone: locks that nobody else can take, and the logins of the other roles.

Both are tables in a schema that nobody else enters, and that no backup holds. Anybody who may connect can take an
advisory lock, and so keep everybody else from working.
"""

from typing import Any, Literal

import psycopg
from psycopg import sql

from warehouse.errors import ShelfcastError

SCHEMA = "shelfcast_private"
Lock = Literal["run", "setup"]

_FIRST = 5_147_001
"""Advisory lock under which the tables are made, before there is any role but the owner."""
_IS_HELD = """
select exists (
    select from pg_locks
    inner join pg_class on pg_class.oid = pg_locks.relation
    inner join pg_namespace on pg_namespace.oid = pg_class.relnamespace
    where pg_locks.granted and pg_locks.mode = 'ExclusiveLock' and nspname = %s and relname = %s
        and pg_locks.database = (select oid from pg_database where datname = current_database())
)
"""


def take(connection: "psycopg.Connection[Any]", lock: Lock) -> None:
    """Waits for a lock, and holds it until the transaction of the connection ends."""
    _make(connection)
    connection.execute(sql.SQL("lock table {} in exclusive mode").format(sql.Identifier(SCHEMA, lock)))


def take_if_free(connection: "psycopg.Connection[Any]", lock: Lock) -> bool:
    """Returns whether the lock was free and is held now, until the transaction of the connection ends."""
    _make(connection)
    connection.commit()
    try:
        connection.execute(sql.SQL("lock table {} in exclusive mode nowait").format(sql.Identifier(SCHEMA, lock)))
    except psycopg.errors.LockNotAvailable:
        connection.rollback()
        return False
    return True


def is_held(connection: "psycopg.Connection[Any]", lock: Lock) -> bool:
    """Returns whether anybody holds the lock; whoever may connect can ask."""
    row = connection.execute(_IS_HELD, [SCHEMA, lock]).fetchone()
    return bool(row and row[0])


def _make(connection: "psycopg.Connection[Any]") -> None:
    row = connection.execute(
        "select pg_get_userbyid(nspowner) = current_user from pg_namespace where nspname = %s", [SCHEMA]
    ).fetchone()
    if row == (False,):
        raise ShelfcastError(
            f"The schema {SCHEMA} of this database belongs to another user than the tables.", "Drop or rename it."
        )
    if row is None:
        connection.execute("select pg_advisory_xact_lock(%s)", [_FIRST])
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(SCHEMA)))
        for name in ("run", "setup"):
            table = sql.Identifier(SCHEMA, name)
            connection.execute(sql.SQL("create table if not exists {} ()").format(table))
            connection.execute(
                sql.SQL("comment on table {} is 'Holds no rows: whoever locks it keeps others out.'").format(table)
            )
        logins = sql.Identifier(SCHEMA, "logins")
        connection.execute(
            sql.SQL("create table if not exists {} (role text primary key, login text not null, password text)").format(
                logins
            )
        )
        connection.execute(
            sql.SQL("comment on table {} is 'The users of this server that were made for this database.'").format(
                logins
            )
        )
