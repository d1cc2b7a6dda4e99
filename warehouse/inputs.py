"""Publication of the input files: what passed the audit becomes the raw tables, in one transaction."""

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.incoming import demand_rows, stands
from warehouse.publish import BOOKKEEPING, Change
from warehouse.restate import Difference, Mode, RawTable, find_difference, keep_history, remove_rows, write_rows
from warehouse.wording import counted

logger = logging.getLogger(__name__)

STORES = RawTable("store_attributes", ("store_id",))
PRODUCTS = RawTable("products", ("dept_id",), has_history=False)
RETAILER = RawTable("retailer", ("retailer_id",), has_history=False)
HOLIDAYS = RawTable("holidays", ("holiday_date", "holiday_name"), has_history=False)
SALES = RawTable("raw_sales", ("store_id", "dept_id", "sale_date"), "sale_date", must_stay=True)
COVARIATES = RawTable("external_features", ("store_id", "feature_date"), "feature_date", must_stay=True)
STOCK = RawTable("stock_positions", ("store_id", "dept_id", "stock_date"), "stock_date", has_history=False)
PROMOTIONS = RawTable("promotions", ("store_id", "dept_id", "week_date"), "week_date", has_history=False)
TABLES = (STORES, PRODUCTS, SALES, COVARIATES, STOCK, PROMOTIONS, RETAILER, HOLIDAYS)
"""In the order in which they are written: new rows find their store."""

_FILES = {"raw_sales": "sales", "external_features": "covariates"}
_LOST_STORES = """
select count(distinct stores.store_id)
from raw.store_attributes stores
inner join ops.loads loads on loads.load_id = stores.load_id and loads.table_name = 'store_attributes'
where not exists (select from ops.loads where load_id = %(load_id)s and table_name = 'store_attributes')
"""
_FEWER = (
    "Add the missing weeks, say --append where the files hold only new or corrected weeks, or --replace where the "
    "missing ones should be removed."
)
_OTHERS = (
    "That is all there is: say --replace where these files are another retailer's, or give them a home of their own "
    "with SHELFCAST_HOME; say --append where they hold only new weeks."
)
DERIVED = (
    "ml.forecasts",
    "ml.backtest_errors",
    "ml.inventory_recommendations",
    "ml.sales_anomalies",
    "agents.agent_outputs",
)


@dataclass(frozen=True)
class Publication:
    """What a publication changed: rows by table, and the changed weeks of sales in words."""

    changes: dict[str, Change]
    weeks: str

    @property
    def total(self) -> int:
        """Rows changed in any table."""
        return sum(change.total for change in self.changes.values())

    def __str__(self) -> str:
        others = {name: change for name, change in self.changes.items() if name != SALES.name and change.total}
        words = [f"sales: {self.changes[SALES.name]}{self.weeks}"]
        return "; ".join(words + [f"{name.replace('_', ' ')}: {change}" for name, change in others.items()])


def publish_inputs(
    database: Database, load_id: str, run_id: str, uri: str, may_remove: bool = False, is_folder_gone: bool = False
) -> Publication:
    """Returns what changed in the raw tables after an audited load was published, all tables or none.

    Old values go to raw.restatements and the weeks that changed to ops.changed_weeks, in the same transaction.

    Args:
        database: the warehouse.
        load_id: the load whose rows stand in raw_incoming.
        run_id: the run that publishes.
        uri: folder of the lake that holds the same rows as Parquet.
        may_remove: whether weeks of the user's own files may vanish; rows of the sample always may.
        is_folder_gone: whether the folder published so far is no longer there, so that this one stands in for it.

    Raises:
        ShelfcastError: the load would remove published weeks or what stores are, and `may_remove` is false; or the
            server crashed.
    """
    with database.connect("pipeline") as connection:
        for table, rows in _accepted(connection, load_id):
            demand_rows(connection, table, rows)
        before = _published_kind(connection)
        kind, mode = _incoming_kind(connection, load_id)
        is_other_data = before != kind
        found = [find_difference(connection, table, load_id, mode) for table in TABLES]
        if not (may_remove or before in (None, "sample")):
            _refuse_removal(found, _rejected(connection, load_id))
            if mode == "whole":
                _refuse_lost_stores(connection, load_id)
        if not is_other_data:
            for difference in found:
                keep_history(difference)
        _write(connection, found)
        changes = {difference.table.name: difference.change for difference in found}
        has_changed = any(change.total for change in changes.values())
        _record(connection, load_id)
        if has_changed or is_folder_gone:
            _point(connection, uri, run_id)
    publication = Publication(changes, _weeks(found[TABLES.index(SALES)]))
    logger.info("published load %s: %s", load_id, publication)
    return publication


def is_incoming_lost(database: Database, load_id: str) -> bool:
    """Returns whether the rows of a load are no longer in the incoming tables: the server crashed since."""
    with database.connect("pipeline") as connection:
        return any(not stands(connection, table, rows) for table, rows in _accepted(connection, load_id))


def _accepted(connection: "psycopg.Connection[Any]", load_id: str) -> list[tuple[str, int]]:
    """Returns the rows of a load that go on to the audit, by incoming table."""
    query = "select 'raw_incoming.' || table_name, rows_accepted from ops.loads where load_id = %s"
    return connection.execute(query, [load_id]).fetchall()


def published_content(database: Database) -> str | None:
    """Returns the hash of the published rows, or None where nothing is published."""
    with database.connect("pipeline") as connection:
        row = connection.execute(
            "select fingerprint from ops.published_artifacts where artifact_name = 'inputs'"
        ).fetchone()
    return str(row[0]) if row else None


def _published_kind(connection: "psycopg.Connection[Any]") -> str | None:
    row = connection.execute(
        "select source_kind from ops.loads where status = 'published' order by published_at desc limit 1"
    ).fetchone()
    return str(row[0]) if row else None


def _incoming_kind(connection: "psycopg.Connection[Any]", load_id: str) -> tuple[str, Mode]:
    row = connection.execute(
        "select source_kind, load_mode from ops.loads where load_id = %s limit 1", [load_id]
    ).fetchone()
    return (str(row[0]), "append" if row[1] == "append" else "whole") if row else ("files", "whole")


def _refuse_removal(found: list[Difference], rejected: int) -> None:
    """Refuses a load that lacks published weeks; its rejected lines may be what is missing, so they are told."""
    aside = f"Ingest set {counted(rejected, 'line')} of them aside (`shelfcast export rejected` shows why). "
    for difference in found:
        count, first = difference.removed
        if count and difference.table.must_stay:
            rows = counted(difference.change.deleted, "published row")
            raise ShelfcastError(
                f"These files lack {rows} of {_FILES[difference.table.name]} in {counted(count, 'week')}, "
                f"the first {first}, so nothing was published.",
                (aside if rejected else "") + (_OTHERS if _are_all_removed(difference) else _FEWER),
            )


def _are_all_removed(difference: Difference) -> bool:
    """Returns whether a load has none of the rows that are published."""
    rows = sql.SQL("select count(*) from {}").format(sql.Identifier("raw", difference.table.name))
    row = difference.connection.execute(rows).fetchone()
    return row is not None and row[0] == difference.change.deleted


def _refuse_lost_stores(connection: "psycopg.Connection[Any]", load_id: str) -> None:
    """Refuses a load without the file of stores where the published ones came from such a file."""
    row = connection.execute(_LOST_STORES, {"load_id": load_id}).fetchone()
    if row and row[0]:
        raise ShelfcastError(
            f"These files lack the file of stores, which {counted(row[0], 'published store')} came from, so nothing "
            "was published.",
            "Add it, say --append where the files hold only new or corrected rows, or --replace where all stores are "
            "of one type and unknown size from now on.",
        )


def _rejected(connection: "psycopg.Connection[Any]", load_id: str) -> int:
    """Returns the lines of a load that were set aside."""
    row = connection.execute("select sum(rows_rejected) from ops.loads where load_id = %s", [load_id]).fetchone()
    return int(row[0] or 0) if row else 0


def _write(connection: "psycopg.Connection[Any]", found: list[Difference]) -> None:
    """Writes stores first, so that new rows find theirs, and removes vanished stores last."""
    for difference in found:
        if difference.table is not STORES:
            remove_rows(difference)
        write_rows(difference)
    remove_rows(found[TABLES.index(STORES)])
    # Another unit, week or retailer makes other forecasts of the same keys.
    if found[TABLES.index(SALES)].change.deleted or found[TABLES.index(RETAILER)].change.updated:
        _forget_derived(connection)


def _forget_derived(connection: "psycopg.Connection[Any]") -> None:
    """Removes what the models and agents wrote about other data, so that it never mixes with what they write now."""
    for table in DERIVED:
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))
    logger.info(
        "weeks were removed or the retailer changed: forecasts, recommendations and reports of before are removed too"
    )


def _weeks(sales: Difference) -> str:
    count, first, last = sales.weeks
    if not sales.change.total:
        return ""
    return f" in the week {first}" if count == 1 else f" in {count:,} weeks from {first} to {last}"


def _record(connection: "psycopg.Connection[Any]", load_id: str) -> None:
    connection.execute("update ops.loads set status = 'published', published_at = now() where load_id = %s", [load_id])


def _point(connection: "psycopg.Connection[Any]", uri: str, run_id: str) -> None:
    """Makes a folder of the lake the published one, under the hash of the rows that are now published."""
    connection.execute(
        "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) values ('inputs', %s, %s, %s) "
        "on conflict (artifact_name) do update set uri = excluded.uri, run_id = excluded.run_id, "
        "fingerprint = excluded.fingerprint, published_at = now()",
        [uri, run_id, _content_hash(connection)],
    )


def _content_hash(connection: "psycopg.Connection[Any]") -> str:
    """Returns a hash of all published rows, whatever their order and whichever load they came with."""
    digest = hashlib.sha256()
    for table in TABLES:
        names = connection.execute(
            "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s "
            "and column_name <> all(%s) order by ordinal_position",
            [table.name, list(BOOKKEEPING)],
        ).fetchall()
        query = sql.SQL("select count(*), sum(hash_record_extended(row({}), 0)::numeric) from {}").format(
            sql.SQL(", ").join(sql.Identifier(row[0]) for row in names), sql.Identifier("raw", table.name)
        )
        digest.update(repr((table.name, connection.execute(query).fetchone())).encode())
    return digest.hexdigest()
