"""Sample data as a brand writes them: units and prices of outlets, products and weeks, with stock and a plan."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spark_jobs.sample.brand import (
    PLANNED_WEEKS,
    Assortment,
    Outlet,
    Whole,
    chain_cuts,
    make_outlet,
    make_products,
    make_units,
    week_labels,
)
from spark_jobs.sample.csv_file import CsvFile, write_mapping
from spark_jobs.sample.texts import decimal_texts
from spark_jobs.sample.writer import check_counts

if TYPE_CHECKING:
    import pyarrow as pa

SALES_NAME, PRODUCTS_NAME, OUTLETS_NAME = "weekly_sales.csv", "products.csv", "outlets.csv"
STOCK_NAME, PROMOTIONS_NAME = "stock.csv", "promotions.csv"
SALES_HEADER = ("Week starting", "Outlet", "SKU", "Units", "Price")
PRODUCTS_HEADER = ("SKU", "Description", "Range")
OUTLETS_HEADER = ("Outlet", "Town", "Channel")
STOCK_HEADER = ("Outlet", "SKU", "Counted on", "On hand", "On order", "Due", "List price", "Lead time days")
PROMOTIONS_HEADER = ("Week starting", "SKU", "Price")
LIMITS = {"stores": 9_999, "products": 9_999, "weeks": 1_000}
_STOCK_WEEKS = 8
"""Last weeks whose mean the stock is measured in."""
_CASE_UNITS = 6
_UNITS, _STOCK = 11, 12


def write_weekly_products(
    folder: str | Path, stores: int = 10, products: int = 30, weeks: int = 130, seed: int = 20220102
) -> dict[str, int]:
    """Returns the rows of each file of the sample, which is written into a folder with its shelfcast.toml.

    A week without a row sold nothing. The same arguments give the same bytes. One outlet at a time is in memory.

    Raises:
        UsageError: a count is below 1 or beyond `LIMITS`.
    """
    check_counts({"stores": stores, "products": products, "weeks": weeks}, LIMITS)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    assortment = make_products(seed, products, weeks)
    with (
        CsvFile(target, PRODUCTS_NAME, PRODUCTS_HEADER) as products_csv,
        CsvFile(target, OUTLETS_NAME, OUTLETS_HEADER) as outlets_csv,
        CsvFile(target, SALES_NAME, SALES_HEADER) as sales_csv,
        CsvFile(target, STOCK_NAME, STOCK_HEADER) as stock_csv,
        CsvFile(target, PROMOTIONS_NAME, PROMOTIONS_HEADER) as promotions_csv,
    ):
        promotions_csv.write_rows(_promotion_rows(seed, weeks, assortment))
        products_csv.write_rows(zip(assortment.codes, assortment.names, assortment.ranges, strict=True))
        for outlet in (make_outlet(seed, number, weeks) for number in range(1, stores + 1)):
            units = make_units(np.random.default_rng([seed, _UNITS, outlet.number]), outlet, assortment)
            outlets_csv.write_rows([(outlet.code, outlet.name, outlet.channel)])
            sales_csv.write(_sales_table(outlet, units, assortment))
            stock_csv.write_rows(_stock_rows(seed, outlet, units, assortment))
    write_mapping("weekly-products", target)
    return {file.name: file.rows for file in (sales_csv, products_csv, outlets_csv, stock_csv, promotions_csv)}


def _sales_table(outlet: Outlet, units: Whole, products: Assortment) -> "pa.Table":
    import pyarrow as pa

    week, product = np.nonzero(units.T)
    cents = np.rint(products.cents[product] * products.cut[product, week]).astype(np.int64)
    columns = [
        pa.array(week_labels(units.shape[1]), pa.date32()).take(pa.array(week)),
        pa.repeat(outlet.code, len(week)),
        pa.array(products.codes).take(pa.array(product)),
        pa.array(units[product, week]),
        decimal_texts(cents, 2, "."),
    ]
    return pa.table(dict(zip(SALES_HEADER, columns, strict=True)))


def _promotion_rows(seed: int, weeks: int, products: Assortment) -> Iterator[tuple[object, ...]]:
    """Yields what products will cost in the weeks ahead whose prices the chain cuts: in all outlets alike."""
    labels, cuts = week_labels(weeks + PLANNED_WEEKS), chain_cuts(seed, weeks)
    for week in range(weeks, weeks + PLANNED_WEEKS):
        for product in np.flatnonzero(products.is_listed[:, -1] & (cuts[week] > 0)):
            yield labels[week], products.codes[product], f"{products.cents[product] * (1 - cuts[week]) / 100:.2f}"


def _stock_rows(seed: int, outlet: Outlet, units: Whole, products: Assortment) -> Iterator[tuple[object, ...]]:
    """Yields the count of each product that is on the shelves, on the last day of the last week: pieces."""
    random = np.random.default_rng([seed, _STOCK, outlet.number])
    weeks = units.shape[1]
    counted = week_labels(weeks)[-1] + dt.timedelta(days=6)
    mean = np.clip(units[:, -_STOCK_WEEKS:], 0, None).mean(axis=1)
    on_hand = random.poisson(mean * random.uniform(0, 6, len(mean)))
    cases = np.where(random.random(len(mean)) < 0.3, np.ceil(2 * mean / _CASE_UNITS), 0).astype(np.int64)
    sold = (units != 0).any(axis=1) & products.is_listed[:, -1]
    for product in np.flatnonzero(sold):
        lead_time, ordered = int(products.lead_time_days[product]), int(cases[product]) * _CASE_UNITS
        due = counted + dt.timedelta(days=1 + lead_time // 2) if ordered else ""
        price = f"{products.cents[product] / 100:.2f}"
        yield outlet.code, products.codes[product], counted, on_hand[product], ordered, due, price, lead_time
