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


def dated_rows(texts: list[str]) -> list[str]:
    return [f"{text},S1,{product},{n % 7 + 1}" for n, text in enumerate(texts) for product in ("P1", "P2")]


@pytest.mark.parametrize(
    ("form", "name"), [("%G%V", "yyyyww"), ("%V/%G", "ww/yyyy"), ("%V.%G", "ww/yyyy"), ("KW %V/%G", ""), ("%G-S%V", "")]
)
def test_calendar_weeks_are_read_as_iso_weeks_however_they_are_written(form, name, write, proposed):
    weeks = [f"{day:{form}}" for day in dates("2024-01-07", 20 * 7)[::7]]
    write("sales.csv", "Kalenderwoche,Filiale,Artikel,Menge", dated_rows(weeks))
    proposal = proposed()
    sales = proposal.mapping.sales
    assert (sales.grain, sales.date_label, sales.date_format) == ("weeks", "last", name)
    assert list(proposal.scan.lines_by_day)[:2] == dates("2024-01-07", 8)[::7]
    assert any("numbers weeks as in ISO 8601" in doubt for doubt in proposal.doubts) == bool(name)


def test_weeks_that_may_be_of_a_fiscal_year_are_asked_for(write, proposed):
    write("sales.csv", "Week,Store,Product,Units", dated_rows([f"2024{week:02d}" for week in range(1, 21)]))
    with pytest.raises(ShelfcastError, match="may be a week of ISO 8601 or of a fiscal year, or a month"):
        proposed()
    assert proposed(date_format="yyyyww").mapping.sales.date_format == "yyyyww"


def test_a_date_beats_a_week_beside_it(write, proposed):
    rows = [f"202401,{row}" for row in dated_rows([str(day) for day in dates("2024-01-01", 70)])]
    write("sales.csv", "SHOP_WEEK,SHOP_DATE,Store,Product,Units", rows)
    assert proposed().mapping.sales.columns.date == "SHOP_DATE"


@pytest.mark.parametrize(
    ("column", "text", "remedy"),
    [
        ("Week", "{}", "called a week, but '1' is no date in a known form: name the date of week 1"),
        ("d", "d_{}", "Column d of sales.csv counts days, but 'd_1' .* name the date of day 1"),
        ("Date", "4529{}", "but '45291' .* Excel counts days so; format the column as dates, such as 2023-12-31"),
        ("Date", "the {}th", "but 'the 1th' .* write 2024-01-29, 29.01.2024, 01/29/2024 or 29-Jan-2024"),
        ("Kalenderwoche", "Woche {}", "but 'Woche 1' .* write 2024-W05"),
    ],
)
def test_dates_in_no_known_form_are_named_with_one_that_is(column, text, remedy, write, proposed):
    write("sales.csv", f"{column},Store,Product,Units", dated_rows([text.format(n) for n in range(1, 9)]))
    with pytest.raises(ShelfcastError, match=remedy):
        proposed()


def test_weeks_that_say_that_they_end_are_dated_by_their_last_day(write, proposed):
    weeks = [f"W/E {day:%m/%d/%y}" for day in dates("2023-01-14", 20 * 7)[::7]]
    write("sales.csv", "Period,Store,Product,Units", dated_rows(weeks))
    proposal = proposed()
    assert (proposal.mapping.sales.date_label, proposal.mapping.retailer.week_ends_on) == ("last", "Saturday")
    assert not any("--date-label" in doubt for doubt in proposal.doubts)


def test_a_list_of_weeks_is_no_table_of_covariates(write, proposed):
    write("sales.csv", HEADER, weekly_rows())
    weeks = [f"{day:%G%V},{day:%Y%m%d}" for day in dates("2024-01-07", 140)[::7]]
    write("time.csv", "shop_week,date_to", weeks)
    guess = proposed(date_label="last")
    assert guess.mapping.covariates is None
    assert any(note.startswith("time.csv") for note in guess.unused)


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [
        ("weather.csv", "Rain", "covariates"),
        ("stock.csv", "Product,On_Hand", "stock"),
        ("plan.csv", "Product,Promotion", "promotions"),
    ],
)
def test_a_table_of_other_stores_is_left_out(name, column, kind, write, proposed):
    write("sales.csv", HEADER, weekly_rows())
    cells = "7" if kind == "covariates" else "P1,1"
    for stores, is_read in ((("W1", "W2"), False), (("S1", "W2"), True)):
        rows = [f"{day},{store},{cells}" for day in dates("2024-01-07", 140)[::7] for store in stores]
        write(name, f"Date,Store,{column}", rows)
        guess = proposed(date_label="last")
        assert (getattr(guess.mapping, kind) is not None) == is_read
        assert (f"{name}, whose column Store names none of the stores of the sales" in guess.unused) != is_read
        assert guess.rows == ({name: 40} if is_read else {})


def test_marks_and_counts_within_the_sales_are_said_to_be_unread(write, proposed):
    header = f"{HEADER},onpromotion,FEATURE,Promo Units,Inventory Level"
    write("sales.csv", header, [f"{row},{n % 2},0,{n % 5},{n % 90}" for n, row in enumerate(weekly_rows())])
    told = (
        "columns of sales.csv that are not used: marks of promotions (onpromotion, FEATURE) belong in a file of "
        "promotions, past weeks and those ahead; counts of stock (Inventory Level) belong in a file of stock"
    )
    assert told in proposed(date_label="last").doubts


@pytest.mark.parametrize(("first", "is_doubtful"), [("2024-05-26", True), ("2024-05-19", False)])
def test_marks_of_weeks_ahead_alone_teach_nothing(first, is_doubtful, write, proposed):
    write("sales.csv", HEADER, weekly_rows())
    write("plan.csv", "Date,Product,Promotion", [f"{day},P1,1" for day in dates(first, 28)[::7]])
    doubts = "\n".join(proposed(date_label="last").doubts)
    assert ("plan.csv holds only weeks after the sales" in doubts) == is_doubtful


def test_columns_with_different_decimal_marks_are_named(write, proposed):
    rows = [f'{day},P1,{n % 7 + 1}.5,"0,9{n % 7} €"' for n, day in enumerate(dates("2024-01-01", 70))]
    write("sales.csv", "Date,Product,Quantity,Price", rows)
    told = "line 2 of column Quantity has a decimal point, line 2 of column Price a decimal comma. Write the numbers of"
    with pytest.raises(ShelfcastError, match=told):
        proposed()


@pytest.mark.parametrize("title", ["Sales report,,,,", "Sales report"])
def test_titles_above_the_header_are_told_with_its_line(title, write, proposed):
    write("sales.csv", title, [",,,,", HEADER, *weekly_rows()])
    told = r"line 1 of sales.csv does not look like a header \('Sales report' is its only cell\), and line 3 does"
    with pytest.raises(ShelfcastError, match=told):
        proposed()


def test_line_breaks_in_quotes_are_told_with_their_column_and_line(write, proposed):
    rows = [f'{row},"Main Street\nLeeds"' if n % 9 == 0 else f"{row},York" for n, row in enumerate(weekly_rows())]
    write("sales.csv", f"{HEADER},Address", rows)
    told = "rows of sales.csv hold line breaks inside quotes, the first in column Address from line 2 on"
    assert told in "\n".join(proposed(date_label="last").doubts)


def test_files_whose_rows_all_hold_line_breaks_are_refused_with_the_reason(write, proposed):
    write("sales.csv", f"{HEADER},Address", [f'{row},"Main Street\nLeeds"' for row in weekly_rows()])
    with pytest.raises(ShelfcastError, match="line breaks inside quotes, the first in column Address from line 2 on"):
        proposed()


def test_a_quote_that_does_not_end_is_no_line_break(write, proposed):
    rows = [f"{row},York" for row in weekly_rows()]
    write("sales.csv", f"{HEADER},Address", [*rows, '2024-05-26,S1,P1,1,2.50,"York'])
    assert not any("line breaks" in doubt for doubt in proposed(date_label="last").doubts)
