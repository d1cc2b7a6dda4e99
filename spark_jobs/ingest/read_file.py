"""Input files as parsed and judged rows: surveyed as a whole, read as the survey says, with an account of every row."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from spark_jobs.ingest.date_formats import (
    BARE_WEEKS,
    ISO_WEEK,
    WEEK_PATTERN,
    choose_format,
    choose_weekday,
    date_proofs,
)
from spark_jobs.ingest.duplicates import Counts, count_by_key, count_marked, mark_repeated
from spark_jobs.ingest.file_format import SEPARATORS, readable_path
from spark_jobs.ingest.input_files import InputFile, InputFiles
from spark_jobs.ingest.lines import (
    NUMBER_KINDS,
    Survey,
    lay_out,
    per_part,
    place_of,
    read_lines,
    split_fields,
    survey,
    text_name,
    with_line_numbers,
)
from spark_jobs.ingest.number_formats import MARKS, check_currency, choose_numerals, proven_mark
from spark_jobs.ingest.parsing import (
    TOTALS,
    WEEK_DAYS,
    Writing,
    name_totals,
    parse_rows,
    reject_unknown_stores,
    rows_of,
)
from spark_jobs.ingest.row_accounts import FileAccount, Rejection
from spark_jobs.ingest.schema import Field, Place, Table, known_names, locate_parts, tables_of
from warehouse.errors import ShelfcastError
from warehouse.retailer import WEEKDAYS
from warehouse.settings import Settings

RAW_TEXT_MAX = 2_000
"""Characters of a rejected line that are kept."""


@dataclass(frozen=True)
class Read:
    """A file as parsed and judged, with its account and the frames that are held in memory for it.

    Attributes:
        present: names in the table of the columns that the file has; the others are empty.
    """

    rows: DataFrame
    account: FileAccount
    held: tuple[DataFrame, ...]
    part_names: tuple[str, ...]
    present: frozenset[str] = frozenset()


def unpacking_folder(settings: Settings) -> Path:
    """Returns the folder for unpacked copies of files that Spark cannot read as they are."""
    return settings.home / "tmp" / "unpacked"


def read_files(
    spark: SparkSession, settings: Settings, inputs: InputFiles, date_format: str | None, known: DataFrame | None = None
) -> list[Read]:
    """Returns the files parsed and judged, stores first, because the others are checked against them.

    `known` are the `store_code` of stores that are published, where the files only add to them.

    Raises:
        ShelfcastError: a column is missing, or the dates or numbers of a file can be read in several ways.
    """
    reads: list[Read] = []
    tables = tables_of(inputs.mapping)
    mapped = inputs.mapping.sales
    sold = Writing(date_format=mapped.date_format, proven_mark=mapped.decimal_mark or None)
    for file in inputs.all:
        table = tables[file.table]
        parsed, writing, present = _parse(spark, settings, inputs, file, table, date_format, sold)
        sold = writing if file.table == "raw_sales" else sold
        stores = _stores(inputs, reads, known) if table.has_store_check and "store_code" in table.keys else None
        if stores is not None:
            parsed = reject_unknown_stores(parsed, *stores)
        judged = _judge(parsed.persist(), inputs, file, table, writing)
        reads.append(replace(judged, present=frozenset(present)))
    return reads


def accepted(rows: DataFrame) -> DataFrame:
    """Returns the rows that go on to the audit."""
    return rows.where(F.col("reason").isNull() & ~F.col("is_duplicate"))


def rejected(read: Read, load_id: str) -> DataFrame:
    """Returns the rows of a file that are set aside, as raw.rejected_rows keeps them."""
    return read.rows.where(F.col("reason").isNotNull()).select(
        F.lit(load_id).alias("load_id"),
        F.lit(read.account.table_name).alias("table_name"),
        per_part(read.part_names).alias("file_name"),
        "line_number",
        _storable(F.col("reason")).alias("reason"),
        F.substring(_storable(F.col("text")), 1, RAW_TEXT_MAX).alias("raw_text"),
    )


def _storable(text: Column) -> Column:
    """Returns a text that Postgres takes: valid UTF-8 without the character 0."""
    return F.translate(F.make_valid_utf8(text), "\x00", "\ufffd")


def _stores(inputs: InputFiles, reads: list[Read], known: DataFrame | None) -> tuple[DataFrame, str] | None:
    """Returns the stores that rows may name, and where they stand: those of the sales where no file lists all."""
    mapping, by_table = inputs.mapping, {read.account.table_name: read for read in reads}
    lists_all = inputs.stores is not None and mapping.stores is not None and mapping.stores.is_complete
    if inputs.stores is not None and lists_all:
        given = accepted(by_table["store_attributes"].rows).select("store_code")
        return (given if known is None else given.unionByName(known).distinct()), inputs.stores.name
    if known is not None:
        return (known, "the published stores") if inputs.is_shipped else None
    sold = by_table.get("raw_sales")
    if sold is None or "store_code" not in sold.rows.columns:
        return None
    return accepted(sold.rows).select("store_code").distinct(), sold.account.file_name


def _parse(
    spark: SparkSession,
    settings: Settings,
    inputs: InputFiles,
    file: InputFile,
    table: Table,
    date_format: str | None,
    sold: Writing,
) -> tuple[DataFrame, Writing, list[str]]:
    """Returns the typed rows of a file with their reasons, how its values are written, and which of them it has."""
    known = known_names(inputs.mapping)
    positions = locate_parts([(part.name, part.header) for part in file.parts], table.fields, known)
    present = [field for field in table.fields if any(field.name in names for names in positions)]
    laid = _lay_out(spark, settings, file, present, positions)
    found = survey(laid, present, file.part_names)
    numbered = with_line_numbers(laid, found)
    writing = _writing(settings, inputs, file, table, found, date_format, numbered, present, sold)
    rows = rows_of(numbered, [part.header_line for part in file.parts])
    names = [field.name for field in present]
    return parse_rows(rows, table, names, [len(part.header) for part in file.parts], writing), writing, names


def _lay_out(
    spark: SparkSession,
    settings: Settings,
    file: InputFile,
    fields: list[Field],
    positions: list[dict[str, tuple[int, ...]]],
) -> DataFrame:
    whole: DataFrame | None = None
    for number, part in enumerate(file.parts):
        lines = read_lines(spark, readable_path(part, unpacking_folder(settings)), part.encoding)
        laid = lay_out(split_fields(lines, part.separator), number, fields, positions[number])
        whole = laid if whole is None else whole.unionByName(laid)
    assert whole is not None, "a file has at least one part"
    return whole


def _writing(
    settings: Settings,
    inputs: InputFiles,
    file: InputFile,
    table: Table,
    found: Survey,
    date_format: str | None,
    numbered: DataFrame,
    present: list[Field],
    sold: Writing,
) -> Writing:
    """Returns how the values of a file are written; refuses where neither it nor the sales tell."""
    separators = {part.separator for part in file.parts}
    numbers = [field for field in present if field.kind in NUMBER_KINDS]

    def show(place: Place) -> str:
        row = numbered.where(_is_at(place)).first()
        texts = [row[text_name(field)] or "" for field in numbers] if row else []
        return next((text for text in texts if "." in text or "," in text), "")

    sales = inputs.mapping.sales
    mark = settings.decimal_mark or (sales.decimal_mark if file.table == "raw_sales" else None) or None
    numerals = choose_numerals(file.name, found.shapes, separators, mark, show, sold.proven_mark)
    proven = mark or proven_mark(found.shapes)
    if not inputs.is_shipped:
        check_currency(file.name, numerals.currency, inputs.mapping.retailer.currency)
    week_end = inputs.mapping.retailer.week_end
    if not any(field in present for field in table.dates):
        return Writing(date_format="", week_end=week_end, numerals=numerals, proven_mark=proven)
    named = date_format or (sales.date_format if file.table == "raw_sales" else None) or None
    name = choose_format(file.name, date_proofs(found.dates), named, sold.date_format)
    if name in (ISO_WEEK, *BARE_WEEKS) and not inputs.is_shipped:
        _check_weeks(inputs, file, table, name, found)
    to_end = _days_to_end(inputs, file, found, name) if any(field.kind == "week" for field in table.dates) else 0
    return Writing(name, found.has_times, week_end, to_end, numerals, proven)


def _check_weeks(inputs: InputFiles, file: InputFile, table: Table, name: str, found: Survey) -> None:
    """Refuses weeks by number, which end on Sundays, where those of the retailer end on another day."""
    retailer = inputs.mapping.retailer
    has_numbers = any((week := re.match(WEEK_PATTERN, text)) and not week[3] for text in found.dates)
    is_numbered = name in BARE_WEEKS or has_numbers
    if is_numbered and retailer.week_end != _SUNDAY and any(field.kind == "week" for field in table.dates):
        raise ShelfcastError(
            f"The weeks of {file.name} are numbered as in ISO 8601 and end on Sundays, but the mapping says "
            f"{retailer.week_ends_on}.",
            'Say week_ends_on = "Sunday" under retailer.',
        )


def _days_to_end(inputs: InputFiles, file: InputFile, found: Survey, date_format: str) -> int:
    """Returns the days from a date to the end of the week that it labels; below 0 where it lies after that end.

    Raises:
        ShelfcastError: no mapping says what dates mean that all fall on a Saturday or a Sunday.
    """
    mapping = inputs.mapping
    covariates = mapping.covariates if file.table == "external_features" else None
    is_first = (covariates or mapping.sales).date_label == "first"
    week_end = mapping.retailer.week_end
    label = (week_end + 1) % WEEK_DAYS if is_first else week_end
    weekday = choose_weekday(found.dates, date_format, label)
    if weekday == label or not inputs.is_shipped:
        return WEEK_DAYS - 1 if is_first else 0
    if weekday in _AT_THE_TURN:
        raise ShelfcastError(
            f"The weeks of {file.name} are dated by {WEEKDAYS[weekday]}s, which may be their first day or their last.",
            f"Say which in a mapping: `shelfcast init {inputs.folder}` writes one.",
        )
    return week_end - weekday


_SUNDAY = 6
_AT_THE_TURN = (5, _SUNDAY)
"""Weekdays on which some weeks begin and others end."""


def dialect(file: InputFile, writing: Writing) -> str:
    """Returns what was found of how a file is written, in words."""
    encodings = " and ".join(sorted({part.encoding for part in file.parts}))
    separators = " and ".join(sorted({SEPARATORS[part.separator] for part in file.parts}))
    words = [encodings, f"{separators} between columns", MARKS[writing.numerals.mark]]
    if writing.numerals.currency:
        words.append(f"amounts in {writing.numerals.currency}")
    if writing.date_format:
        words.append(f"dates {writing.date_format}{' with times' if writing.has_times else ''}")
    if note := _moved(writing):
        words.append(note)
    if len(file.parts) > 1:
        words.append(f"{len(file.parts)} parts")
    return ", ".join(words)


def _moved(writing: Writing) -> str:
    """Returns how the dates of weeks were moved; nothing where they are the last days of weeks as they stand."""
    weekday = (writing.week_end - writing.days_to_end) % WEEK_DAYS
    if not writing.days_to_end:
        return ""
    if writing.days_to_end == WEEK_DAYS - 1:
        return f"weeks dated by their first day, a {WEEKDAYS[weekday]}"
    end = WEEKDAYS[writing.week_end]
    return f"weeks dated by {WEEKDAYS[weekday]}, moved to the {end} of the same Monday to Sunday"


def _judge(parsed: DataFrame, inputs: InputFiles, file: InputFile, table: Table, writing: Writing) -> Read:
    """Returns the rows with repeated keys judged, and the account; one job where no key is repeated."""
    adds_up = file.table == "raw_sales" and inputs.mapping.sales.repeats == "add"
    has_line = adds_up and bool(inputs.mapping.sales.columns.line)
    keys = table.keys
    if has_line:
        # A line of a till is a copy where all of it is the same; other lines of the same sale are parts that add up.
        parsed = parsed.withColumn("copy", F.xxhash64("text"))
        keys = (*keys, "line", "copy")
    counts = count_by_key(parsed, keys)
    held: tuple[DataFrame, ...] = (parsed,)
    rows = parsed.withColumn("is_duplicate", F.lit(False))
    if counts.repeated_keys and (has_line or not adds_up):
        words = inputs.mapping.retailer.words
        rows, marks = mark_repeated(parsed, keys, counts.copies, words, file.part_names)
        held = (*marks, parsed)
        counts = count_marked(rows)
    totals = 0
    if counts.rejected:
        rows = name_totals(rows, table.keys)
        totals = rows.where(F.col("reason") == TOTALS).count()
    names = tuple(part.name for part in file.parts)
    account = _account(file, writing, rows, counts, totals)
    if adds_up and inputs.mapping.sales.grain != "lines":
        account = replace(account, keys_repeated=counts.repeated_keys)
    return Read(rows, account, held, names)


def _account(file: InputFile, writing: Writing, rows: DataFrame, counts: Counts, totals: int) -> FileAccount:
    return FileAccount(
        table_name=file.table,
        file_name=file.name,
        file_sha256=file.sha256,
        date_format=writing.date_format,
        rows_read=counts.read,
        rows_rejected=counts.rejected,
        rows_duplicate=counts.duplicates,
        first_rejection=_first_rejection(rows, counts.first_rejected, file.part_names),
        header_text=file.header_text,
        rows_total=totals,
        dialect=dialect(file, writing),
        note=_moved(writing),
    )


def _first_rejection(rows: DataFrame, number: int | None, part_names: tuple[str, ...]) -> Rejection | None:
    if number is None:
        return None
    place = place_of(number, part_names)
    row = rows.where(_is_at(place)).collect()[0]
    return Rejection(place.line, row["reason"], place.file)


def _is_at(place: Place) -> Column:
    return (F.col("part") == place.part) & (F.col("line_number") == place.line)
