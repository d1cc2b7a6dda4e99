"""Input files into `raw_incoming` and the lake: parsed, typed, with an account of every row."""

import datetime as dt
import logging
import secrets
import time
from dataclasses import dataclass

from psycopg import sql
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.accounts import FileAccount, Rejection, close_open_loads, record_load, refusal
from spark_jobs.appending import complete_folder, published_stores
from spark_jobs.columns import TABLES, locate
from spark_jobs.dates import ISO, check_format, choose_format
from spark_jobs.duplicates import count_by_key, count_marked, mark_repeated, repeated_keys
from spark_jobs.inputs import OPTIONAL, InputFile, InputFiles
from spark_jobs.lake import inputs_folder, prune_inputs, remove_folder
from spark_jobs.lines import read_lines, readable_path, split_fields, survey, with_line_numbers
from spark_jobs.parsing import parse_rows, reject_unknown_stores
from spark_jobs.session import open_spark
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.load import copy_parquet
from warehouse.restate import Mode
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

RAW_TEXT_MAX = 2_000
"""Characters of a rejected line that are kept."""


@dataclass(frozen=True)
class IngestReport:
    """What an ingest read: its load, an account per file, and the folder with the Parquet files."""

    load_id: str
    files: tuple[FileAccount, ...]
    uri: str
    seconds: float


@dataclass(frozen=True)
class Read:
    """A file as parsed and judged, with its account and the frames that are held in memory for it."""

    rows: DataFrame
    account: FileAccount
    held: tuple[DataFrame, ...]


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
        date_format: one of `spark_jobs.dates.FORMATS`, for files whose dates are ambiguous.
        published_uri: folder of the published inputs that the rows are added to; None where the files are all there is.

    Raises:
        UsageError: the date format is not known.
        ShelfcastError: a file cannot be read, or too many of its rows were rejected. The rejected rows are kept in
            raw.rejected_rows, the incoming tables stay as they were.
    """
    began = time.monotonic()
    check_format(date_format)
    for file in inputs.all:
        locate(file, TABLES[file.table].fields)
    load_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder = inputs_folder(settings, load_id)
    spark = open_spark(settings)
    mode: Mode = "whole" if published_uri is None else "append"
    known = None if published_uri is None else published_stores(spark, published_uri)
    reads = read_files(spark, settings, inputs, date_format, known)
    try:
        files = tuple(read.account for read in reads)
        rejected = _write_rejected(reads, folder, load_id)
        error = refusal(files, settings.reject_rate_max)
        if error is not None:
            record_load(database, load_id, run_id, source_kind, files, "refused", rejected, mode)
            remove_folder(folder)
            raise error
        _write_accepted(reads, folder, load_id)
        tables = _tables(spark, files, folder, published_uri)
    finally:
        for frame in [frame for read in reads for frame in read.held]:
            frame.unpersist()
    close_open_loads(database)
    _copy(database, tables, folder)
    record_load(database, load_id, run_id, source_kind, files, "incoming", rejected, mode)
    prune_inputs(settings, database)
    seconds = time.monotonic() - began
    logger.info("load %s: %s in %.1f s", load_id, "; ".join(map(str, files)), seconds)
    return IngestReport(load_id, files, folder, seconds)


def read_files(
    spark: SparkSession,
    settings: Settings,
    inputs: InputFiles,
    date_format: str | None,
    known: DataFrame | None = None,
) -> list[Read]:
    """Returns the files parsed and judged, stores first, because the others are checked against them.

    `known` are the `store_id` of stores that are published, where the files only add to them.

    Raises:
        ShelfcastError: a column is missing, or the dates of a file have no single format.
    """
    reads: list[Read] = []
    for file in inputs.all:
        parsed, name = _parse(spark, settings, file, date_format)
        if TABLES[file.table].has_store_check:
            parsed = reject_unknown_stores(parsed, *_stores(inputs, reads, known))
        reads.append(_judge(parsed.persist(), file, name))
    return reads


def _stores(inputs: InputFiles, reads: list[Read], known: DataFrame | None) -> tuple[DataFrame, str]:
    """Returns the stores that rows may name, and where they stand."""
    if inputs.stores is None:
        if known is None:
            raise ShelfcastError(f"stores.csv is missing from {inputs.folder}.", "Put it there.")
        return known, "the published stores"
    given = _accepted(reads[0].rows).select("store_id")
    return (given if known is None else given.unionByName(known).distinct()), inputs.stores.name


def _parse(spark: SparkSession, settings: Settings, file: InputFile, date_format: str | None) -> tuple[DataFrame, str]:
    """Returns the typed rows of a file with their reasons, and the format of its dates; empty where it has none."""
    table = TABLES[file.table]
    positions = locate(file, table.fields)
    lines = read_lines(spark, readable_path(file.path, settings.home / "tmp"))
    rows = split_fields(lines)
    dates = [positions[field.name] for field in table.dates if field.name in positions]
    found = survey(lines, rows, file.header_line, dates)
    name = choose_format(file.name, found.proofs, date_format) if dates else ""
    data = with_line_numbers(rows, found.offsets).where(F.col("line_number") > file.header_line)
    return parse_rows(data, table, positions, len(file.header), name or ISO), name


def _judge(parsed: DataFrame, file: InputFile, date_format: str) -> Read:
    """Returns the rows with repeated keys judged, and the account; one job where no key is repeated."""
    keys = TABLES[file.table].keys
    counts = count_by_key(parsed, keys)
    held: tuple[DataFrame, ...] = (parsed,)
    rows = parsed.withColumn("is_duplicate", F.lit(False))
    if counts.repeated_keys:
        rows = mark_repeated(parsed, repeated_keys(parsed, keys), keys).persist()
        held = (rows, parsed)
        counts = count_marked(rows)
    account = FileAccount(
        table_name=file.table,
        file_name=file.name,
        file_sha256=file.sha256,
        date_format=date_format,
        rows_read=counts.read,
        rows_rejected=counts.rejected,
        rows_duplicate=counts.duplicates,
        first_rejection=_first_rejection(rows, counts.first_rejected_line),
        header_text=file.header_text,
    )
    return Read(rows, account, held)


def _first_rejection(rows: DataFrame, line: int | None) -> Rejection | None:
    if line is None:
        return None
    return Rejection(line, rows.where(F.col("line_number") == line).collect()[0]["reason"])


def _accepted(rows: DataFrame) -> DataFrame:
    return rows.where(F.col("reason").isNull() & ~F.col("is_duplicate"))


def _write_accepted(reads: list[Read], folder: str, load_id: str) -> None:
    for read in reads:
        names = [field.name for field in TABLES[read.account.table_name].fields]
        rows = _accepted(read.rows).select(*names, F.lit(load_id).alias("load_id"))
        rows.write.mode("overwrite").parquet(f"{folder}/{read.account.table_name}")


def _write_rejected(reads: list[Read], folder: str, load_id: str) -> str | None:
    """Returns the folder with the rejected rows of all files, or None where no row was rejected."""
    target = f"{folder}/rejected_rows"
    with_some = [read for read in reads if read.account.rows_rejected]
    for read in with_some:
        rejected = read.rows.where(F.col("reason").isNotNull()).select(
            F.lit(load_id).alias("load_id"),
            F.lit(read.account.file_name).alias("file_name"),
            "line_number",
            _storable(F.col("reason")).alias("reason"),
            F.substring(_storable(F.col("text")), 1, RAW_TEXT_MAX).alias("raw_text"),
        )
        rejected.write.mode("append").parquet(target)
    return target if with_some else None


def _storable(text: Column) -> Column:
    """Returns a text that Postgres takes: valid UTF-8 without the character 0."""
    return F.translate(F.make_valid_utf8(text), "\x00", "\ufffd")


def _tables(spark: SparkSession, files: tuple[FileAccount, ...], folder: str, published_uri: str | None) -> list[str]:
    """Returns the tables in the folder of the load, after the published rows were added where it only adds to them."""
    if published_uri is not None:
        return complete_folder(spark, folder, published_uri)
    return [file.table_name for file in files]


def _copy(database: Database, tables: list[str], folder: str) -> None:
    """Copies the Parquet files into the incoming tables; that of an absent optional file is emptied."""
    for table in tables:
        copy_parquet(database, f"{folder}/{table}", f"raw_incoming.{table}")
    with database.connect() as connection:
        for table in set(OPTIONAL) - set(tables):
            connection.execute(sql.SQL("truncate raw_incoming.{}").format(sql.Identifier(table)))
