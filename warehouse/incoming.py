"""Frames of the models on their way into a table: copy into an incoming table, then merge."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from psycopg import sql

from warehouse.database import Database
from warehouse.load import copy_frame
from warehouse.publish import Change, merge

if TYPE_CHECKING:
    import pandas as pd


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
    copy_frame(database, frame, incoming)
    with database.connect() as connection:
        change = merge(connection, incoming, target, keys, mode, scope)
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*incoming.split("."))))
    return change


def create_incoming(database: Database, target: str) -> str:
    """Returns the name of an empty incoming table with the columns of `target`, without its constraints."""
    incoming = "raw_incoming." + target.replace(".", "_")
    name, like = sql.Identifier(*incoming.split(".")), sql.Identifier(*target.split("."))
    with database.connect() as connection:
        connection.execute(sql.SQL("drop table if exists {}").format(name))
        connection.execute(sql.SQL("create unlogged table {} as select * from {} with no data").format(name, like))
        connection.execute(sql.SQL("alter table {} drop column if exists created_at").format(name))
    return incoming
