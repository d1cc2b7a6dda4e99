"""What is published already: the yardstick for drift and for absurd values."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from warehouse.conventions import YEAR_DAYS
from warehouse.database import Database

TABLES = ("raw_sales", "external_features", "store_attributes", "stock_positions")

_KINDS = """
select
    (select source_kind from ops.loads order by created_at desc limit 1),
    (select source_kind from ops.loads where status = 'published' order by published_at desc limit 1)
"""
_SALES = """
with newest as (select max(sale_date) as week from raw.raw_sales)
select
    newest.week,
    coalesce(max(abs(s.weekly_sales)), 0),
    coalesce(avg(s.weekly_sales) filter (where s.sale_date > newest.week - %s), 0)
from newest left join raw.raw_sales s on true
group by newest.week
"""


@dataclass(frozen=True)
class Published:
    """Figures of the published tables; empty where nothing comparable was published.

    Attributes:
        row_counts: rows that are published, by table of schema raw; tables without any are left out.
        store_ids: stores that are published.
        newest_week: last week of published sales.
        largest_sale: largest absolute weekly sales of any series, in dollars.
        mean_sale: mean weekly sales of the last 52 weeks, in dollars.
    """

    row_counts: dict[str, int] = field(default_factory=dict)
    store_ids: tuple[int, ...] = ()
    newest_week: dt.date | None = None
    largest_sale: float = 0.0
    mean_sale: float = 0.0


def read_published(database: Database) -> Published:
    """Returns the figures of the published tables, whatever they were made from."""
    with database.connect("pipeline") as connection:
        kind = connection.execute(_KINDS).fetchone()
        return _figures(connection, kind[1] if kind else None)


def read_comparable(database: Database) -> Published:
    """Returns the figures that an incoming load can be held against.

    The sample and the user's own files have nothing to do with each other: where one follows the other,
    there is nothing to compare with.
    """
    with database.connect("pipeline") as connection:
        incoming, published = connection.execute(_KINDS).fetchone() or (None, None)
        if incoming != published or published is None:
            return Published()
        return _figures(connection, published)


def _figures(connection: Any, kind: str | None) -> Published:
    counts = {table: count for table in TABLES if kind and (count := _count(connection, "raw", table))}
    stores = connection.execute("select store_id from raw.store_attributes order by store_id").fetchall()
    newest, largest, mean = connection.execute(_SALES, [YEAR_DAYS]).fetchone()
    return Published(counts, tuple(row[0] for row in stores), newest, float(largest), float(mean))


def incoming_rows(database: Database) -> dict[str, int]:
    """Returns the rows of each incoming table, by its name."""
    with database.connect("pipeline") as connection:
        return {table: _count(connection, "raw_incoming", table) for table in TABLES}


def _count(connection: Any, schema: str, table: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
    return int(connection.execute(query).fetchone()[0])
