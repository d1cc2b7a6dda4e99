"""Columns whose names or values mislead are taken for what they are, or told among what is doubtful."""

import pytest
from exports import dates

from spark_jobs.ingest.guess.column_words import WORDS
from spark_jobs.ingest.guess.name_fits import is_other_money
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


def order_lines(total_on_first_line_alone: bool = False) -> list[str]:
    """Orders of two lines, 2 x 5.00 and 1 x 7.50 plus what day it is, with their totals, and orders of one line."""
    return [
        f"O{day:%j},{day},P{n},{2 - n},{price},{'' if n and total_on_first_line_alone else 17.5 + day.day}"
        for day in dates("2024-01-01", 28)
        for n, price in enumerate((5.0, 7.5 + day.day))
    ] + [f"S{n},2024-01-{n + 1:02d},P0,1,5.0,5.0" for n in range(28)]


@pytest.mark.parametrize("on_first_line_alone", [False, True])
def test_the_total_of_an_order_is_not_the_money_of_its_lines(write, proposed, on_first_line_alone: bool):
    write("orders.csv", "Name,order date,sku,quantity,unit price,Total", order_lines(on_first_line_alone))
    if not on_first_line_alone:
        write("orders.csv", "order_id,order date,sku,quantity,unit price,Total", order_lines())
    proposal = proposed()
    assert (proposal.mapping.sales.columns.price, proposal.mapping.sales.columns.amount) == ("unit price", "")
    assert "Total is the total of a receipt, not the money of its lines: that is taken for quantity times unit" in (
        doubts_of(proposal)
    )


def test_the_total_of_an_order_is_doubtful_where_no_line_has_a_price(write, proposed):
    write("orders.csv", "order_id,order date,sku,quantity,shelf,Total", order_lines())
    proposal = proposed()
    assert proposal.mapping.sales.columns.amount == "Total"
    assert "Total is the total of a receipt, not the money of its lines: name that as amount" in doubts_of(proposal)


def test_an_amount_that_is_pieces_times_a_price_is_that_of_a_line(write, proposed):
    rows = [f"O{day:%j},{day},P{n},2,{day.day}.5,{2 * day.day + 1}" for day in dates("2024-01-01", 28) for n in (1, 2)]
    write("orders.csv", "order_id,order date,sku,quantity,unit price,Total", rows)
    assert proposed().mapping.sales.columns.amount == "Total"


@pytest.mark.parametrize("other", ["freight_value", "Shipping Amount", "Tax Amount", "Discount Value", "Montant TVA"])
def test_freight_tax_and_discounts_are_no_money_of_sales(write, proposed, other: str):
    rows = [f"{day},S1,P{n},{n + 2},{n + 3.5}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", f"date,store,sku,qty,{other}", rows)
    assert proposed().mapping.sales.columns.amount == ""


def test_no_word_for_money_of_sales_is_one_for_other_money():
    words = {
        word
        for concept in ("amount", "sales", "price")
        for text in WORDS[concept].values()
        for word in text.split(", ")
    }
    assert not [word for word in words if is_other_money(word)]


@pytest.mark.parametrize("amount", ["Sales excl. tax", "Umsatz ohne MwSt", "Net amount after discount"])
def test_an_amount_of_sales_may_name_what_it_leaves_out(write, proposed, amount: str):
    rows = [f"{day},S1,P{n},{n + 2},{n + 3.5}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", f"date,store,sku,qty,{amount}", rows)
    assert proposed().mapping.sales.columns.amount == amount


def test_a_limit_is_no_date_of_a_sale(write, proposed):
    rows = [f"O{n},P{n},{day} 10:00:00,75.5" for day in dates("2024-01-01", 28) for n in range(3)]
    write("order_items.csv", "order_id,product_id,shipping_limit_date,amount", rows)
    with pytest.raises(ShelfcastError, match=r"order_items\.csv has no column of dates"):
        proposed()


def test_numbers_are_no_names_of_products(write, proposed):
    write(
        "sales.csv", "date,store,product_id,qty", [f"{day},1,P{n},2" for day in dates("2024-01-01", 28) for n in "ab"]
    )
    write("products.csv", "product_id,product_name_length,category", ["Pa,40,Food", "Pb,41,Food"])
    assert proposed().mapping.products.columns.name == ""


@pytest.mark.parametrize("measure", ["ACV Weighted Distribution", "Weight"])
def test_a_decimal_measure_is_no_part_of_the_code_of_a_product(write, proposed, measure: str):
    rows = [f"{day},COLA,{n + 2},{n}.5" for day in dates("2024-01-06", 20, 7) for n in range(3)]
    write("scan.csv", f"Week Ending,Product,Units,{measure}", rows)
    assert proposed().mapping.sales.columns.product == ("Product",)


def rows_of_places(*places: str) -> list[str]:
    return [f"{day};{place};A{n};{n + 2}" for day in dates("2024-01-01", 28) for place in places for n in range(3)]


@pytest.mark.parametrize("place", ["Warehouse", "Werk", "Market", "Markets", "Geography", "Sales Channel", "Outlet"])
def test_a_place_of_sales_is_the_store_where_no_other_is_named(write, proposed, place: str):
    write("sales.csv", f"Date;{place};SKU;Units", rows_of_places("North", "South"))
    proposal = proposed()
    assert (proposal.mapping.sales.columns.store, proposal.scan.stores) == ((place,), ("North", "South"))


def test_a_market_is_not_the_store_where_one_is_named(write, proposed):
    rows = [
        row.replace(";North;", ";North;1;").replace(";South;", ";South;2;") for row in rows_of_places("North", "South")
    ]
    write("sales.csv", "Date;Market;Store;SKU;Units", rows)
    assert proposed().mapping.sales.columns.store == ("Store",)


def test_a_column_by_which_rows_of_a_product_and_day_differ_may_be_the_store(write, proposed):
    write("sales.csv", "Date;Banner;SKU;Units", rows_of_places("North", "South"))
    assert "rows differ by Banner: is it the store?" in doubts_of(proposed())
    write("sales.csv", "Date;Banner;SKU;Units", [*rows_of_places("North", "South"), *rows_of_places("North")])
    assert "is it the store?" not in doubts_of(proposed())


@pytest.mark.parametrize("customers", ["Segment", "Customer Category", "Gender", "Age Group"])
def test_columns_about_customers_are_no_levels_of_products(write, proposed, customers: str):
    rows = [
        f"{day},{('Consumer', 'Corporate')[(n + day.day) % 2]},P{n},C{n // 4},S{n // 2},2"
        for day in dates("2024-01-01", 28)
        for n in range(8)
    ]
    write("orders.csv", f"Order Date,{customers},Product ID,Category,Sub-Category,Quantity", rows)
    assert proposed().mapping.products.levels == ("Category", "Sub-Category")


@pytest.mark.parametrize(
    ("number", "unit", "reason"),
    [
        ("{}", "units", "pieces: they are whole, and most are small. Otherwise: --unit amount"),
        ("{}.0", "units", "pieces: they are whole, and most are small. Otherwise: --unit amount"),
        ("{}.5", "amount", "money: some are not whole. Otherwise: --unit units"),
        ("{}000", "amount", "money: most are large. Otherwise: --unit units"),
    ],
)
def test_numbers_called_sales_are_pieces_or_money_and_the_user_may_say(
    write, proposed, number: str, unit: str, reason: str
):
    rows = [f"{day},1,P{n},{number.format(n + day.day)}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("train.csv", "date,store,item,sales", rows)
    proposal = proposed()
    assert getattr(proposal.mapping.sales.columns, unit) == "sales"
    assert f"the numbers in sales are taken for {reason}" in doubts_of(proposal)
    for choice in ("units", "amount"):
        chosen = proposed(unit=choice)
        assert getattr(chosen.mapping.sales.columns, choice) == "sales"
        assert "are taken for" not in doubts_of(chosen)


def test_a_number_of_receipts_of_a_store_and_day_is_no_receipt(write, proposed):
    rows = [f"{day},{shop},{2000 + day.day}.5,{100 + day.day}" for day in dates("2024-01-01", 28) for shop in "AB"]
    write("daily.csv", "Date,Shop,Net Sales,Transactions", rows)
    proposal = proposed()
    assert proposal.mapping.sales.grain == "days"
    assert "receipt" not in doubts_of(proposal)


def test_spend_is_money(write, proposed):
    rows = [f"{day},1,PRD{n},{n + 2},{n}.25" for day in dates("2024-01-01", 28) for n in range(1, 4)]
    write("sales.csv", "SHOP_DATE,STORE_CODE,PROD_CODE,QUANTITY,SPEND", rows)
    columns = proposed().mapping.sales.columns
    assert (columns.product, columns.units, columns.amount) == (("PROD_CODE",), "QUANTITY", "SPEND")


@pytest.mark.parametrize("quantity", ["transaction_qty", "item_cnt_day", "Order Quantity", "product qty"])
def test_a_quantity_may_be_called_one_of_something(write, proposed, quantity: str):
    rows = [f"{day},1,P{n},{n + 2},2.5" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", f"date,shop_id,item_id,{quantity},item_price", rows)
    columns = proposed().mapping.sales.columns
    assert (columns.product, columns.units, columns.price) == (("item_id",), quantity, "item_price")


def test_sales_that_are_all_below_zero_are_to_be_turned(write, proposed):
    rows = [f"{day};1000;M{n};{n + 2},000-;16,50-" for day in dates("2024-01-01", 28) for n in range(3)]
    write("MB51.csv", "Buchungsdatum;Werk;Material;Menge;Betrag", rows)
    with pytest.raises(ShelfcastError, match=r"84 rows of MB51\.csv are below zero in column Menge and Betrag.*sign"):
        proposed()


@pytest.mark.parametrize("total", ["Total", "Grand Total", "Summe", "Total US"])
def test_a_product_that_is_the_sum_of_the_others_is_doubtful(write, proposed, total: str):
    rows = [
        f"{day},A,{sku},{units}" for day in dates("2024-01-01", 28) for sku, units in (("x1", 2), ("x2", 3), (total, 5))
    ]
    write("sales.csv", "Date,Store,SKU,Qty", rows)
    assert f"{total} in column SKU is the sum of the others, and counts twice" in doubts_of(proposed())
    write("sales.csv", "Date,Store,SKU,Qty", [row.replace(",5", ",1") for row in rows])
    assert "counts twice" not in doubts_of(proposed())


@pytest.mark.parametrize("name", ["warehouse_stock", "Warehouse Qty", "market_price"])
def test_a_measure_of_a_place_is_no_place(write, proposed, name: str):
    rows = [f"{day},P{n},{n + 2},{20 + n + day.day}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", f"date,sku,units sold,{name}", rows)
    assert not proposed().mapping.sales.columns.store


def test_the_day_on_which_a_store_opened_is_no_date_of_its_sales(write, proposed):
    rows = [f"2023,{week},S{n},P{n},{n + 3}" for week in range(1, 40) for n in range(3)]
    write("sales.csv", "year,week,store,item,units", rows)
    write("stores.csv", "store,opened,city", [f"S{n},2001-0{n + 1}-05,Town {n}" for n in range(3)])
    with pytest.raises(ShelfcastError, match="has the year in column year and the week in column week: join them"):
        proposed()


def test_years_of_two_digits_in_a_format_that_the_user_names_are_named_in_the_mapping(write, proposed):
    days = [f"{day:02}.{month:02}.{year} 10:30" for year in (22, 23, 24) for month in range(1, 13) for day in (5, 6)]
    write("sales.csv", "date,store,sku,units", [f"{day},S1,P{n},{n + 2}" for day in days for n in range(3)])
    with pytest.raises(ShelfcastError, match="years of two digits, which may stand first or last"):
        proposed()
    assert proposed(date_format="dd.MM.yy").mapping.sales.date_format == "dd.MM.yy"


def test_a_word_among_serial_numbers_of_days_is_no_obstacle_to_the_advice(write, proposed):
    rows = [f"{'unknown' if n == 2 else 45291 + day},S1,P{n},{n + 2}" for day in range(30) for n in range(3)]
    write("sales.csv", "Date,store,sku,units", rows)
    with pytest.raises(ShelfcastError, match="'45291' is no date in a known form: Excel counts days so"):
        proposed()
