"""The shapes in which a sample can be made, each in a folder with what its files mean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from spark_jobs.sample.till_lines import write_till_lines
from spark_jobs.sample.weekly_products import write_weekly_products
from spark_jobs.sample.writer import write_sample
from warehouse.errors import UsageError

Shape = Literal["walmart", "till-lines", "weekly-products"]
SHAPES: tuple[Shape, ...] = get_args(Shape)


def shape_named(name: str) -> Shape:
    """Returns the shape of a name.

    Raises:
        UsageError: there is none.
    """
    for shape in SHAPES:
        if shape == name:
            return shape
    raise UsageError(f"There is no shape {name!r}.", f"Use one of {', '.join(SHAPES)}.")


def write_shape(shape: Shape, folder: Path, counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the rows of each file of a sample that is written into a folder.

    Args:
        shape: what the files look like.
        folder: made where it is not there.
        counts: stores, products, weeks and seed, where they are not the shape's own; of till lines also lines_per_week.

    Raises:
        UsageError: a count is beyond its limits.
    """
    if shape == "till-lines":
        return write_till_lines(folder, **counts)
    if shape == "weekly-products":
        return write_weekly_products(folder, **counts)
    own = {"departments" if name == "products" else name: count for name, count in counts.items()}
    size = write_sample(folder, **own)
    return {"train.csv": size.sales_rows, "features.csv": size.feature_rows, "stores.csv": size.stores}
