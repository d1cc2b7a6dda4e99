"""A CSV file that is written a piece at a time and takes its name when it is complete."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.ingest.mapping import MAPPING_NAME
from warehouse.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

_MAPPINGS = Path(__file__).parent / "mappings"


class CsvFile:
    """A CSV file in UTF-8, open for writing inside a `with` block.

    Attributes:
        name: name of the file.
        rows: rows written so far, the header left out.
    """

    def __init__(self, folder: Path, name: str, header: Sequence[str], separator: str = ",") -> None:
        self.name = name
        self.rows = 0
        self._path = folder / name
        self._partial = folder / f".{name}.partial"
        self._header = header
        self._separator = separator

    def __enter__(self) -> "CsvFile":
        self._file = self._partial.open("wb")
        self._file.write((self._separator.join(self._header) + "\n").encode())
        return self

    def write(self, table: "pa.Table") -> None:
        """Writes the rows of a table, no text of which holds a separator, a quote or the end of a line."""
        from pyarrow import csv as arrow_csv

        options = arrow_csv.WriteOptions(include_header=False, quoting_style="none", delimiter=self._separator)
        arrow_csv.write_csv(table, self._file, options)
        self.rows += table.num_rows

    def write_rows(self, rows: Iterable[Sequence[object]]) -> None:
        """Writes a few rows, quoted where a text needs it."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._separator, lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            self.rows += 1
        self._file.write(text.getvalue().encode())

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink()


def write_mapping(shape: str, folder: Path) -> None:
    """Writes the mapping of a shape's files beside them."""
    text = (_MAPPINGS / f"{shape}.toml").read_text(encoding="utf-8")
    write_whole(folder / MAPPING_NAME, text)
