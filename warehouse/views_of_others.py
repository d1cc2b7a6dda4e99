"""Views that others have on what is replaced: noted in the transaction that drops them, made again by their owners.

To make a view runs code of its owner, such as the check of a domain in one of its constants. So it is made in a session
of the owner's own, and never in one of ours that has put on the owner's role, which that code could take off.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any, cast

import psycopg
from psycopg import sql

from warehouse.database import Database, Role
from warehouse.dependents import HangingView
from warehouse.errors import ShelfcastError
from warehouse.locks import SCHEMA

logger = logging.getLogger(__name__)

_TABLE = sql.Identifier(SCHEMA, "views")
_CREATE = sql.SQL(
    "create table if not exists {} (id bigint generated always as identity, owner text, name text, statements text[]);"
)
_INSERT = sql.SQL("insert into {} (owner, name, statements) values ({}, {}, {}::text[]);")


def notes(connection: "psycopg.Connection[Any]", views: Sequence[HangingView]) -> Iterator[sql.Composed]:
    """Gives the statements that note views, for the transaction in which they are dropped."""
    yield _CREATE.format(_TABLE)
    for view in views:
        texts = [statement.as_string(connection) for statement in view.statements]
        yield _INSERT.format(_TABLE, view.relation.owner, view.relation.name, texts)


def make_noted(database: Database) -> None:
    """Makes the noted views, each as its owner; what no longer fits is left out with a warning, and nothing blocks.

    After a kill the next opening makes those that are left.
    """
    with database.connect("pipeline") as connection:
        if connection.execute("select to_regclass(%s)", [f"{SCHEMA}.views"]).fetchone() == (None,):
            return
        query = sql.SQL("select id, owner, name, statements from {} order by id").format(_TABLE)
        for number, owner, name, statements in connection.execute(query).fetchall():
            _make(database, owner, name, statements)
            connection.execute(sql.SQL("delete from {} where id = {}").format(_TABLE, number))


def _make(database: Database, owner: str, name: str, statements: Sequence[str]) -> None:
    role = next((role for role, login in database.logins.items() if login.user == owner), None)
    if role is None or role == "pipeline":
        logger.warning("the view %s was left out: only %s can make it again", name, owner)
        return
    try:
        with database.connect(cast("Role", role)) as connection:
            connection.execute("set local search_path = pg_catalog")
            for statement in statements:
                # From the server itself; it runs with the rights of the view's owner alone.
                connection.execute(statement.encode())
    except psycopg.errors.DuplicateTable:
        logger.info("the view %s is there again", name)
    except (psycopg.Error, ShelfcastError) as error:
        reason = str(error).splitlines()[0]
        logger.warning("the view %s of %s no longer fits and was left out: %s", name, owner, reason)
