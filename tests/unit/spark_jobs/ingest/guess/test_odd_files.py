"""Files that hold what nobody expects are told of, and cost neither the others nor a traceback."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import dates

from warehouse.errors import ShelfcastError

HEADER = "Week,Store,Product,Units,Price"


def weekly_rows(stores=("S1", "S2"), products=("P1", "P2"), weeks=20) -> list[str]:
    return [f"{day},{store},{product},{n % 7 + 1},2.50" for n, day in enumerate(dates("2024-01-07", weeks * 7)[::7])
            for store in stores for product in products]  # fmt: skip


def test_quantities_beyond_belief_are_rows_that_cannot_be_read(write, proposed):
    wrong = [f"2024-05-26,S1,P1,{units},2.50" for units in ("9" * 18, "9223372036854775807", "9" * 23, "1e999999")]
    write("sales.csv", HEADER, [*weekly_rows(), *wrong])
    assert "4 rows that can't be read" in "\n".join(proposed(date_label="last").doubts)


def test_a_product_called_null_does_not_lose_the_file_of_products(write, proposed):
    products = ("007", "null", "NA", "12")
    write("sales.csv", HEADER, weekly_rows(products=products))
    write("items.csv", "Product,Name,Category", [f"{code},Thing {code},Food" for code in products])
    mapping = proposed(date_label="last").mapping
    assert mapping.products is not None
    assert mapping.products.files == "items.csv"


def test_a_file_whose_name_is_no_text_is_told_and_left_out(write, proposed, folder):
    write("sales.csv", HEADER, weekly_rows())
    Path(os.fsdecode(os.fsencode(folder) + b"/sales\xff.csv")).write_text(f"{HEADER}\n")
    guess = proposed(date_label="last")
    assert guess.mapping.sales.files == "sales.csv"
    assert any("whose name is not UTF-8" in note for note in guess.unused)


def test_columns_of_parquet_that_hold_tables_are_told(folder, proposed):
    cells = [row.split(",") for row in weekly_rows()]
    columns = {name: [row[place] for row in cells] for place, name in enumerate(HEADER.split(","))}
    columns["Store"] = [{"code": code} for code in columns["Store"]]
    pq.write_table(pa.table(columns), folder / "sales.parquet")
    assert any("Store of sales.parquet: lists or tables" in note for note in proposed(date_label="last").unused)


def test_sales_of_which_no_row_can_be_read_make_no_mapping(write, proposed):
    write("sales.csv", HEADER, [row.replace(",S1,", ",\x01,").replace(",S2,", ",\x01,") for row in weekly_rows()])
    with pytest.raises(ShelfcastError, match=r"No row of sales\.csv can be used: 80 rows that can't be read"):
        proposed(date_label="last")
