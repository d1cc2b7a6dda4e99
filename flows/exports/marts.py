"""Marts as files for other programs."""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

from warehouse.cells import text_cells
from warehouse.codes import read_codes
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.home import as_the_user_makes_them, make_folder_of_the_user

if TYPE_CHECKING:
    import pandas as pd

_QUERIES: dict[str, LiteralString] = {
    "recommendations": "select * from marts.fct_inventory_recommendations where is_latest order by exception_rank",
    "critical": "select * from marts.critical_inventory order by value_at_risk desc",
    "accuracy": "select * from marts.fct_forecast_accuracy order by model_name, slice_name, level_name, store_type, "
    "store_id, dept_id, origin_date, horizon_weeks, is_holiday",
    "totals": "select level_name, store_type, store_id, dept_id, origin_date, week_date, horizon_weeks, model_name, "
    "unit_name, forecast_quantity, lower_80_quantity, upper_80_quantity, sales_last_year_quantity, "
    "forecast_amount, lower_80_amount, upper_80_amount, sales_last_year_amount, pair_count "
    "from marts.fct_forecast_totals where is_champion and is_latest order by "
    "array_position(array['chain', 'store_type', 'store', 'department'], level_name), store_type, store_id, dept_id, "
    "week_date",
    "anomalies": "select * from marts.fct_sales_anomalies order by week_date desc, store_id, dept_id",
    "sales": "select * from marts.sales_summary order by store_id, dept_id",
    "rejected": "select * from marts.fct_rejected_rows order by rejected_at desc, file_name, line_number",
}
FORECASTS, ORDERS, REJECTED = "forecasts", "orders", "rejected"
NAMES = (FORECASTS, *_QUERIES, ORDERS)
_ELSEWHERE = "Choose another place with --to."


def check_target(name: str, path: Path) -> None:
    """Refuses what cannot be exported before any work is done for it.

    Raises:
        UsageError: the name or the ending is not known.
    """
    if name not in NAMES:
        raise UsageError(f"There is nothing named {name!r} to export.", f"Choose one of {', '.join(NAMES)}.")
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(
            f"{path.name} ends neither in .csv nor in .parquet.", "Name the file with one of these endings."
        )


def read_marts(database: Database, query: LiteralString, parameters: Mapping[str, Any] | None = None) -> "pd.DataFrame":
    """Returns the rows of a query over the marts, read as the role reader; parameters are written `%(name)s` in it.

    Raises:
        ShelfcastError: the marts are not built yet.
    """
    import psycopg

    try:
        return database.read_frame("reader", query, parameters)
    except psycopg.errors.UndefinedTable:
        raise ShelfcastError("The marts are not built yet.", "Run `shelfcast run` first.") from None


def mart_rows(database: Database, name: str) -> "pd.DataFrame":
    """Returns the rows of a mart by its name in the command, with codes and names of stores and products.

    Raises:
        ShelfcastError: the marts are not built yet.
    """
    return read_codes(database).with_codes(read_marts(database, _QUERIES[name]))


@contextlib.contextmanager
def whole_file(path: Path, fix: str = _ELSEWHERE) -> Iterator[Path]:
    """Gives the path of a draft that takes the place of the file when the block ends well; else nothing is left of it.

    The draft is made at once, so that work of minutes is not done for a place that cannot be written.

    Raises:
        ShelfcastError: the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with writing(path, fix):
            make_folder_of_the_user(path.parent)
            draft.touch()
        yield draft
        with writing(path, fix):
            as_the_user_makes_them(draft)
            draft.replace(path)
    finally:
        # Where the folder is a file, there is no draft to take away.
        with contextlib.suppress(OSError):
            draft.unlink()


@contextlib.contextmanager
def whole_folder(folder: Path, is_ours: Callable[[str], bool], fix: str = _ELSEWHERE) -> Iterator[Path]:
    """Gives an empty draft whose files take the place of ours in a folder when the block ends well; else none is left.

    Whoever looks sees our files of before or those of now, never some of each. What else lies there, also what comes
    meanwhile, is moved as it is. What was killed between the moves is put right by the next call; one call works on a
    folder at a time.

    Args:
        folder: made where it is not there; a link to it stays.
        is_ours: whether a file of this name is ours, to be replaced or removed.
        fix: what to do where the folder cannot be written.

    Raises:
        ShelfcastError: the folder cannot be written, or a folder in it has the name of our file or cannot be moved.
    """
    folder = folder.resolve()
    draft, before = (folder.with_name(f".{folder.name}.{word}") for word in ("new", "before"))
    with contextlib.ExitStack() as stack:
        with writing(folder, fix):
            make_folder_of_the_user(folder.parent)
            handle = os.open(folder.parent, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
            _settle(folder, before, draft, is_ours)
            draft.mkdir()
        stack.callback(_settle, folder, before, draft, is_ours)
        yield draft
        with writing(folder, fix):
            for made in [draft, *draft.iterdir()]:
                as_the_user_makes_them(made)
            if folder.exists():
                _refuse_folders(folder, is_ours)
                shutil.copymode(folder, draft)
                folder.rename(before)
            draft.rename(folder)


def _refuse_folders(folder: Path, is_ours: Callable[[str], bool]) -> None:
    for path in folder.iterdir():
        # Who moves the folder of another has to write to it.
        if path.is_dir() and not path.is_symlink() and (is_ours(path.name) or not os.access(path, os.W_OK)):
            raise IsADirectoryError(errno.EISDIR, f"the folder {path.name} stands in the way")


def _settle(folder: Path, before: Path, draft: Path, is_ours: Callable[[str], bool]) -> None:
    """Puts the folder of before back where it has left its place and nothing took it, and removes what is left over.

    What is not ours goes from the folder of before to the one that took its place.
    """
    if before.exists() and not folder.exists():
        before.rename(folder)
    if before.exists():
        for path in before.iterdir():
            if is_ours(path.name):
                path.unlink()
            else:
                path.rename(folder / path.name)
        before.rmdir()
    shutil.rmtree(draft, ignore_errors=True)


def write_frame(frame: "pd.DataFrame", draft: Path, path: Path) -> None:
    """Writes the rows of a frame to a draft, as CSV or as Parquet: what the ending of the path says."""
    with writing(path):
        if path.suffix == ".csv":
            text_cells(frame).to_csv(draft, index=False, float_format="%.12g")
        else:
            frame.to_parquet(draft, index=False)


@contextlib.contextmanager
def writing(path: Path, fix: str = _ELSEWHERE) -> Iterator[None]:
    """Turns a failure to write the file into one sentence, and how to fix it.

    Raises:
        ShelfcastError: the file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ShelfcastError(f"{path} cannot be written: {error.strerror or error}.", fix) from None
