"""Lines that were set aside, as files that load again once a person has fixed them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.exports.marts import whole_file, writing
from spark_jobs.ingest.input_files import STEMS
from spark_jobs.ingest.mapping import INPUTS
from warehouse.cells import SEPARATORS, text_line
from warehouse.database import Database
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

PLACE, REASON = "Rejected_Line", "Rejected_Reason"
"""Columns put before those of the file; a load ignores them."""

_LINES = """
select
    r.load_id, l.table_name, l.file_name, r.file_name || ':' || r.line_number as place, r.reason, r.raw_text,
    l.header_text, l.date_format, l.dialect, l.status
from raw.rejected_rows r
inner join ops.loads l
    on l.load_id = r.load_id and (l.table_name = r.table_name or (r.table_name = '' and l.file_name = r.file_name))
where r.load_id = (select load_id from raw.rejected_rows order by created_at desc limit 1)
order by l.table_name, r.file_name, r.line_number
"""


@dataclass(frozen=True)
class LinesToFix:
    """A file of lines to be fixed, and how it is loaded afterwards."""

    path: Path
    source_name: str
    lines: int
    date_format: str
    dialect: str
    is_refused: bool

    def __str__(self) -> str:
        lines = "1 line" if self.lines == 1 else f"{self.lines:,} lines"
        dates = f" --date-format {self.date_format}" if "/" in self.date_format else ""
        marks = " --decimal-mark ," if "decimal comma" in self.dialect else ""
        first = (
            "That load was refused: publish its other rows first, with --reject-rate-max. " if self.is_refused else ""
        )
        return (
            f"{lines} of {self.source_name} written to {self.path}. {first}Fix the fields, keep the first line, then: "
            f"shelfcast run --append --data {self.path}{dates}{marks}"
        )


def export_rejected(database: Database, to: Path) -> list[LinesToFix]:
    """Returns the files written: the lines that the latest load with such lines set aside, a file for each input file.

    Each line stands there as it stood in its file, under the file's own header; where it stood and why it was set
    aside stand before it. Cells that a spreadsheet would read as formulas have an apostrophe before them.

    Args:
        database: the warehouse.
        to: a .csv file, where the lines are of one input file; else a folder.

    Raises:
        ShelfcastError: no line was set aside, the lines are of several files, or the place cannot be written.
    """
    frame = database.read_frame("pipeline", _LINES)
    if frame.empty:
        raise ShelfcastError("No load has set a line aside.", "There is nothing to fix.")
    tables = {str(table): rows for table, rows in frame.groupby("table_name")}
    is_file = to.suffix.lower() == ".csv"
    if is_file and len(tables) > 1:
        names = " and ".join(f"{_name_of(table)}.csv" for table in tables)
        raise ShelfcastError(
            f"The lines that were set aside are of {names}, which have other columns.",
            "Name a folder with --to; each gets a file there.",
        )
    return [_write(rows, to if is_file else to / f"{_name_of(table)}.csv") for table, rows in tables.items()]


def _name_of(table: str) -> str:
    """Returns the name of a file with lines of a table, without its ending."""
    return STEMS.get(table, INPUTS.get(table, table))


def separator_of(header: str) -> str:
    """Returns what stands between the columns of a header line."""
    return max(SEPARATORS, key=header.count)


def text_to_fix(rows: "pd.DataFrame") -> str:
    """Returns the text of a file to be fixed.

    Args:
        rows: `place` (file:line), `reason`, `raw_text` and the `header_text` of the lines of one file.
    """
    header = str(rows["header_text"].iloc[0])
    between = separator_of(header)
    lines = [text_line(between.join((PLACE, REASON, "")), header)]
    for place, reason, text in zip(rows["place"], rows["reason"], rows["raw_text"], strict=True):
        first = [f'"{str(cell).replace(chr(34), chr(39))}"' for cell in (place, reason)]
        lines.append(text_line(between.join((*first, "")), str(text)))
    return "\n".join(lines) + "\n"


def _write(rows: "pd.DataFrame", path: Path) -> LinesToFix:
    first = rows.iloc[0]
    name = str(first["file_name"])
    if not first["header_text"]:
        raise ShelfcastError(
            f"The lines of {name} have no header in common: its parts have other columns, or load {first['load_id']} "
            "is of an earlier version.",
            "Fix the lines in the file itself; `shelfcast export rejected --to lines.parquet` lists them.",
        )
    with whole_file(path) as draft, writing(path):
        draft.write_text(text_to_fix(rows), encoding="utf-8")
    return LinesToFix(
        path, name, len(rows), str(first["date_format"]), str(first["dialect"]), first["status"] == "refused"
    )
