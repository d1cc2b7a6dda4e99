"""Frames of the models on their way into a table: copy into an incoming table, then merge."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from psycopg import sql

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.load import copy_frame
from warehouse.publish import Change, merge

if TYPE_CHECKING:
    import pandas as pd
    import psycopg


def publish_frame(
    database: Database,
    frame: "pd.DataFrame",
    target: str,
    keys: Sequence[str],
    mode: Literal["replace", "upsert"] = "upsert",
    scope: sql.Composable | None = None,
) -> Change:
    """Returns what changed after the rows of a frame were merged into `target`, all of them or none.

    The frame's columns are those of the table (`created_at` left to the table); see `warehouse.publish.merge`
    for `keys`, `mode` and `scope`. Rows whose values did not change are not touched.
    """
    incoming = create_incoming(database, target)
    rows = copy_frame(database, frame, incoming)
    with database.connect("pipeline") as connection:
        demand_rows(connection, incoming, rows)
        change = merge(connection, incoming, target, keys, mode, scope)
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*incoming.split("."))))
    return change


def create_incoming(database: Database, target: str) -> str:
    """Returns the name of an empty incoming table with the columns of `target`, without its constraints."""
    incoming = "raw_incoming." + target.replace(".", "_")
    name, like = sql.Identifier(*incoming.split(".")), sql.Identifier(*target.split("."))
    with database.connect("pipeline") as connection:
        connection.execute(sql.SQL("drop table if exists {}").format(name))
        connection.execute(sql.SQL("create unlogged table {} as select * from {} with no data").format(name, like))
        connection.execute(sql.SQL("alter table {} drop column if exists created_at").format(name))
    return incoming


def demand_rows(connection: "psycopg.Connection[Any]", incoming: str, rows: int) -> None:
    """Stops a publication whose incoming table has lost its rows; to be called in the transaction that publishes.

    Raises:
        ShelfcastError: rows were copied into the table, and now it is empty.
    """
    if not stands(connection, incoming, rows):
        raise ShelfcastError(
            f"The database crashed before the rows in {incoming} were published.",
            "What was published before stays as it is; `shelfcast run` goes on from there.",
        )


def stands(connection: "psycopg.Connection[Any]", incoming: str, rows: int) -> bool:
    """Returns whether an incoming table still has the rows that were copied into it, where there were any.

    Incoming tables are not in the server's log of transactions: after a crash of the server they are empty.
    """
    query = sql.SQL("select 1 from {} limit 1").format(sql.Identifier(*incoming.split(".")))
    return not rows or connection.execute(query).fetchone() is not None
