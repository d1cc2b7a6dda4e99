"""What Spark reads of a retailer's own files: letters, blanks, codes, names and sizes as they come."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spark_jobs.ingest.input_files import find_inputs
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

MAPPING = """
[retailer]
currency = "EUR"

[sales]
files = "sales.csv"
grain = "weeks"
date_label = "last"
columns = { store = "shop", product = "item", date = "week", amount = "money" }

[stores]
files = "shops.csv"
columns = { store = "shop", name = "name", type = "kind", size = "area" }

[products]
files = "items.csv"
columns = { product = "item", name = "name" }
levels = ["region"]
"""
DASH = "\u2013"
SALES = "shop;item;week;money\n7;A1;2024-01-07;12,50\n"
SHOPS = "shop;name;kind;area\n7;Shop;A;100\n"
ITEMS = "item;name;region\nA1;Tea;North\n"


@pytest.fixture
def read(quick_spark, spark, settings: Settings, tmp_path: Path) -> Callable[..., dict]:
    """Returns what was read of the files of a retailer, by table."""
    from spark_jobs.ingest.job import read_files

    def read_texts(sales: str = SALES, shops: str = SHOPS, items: str = ITEMS, mapping: str = MAPPING) -> dict:
        texts = {"shelfcast.toml": mapping, "sales.csv": sales, "shops.csv": shops, "items.csv": items}
        for name, text in texts.items():
            (tmp_path / name).write_bytes(text.encode("cp1252" if DASH in text else "utf-8"))
        reads = read_files(spark, settings, find_inputs(tmp_path), None)
        return {one.account.table_name: one for one in reads}

    return read_texts


def rows(one, *names: str) -> list[tuple]:
    assert not one.rows.where("reason is not null").collect()
    return [tuple(row) for row in one.rows.orderBy("line_number").select(*names).collect()]


def test_signs_that_windows_has_and_latin_1_has_not_are_letters_of_texts(read):
    found = read(items=f"item;name;region\nA1;Œuf {DASH} „Štetín“;…\n")
    assert rows(found["products"], "product_name", "level_1") == [(f"Œuf {DASH} „Štetín“", "…")]


def test_blanks_that_do_not_break_part_an_amount_from_its_currency(read):
    lines = ["12,50\u00a0€", "1\u202f012,50\u202f€", "€\u00a03,00", "(2,25)\u00a0€"]
    dates = ["2024-01-07", "2024-01-14", "2024-01-21", "2024-01-28"]
    text = "".join(f"7;A1;{date};{line}\n" for date, line in zip(dates, lines, strict=True))
    found = read(sales=f"shop;item;week;money\n{text}")
    assert rows(found["raw_sales"], "amount") == [(12.5,), (1012.5,), (3.0,), (-2.25,)]


def test_na_is_a_region_and_a_brand_and_a_kind_of_store(read):
    found = read(items="item;name;region\nA1;NULL;NA\n", shops="shop;name;kind;area\n7;n/a;NA;100\n")
    assert rows(found["products"], "product_name", "level_1") == [("NULL", "NA")]
    assert rows(found["store_attributes"], "store_name", "store_type") == [("n/a", "NA")]


def test_a_long_name_is_cut_and_a_new_emoji_stays(read):
    found = read(items=f"item;name;region\nA1;{'x' * 200};\U0001fae9\n")
    assert rows(found["products"], "product_name", "level_1") == [("x" * 128, "\U0001fae9")]


def test_a_size_is_rounded_and_that_of_0_is_not_known(read):
    shops = "shop;name;kind;area\n7;Shop;A;103,6\n8;Shop;A;0\n9;Shop;A;0,00\n10;Shop;A;\n"
    found = read(shops=shops)
    assert rows(found["store_attributes"], "size_sqft") == [(104,), (None,), (None,), (None,)]


def test_codes_that_are_numbers_are_numbers_in_the_file_of_products_too(read):
    found = read(
        sales="shop;item;week;money\n7;12;2024-01-07;12,50\n",
        items="item;name;region\n012;Tea;North\n",
        mapping='codes = "numbers"\n' + MAPPING,
    )
    assert rows(found["products"], "product_code") == rows(found["raw_sales"], "product_code") == [("12",)]


STOCK = """
[stock]
files = "stock.csv"
columns = { store = "shop", product = "item", date = "day", on_hand = "pieces" }
"""


def test_stock_that_can_be_read_in_two_ways_is_written_as_the_sales_are(read, tmp_path: Path):
    (tmp_path / "stock.csv").write_text("shop;item;day;pieces\n7;A1;05/02/2024;1.234\n")
    found = read(sales="shop;item;week;money\n7;A1;28/01/2024;12,50\n", mapping=MAPPING + STOCK)
    dates = [(str(date), pieces) for date, pieces in rows(found["stock_positions"], "stock_date", "on_hand")]
    assert dates == [("2024-02-05", 1234.0)]


def test_stock_in_two_ways_is_refused_where_the_sales_prove_neither(read, tmp_path: Path):
    (tmp_path / "stock.csv").write_text("shop;item;day;pieces\n7;A1;2024-02-05;1.234\n")
    with pytest.raises(ShelfcastError, match="can be read with a decimal point or a decimal comma"):
        read(sales="shop;item;week;money\n7;A1;2024-01-28;12\n", mapping=MAPPING + STOCK)


def test_numbered_weeks_do_not_end_on_saturdays(read):
    mapping = MAPPING.replace('"EUR"', '"EUR"\nweek_ends_on = "Saturday"')
    with pytest.raises(ShelfcastError, match="end on Sundays, but the mapping says Saturday"):
        read(sales="shop;item;week;money\n7;A1;2024-W05;12,50\n", mapping=mapping)


def test_blanks_of_any_kind_around_codes_and_names_are_left_out(read):
    found = read(
        sales="shop;item;week;money\n7\u00a0;\tA1;2024-01-07;12,50\n",
        items="item;name;region\nA1;\ufeffTea\u202f;North\n",
    )
    assert rows(found["raw_sales"], "store_code", "product_code") == [("7", "A1")]
    assert rows(found["products"], "product_name") == [("Tea",)]
