"""Publication of the input files: what passed the audit becomes the raw tables, in one transaction."""

import logging
from typing import Any

import psycopg
from psycopg import sql

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.publish import Change, merge

logger = logging.getLogger(__name__)

KEYS = {
    "store_attributes": ("store_id",),
    "raw_sales": ("store_id", "dept_id", "sale_date"),
    "external_features": ("store_id", "feature_date"),
    "stock_positions": ("store_id", "dept_id", "stock_date"),
}
DERIVED = (
    "ml.forecasts",
    "ml.backtest_errors",
    "ml.inventory_recommendations",
    "ml.sales_anomalies",
    "agents.agent_outputs",
)


def publish_inputs(
    database: Database, load_id: str, run_id: str, uri: str, fingerprint: str, may_remove: bool = False
) -> dict[str, Change]:
    """Returns what changed in each raw table after an audited load was published, all tables or none.

    Args:
        database: the warehouse.
        load_id: the load whose rows stand in raw_incoming.
        run_id: the run that publishes.
        uri: folder of the lake that holds the same rows as Parquet.
        fingerprint: hash of the input files.
        may_remove: whether weeks of the user's own files may vanish; rows of the sample always may.

    Raises:
        ShelfcastError: the load would remove published weeks and `may_remove` is false.
    """
    with database.connect() as connection:
        replaces_sample = _published_kind(connection) in (None, "sample")
        changes = _merge_all(connection)
        removed = changes["raw_sales"].deleted
        if removed and not (may_remove or replaces_sample):
            raise ShelfcastError(
                f"These files lack {removed:,} published weeks of sales, so nothing was published.",
                "Add the missing weeks, or say --replace where they should be removed.",
            )
        if removed:
            _forget_derived(connection)
        _record(connection, load_id, run_id, uri, fingerprint, any(change.total for change in changes.values()))
    return changes


def _published_kind(connection: "psycopg.Connection[Any]") -> str | None:
    row = connection.execute(
        "select source_kind from ops.loads where status = 'published' order by published_at desc limit 1"
    ).fetchone()
    return str(row[0]) if row else None


def _merge_all(connection: "psycopg.Connection[Any]") -> dict[str, Change]:
    """Merges stores first, so that new rows find theirs, and removes vanished stores last."""
    stores = merge(
        connection,
        "raw_incoming.store_attributes",
        "raw.store_attributes",
        KEYS["store_attributes"],
        "upsert",
    )
    changes = {
        table: merge(connection, f"raw_incoming.{table}", f"raw.{table}", KEYS[table])
        for table in ("raw_sales", "external_features", "stock_positions")
    }
    vanished = merge(connection, "raw_incoming.store_attributes", "raw.store_attributes", KEYS["store_attributes"])
    return changes | {"store_attributes": Change(stores.inserted, stores.updated, vanished.deleted)}


def _forget_derived(connection: "psycopg.Connection[Any]") -> None:
    """Removes what the models and agents wrote about weeks that are gone, so that it never mixes with the new."""
    for table in DERIVED:
        connection.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))
    logger.info("published weeks were removed: forecasts, recommendations and reports about them too")


def _record(
    connection: "psycopg.Connection[Any]",
    load_id: str,
    run_id: str,
    uri: str,
    fingerprint: str,
    has_changed: bool,
) -> None:
    connection.execute("update ops.loads set status = 'published', published_at = now() where load_id = %s", [load_id])
    overwrite = (
        "do update set uri = excluded.uri, run_id = excluded.run_id, fingerprint = excluded.fingerprint, "
        "published_at = now()"
    )
    statement = (
        "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) values ('inputs', %s, %s, %s) "
        "on conflict (artifact_name) "
    )
    connection.execute(statement + (overwrite if has_changed else "do nothing"), [uri, run_id, fingerprint])
