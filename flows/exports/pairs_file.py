"""The file that names the pairs and weeks to forecast, in the shape of the public competition's test.csv."""

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spark_jobs.ingest.encodings import CODECS
from spark_jobs.ingest.file_format import open_parts
from warehouse.codes import Code, Codes
from warehouse.errors import ShelfcastError
from warehouse.retailer import LONGEST_TEXT
from warehouse.wording import house

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
_WITH_ZEROS = re.compile(r"\d+\.0+")
_NEEDS = "It needs a header with Store, Dept and Date, like the competition's test.csv."


def read_pairs(path: Path, codes: Codes) -> "tuple[pd.DataFrame, Codes]":
    """Returns store_id, dept_id and date of every row of a file with the columns Store, Dept and Date, in its order.

    Stores and products stand there by their codes. A product that never sold gets a number below zero, and stands
    with it in the codes that are returned: it is forecast by what the store sells.

    Other columns, such as IsHoliday, are not read: the calendar knows the holidays. The file may be compressed.

    Raises:
        ShelfcastError: the file cannot be read, lacks a column or a value, names a store that is not known, or asks
            for a row twice.
    """
    import pandas as pd

    frame = _text(path)
    stores, products, dates = _filled(frame, "store", path), _filled(frame, "dept", path), _dates(frame, path)
    store_ids = stores.map({text: _spelled(text, codes.find_store) for text in stores.unique()})
    _demand(
        store_ids.notna(),
        frame["store"],
        path,
        f"is no {house().retailer.words.store} that is known.",
        "Leave its rows out, or add it to your files and run `shelfcast run`.",
    )
    found = {text: _spelled(text, codes.find_product) for text in products.unique()}
    new = {text: -place for place, text in enumerate((text for text in found if found[text] is None), start=1)}
    dept_ids = products.map({**found, **new})
    rows = pd.DataFrame({"store_id": store_ids.astype("int64"), "dept_id": dept_ids.astype("int64"), "date": dates})
    _refuse_repeated(rows, frame, path)
    fresh = {number: Code(text, "", text) for text, number in new.items()}
    return rows, Codes(codes.stores, {**codes.products, **fresh})


def _refuse_repeated(rows: "pd.DataFrame", frame: "pd.DataFrame", path: Path) -> None:
    is_repeated = rows.duplicated().to_numpy()
    if is_repeated.any():
        number = int(is_repeated.argmax())
        pair = house().pair(frame["store"].iloc[number].strip(), frame["dept"].iloc[number].strip())
        raise ShelfcastError(
            f"Row {number + 1} of {path.name} asks again for {pair} and {rows['date'].iloc[number]:%Y-%m-%d}.",
            "Keep one of the rows.",
        )


def _spelled(text: str, find: Callable[[str], int | None]) -> int | None:
    """Returns what a text names, also where a program has written a whole number with a point and zeros."""
    found = find(text)
    return find(text.split(".")[0]) if found is None and _WITH_ZEROS.fullmatch(text) else found


def weeks_ahead(rows: "pd.DataFrame", cutoff: dt.date, name: str, most: int) -> "PairWeeks":
    """Returns the rows as weeks after the cutoff.

    Args:
        rows: store_id, dept_id and date.
        cutoff: last week whose sales are known.
        name: name of the file, for the sentence.
        most: weeks after the cutoff that can be forecast.

    Raises:
        ShelfcastError: a date cannot be forecast from the cutoff.
    """
    import numpy as np
    import pandas as pd

    from ml.forecasting.long_range import PairWeeks

    days = (rows["date"] - pd.Timestamp(cutoff)).dt.days
    last = cutoff + dt.timedelta(weeks=most)
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
    store_ids, dept_ids, steps = (
        np.asarray(part, dtype=np.int64) for part in (rows["store_id"], rows["dept_id"], days // 7)
    )
    return PairWeeks(store_ids, dept_ids, steps)


def _refuse(is_wrong: "pd.Series[bool]", rows: "pd.DataFrame", name: str, what: str, fix: str) -> None:
    """Raises the error that names the first wrong row, where there is one."""
    wrong = is_wrong.to_numpy()
    if wrong.any():
        number = int(wrong.argmax())
        row = rows.iloc[number]
        raise ShelfcastError(f"Row {number + 1} of {name} {what.format(date=row['date'])}", fix)


def _text(path: Path) -> "pd.DataFrame":
    import pandas as pd

    packing = _PACKINGS.get(path.suffix.lower())
    try:
        # It is whole text, and packed within bounds.
        part = open_parts(path)[0]
        lines = pd.read_csv(
            path,
            sep=part.separator,
            compression=packing,
            header=None,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig" if part.encoding == "UTF-8" else CODECS[part.encoding],
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


def _filled(frame: "pd.DataFrame", column: str, path: Path) -> "pd.Series[str]":
    texts = frame[column].str.strip()
    words = house().retailer.words
    _demand(
        (texts != "") & (texts.str.len() <= LONGEST_TEXT),
        frame[column],
        path,
        f"is no code of a {words.store if column == 'store' else words.product}.",
        "Write it as your files do.",
    )
    return texts


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
