"""Columns whose names or values mislead are taken for what they are, or told among what is doubtful."""

import pytest
from exports import dates

from warehouse.errors import ShelfcastError


def doubts_of(proposal) -> str:
    return "\n".join(proposal.doubts)


def test_a_mark_of_0_and_1_is_no_money(write, proposed):
    rows = [f"{day},CA_1,F{n},{n + 5},1.5,{day.day % 2}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "date,store_id,item_id,sales,sell_price,snap_CA", rows)
    columns = proposed().mapping.sales.columns
    assert (columns.units, columns.price, columns.amount) == ("sales", "sell_price", "")


def test_a_mark_of_0_and_1_is_pieces_only_where_it_is_called_so_and_nothing_else_is(write, proposed):
    rows = [f"{day},S1,P{n},1,{n + 2}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "date,store,sku,qty,pieces", rows)
    assert proposed().mapping.sales.columns.units == "pieces"
    write("sales.csv", "date,store,sku,qty,weekday", rows)
    assert proposed().mapping.sales.columns.units == "qty"


def test_sales_whose_dates_stand_in_another_file_are_to_be_joined(write, proposed):
    write(
        "sales_long.csv", "item_id,store_id,d,sales", [f"F{n},CA_1,d_{d},{n + 3}" for n in range(3) for d in range(28)]
    )
    calendar = [f"{day},d_{d},{d % 2},{d / 7:.2f}" for d, day in enumerate(dates("2024-01-01", 40))]
    write("calendar.csv", "date,d,snap_CA,moon", calendar)
    told = r"sales_long\.csv has the sales but no dates, which stand in calendar\.csv by column d\. Join them"
    with pytest.raises(ShelfcastError, match=told):
        proposed()
