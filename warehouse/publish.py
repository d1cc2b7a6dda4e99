"""Publication: an audited incoming table becomes the published one in one transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import psycopg
from psycopg import sql

logger = logging.getLogger(__name__)

BOOKKEEPING = ("created_at", "load_id", "run_id")
"""Columns that say where a row came from; they alone never make a row count as changed."""


@dataclass(frozen=True)
class Change:
    """Rows that a publication inserted, updated and deleted."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        """Rows changed in any way."""
        return self.inserted + self.updated + self.deleted

    def __str__(self) -> str:
        if not self.total:
            return "no published row changed"
        return f"{self.inserted:,} rows new, {self.updated:,} changed, {self.deleted:,} removed"


def merge(
    connection: "psycopg.Connection[Any]",
    incoming: str,
    target: str,
    keys: Sequence[str],
    mode: Literal["replace", "upsert"] = "replace",
    scope: sql.Composable | None = None,
) -> Change:
    """Returns what changed after `target` was made equal to `incoming`; runs in the caller's transaction.

    Args:
        connection: an open transaction; nothing is visible to others before it commits.
        incoming: `schema.table` with the new rows.
        target: `schema.table` that people read.
        keys: columns that identify a row.
        mode: replace also deletes the rows of `target` that `incoming` lacks; upsert leaves them.
        scope: with replace, a condition on `t` that says which rows of `target` may be deleted; all of them without it.
    """
    source, destination = _identifier(incoming), _identifier(target)
    common = common_columns(connection, incoming, target)
    values = [name for name in common if name not in keys and name not in BOOKKEEPING]
    written = [name for name in common if name not in keys and name != "created_at"]
    same = sql.SQL(" and ").join(sql.SQL("t.{0} = i.{0}").format(sql.Identifier(key)) for key in keys)
    parts = {"t": destination, "i": source, "same": same}
    insert = sql.SQL("insert into {t} ({names}) select {columns} from {i} i").format(
        names=sql.SQL(", ").join(map(sql.Identifier, common)), columns=_row("i", common), **parts
    )
    if connection.execute(sql.SQL("select from {t} limit 1").format(**parts)).fetchone() is None:
        return _told(target, Change(inserted=connection.execute(insert).rowcount))
    deleted = 0
    if mode == "replace":
        only = sql.SQL("and ({})").format(scope) if scope is not None else sql.SQL("")
        template = sql.SQL("delete from {t} t where not exists (select 1 from {i} i where {same}) {only}")
        deleted = connection.execute(template.format(only=only, **parts)).rowcount
    updated = 0
    if values:
        update = sql.SQL("update {t} t set {sets} from {i} i where {same} and ({old}) is distinct from ({new})").format(
            sets=sql.SQL(", ").join(sql.SQL("{0} = i.{0}").format(sql.Identifier(name)) for name in written),
            old=_row("t", values),
            new=_row("i", values),
            **parts,
        )
        updated = connection.execute(update).rowcount
    absent = sql.SQL(" where not exists (select 1 from {t} t where {same})").format(**parts)
    inserted = connection.execute(insert + absent).rowcount
    return _told(target, Change(inserted, updated, deleted))


def _told(target: str, change: Change) -> Change:
    logger.info("%s: %s", target, change)
    return change


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _row(alias: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


def common_columns(connection: "psycopg.Connection[Any]", incoming: str, target: str) -> list[str]:
    """Returns the columns that both tables have, in the order of the incoming one."""
    query = (
        "select column_name from information_schema.columns where table_schema = %s and table_name = %s "
        "order by ordinal_position"
    )
    found = [[row[0] for row in connection.execute(query, table.split("."))] for table in (incoming, target)]
    return [name for name in found[0] if name in found[1]]
