"""What is published already: the yardstick for drift and for absurd values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from warehouse.conventions import YEAR_DAYS
from warehouse.database import Database
from warehouse.retailer import Retailer, read_retailer

TABLES = ("raw_sales", "external_features", "store_attributes", "stock_positions", "promotions")

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
    coalesce(avg(s.weekly_sales) filter (where s.sale_date > newest.week - %s), 0),
    coalesce(max(abs(coalesce(s.weekly_amount, s.weekly_sales))), 0)
from newest left join raw.raw_sales s on true
group by newest.week
"""


_AMOUNTS = {
    "raw_sales": ("weekly_sales",),
    "external_features": ("fuel_price", "cpi", *(f"markdown_{number}" for number in range(1, 6))),
    "stock_positions": ("on_hand", "on_order", "unit_price"),
    "promotions": ("planned_price",),
}
_MIDDLE_SIZE = "select percentile_cont(0.5) within group (order by size_sqft) from raw_incoming.store_attributes"
BEYOND_BELIEF = 100_000.0
"""How many times the middle amount no amount exceeds: a promotion of a whole chain sold 15,000 times as much."""
_LARGEST_NUMBER = 1e300


@dataclass(frozen=True)
class Published:
    """Figures of the published tables; empty where nothing comparable was published.

    Attributes:
        row_counts: rows that are published, by table of schema raw; tables without any are left out.
        store_ids: stores that are published.
        newest_week: last week of published sales.
        largest_sale: largest absolute weekly sales of any series, in the unit that is forecast.
        mean_sale: mean weekly sales of the last 52 weeks, in that unit.
        largest_amount: the largest in money; pieces without any count as 1 each.
    """

    row_counts: dict[str, int] = field(default_factory=dict)
    store_ids: tuple[int, ...] = ()
    newest_week: dt.date | None = None
    largest_sale: float = 0.0
    mean_sale: float = 0.0
    largest_amount: float = 0.0


@dataclass(frozen=True)
class Incoming:
    """Figures of the incoming tables.

    Attributes:
        rows: rows by table.
        usual: the middle amount, by column; columns without any are left out.
        middle_size: size of the middle store; 0 where none has one.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)
    middle_size: float = 0.0

    def largest(self, column: str) -> float:
        """Returns the amount beyond which a value of a column is a mistake, whatever the retailer's scale."""
        return BEYOND_BELIEF * self.usual[column] if column in self.usual else _LARGEST_NUMBER


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
    newest, *figures = connection.execute(_SALES, [YEAR_DAYS]).fetchone()
    return Published(counts, tuple(row[0] for row in stores), newest, *map(float, figures))


def read_incoming(database: Database) -> Incoming:
    """Returns the figures of the incoming tables."""
    with database.connect("pipeline") as connection:
        rows = {table: _count(connection, "raw_incoming", table) for table in TABLES}
        usual: dict[str, float] = {}
        for table, columns in _AMOUNTS.items():
            found = connection.execute(_usual(table, columns)).fetchone() if rows[table] else None
            usual |= {
                name: float(value) for name, value in zip(columns, found or (), strict=False) if value is not None
            }
        middle = connection.execute(_MIDDLE_SIZE).fetchone()
    return Incoming(rows, usual, float(middle[0]) if middle and middle[0] is not None else 0.0)


def incoming_retailer(database: Database) -> Retailer:
    """Returns the retailer whose files came in; the published one where they don't say."""
    rows = database.read_frame("pipeline", "select settings from raw_incoming.retailer")
    if rows.empty:
        return read_retailer(database, "pipeline")
    return Retailer.model_validate_json(str(rows.loc[0, "settings"]))


def _usual(table: str, columns: tuple[str, ...]) -> sql.Composed:
    """Returns a query for the middle amount of each column, signs, zeros and what is no number aside."""
    ranks = [
        sql.SQL(
            "percentile_disc(0.5) within group (order by abs({0})) filter (where {0} <> 0 and abs({0}) < 'Infinity')"
        ).format(sql.Identifier(column))
        for column in columns
    ]
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join(ranks), sql.Identifier("raw_incoming", table))


def _count(connection: Any, schema: str, table: str) -> int:
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
    return int(connection.execute(query).fetchone()[0])
