"""Migrations: numbered SQL files, each applied once, in order, under a lock."""

import logging
from pathlib import Path
from typing import Any

import psycopg

from warehouse.conventions import SCHEMAS
from warehouse.errors import ShelfcastError
from warehouse.locks import take

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "migrations"


def apply_migrations(connection: "psycopg.Connection[Any]", folder: Path = FOLDER) -> list[str]:
    """Returns the names of the migrations applied now; none where the database is up to date.

    All of them are applied in the connection's transaction: either every one or none.

    Raises:
        ShelfcastError: a migration does not fit what is there, so the database is not as Shelfcast left it, or
            somebody else owns one of its schemas.
    """
    take(connection, "setup")
    _check_owner(connection)
    connection.execute("create schema if not exists ops")
    connection.execute(
        "create table if not exists ops.migrations (name text primary key, applied_at timestamptz default now())"
    )
    known = {row[0] for row in connection.execute("select name from ops.migrations")}
    pending = [path for path in sorted(folder.glob("*.sql")) if path.stem not in known]
    for path in pending:
        try:
            connection.execute(path.read_text())
        except psycopg.ProgrammingError as error:
            raise ShelfcastError(
                f"The database is not whole: migration {path.stem} does not fit what is there "
                f"({str(error).splitlines()[0]}).",
                "Bring a backup back with `shelfcast restore FILE --replace`, or take another database.",
            ) from error
        connection.execute("insert into ops.migrations (name) values (%s)", [path.stem])
        logger.info("migration %s applied", path.stem)
    return [path.stem for path in pending]


def _check_owner(connection: "psycopg.Connection[Any]") -> None:
    """Refuses a schema of ours that somebody else has made, with functions in it that would run with our rights."""
    query = "select nspname, pg_get_userbyid(nspowner) from pg_namespace where nspname = any(%s)"
    for schema, owner in connection.execute(query, [list(SCHEMAS)]).fetchall():
        if owner != connection.info.user:
            raise ShelfcastError(
                f"The schema {schema} of this database belongs to {owner}, not to {connection.info.user}.",
                "Drop or rename it, or connect as its owner.",
            )
