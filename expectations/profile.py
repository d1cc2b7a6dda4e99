"""The profile of a load: what each column of its accepted rows held, whether the load was published or not."""

import logging
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from expectations.baseline import TABLES
from warehouse.database import Database

logger = logging.getLogger(__name__)

_COLUMNS = """
select column_name, data_type
from information_schema.columns
where table_schema = 'raw_incoming' and table_name = %s and column_name <> 'load_id'
order by ordinal_position
"""
# The values are counted first: everything else follows from as many rows as there are different values.
_PROFILE = """
with counted as (
    select {column} as value, count(*) as times from {table} group by {column}
),
running as (
    select value, times, sum(times) over (order by value) as reached, sum(times) over () as known
    from counted where value is not null
),
usual as (
    select value::text as value from counted where value is not null order by times desc, counted.value limit 1
)
insert into ops.load_profiles (
    load_id, table_name, column_name, row_count, missing_count, distinct_count, mean_value, minimum_value, p05_value,
    p25_value, median_value, p75_value, p95_value, maximum_value, first_text, last_text, usual_text
)
select
    {load}, {name}, {label},
    (select coalesce(sum(times), 0) from counted),
    (select coalesce(sum(times), 0) from counted where value is null),
    count(*), {figures},
    coalesce(min({comparable})::text, ''), coalesce(max({comparable})::text, ''),
    coalesce((select value from usual), '')
from running
"""
_FIGURES = sql.SQL(
    "sum(value::double precision * times) / nullif(sum(times), 0), min(value), "
    "min(value) filter (where reached >= 0.05 * known), min(value) filter (where reached >= 0.25 * known), "
    "min(value) filter (where reached >= 0.5 * known), min(value) filter (where reached >= 0.75 * known), "
    "min(value) filter (where reached >= 0.95 * known), max(value)"
)
_NO_FIGURES = sql.SQL(", ").join([sql.SQL("null::double precision")] * 8)
_NUMBERS = ("smallint", "integer", "bigint", "double precision")


@dataclass(frozen=True)
class Column:
    """A column of an incoming table: its table, its name and its type in the database."""

    table: str
    name: str
    kind: str


def take_profile(database: Database, load_id: str) -> int:
    """Returns the columns profiled: one row each in ops.load_profiles, in place of an earlier profile of the load.

    Tables without a row are left out: an absent inventory.csv has no profile.
    """
    with database.connect("pipeline") as connection:
        connection.execute("set local work_mem = '256MB'")
        connection.execute("delete from ops.load_profiles where load_id = %s", [load_id])
        columns = [column for table in TABLES for column in _columns(connection, table)]
        for column in columns:
            connection.execute(_statement(column), {"load": load_id})
        connection.execute("delete from ops.load_profiles where load_id = %s and row_count = 0", [load_id])
    logger.info("profile of load %s: %d columns", load_id, len(columns))
    return len(columns)


def _columns(connection: Any, table: str) -> list[Column]:
    return [Column(table, name, kind) for name, kind in connection.execute(_COLUMNS, [table]).fetchall()]


def _statement(column: Column) -> sql.Composed:
    # Flags have neither a smallest nor a largest value in SQL.
    comparable = sql.SQL("value::text" if column.kind == "boolean" else "value")
    return sql.SQL(_PROFILE).format(
        column=sql.Identifier(column.name),
        table=sql.Identifier("raw_incoming", column.table),
        load=sql.Placeholder("load"),
        name=sql.Literal(column.table),
        label=sql.Literal(column.name),
        figures=_FIGURES if column.kind in _NUMBERS else _NO_FIGURES,
        comparable=comparable,
    )
