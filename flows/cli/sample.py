"""The verb `sample`: writes invented files of a retailer into a folder."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from flows.cli.console import console
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import load_settings


def write(shape_name: str, folder: Path | None, counts: Mapping[str, int | None]) -> None:
    """Writes a sample and prints its files and what to do next.

    Args:
        shape_name: what the files look like.
        folder: one that is empty or not there; a folder of the home without it.
        counts: stores, products, weeks and seed; what is None is the shape's own.

    Raises:
        UsageError: the shape is not known, a count is beyond its limits, or the folder holds something.
        ShelfcastError: the folder can't be written to.
    """
    from spark_jobs.sample.shapes import shape_named, write_shape

    shape = shape_named(shape_name)
    target = folder.expanduser() if folder else load_settings().home / "samples" / shape
    try:
        if folder and target.exists() and any(target.iterdir()):
            raise UsageError(f"{target} is not empty.", "Name a folder that is, or a new one.")
        files = write_shape(shape, target, {name: count for name, count in counts.items() if count is not None})
    except OSError as error:
        raise ShelfcastError(
            f"The sample cannot be written to {target}: {error.strerror or error}.", "Name another folder."
        ) from None
    for name, rows in files.items():
        console.print(f"{target / name}: {rows:,} rows", soft_wrap=True, markup=False)
    console.print(f"Next: shelfcast run --data {shlex.quote(str(target))}", soft_wrap=True, markup=False)
