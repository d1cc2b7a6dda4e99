"""Bulk load: Arrow batches into a table by one binary COPY, in one transaction."""

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.database import Database

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)


def copy_parquet(database: Database, folder: str | Path, table: str) -> int:
    """Returns the rows copied from a folder of Parquet files into `schema.table`, which is emptied first.

    Columns are matched by name and cast to the column types of the table; columns that the table lacks are left out.
    """
    import pyarrow.dataset as ds

    dataset = ds.dataset(str(folder), format="parquet")
    schema = table_schema(database, table, dataset.schema.names)
    # By default 64 batches are read ahead: gigabytes of wide rows, and no sooner in the table.
    scanner = dataset.scanner(columns=schema.names, batch_readahead=4, fragment_readahead=1)
    return _ingest(database, table, schema, scanner.to_reader())


def copy_frame(database: Database, frame: "pd.DataFrame | pa.Table", table: str) -> int:
    """Returns the rows copied from a frame or an Arrow table into `schema.table`, which is emptied first."""
    import pyarrow as pa

    arrow = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    schema = table_schema(database, table, arrow.column_names)
    return _ingest(database, table, schema, arrow.select(schema.names).to_reader())


def table_schema(database: Database, table: str, names: list[str]) -> "pa.Schema":
    """Returns the Arrow schema of the named columns of a table, in the table's order."""
    import pyarrow as pa

    types = {
        "smallint": pa.int16(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "double precision": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "text": pa.string(),
        "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    }
    schema_name, _, table_name = table.partition(".")
    columns = database.read_frame(
        "pipeline",
        "select column_name, data_type from information_schema.columns "
        "where table_schema = %(schema)s and table_name = %(table)s order by ordinal_position",
        {"schema": schema_name, "table": table_name},
    )
    wanted = columns[columns["column_name"].isin(names)]
    return pa.schema([(name, types[kind]) for name, kind in wanted.itertuples(index=False)])


def _ingest(database: Database, table: str, schema: "pa.Schema", reader: Any) -> int:
    import adbc_driver_postgresql.dbapi as adbc
    import pyarrow as pa

    schema_name, _, table_name = table.partition(".")
    began = time.monotonic()
    stream = pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in reader))
    with adbc.connect(database.url("pipeline")) as connection, connection.cursor() as cursor:
        cursor.execute(f'truncate "{schema_name}"."{table_name}"')
        rows = int(cursor.adbc_ingest(table_name, stream, mode="append", db_schema_name=schema_name))
        connection.commit()
    logger.info("copied %d rows into %s in %.1f s", rows, table, time.monotonic() - began)
    return rows
