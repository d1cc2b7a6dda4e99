"""Lines that were set aside, as files that load again once a person has mended them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.export import whole_file, writing
from warehouse.database import Database
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

LINE, REASON = "Rejected_Line", "Rejected_Reason"
"""Columns put before those of the file; a load ignores them."""

_SEPARATORS = ",;\t|"
_LINES = """
select r.load_id, r.file_name, r.line_number, r.reason, r.raw_text, l.header_text, l.date_format, l.status
from raw.rejected_rows r
inner join ops.loads l on l.load_id = r.load_id and l.file_name = r.file_name
where r.load_id = (select load_id from raw.rejected_rows order by created_at desc limit 1)
order by r.file_name, r.line_number
"""


@dataclass(frozen=True)
class Mending:
    """A file of lines to be mended, and how it is loaded afterwards."""

    path: Path
    source_name: str
    lines: int
    date_format: str
    is_refused: bool

    def __str__(self) -> str:
        lines = "1 line" if self.lines == 1 else f"{self.lines:,} lines"
        dates = f" --date-format {self.date_format}" if "/" in self.date_format else ""
        first = (
            "That load was refused: publish its other rows first, with --reject-rate-max. " if self.is_refused else ""
        )
        return (
            f"{lines} of {self.source_name} written to {self.path}. {first}Mend the fields, keep the first line, then: "
            f"shelfcast run --append --data {self.path}{dates}"
        )


def export_rejected(database: Database, to: Path) -> list[Mending]:
    """Returns the files written: the lines that the latest load with such lines set aside, a file for each input file.

    Each line stands there as it stood in its file, under the file's own header; its number and why it was set aside
    stand before it.

    Args:
        database: the warehouse.
        to: a .csv file, where the lines are of one input file; else a folder.

    Raises:
        ShelfcastError: no line was set aside, the lines are of several files, or the place cannot be written.
    """
    frame = database.read_frame(_LINES)
    if frame.empty:
        raise ShelfcastError("No load has set a line aside.", "There is nothing to mend.")
    names = sorted(set(frame["file_name"]))
    is_file = to.suffix.lower() == ".csv"
    if is_file and len(names) > 1:
        raise ShelfcastError(
            f"The lines that were set aside are of {' and '.join(names)}, which have other columns.",
            "Name a folder with --to; each gets a file there.",
        )
    return [
        _write(frame[frame["file_name"] == name], name, to if is_file else to / f"{name.split('.')[0]}.csv")
        for name in names
    ]


def separator_of(header: str) -> str:
    """Returns what stands between the columns of a header line."""
    return max(_SEPARATORS, key=header.count)


def mending_text(rows: "pd.DataFrame") -> str:
    """Returns the text of a file to be mended.

    Args:
        rows: `line_number`, `reason`, `raw_text` and the `header_text` of the lines of one file.
    """
    header = str(rows["header_text"].iloc[0])
    between = separator_of(header)
    lines = [between.join((LINE, REASON, header))]
    for number, reason, text in zip(rows["line_number"], rows["reason"], rows["raw_text"], strict=True):
        quoted = '"' + str(reason).replace('"', "'") + '"'
        lines.append(between.join((str(number), quoted, str(text))))
    return "\n".join(lines) + "\n"


def _write(rows: "pd.DataFrame", name: str, path: Path) -> Mending:
    first = rows.iloc[0]
    if not first["header_text"]:
        raise ShelfcastError(
            f"The header of {name} was not kept: load {first['load_id']} is of an earlier version of Shelfcast.",
            "Load the file again, then export once more.",
        )
    with whole_file(path) as draft, writing(path):
        draft.write_text(mending_text(rows), encoding="utf-8")
    return Mending(path, name, len(rows), str(first["date_format"]), first["status"] == "refused")
