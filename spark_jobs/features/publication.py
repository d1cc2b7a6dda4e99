"""Folders of features in the lake, and the transaction that makes one of them the published one."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from psycopg import sql
from pyarrow import fs

from spark_jobs.lake import remove_folder
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.incoming import create_incoming, demand_rows
from warehouse.load import copy_parquet
from warehouse.publish import Change, merge
from warehouse.retailer import Retailer

logger = logging.getLogger(__name__)

TABLE = "features.engineered_features"
KEYS = ("store_id", "dept_id", "feature_date")
_CODE = ("job.py", "windows.py", "covariates.py", "calendar.py", "../../warehouse/calendar.py")


@dataclass(frozen=True)
class Artifact:
    """A folder of the lake that matches published tables, and the hash of what it was made from."""

    uri: str
    fingerprint: str


def published(database: Database, name: str) -> Artifact | None:
    """Returns the artifact of a name, or None where nothing is published under it."""
    query = "select uri, fingerprint from ops.published_artifacts where artifact_name = %s"
    with database.connect("pipeline") as connection:
        row = connection.execute(query, [name]).fetchone()
    return Artifact(*row) if row else None


def published_inputs(database: Database) -> Artifact:
    """Returns the folder of the published inputs.

    Raises:
        ShelfcastError: no inputs are published yet, or their folder is gone.
    """
    inputs = published(database, "inputs")
    if inputs is None:
        raise ShelfcastError(
            "No inputs are published yet, so there is nothing to make features of.", "Run `shelfcast ingest` first."
        )
    if not folder_exists(inputs.uri):
        raise ShelfcastError(
            f"The folder of the published inputs, {inputs.uri}, is gone.", "Run `shelfcast ingest` again."
        )
    return inputs


def feature_fingerprint(inputs: Artifact, retailer: Retailer) -> str:
    """Returns the hash of the inputs' fingerprint, of the retailer and of the code that makes features of them."""
    digest = hashlib.sha256(inputs.fingerprint.encode() + retailer.model_dump_json().encode())
    for name in _CODE:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def free_folder(lake: str, run_id: str, current: Artifact | None) -> str:
    """Returns the folder that a run writes to: never the published one, even where the run is repeated."""
    folder = f"{lake}/features/{run_id}"
    return f"{folder}-repeated" if current is not None and current.uri == folder else folder


def publish_features(
    database: Database, artifact: Artifact, run_id: str, current: Artifact | None
) -> tuple[int, Change, str]:
    """Returns the rows of the table, what changed in it, and the folder that now matches it.

    The table and the pointer change in one transaction. Where no row changed and the features were made of the
    same inputs by the same code, the pointer stays where it is.

    Args:
        database: the database to publish in.
        artifact: the folder just written.
        run_id: the run that wrote it.
        current: the artifact published so far.
    """
    incoming = create_incoming(database, TABLE)
    rows = copy_parquet(database, artifact.uri, incoming)
    with database.connect("pipeline") as connection:
        demand_rows(connection, incoming, rows)
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(*incoming.split("."))))
        change = merge(connection, incoming, TABLE, KEYS, mode="replace")
        standing = artifact if change.total else _standing(current, artifact)
        connection.execute(
            "insert into ops.published_artifacts as a (artifact_name, uri, run_id, fingerprint) "
            "values ('features', %s, %s, %s) on conflict (artifact_name) do update set uri = excluded.uri, "
            "run_id = excluded.run_id, fingerprint = excluded.fingerprint, published_at = now() "
            "where (a.uri, a.fingerprint) is distinct from (excluded.uri, excluded.fingerprint)",
            [standing.uri, run_id, standing.fingerprint],
        )
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(*incoming.split("."))))
    return rows, change, standing.uri


def folder_exists(uri: str) -> bool:
    """Returns whether a folder of the lake is there."""
    system, path = fs.FileSystem.from_uri(uri)
    return bool(system.get_file_info(path).type == fs.FileType.Directory)


def clear_folders(lake: str, written: str, published: str, previous: Artifact | None) -> None:
    """Deletes the folders of features that nobody reads.

    Where the folder just written is not the published one, it alone goes. Else every older one goes, but
    for the one published before: somebody may be reading it.
    """
    if written != published:
        remove_folder(written)
        return
    system, root = fs.FileSystem.from_uri(f"{lake}/features")
    kept = {_name(uri) for uri in (published, previous.uri if previous else published)}
    for info in system.get_file_info(fs.FileSelector(root)):
        if info.type == fs.FileType.Directory and info.base_name not in kept:
            remove_folder(f"{lake}/features/{info.base_name}")
            logger.info("removed the features of an older run, %s", info.base_name)


def _standing(current: Artifact | None, fresh: Artifact) -> Artifact:
    # A store that left the inputs took its rows out of the table at once: no row changes, yet the files are stale.
    if current is None or current.fingerprint != fresh.fingerprint or not folder_exists(current.uri):
        return fresh
    return current


def _name(uri: str) -> str:
    return uri.rstrip("/").rsplit("/", 1)[-1]
