"""The account of a load: rows read, accepted, set aside and dropped per file, and where it is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.incoming import create_incoming
from warehouse.load import copy_parquet
from warehouse.restate import Mode


@dataclass(frozen=True)
class Rejection:
    """The first line of a file that was set aside, and why; the name of its part where a file has several."""

    line_number: int
    reason: str
    file_name: str = ""


@dataclass(frozen=True)
class Measures:
    """Rows, pieces and money of a part of the sales; a measure that the file does not have is None."""

    rows: int = 0
    units: float | None = None
    amount: float | None = None


@dataclass(frozen=True)
class WeekAccount:
    """What became of the usable rows of the sales: all = weeks + left out, in rows, pieces and money.

    Attributes:
        all: of the usable rows.
        left_out: of those in weeks that are not whole.
        weeks: of the rows of series and weeks that they were summed to.
        words: which weeks were left out; empty where none was.
        returns: usable rows that took something back.
        without_other: usable rows without the measure that is not forecast, where others have it.
        zeros: rows of weeks without a sale that were added; they were zero because their store reported.
    """

    all: Measures
    left_out: Measures
    weeks: Measures
    words: str = ""
    returns: int = 0
    without_other: int = 0
    zeros: int = 0

    def __str__(self) -> str:
        words = [f"summed to {self.weeks.rows:,} weeks of series"] if self.weeks.rows != self.all.rows else []
        if self.words:
            words.append(f"left out {self.words} ({self.left_out.rows:,} rows)")
        if words:
            words += _added_up("pieces", self.all.units, self.weeks.units, self.left_out.units)
            words += _added_up("money", self.all.amount, self.weeks.amount, self.left_out.amount)
        if self.returns:
            words.append(f"{self.returns:,} returns kept")
        if self.without_other:
            words.append(f"{self.without_other:,} without the other of units and amounts")
        if self.zeros:
            words.append(f"{self.zeros:,} weeks without a sale are 0")
        return ", ".join(words)


def _added_up(measure: str, total: float | None, in_weeks: float | None, left_out: float | None) -> list[str]:
    """Returns the sentence that a sum went into weeks to the last piece or cent; none where it is not known."""
    if total is None or in_weeks is None:
        return []
    rest = f" + {_figure(left_out)} left out" if left_out else ""
    return [f"{measure} {_figure(total)} = {_figure(in_weeks)} in weeks{rest}"]


def _figure(value: float) -> str:
    """Returns a sum with its cents or grams, as far as it has any."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3f}".removesuffix("0")


@dataclass(frozen=True)
class FileAccount:
    """What became of the rows of one file; read = accepted + rejected + duplicate.

    Attributes:
        rows_total: rejected rows that are totals of others; no fault of the file.
        keys_repeated: keys of days or weeks that several usable rows have, where rows add up.
        weeks: of the sales.
        dialect: how the file is written, in words.
        note: what was done to the values of all rows; empty where they were taken as they are.
    """

    table_name: str
    file_name: str
    file_sha256: str
    date_format: str
    rows_read: int
    rows_rejected: int
    rows_duplicate: int
    first_rejection: Rejection | None = None
    header_text: str = ""
    rows_total: int = 0
    dialect: str = ""
    note: str = ""
    keys_repeated: int = 0
    weeks: WeekAccount | None = None

    @property
    def rows_accepted(self) -> int:
        """Rows that go on to the audit."""
        return self.rows_read - self.rows_rejected - self.rows_duplicate

    @property
    def reject_rate(self) -> float:
        """Share of the rows that were set aside, totals apart, a fraction."""
        return (self.rows_rejected - self.rows_total) / self.rows_read if self.rows_read else 0.0

    def __str__(self) -> str:
        return (
            f"{self.file_name}: {self.rows_read:,} rows read = {self.rows_accepted:,} accepted "
            f"+ {self.rows_rejected:,} rejected{self._totals} + {self.rows_duplicate:,} exact duplicates"
            + (f" ({self.note})" if self.note else "")
            + (f", {self.keys_repeated:,} keys in several rows that add up" if self.keys_repeated else "")
            + (f", {self.weeks}" if self.weeks and str(self.weeks) else "")
        )

    @property
    def _totals(self) -> str:
        if not self.rows_total:
            return ""
        return f" ({self.rows_total:,} of them {'a totals row' if self.rows_total == 1 else 'totals rows'})"


def refusal(files: Sequence[FileAccount], reject_rate_max: float) -> ShelfcastError | None:
    """Returns the error that stops a load, or None where every file may pass."""
    for file in files:
        if file.first_rejection and (file.reject_rate > reject_rate_max or not file.rows_accepted):
            return ShelfcastError(_what(file, file.first_rejection), _fix(file))
    return None


def _what(file: FileAccount, first: Rejection) -> str:
    return (
        f"{file.rows_rejected:,} of {file.rows_read:,} rows of {file.file_name} cannot be used, the first on line "
        f"{first.line_number}{f' of {first.file_name}' if first.file_name else ''}: {first.reason}."
    )


def _fix(file: FileAccount) -> str:
    if not file.rows_accepted:
        return f"Correct {file.file_name}."
    enough = math.ceil(file.reject_rate * 10_000) / 10_000
    return f"Correct {file.file_name}, or go on without these rows with --reject-rate-max {enough:g}."


def record_load(
    database: Database,
    load_id: str,
    run_id: str,
    source_kind: str,
    files: Sequence[FileAccount],
    status: Literal["incoming", "refused"],
    rejected_folder: str | None,
    load_mode: Mode = "whole",
    mapping: str = "",
) -> None:
    """Writes the accounts and the rejected rows of a load, all of them or none.

    Args:
        database: the database.
        load_id: the load.
        run_id: the run that made it.
        source_kind: sample or files.
        files: an account per file.
        status: incoming, or refused.
        rejected_folder: Parquet files with the rejected rows; None where there are none.
        load_mode: whole: the files are all there is; append: their rows are added to what is published.
        mapping: by which they were read, as JSON.
    """
    incoming = None
    if rejected_folder is not None:
        incoming = create_incoming(database, "raw.rejected_rows")
        copy_parquet(database, rejected_folder, incoming)
    with database.connect("pipeline") as connection, connection.cursor() as cursor:
        if incoming is not None:
            cursor.execute(
                "insert into raw.rejected_rows (load_id, table_name, file_name, line_number, reason, raw_text) "
                "select load_id, table_name, file_name, line_number, reason, raw_text "
                "from raw_incoming.raw_rejected_rows"
            )
            cursor.execute("drop table raw_incoming.raw_rejected_rows")
        cursor.executemany(
            "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, date_format, "
            "status, rows_read, rows_accepted, rows_rejected, rows_duplicate, load_mode, header_text, dialect, "
            "week_rows, zero_rows, return_rows, left_out_rows, read_units, left_out_units, week_units, read_amount, "
            "left_out_amount, week_amount, mapping) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, "
            "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    load_id,
                    run_id,
                    file.table_name,
                    file.file_name,
                    file.file_sha256,
                    source_kind,
                    file.date_format,
                    status,
                    file.rows_read,
                    file.rows_accepted,
                    file.rows_rejected,
                    file.rows_duplicate,
                    load_mode,
                    file.header_text,
                    file.dialect,
                    *_week_columns(file.weeks),
                    mapping,
                )
                for file in files
            ],
        )


def _week_columns(weeks: WeekAccount | None) -> tuple[float | None, ...]:
    """Returns the columns from `week_rows` to `week_amount` of a file; empty but for sales."""
    if weeks is None:
        return (None,) * 10
    counts = (weeks.weeks.rows, weeks.zeros, weeks.returns, weeks.left_out.rows)
    units = (weeks.all.units, weeks.left_out.units, weeks.weeks.units)
    return (*counts, *units, weeks.all.amount, weeks.left_out.amount, weeks.weeks.amount)


def close_open_loads(database: Database) -> None:
    """Marks loads that were never audited as refused, because their incoming tables are about to be overwritten."""
    with database.connect("pipeline") as connection:
        connection.execute("update ops.loads set status = 'refused' where status = 'incoming'")
