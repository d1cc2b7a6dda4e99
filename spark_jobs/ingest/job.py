"""Input files into `raw_incoming` and the lake: parsed, typed, with an account of every row."""

import datetime as dt
import json
import logging
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from psycopg import sql

from spark_jobs.ingest.appending import published_stores
from spark_jobs.ingest.date_formats import check_format
from spark_jobs.ingest.file_format import PACKINGS
from spark_jobs.ingest.input_files import InputFiles
from spark_jobs.ingest.load_tables import TABLES, Tables
from spark_jobs.ingest.read_file import Read, read_files, rejected, unpacking_folder
from spark_jobs.ingest.row_accounts import FileAccount, close_open_loads, record_load, refusal
from spark_jobs.ingest.schema import known_names, locate_parts, tables_of
from spark_jobs.lake import inputs_folder, prune_inputs, remove_folder
from spark_jobs.session import open_spark
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.load import copy_parquet
from warehouse.restate import Mode
from warehouse.retailer import Retailer, read_retailer
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

BYTES_PER_ROW = 30
"""About what a row of sales takes in a file."""
_UNPACKED_TIMES = 8
"""About how much more text there is in a packed file than it has bytes."""
_LONGEST_SETTING = 200
"""Characters of a setting that a sentence quotes."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest read: its load, an account per file, what stands for absent ones, the folder of Parquet files."""

    load_id: str
    files: tuple[FileAccount, ...]
    absent: tuple[str, ...]
    uri: str
    seconds: float

    def __str__(self) -> str:
        sold = {file.file_name for file in self.files if file.table_name == "raw_sales"}
        told = [
            f"{file.table_name} of {file}" if file.table_name != "raw_sales" and file.file_name in sold else str(file)
            for file in self.files
        ]
        return "; ".join([*told, *self.absent])


def ingest(
    settings: Settings,
    database: Database,
    inputs: InputFiles,
    run_id: str,
    source_kind: str,
    date_format: str | None = None,
    published_uri: str | None = None,
) -> IngestReport:
    """Returns the report of a load that now stands in raw_incoming and in the lake; nothing is published.

    Args:
        settings: `reject_rate_max` is the share of rejected rows per file that is still accepted.
        database: the database.
        inputs: the files.
        run_id: the run.
        source_kind: sample or files.
        date_format: one of `spark_jobs.ingest.date_formats.FORMATS`, for files whose dates are ambiguous.
        published_uri: folder of the published inputs that the rows are added to; None where the files are all there is.

    Raises:
        UsageError: the date format is not known.
        ShelfcastError: a file cannot be read, or too many of its rows were rejected. The rejected rows are kept in
            raw.rejected_rows, the incoming tables stay as they were.
    """
    began = time.monotonic()
    check_format(date_format)
    if published_uri is not None:
        _refuse_parts_of_weeks(inputs)
        _refuse_another_retailer(inputs.mapping.retailer, read_retailer(database, "pipeline"))
    tables = tables_of(inputs.mapping)
    for file in inputs.all:
        parts = [(part.name, part.header) for part in file.parts]
        locate_parts(parts, tables[file.table].fields, known_names(inputs.mapping))
    load_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder = inputs_folder(settings, load_id)
    spark = open_spark(settings, _about_rows(inputs))
    mode: Mode = "whole" if published_uri is None else "append"
    mapping = inputs.mapping.model_dump_json()
    known = None if published_uri is None else published_stores(spark, published_uri)
    reads = read_files(spark, settings, inputs, date_format, known)
    try:
        files = tuple(read.account for read in reads)
        set_aside = _write_rejected(reads, folder, load_id)
        error = refusal(files, settings.reject_rate_max)
        if error is not None:
            record_load(database, load_id, run_id, source_kind, files, "refused", set_aside, mode, mapping)
            remove_folder(folder)
            raise error
        written = Tables(spark, database, inputs, reads, folder, load_id, published_uri).write()
    finally:
        for frame in [frame for read in reads for frame in read.held]:
            frame.unpersist()
        shutil.rmtree(unpacking_folder(settings), ignore_errors=True)
    close_open_loads(database)
    _copy(database, written.tables, folder)
    files = tuple(replace(file, weeks=written.weeks) if file.table_name == "raw_sales" else file for file in files)
    record_load(database, load_id, run_id, source_kind, files, "incoming", set_aside, mode, mapping)
    prune_inputs(settings, database)
    report = IngestReport(load_id, files, written.words, folder, time.monotonic() - began)
    logger.info("load %s: %s in %.1f s", load_id, report, report.seconds)
    return report


def _refuse_parts_of_weeks(inputs: InputFiles) -> None:
    """Refuses rows that are parts of a week of a series: added, they would stand in for the whole of it."""
    sales, products = inputs.mapping.sales, inputs.mapping.products
    if inputs.sales is None or (sales.grain == "weeks" and not (products and products.forecast_level)):
        return
    raise ShelfcastError(
        f"{inputs.sales.name} can't be added to what is published: its rows are parts of a week of a series.",
        "Put it beside the files of before, and run without --append.",
    )


def _refuse_another_retailer(given: Retailer, published: Retailer) -> None:
    """Refuses rows whose mapping says anything else of the retailer: unit, currency, weeks, calendar, words."""
    now, before = given.model_dump(mode="json"), published.model_dump(mode="json")
    differing = [name for name in now if now[name] != before[name]]
    if differing:
        said = "; ".join(f"{name} is {_said(now[name])}, published is {_said(before[name])}" for name in differing)
        raise ShelfcastError(
            f"The mapping of the rows to add differs from what is published: {said}.",
            "Say the same in the mapping, or run with all files and without --append.",
        )


def _said(setting: object) -> str:
    return json.dumps(setting, ensure_ascii=False)[:_LONGEST_SETTING]


def _about_rows(inputs: InputFiles) -> int:
    paths = {part.path for file in inputs.all for part in file.parts}
    sizes = [path.stat().st_size * (_UNPACKED_TIMES if path.suffix.lower() in PACKINGS else 1) for path in paths]
    return sum(sizes) // BYTES_PER_ROW


def _write_rejected(reads: list[Read], folder: str, load_id: str) -> str | None:
    """Returns the folder with the rejected rows of all files, or None where no row was rejected."""
    target = f"{folder}/rejected_rows"
    with_some = [read for read in reads if read.account.rows_rejected]
    for read in with_some:
        rejected(read, load_id).write.mode("append").parquet(target)
    return target if with_some else None


def _copy(database: Database, tables: Sequence[str], folder: str) -> None:
    """Copies the Parquet files into the incoming tables; one that nothing was written for is emptied."""
    for table in tables:
        copy_parquet(database, f"{folder}/{table}", f"raw_incoming.{table}")
    with database.connect("pipeline") as connection:
        for table in set(TABLES) - set(tables):
            connection.execute(sql.SQL("truncate raw_incoming.{}").format(sql.Identifier(table)))
