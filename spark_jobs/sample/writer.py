"""Sample data in the shape of the public Walmart files: invented from a seed, at any scale."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.sample.csv_file import CsvFile
from warehouse.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from spark_jobs.sample.model import Departments, Floats, Store, Weeks

SALES_HEADER = ("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday")
FEATURES_HEADER = (
    "Store",
    "Date",
    "Temperature",
    "Fuel_Price",
    "MarkDown1",
    "MarkDown2",
    "MarkDown3",
    "MarkDown4",
    "MarkDown5",
    "CPI",
    "Unemployment",
    "IsHoliday",
)
STORES_HEADER = ("Store", "Type", "Size")
LIMITS = {"stores": 100_000, "departments": 1_000, "weeks": 1_000}


@dataclass(frozen=True)
class SampleSize:
    """How much a sample holds; rows are counted without the header."""

    stores: int
    departments: int
    weeks: int
    sales_rows: int
    feature_rows: int


def write_sample(
    folder: str | Path, stores: int = 10, departments: int = 40, weeks: int = 143, seed: int = 20100205
) -> SampleSize:
    """Returns the size of the sample written as train.csv, features.csv and stores.csv into a folder.

    The same arguments give the same bytes. One store at a time is in memory. A file takes its name when it is
    complete.

    Raises:
        UsageError: a count is below 1 or beyond `LIMITS`.
    """
    from spark_jobs.sample.model import make_departments, make_weeks

    check_counts({"stores": stores, "departments": departments, "weeks": weeks})
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    calendar, profiles = make_weeks(weeks), make_departments(seed, departments)
    with (
        CsvFile(target, "stores.csv", STORES_HEADER) as stores_csv,
        CsvFile(target, "features.csv", FEATURES_HEADER) as features_csv,
        CsvFile(target, "train.csv", SALES_HEADER) as sales_csv,
    ):
        for store, sales in _stores(seed, stores, calendar, profiles):
            stores_csv.write(_store_table(store))
            features_csv.write(_features_table(store, calendar))
            sales_csv.write(_sales_table(store, sales, calendar))
    return SampleSize(stores, departments, weeks, sales_csv.rows, features_csv.rows)


def check_counts(counts: Mapping[str, int], limits: Mapping[str, int] = LIMITS) -> None:
    """Refuses counts that a sample cannot have.

    Raises:
        UsageError: a count is below 1 or beyond its limit.
    """
    for name, count in counts.items():
        if not 1 <= count <= limits[name]:
            raise UsageError(f"A sample cannot have {count} {name}.", f"Give a number from 1 to {limits[name]:,}.")


def _stores(seed: int, count: int, weeks: "Weeks", departments: "Departments") -> "Iterator[tuple[Store, Floats]]":
    from spark_jobs.sample.model import make_sales, make_store

    for store_id in range(1, count + 1):
        store = make_store(seed, store_id, weeks)
        yield store, make_sales(seed, store, departments, weeks)


def _store_table(store: "Store") -> "pa.Table":
    import pyarrow as pa

    return pa.table({"Store": [store.store_id], "Type": [store.store_type], "Size": [store.size_sqft]})


def _features_table(store: "Store", weeks: "Weeks") -> "pa.Table":
    import pyarrow as pa

    numbers = [store.temperature, store.fuel_price, *store.markdowns, store.cpi, store.unemployment]
    columns = [
        pa.repeat(store.store_id, len(weeks.days)),
        pa.array(weeks.days, pa.date32()),
        *map(_numbers, numbers),
        _flags(weeks.is_holiday),
    ]
    return pa.table(dict(zip(FEATURES_HEADER, columns, strict=True)))


def _sales_table(store: "Store", sales: "Floats", weeks: "Weeks") -> "pa.Table":
    import numpy as np
    import pyarrow as pa

    department, week = np.nonzero(~np.isnan(sales))
    columns = [
        pa.repeat(store.store_id, len(week)),
        pa.array(department + 1),
        pa.array(weeks.days, pa.date32()).take(pa.array(week)),
        _numbers(sales[department, week]),
        _flags(weeks.is_holiday[week]),
    ]
    return pa.table(dict(zip(SALES_HEADER, columns, strict=True)))


def _numbers(values: "Floats") -> "pa.Array":
    """Returns numbers as text, missing ones as NA."""
    import pyarrow as pa

    return pa.array(values, from_pandas=True).cast(pa.string()).fill_null("NA")


def _flags(values: object) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(values), "TRUE", "FALSE")
