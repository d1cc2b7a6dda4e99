"""The file that names the pairs and weeks to forecast, in the shape of the public competition's test.csv."""

import datetime as dt
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spark_jobs.ingest.file_format import open_parts
from warehouse.errors import ShelfcastError

if TYPE_CHECKING:
    import pandas as pd

    from ml.forecasting.long_range import PairWeeks

_PACKINGS: Mapping[str, Literal["gzip", "bz2", "zip", "zstd"]] = {
    ".gz": "gzip",
    ".bz2": "bz2",
    ".zip": "zip",
    ".zst": "zstd",
}
COLUMNS = ("store", "dept", "date")
_NEEDS = "It needs a header with Store, Dept and Date, like the competition's test.csv."


def read_pairs(path: Path) -> "pd.DataFrame":
    """Returns store, dept and date of every row of a file with the columns Store, Dept and Date, in its order.

    Other columns, such as IsHoliday, are not read: the calendar knows the holidays. The file may be compressed.

    Raises:
        ShelfcastError: the file cannot be read, lacks a column or a value, or asks for a row twice.
    """
    frame = _text(path)
    rows = frame.assign(
        store=_numbers(frame, "store", path), dept=_numbers(frame, "dept", path), date=_dates(frame, path)
    )
    is_repeated = rows.duplicated().to_numpy()
    if is_repeated.any():
        number = int(is_repeated.argmax())
        row = rows.iloc[number]
        raise ShelfcastError(
            f"Row {number + 1} of {path.name} asks again for store {row['store']}, department {row['dept']} and "
            f"{row['date']:%Y-%m-%d}.",
            "Keep one of the rows.",
        )
    return rows


def weeks_ahead(rows: "pd.DataFrame", cutoff: dt.date, stores: Collection[int], name: str, most: int) -> "PairWeeks":
    """Returns the rows as weeks after the cutoff.

    Args:
        rows: store, dept and date.
        cutoff: last week whose sales are known.
        stores: stores that are known.
        name: name of the file, for the sentence.
        most: weeks after the cutoff that can be forecast.

    Raises:
        ShelfcastError: a store is not known, or a date cannot be forecast from the cutoff.
    """
    import numpy as np
    import pandas as pd

    from ml.forecasting.long_range import PairWeeks

    days = (rows["date"] - pd.Timestamp(cutoff)).dt.days
    last = cutoff + dt.timedelta(weeks=most)
    _refuse(
        ~rows["store"].isin(list(stores)),
        rows,
        name,
        "has store {store}, which is not known.",
        "Leave its rows out, or add it to stores.csv and run `shelfcast run`.",
    )
    _refuse(
        days <= 0,
        rows,
        name,
        f"asks for {{date:%Y-%m-%d}}, which is not after {cutoff}, the last week known.",
        "Leave such rows out, or choose an earlier date with --as-of.",
    )
    _refuse(
        days % 7 != 0,
        rows,
        name,
        f"asks for {{date:%Y-%m-%d}}, which is not whole weeks after {cutoff}.",
        f"Date every week like {cutoff:%A}, {cutoff}.",
    )
    _refuse(
        days > 7 * most,
        rows,
        name,
        f"asks for {{date:%Y-%m-%d}}, more than {most} weeks after {cutoff}.",
        f"Ask for weeks to {last}.",
    )
    store_ids, dept_ids, steps = (np.asarray(part, dtype=np.int64) for part in (rows["store"], rows["dept"], days // 7))
    return PairWeeks(store_ids, dept_ids, steps)


def _refuse(is_wrong: "pd.Series[bool]", rows: "pd.DataFrame", name: str, what: str, fix: str) -> None:
    """Raises the error that names the first wrong row, where there is one."""
    wrong = is_wrong.to_numpy()
    if wrong.any():
        number = int(wrong.argmax())
        row = rows.iloc[number]
        raise ShelfcastError(f"Row {number + 1} of {name} {what.format(store=row['store'], date=row['date'])}", fix)


def _text(path: Path) -> "pd.DataFrame":
    import pandas as pd

    packing = _PACKINGS.get(path.suffix.lower())
    try:
        # It is whole text, and packed within bounds.
        open_parts(path)
        lines = pd.read_csv(
            path, compression=packing, header=None, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        ).fillna("")
    except FileNotFoundError:
        raise ShelfcastError(f"There is no file {path}.", "Give --pairs a file in the shape of test.csv.") from None
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise ShelfcastError(f"{path} cannot be read: {error}.", "Copy or compress it again.") from None
    except ValueError:
        # What pandas raises for bytes that are no text, rows longer than the header, and no row at all.
        raise ShelfcastError(f"{path.name} is not a CSV file.", _NEEDS) from None
    header = lines.iloc[0].str.strip().str.lower().tolist()
    missing = [name.title() for name in COLUMNS if header.count(name) != 1]
    if missing:
        raise ShelfcastError(f"{path.name} does not have the column {missing[0]} once.", _NEEDS)
    if len(lines) == 1:
        raise ShelfcastError(f"{path.name} has a header and no rows.", "Add a row for each pair and week to forecast.")
    return lines.iloc[1:].reset_index(drop=True).set_axis(header, axis=1)[list(COLUMNS)]


def _numbers(frame: "pd.DataFrame", column: str, path: Path) -> "pd.Series[Any]":
    import pandas as pd

    values = pd.to_numeric(frame[column].str.strip(), errors="coerce")
    is_whole = (values >= 1) & (values < 1_000_000_000) & (values % 1 == 0)
    _demand(
        is_whole,
        frame[column],
        path,
        f"is no number of a {'store' if column == 'store' else 'department'}.",
        "Write it as a whole number from 1 on.",
    )
    return values.astype("int64")


def _dates(frame: "pd.DataFrame", path: Path) -> "pd.Series[Any]":
    import pandas as pd

    values = pd.to_datetime(frame["date"].str.strip(), format="%Y-%m-%d", errors="coerce")
    _demand(values.notna(), frame["date"], path, "is not a date.", "Write dates as yyyy-mm-dd.")
    return values


def _demand(is_right: "pd.Series[bool]", text: "pd.Series[str]", path: Path, what: str, fix: str) -> None:
    wrong = ~is_right.to_numpy()
    if wrong.any():
        number = int(wrong.argmax())
        raise ShelfcastError(f"Row {number + 1} of {path.name}: {text.iloc[number]!r} {what}", fix)
