"""Restatement: a raw table takes over an incoming one, and the values that change or go are kept beside it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, LiteralString

import psycopg
from psycopg import sql

from warehouse.publish import BOOKKEEPING, Change, common_columns

Mode = Literal["whole", "append"]


@dataclass(frozen=True)
class RawTable:
    """A table of schema raw that files feed.

    Attributes:
        name: of the table, in raw and in raw_incoming.
        keys: columns that identify a row.
        week: the key that dates it; None where rows have no date.
        has_history: whether values that a load changes or removes are kept in raw.restatements.
        must_stay: whether published weeks vanish only where the user says so.
    """

    name: str
    keys: tuple[str, ...]
    week: str | None = None
    has_history: bool = True
    must_stay: bool = False


@dataclass(frozen=True)
class Difference:
    """What a load does to a raw table, found once: the rows by kind of change stand in a temporary table.

    Attributes:
        connection: the transaction that everything runs in.
        table: the table.
        parts: what the statements are made of.
        is_first: whether the table is still empty; its rows are then inserted as they stand.
        change: rows by kind of change.
        weeks: number of weeks in which anything changes, the first and the last of them.
        removed: number of weeks with removed rows, and the first of them.
    """

    connection: "psycopg.Connection[Any]"
    table: RawTable
    parts: dict[str, sql.Composable] = field(repr=False)
    is_first: bool
    change: Change
    weeks: tuple[int, dt.date | None, dt.date | None]
    removed: tuple[int, dt.date | None]


_FIND: LiteralString = """
create temporary table {difference} on commit drop as
select {keys},
    case when t.{key} is null then 'new' when i.{key} is null then 'removed' else 'changed' end as change_kind
from {t} t {join} join {i} i on {same}
where t.{key} is null or i.{key} is null or ({old}) is distinct from ({new})
"""
_EXTENT: LiteralString = """
select
    count(*) filter (where change_kind = 'new'),
    count(*) filter (where change_kind = 'changed'),
    count(*) filter (where change_kind = 'removed'),
    count(distinct {week}), min({week}), max({week}),
    count(distinct {week}) filter (where change_kind = 'removed'),
    min({week}) filter (where change_kind = 'removed')
from {rows}
"""
_HISTORY: LiteralString = """
insert into raw.restatements
    (load_id, table_name, store_id, dept_id, week_date, change_kind, column_name, old_value, new_value)
select {load}, {name}, {series}, d.change_kind, v.column_name, v.old_value, v.new_value
from {difference} d
inner join {t} t on {held}
left join {i} i on {arrived}
cross join lateral (values {pairs}) as v (column_name, old_value, new_value)
where d.change_kind <> 'new' and v.old_value is distinct from v.new_value
on conflict do nothing
"""
_WEEKS: LiteralString = """
insert into ops.changed_weeks as w (load_id, table_name, week_date, rows_inserted, rows_updated, rows_removed)
select
    {load}, {name}, {week},
    count(*) filter (where change_kind = 'new'),
    count(*) filter (where change_kind = 'changed'),
    count(*) filter (where change_kind = 'removed')
from {rows} group by {week}
on conflict (load_id, table_name, week_date) do update set
    rows_inserted = w.rows_inserted + excluded.rows_inserted, rows_updated = w.rows_updated + excluded.rows_updated,
    rows_removed = w.rows_removed + excluded.rows_removed
"""
_UPDATE: LiteralString = """
update {t} t set {sets} from {difference} d inner join {i} i on {arrived} where {held} and d.change_kind = 'changed'
"""
_INSERT: LiteralString = """
insert into {t} ({names}) select {new_row} from {difference} d inner join {i} i on {arrived}
where d.change_kind = 'new'
"""
_INSERT_ALL: LiteralString = "insert into {t} ({names}) select {new_row} from {i} i"
_DELETE: LiteralString = "delete from {t} t using {difference} d where {held} and d.change_kind = 'removed'"


def find_difference(
    connection: "psycopg.Connection[Any]", table: RawTable, load_id: str, mode: Mode = "whole"
) -> Difference:
    """Returns the difference between the incoming and the published table; nothing is written yet.

    Args:
        connection: an open transaction.
        table: the table.
        load_id: the load whose rows stand in the incoming table.
        mode: whole: rows that the incoming table lacks are to go; append: they stay.
    """
    parts = _parts(connection, table, load_id, mode)
    _run(connection, "analyze {i}", parts)
    is_first = _run(connection, "select from {t} limit 1", parts).fetchone() is None
    if is_first:
        parts["rows"] = sql.SQL("(select *, 'new' as change_kind from {i}) as arrived").format(**parts)
    else:
        _run(connection, _FIND, parts)
        _run(connection, "analyze {difference}", parts)
    found = _run(connection, _EXTENT, parts).fetchone() or (0, 0, 0, 0, None, None, 0, None)
    return Difference(connection, table, parts, is_first, Change(*found[:3]), found[3:6], found[6:])


def keep_history(difference: Difference) -> None:
    """Writes the old and new values of rows that will change or go: to be called before anything is written."""
    change = difference.change
    if difference.table.has_history and (change.updated or change.deleted):
        _run(difference.connection, _HISTORY, difference.parts)


def write_rows(difference: Difference) -> None:
    """Writes the weeks that change, updates the rows that changed and inserts the new ones."""
    connection, parts, change = difference.connection, difference.parts, difference.change
    if difference.table.week and change.total:
        _run(connection, _WEEKS, parts)
    if change.updated:
        _run(connection, _UPDATE, parts)
    if change.inserted:
        _run(connection, _INSERT_ALL if difference.is_first else _INSERT, parts)
    if change.inserted or change.updated:
        _run(connection, "analyze {t}", parts)


def remove_rows(difference: Difference) -> None:
    """Deletes the rows that the incoming table lacks."""
    if difference.change.deleted:
        _run(difference.connection, _DELETE, difference.parts)


def _parts(
    connection: "psycopg.Connection[Any]", table: RawTable, load_id: str, mode: Mode
) -> dict[str, sql.Composable]:
    """Returns what the statements about a table are made of, by the names that they use."""
    columns = common_columns(connection, f"raw_incoming.{table.name}", f"raw.{table.name}")
    values = [name for name in columns if name not in (*table.keys, *BOOKKEEPING)]
    written = [name for name in columns if name not in (*table.keys, "created_at")]
    difference = sql.Identifier("pg_temp", f"difference_{table.name}")
    return {
        "t": sql.Identifier("raw", table.name),
        "i": sql.Identifier("raw_incoming", table.name),
        "difference": difference,
        "rows": difference,
        "load": sql.Literal(load_id),
        "name": sql.Literal(table.name),
        "key": sql.Identifier(table.keys[0]),
        "week": sql.Identifier(table.week) if table.week else sql.SQL("null::date"),
        "join": sql.SQL("right") if mode == "append" else sql.SQL("full"),
        "keys": _listed("coalesce(t.{0}, i.{0}) as {0}", table.keys),
        "same": _same("t", "i", table.keys),
        "held": _same("d", "t", table.keys),
        "arrived": _same("d", "i", table.keys),
        "old": _listed("t.{0}", values),
        "new": _listed("i.{0}", values),
        "names": _listed("{0}", columns),
        "new_row": _listed("i.{0}", columns),
        "sets": _listed("{0} = i.{0}", written),
        "pairs": sql.SQL(", ").join(
            sql.SQL("({0}, t.{1}::text, i.{1}::text)").format(sql.Literal(name), sql.Identifier(name))
            for name in values
        ),
        "series": _series(table),
    }


def _series(table: RawTable) -> sql.Composed:
    """Returns store, department and week of a row of the difference; empty where the table has none."""
    found = [
        sql.Identifier("d", "store_id"),
        sql.Identifier("d", "dept_id") if "dept_id" in table.keys else sql.SQL("null::integer"),
        sql.Identifier("d", table.week) if table.week else sql.SQL("null::date"),
    ]
    return sql.SQL(", ").join(found)


def _same(one: LiteralString, other: LiteralString, keys: Sequence[str]) -> sql.Composed:
    pairs = [(sql.Identifier(one, key), sql.Identifier(other, key)) for key in keys]
    return sql.SQL(" and ").join(sql.SQL("{} = {}").format(*pair) for pair in pairs)


def _listed(template: LiteralString, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(template).format(sql.Identifier(name)) for name in names)


def _run(
    connection: "psycopg.Connection[Any]", template: LiteralString, parts: dict[str, sql.Composable]
) -> "psycopg.Cursor[Any]":
    return connection.execute(sql.SQL(template).format(**parts))
