"""Exports of retailers are understood from the names of their columns and from their values, and doubts are told."""

import gzip
import tomllib
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import dates, german
from workbooks import write_workbook

from spark_jobs.ingest.guess.preview import preview_of
from spark_jobs.ingest.mapping import Mapping
from warehouse.errors import ShelfcastError, UsageError


def doubts_of(proposal) -> str:
    return "\n".join(proposal.doubts)


@pytest.fixture
def german_till(write):
    """Lines of two branches from Monday to the Monday after, closed on Sunday; Windows letters, semicolons, commas."""
    rows = [
        f"{day:%d.%m.%Y} 1{n}:30;{branch:03d};B{day:%j}{branch}{n};{article:05d};Käse {article};Molkerei;{n + 1};"
        f"{german(1234.5 + n)}"
        for day in dates("2024-01-01", 8)
        if day.weekday() < 6
        for branch in (1, 2)
        for n, article in enumerate((7, 8, 9))
    ]
    header = "Verkaufsdatum;Filialnummer;Bon-Nr;Artikelnummer;Artikelbezeichnung;Warengruppe;Menge;Umsatz (€)"
    return write("Kassenbons.csv", header, rows, "cp1252")


def test_a_german_till_export_is_understood(german_till, proposed):
    proposal = proposed(level="product")
    sales = proposal.mapping.sales
    assert (sales.files, sales.grain, sales.date_label) == ("Kassenbons.csv", "lines", "day")
    assert sales.columns.store == ("Filialnummer",)
    assert sales.columns.product == ("Artikelnummer",)
    assert (sales.columns.date, sales.columns.units, sales.columns.amount) == ("Verkaufsdatum", "Menge", "Umsatz (€)")
    assert sales.columns.line == ()
    retailer = proposal.mapping.retailer
    assert (retailer.currency, retailer.calendar.country, retailer.number_format) == ("EUR", "DE", "1.234,5")
    assert (retailer.forecast_unit, retailer.week_ends_on) == ("units", "Sunday")
    assert (retailer.words.store, retailer.words.stores, retailer.words.product) == ("branch", "branches", "article")


def test_codes_keep_their_zeros_and_sums_are_exact(german_till, proposed):
    proposal = proposed()
    assert proposal.scan.stores == ("001", "002")
    assert proposal.scan.products == ("00007", "00008", "00009")
    preview = preview_of(proposal)
    assert preview.units == 7 * 2 * (1 + 2 + 3)
    assert preview.amount == 14 * (Decimal("1234.50") * 3 + 3)


def test_a_week_that_is_cut_off_is_named_and_a_day_of_rest_is_none(german_till, proposed):
    preview = preview_of(proposed())
    assert preview.first == preview.last == tuple(dates("2024-01-01", 2, 6))
    assert preview.left_out == "the week that ends on 2024-01-14, whose sales end on 2024-01-08"


def test_names_and_groups_within_the_sales_make_a_table_of_products(german_till, proposed):
    products = proposed().mapping.products
    assert products is not None
    assert products.files == "Kassenbons.csv"
    assert products.columns.product == ("Artikelnummer",)
    assert products.columns.name == "Artikelbezeichnung"


def test_a_french_file_of_days_is_understood(write, proposed):
    rows = [
        f"{day:%d/%m/%Y};Nantes;A{n};Pain {n};{n + 2};{n + 1},50" for day in dates("2024-01-01", 28) for n in range(4)
    ]
    write("ventes.csv", "Date;Magasin;Référence;Libellé;Quantité vendue;CA TTC", rows)
    mapping = proposed().mapping
    assert (mapping.sales.grain, mapping.sales.columns.date) == ("days", "Date")
    assert mapping.sales.columns.store == ("Magasin",)
    assert mapping.sales.columns.product == ("Référence",)
    assert (mapping.sales.columns.units, mapping.sales.columns.amount) == ("Quantité vendue", "CA TTC")
    assert (mapping.retailer.currency, mapping.retailer.calendar.country) == ("EUR", "FR")
    assert mapping.retailer.number_format == "1 234,5"


@pytest.mark.parametrize(
    ("header", "country"),
    [
        ("Fecha,Tienda,Artículo,Cantidad,Importe", "ES"),
        ("Data,Negozio,Articolo,Quantità,Importo", "IT"),
        ("Data,Loja,Produto,Quantidade,Faturamento", "PT"),
        ("Datum,Winkel,Artikel,Aantal,Omzet", "NL"),
        ("Data,Sklep,Towar,Ilość,Wartość", "PL"),
        ("Datum,Butik,Vara,Antal,Omsättning", "SE"),
        ("Datum,Filiale,Ware,Absatz,Umsatz", "DE"),
        ("Date,Magasin,Article,Quantité,Montant", "FR"),
    ],
)
def test_columns_are_understood_in_many_languages(write, proposed, header: str, country: str):
    rows = [f"{day},N{n % 2},P{n},{n + 1},{n + 1}.25" for day in dates("2024-01-01", 28) for n in range(4)]
    write("export.csv", header, rows)
    mapping = proposed().mapping
    date, store, product, units, amount = header.split(",")
    columns = mapping.sales.columns
    assert (columns.date, columns.store, columns.product) == (date, (store,), (product,))
    assert (columns.units, columns.amount) == (units, amount)
    assert mapping.retailer.calendar.country == country


def weekly_brand_rows(first: str) -> list[str]:
    return [
        f"{day},S{store},SKU-{n},{(n + 1) * 3},{4.5 + n}"
        for day in dates(first, 20, 7)
        for store in (1, 2)
        for n in range(5)
    ]


def test_weeks_of_a_brand_with_prices_are_forecast_in_pieces(write, proposed):
    write("weekly.csv", "week_ending,retailer_store,sku,units_sold,avg_price", weekly_brand_rows("2024-01-06"))
    proposal = proposed()
    sales = proposal.mapping.sales
    assert (sales.grain, sales.date_label) == ("weeks", "last")
    assert (sales.columns.units, sales.columns.price, sales.columns.amount) == ("units_sold", "avg_price", "")
    assert (proposal.mapping.retailer.week_ends_on, proposal.mapping.retailer.forecast_unit) == ("Saturday", "units")
    assert preview_of(proposal).amount == 40 * sum(Decimal((n + 1) * 3) * (Decimal("4.5") + n) for n in range(5))


def test_weeks_that_begin_on_saturday_are_not_moved(write, proposed):
    write("weekly.csv", "week_start,store,sku,units,price", weekly_brand_rows("2024-01-06"))
    proposal = proposed()
    assert (proposal.mapping.sales.date_label, proposal.mapping.retailer.week_ends_on) == ("first", "Friday")
    assert proposal.mapping.retailer.week_label == "first"
    assert preview_of(proposal).first == tuple(dates("2024-01-06", 2, 6))


def test_a_saturday_that_may_begin_or_end_a_week_is_asked_for(write, proposed):
    write("weekly.csv", "date,store,sku,units,price", weekly_brand_rows("2024-01-06"))
    with pytest.raises(
        ShelfcastError,
        match=r"dated by Saturdays.*--date-label first \(weeks run from Saturday to Friday\) or --date-label last",
    ):
        proposed()
    assert proposed(date_label="first").mapping.retailer.week_ends_on == "Friday"
    assert proposed(date_label="last").mapping.retailer.week_ends_on == "Saturday"


def test_a_sunday_of_americans_begins_their_week_and_is_doubtful(write, proposed):
    rows = [f"{day},{n},OATS {n},{12 + n} OZ,1.99,{n + 1}" for day in dates("2024-01-07", 20, 7) for n in range(4)]
    write("sales.csv", "week,store,product,size,price,move", rows)
    proposal = proposed()
    assert (proposal.mapping.sales.date_label, proposal.mapping.retailer.week_ends_on) == ("first", "Saturday")
    assert "Otherwise: --date-label last" in doubts_of(proposal)


def test_a_monday_begins_its_week_and_a_sunday_of_europeans_ends_it(write, proposed):
    write("weekly.csv", "date,store,sku,units,price", weekly_brand_rows("2024-01-01"))
    assert proposed().mapping.sales.date_label == "first"
    write("weekly.csv", "Datum,Filiale,Artikel,Menge,Preis", weekly_brand_rows("2024-01-07"))
    assert proposed().mapping.sales.date_label == "last"


def test_iso_weeks_end_on_sunday(write, proposed):
    rows = [f"2024-W{week:02d},S1,P{n},{n},2.5" for week in range(1, 21) for n in range(1, 4)]
    write("sales.csv", "week,store,sku,units,price", rows)
    proposal = proposed()
    assert (proposal.mapping.sales.grain, proposal.mapping.retailer.week_ends_on) == ("weeks", "Sunday")
    assert preview_of(proposal).first == tuple(dates("2024-01-01", 2, 6))


def test_a_product_and_its_size_are_one_code_where_only_both_tell_rows_apart(write, proposed):
    rows = [f"{day},S1,COCOA,{size} OZ,1.99,{size}" for day in dates("2024-01-07", 20, 7) for size in (12, 21, 28)]
    write("sales.csv", "week,store,product,size,price,move", rows)
    proposal = proposed()
    assert proposal.mapping.sales.columns.product == ("product", "size")
    assert proposal.scan.products == ("COCOA 12 OZ", "COCOA 21 OZ", "COCOA 28 OZ")


def test_files_of_one_store_need_no_column_of_stores(write, proposed):
    write(
        "sales.csv",
        "date,sku,quantity,revenue",
        [f"{day},A{n},2,5.50" for day in dates("2024-01-01", 28) for n in range(3)],
    )
    proposal = proposed()
    assert proposal.mapping.sales.columns.store == ()
    assert "those of one store" in doubts_of(proposal)
    assert preview_of(proposal).stores == 1


def test_amounts_alone_are_forecast_as_money(write, proposed):
    write(
        "sales.csv",
        "date,store,sku,revenue",
        [f"{day},1,A{n},5.50" for day in dates("2024-01-01", 28) for n in range(3)],
    )
    proposal = proposed()
    assert proposal.mapping.retailer.forecast_unit == "amount"
    assert preview_of(proposal).units is None


def test_a_column_called_price_that_grows_with_the_pieces_is_money(write, proposed):
    rows = [
        f"{day},1,A{n},{1 + day.day % 4},{(1 + day.day % 4) * (n + 1.5)}"
        for day in dates("2024-01-01", 60)
        for n in range(5)
    ]
    write("sales.csv", "date,store,sku,quantity,price", rows)
    proposal = proposed()
    assert (proposal.mapping.sales.columns.amount, proposal.mapping.sales.columns.price) == ("price", "")
    assert "grows with the pieces" in doubts_of(proposal)


def test_two_currencies_are_doubtful(write, proposed):
    rows = [f"{day},1,A{n},1,5.50,{'EUR' if n else 'CHF'}" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "date,store,sku,quantity,revenue,currency", rows)
    proposal = proposed()
    assert proposal.mapping.retailer.currency == "EUR"
    assert "several currencies, EUR in 56 rows and CHF in 28 rows" in doubts_of(proposal)


def test_two_signs_of_currencies_are_doubtful(write, proposed):
    rows = [f"{day},1,A{n},1,{'€' if n else '£'}5.50" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    assert "several currencies" in doubts_of(proposed())


def test_days_before_months_are_seen_where_only_so_weeks_are_a_week_apart(write, proposed):
    rows = [f"{day:%d/%m/%Y},1,A{n},1,5.50" for day in dates("2024-01-01", 2, 7) for n in range(3)]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    assert proposed().mapping.sales.date_format == "dd/MM/yyyy"


def test_dates_that_can_be_read_in_both_orders_are_asked_for(write, proposed):
    rows = [f"{text},1,A{n},1,5.50" for text in ("03/01/2024", "04/01/2024", "06/02/2024") for n in range(3)]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    with pytest.raises(ShelfcastError, match=r"--date-format dd/MM/yyyy .* or --date-format MM/dd/yyyy"):
        proposed()
    assert proposed(date_format="dd/MM/yyyy").mapping.sales.date_format == "dd/MM/yyyy"


def test_numbers_that_can_be_read_in_both_ways_are_asked_for(write, proposed):
    rows = [f"{day};1;A{n};1;1.234" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "date;store;sku;quantity;revenue", rows)
    with pytest.raises(ShelfcastError, match=r"--decimal-mark \. .* or --decimal-mark ,"):
        proposed()
    assert preview_of(proposed(decimal_mark=",")).amount == 84 * 1234


def hierarchy(write, weeks_between: int) -> None:
    """Sales of 24 products in 6 families and 2 departments; each product sells once in so many weeks."""
    rows = [
        f"{day},S1,P{n:02d},1,2.50"
        for week, monday in enumerate(dates("2024-01-01", 40, 7))
        for n in range(24)
        if (week + n) % weeks_between == 0
        for day in dates(str(monday), 2)
    ]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    write("products.csv", "sku,name,department,family", [f"P{n:02d},Thing {n},D{n // 12},F{n // 4}" for n in range(24)])


@pytest.mark.parametrize(("weeks_between", "level"), [(1, ""), (4, "family"), (10, "department")])
def test_the_finest_level_is_forecast_at_which_series_sell_in_most_weeks(
    write, proposed, weeks_between: int, level: str
):
    hierarchy(write, weeks_between)
    proposal = proposed()
    products = proposal.mapping.products
    assert products is not None
    assert (products.levels, products.columns.name) == (("department", "family"), "name")
    assert products.forecast_level == level
    assert proposal.mapping.retailer.words.products == {"": "products", "family": "families"}.get(level, "departments")


def test_another_level_can_be_chosen(write, proposed):
    hierarchy(write, 4)
    assert proposed(level="product").mapping.products.forecast_level == ""
    with pytest.raises(UsageError, match=r"no level brand\. It may be product, family, department"):
        proposed(level="brand")


def test_quantities_that_are_no_pieces_make_money_the_unit(write, proposed):
    rows = [f"{day},S1,P{n},{n % 3 + 1},2.50" for day in dates("2024-01-01", 60) for n in range(30)]
    rows += [f"{day},S1,FUEL,12000,36.00" for day in dates("2024-01-01", 60)]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    proposal = proposed()
    assert proposal.mapping.retailer.forecast_unit == "amount"
    assert "1 product (FUEL) with quantities that are no pieces" in doubts_of(proposal)
    assert proposed(unit="units").mapping.retailer.forecast_unit == "units"


def test_stores_products_stock_and_covariates_are_found_beside_the_sales(write, proposed):
    write("sales.csv", "week_ending,store,sku,units,price", weekly_brand_rows("2024-01-06"))
    write("branches.csv", "store,store name,format,sales area", ["S1,North,big,1200", "S2,South,big,800"])
    write("items.csv", "sku,description,category", [f"SKU-{n},Item {n},C{n // 2}" for n in range(5)])
    write("stock.csv", "store,sku,date,stock on hand,lead time days", [f"S1,SKU-{n},2024-05-18,5,7" for n in range(5)])
    write(
        "weather.csv",
        "week_ending,store,temperature,Rain mm",
        [f"{day},S1,{n},0.5" for n, day in enumerate(dates("2024-01-06", 20, 7))],
    )
    mapping = proposed().mapping
    assert mapping.stores.columns.model_dump() == {
        "store": ("store",),
        "name": "store name",
        "type": "format",
        "size": "sales area",
    }
    assert (mapping.products.columns.name, mapping.products.levels) == ("description", ("category",))
    assert (mapping.stock.columns.on_hand, mapping.stock.columns.lead_time_days) == ("stock on hand", "lead time days")
    assert mapping.covariates.date_label == "last"
    assert mapping.covariates.columns.values == {"temperature": "temperature", "rain_mm": "Rain mm"}


def test_days_of_stores_without_products_are_one_series_a_store(write, proposed):
    days = [
        f"{store},{day.weekday() + 1},{day},{5263 + 31 * n},{555 + n},{int(day.weekday() < 6)},0"
        for store in (1, 2, 3)
        for n, day in enumerate(dates("2013-01-01", 28))
    ]
    write("train.csv", "Store,DayOfWeek,Date,Sales,Customers,Open,SchoolHoliday", days)
    proposal = proposed()
    columns = proposal.mapping.sales.columns
    assert (columns.store, columns.product, columns.date) == (("Store",), (), "Date")
    assert (columns.amount, columns.holiday) == ("Sales", "")
    assert "no column says what was sold" in doubts_of(proposal)


def test_codes_that_differ_by_leading_zeros_alone_are_told(write, proposed):
    write(
        "sales.csv",
        "date,store,sku,quantity,revenue",
        [f"{day},1,00{n},1,5.50" for day in dates("2024-01-01", 28) for n in range(3)],
    )
    write("products.csv", "sku,name", ["0,a", "1,b", "002,c"])
    assert "2 of 3 products of the sales are not in products.csv; some differ by leading zeros alone" in doubts_of(
        proposed()
    )


def test_rows_that_cannot_be_read_are_counted_by_reason(write, proposed):
    rows = [f"{day},1,A{n},1,5.50" for day in dates("2024-01-01", 28) for n in range(3)]
    write(
        "sales.csv",
        "date,store,sku,quantity,revenue",
        [*rows, "2024-01-01,1,A1,many,2", "someday,1,A1,1,2", "2024-01-01,1,,1,2", "total,9", 'x,"y,1,1,1'],
    )
    proposal = proposed()
    assert proposal.scan.unread == {"quantity": 1, "date": 1, "sku": 1, "number of fields": 2}
    assert preview_of(proposal).unread == 5
    assert preview_of(proposal).rows == 84


def test_exact_repeats_of_a_line_count_once_and_returns_stay(write, proposed):
    rows = [f"{day} 10:0{n},1,R{day:%j},{n},A1,1,5.50" for day in dates("2024-01-01", 28) for n in range(3)]
    write(
        "sales.csv",
        "timestamp,store,receipt,line,sku,quantity,revenue",
        [*rows, rows[0], "2024-01-03 11:00,1,R9,0,A1,-1,-5.50"],
    )
    proposal = proposed()
    assert proposal.mapping.sales.columns.line == ("receipt", "line")
    assert (proposal.scan.repeats, proposal.scan.returns) == (1, 1)
    assert preview_of(proposal).units == 83


def test_parts_of_a_table_are_one_pattern_and_copies_are_not_read_twice(write, proposed, folder):
    for month in (1, 2):
        write(
            f"sales_2024-0{month}.csv",
            "date,store,sku,quantity,revenue",
            [f"{day},1,A1,1,5.50" for day in dates(f"2024-0{month}-01", 14)],
        )
    (folder / "backup.csv").write_bytes((folder / "sales_2024-01.csv").read_bytes())
    proposal = proposed()
    assert "copy" in "\n".join(proposal.unused)
    assert preview_of(proposal).rows == 28


def test_workbooks_parquet_and_packed_files_are_read_alike(folder, proposed, write):
    header = ["date", "store", "sku", "quantity", "revenue"]
    rows = [[day, "01", f"A{n}", 2, 5.5] for day in dates("2024-01-01", 28) for n in range(3)]
    write_workbook(folder / "sales.xlsx", {"Sales": [header, *rows]})
    first = proposed()
    (folder / "sales.xlsx").unlink()
    pq.write_table(pa.table(dict(zip(header, zip(*rows, strict=True), strict=True))), folder / "sales.parquet")
    second = proposed()
    (folder / "sales.parquet").unlink()
    text = "\n".join(",".join(map(str, row)) for row in [header, *rows])
    (folder / "sales.csv.gz").write_bytes(gzip.compress(text.encode()))
    third = proposed()
    assert first.scan.totals == second.scan.totals == third.scan.totals
    assert [p.mapping.sales.files for p in (first, second, third)] == ["sales.xlsx", "sales.parquet", "sales.csv.gz"]


def test_hostile_names_make_a_valid_mapping(write, proposed, folder):
    names = ['Datum "x"', "Filiale\\'", "Artikel]🙂", "Menge\u2028=1", "Umsatz #"]
    header = ";".join('"' + name.replace('"', '""') + '"' for name in names)
    path = write("t.csv", header, [f"{day};1;A{n};1;5,50" for day in dates("2024-01-01", 28) for n in range(3)])
    path.rename(folder / "um[1]satz 🙂.csv")
    proposal = proposed()
    assert Mapping.model_validate(tomllib.loads(proposal.text)) == proposal.mapping
    assert proposal.mapping.sales.columns.product == ("Artikel]🙂",)
    assert proposal.mapping.sales.files == "um[1]satz 🙂.csv"


def test_a_file_without_sales_is_told_with_what_it_lacks(write, proposed):
    write("stores.csv", "store,city", ["1,Rome", "2,Paris"])
    with pytest.raises(
        ShelfcastError,
        match=r"No file holds sales: stores\.csv has no column of dates and none of products and none of",
    ):
        proposed()


def test_a_column_for_every_week_is_told(write, proposed):
    header = "sku,store," + ",".join(str(day) for day in dates("2024-01-01", 10, 7))
    write("wide.csv", header, [f"A{n},1," + ",".join(["3"] * 10) for n in range(5)])
    with pytest.raises(ShelfcastError, match="a column for every date"):
        proposed()


def test_sums_of_months_are_refused(write, proposed):
    rows = [f"2023-{month:02d}-01,1,A{n},10,55.0" for month in range(1, 13) for n in range(3)]
    write("sales.csv", "date,store,sku,quantity,revenue", rows)
    with pytest.raises(ShelfcastError, match="sums of months"):
        proposed()


def test_columns_without_telling_names_are_guessed_from_their_values(write, proposed):
    rows = [f"{day},N{n % 2},P{n},{n + 1}.25" for day in dates("2024-01-01", 28) for n in range(6)]
    write("export.csv", "c1,c2,c3,c4", rows)
    columns = proposed().mapping.sales.columns
    assert (columns.date, columns.store, columns.product, columns.amount) == ("c1", ("c2",), ("c3",), "c4")


def test_an_empty_folder_and_one_that_is_not_there_are_told(folder, proposed):
    with pytest.raises(ShelfcastError, match="no file with a table"):
        proposed()
    folder.rmdir()
    with pytest.raises(ShelfcastError, match="There is no folder"):
        proposed()


def test_a_polish_file_of_windows_has_its_quantities(write, proposed):
    rows = [f"Łódź;P{n};{day};2;19,95" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sprzedaz.csv", "Sklep;Kod towaru;Data sprzedaży;Ilość;Wartość", rows, "cp1250")
    proposal = proposed()
    assert (proposal.mapping.sales.columns.units, proposal.scan.stores) == ("Ilość", ("Łódź",))


def test_letters_that_two_encodings_fit_are_doubtful(write, proposed):
    rows = [f"Gdańsk;P{n};{day};2;19,95" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sprzedaz.csv", "Sklep;Towar;Data;Sztuki;Kwota", rows, "cp1250")
    assert "read as Latin-1, and as Windows-1250 they would be as likely" in doubts_of(proposed())


def test_columns_of_one_name_and_a_running_number_are_those_of_dates(write, proposed):
    names = [f"d_{n}" for n in range(1, 41)]
    write(
        "sales_train.csv", "item_id,store_id," + ",".join(names), [f"A{n},1," + ",".join(["3"] * 40) for n in range(5)]
    )
    calendar = [f"{day},d_{n},{n // 7},0" for n, day in enumerate(dates("2024-01-01", 40), start=1)]
    write("calendar.csv", "date,d,wm_yr_wk,snap", calendar)
    with pytest.raises(ShelfcastError, match=r"sales_train\.csv seems to have a column for every date"):
        proposed()


def test_a_table_of_zeros_is_not_the_sales_where_another_one_is(write, proposed):
    rows = [f"{day},1,A{n},0" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales_plan_2024.csv", "date,store,sku,quantity", rows)
    write("export.csv", "day,branch,item,qty", [row[:-1] + "4" for row in rows])
    assert proposed().mapping.sales.files == "export.csv"


def test_sales_of_nothing_are_refused(write, proposed):
    write("sales.csv", "date,store,sku,quantity", [f"{day},1,A1,0" for day in dates("2024-01-01", 28)])
    with pytest.raises(ShelfcastError, match=r"Nothing was ever sold in sales\.csv: .* column quantity"):
        proposed()


def test_the_orders_of_a_shop_have_offsets_behind_their_times(write, proposed):
    rows = [
        f"#{n},{day} 10:0{n}:00 -0400,{day} 10:00:00 -0400,2,T{n},9.5"
        for day in dates("2024-01-01", 28)
        for n in (1, 2)
    ]
    write("orders.csv", "Name,Paid at,Created at,Lineitem quantity,Lineitem sku,Lineitem price", rows)
    assert proposed().mapping.sales.columns.date == "Created at"


def test_weeks_that_a_store_does_not_report_are_not_weeks_without_sales(write, proposed):
    reported = [day for n, day in enumerate(dates("2024-01-01", 40, 7)) if n < 10 or n >= 30]
    rows = [f"{day},{store},A{n},1,5.50" for day in reported for store in ("S1", "S2") for n in range(3)]
    rows += [f"{day},S3,A1,1,5.50" for day in dates("2024-01-01", 40, 7)]
    write("sales.csv", "week_start,store,sku,quantity,revenue", rows)
    assert proposed().level.share == 1


def test_an_item_that_is_scanned_twice_on_a_receipt_counts_twice(write, proposed):
    rows = [f"{day} 10:00,1,R{day:%j},A{n},1,5.50" for day in dates("2024-01-01", 28) for n in range(3)]
    write("sales.csv", "timestamp,store,receipt,sku,quantity,revenue", [*rows, rows[0]])
    proposal = proposed()
    assert (proposal.mapping.sales.columns.line, preview_of(proposal).units) == ((), 85)
    assert "lines that repeat another exactly are counted; 1 of the first 85 lines are such" in doubts_of(proposal)


def test_a_row_of_totals_is_no_store(write, proposed):
    rows = [f"00{n},A1,{day:%d.%m.%Y},4,34.47" for day in dates("2024-01-01", 28) for n in (1, 2)]
    write("sales.csv", "store,sku,date,units,revenue", [*rows, "Summe,,,224,1930.32"])
    proposal = proposed()
    assert proposal.scan.stores == ("001", "002")
    assert "1 row that can't be read for lack of a sound sku" in doubts_of(proposal)


def test_what_lies_in_the_weeks_left_out_is_told(write, proposed):
    write("sales.csv", "date,store,sku,units,price", [f"{day},1,A1,2,1.50" for day in dates("2024-01-06", 30)])
    preview = preview_of(proposed())
    assert (preview.weeks, preview.units) == (4, 60)
    assert (preview.units_left_out, preview.amount_left_out) == (4, 6)


def test_a_refusal_shows_what_to_write_with_the_columns_to_choose_from(write, proposed):
    write("x.csv", "wann,was,ort", [f"{day},A{n},1" for day in dates("2024-01-01", 9) for n in "abc"])
    with pytest.raises(ShelfcastError, match=r"docs/your-data\.md") as refused:
        proposed()
    example = str(refused.value).partition("\n\n")[2]
    assert 'product = "..."  # one of "was", "ort"' in example
    mapping = Mapping.model_validate(tomllib.loads(example))
    assert (mapping.sales.columns.date, mapping.retailer.forecast_unit) == ("wann", "units")


def test_a_year_and_a_week_apart_are_to_be_joined(write, proposed):
    write("sales.csv", "Year,Week,Store,Product,Units", [f"2023,{week},1,A1,5" for week in range(1, 50)])
    with pytest.raises(ShelfcastError, match="year in column Year and the week in column Week: join them as one"):
        proposed()


@pytest.mark.parametrize("month", ["2023-{:02d}", "{:02d}/2023"])
def test_months_without_a_day_are_refused(write, proposed, month: str):
    rows = [f"{month.format(n)},1,A{p},10" for n in range(1, 13) for p in range(3)]
    write("sales.csv", "Month,Store,Product,Units", rows)
    with pytest.raises(ShelfcastError, match="sums of months in column Month"):
        proposed()


def test_sales_that_are_not_read_are_doubtful_with_the_way_to_have_them_read(write, proposed):
    write("sales_2023.csv", "date,store,sku,qty", [f"{day},1,A1,2" for day in dates("2023-01-01", 28)])
    write("sales_2024.csv", "date,store,item,quantity", [f"{day},1,A1,2" for day in dates("2024-01-01", 29)])
    told = "only sales_2024.csv is read: call its columns sku, qty as there (item, quantity)"
    assert told in doubts_of(proposed())


def test_a_further_sheet_of_sales_is_doubtful_and_another_is_not_used(folder, proposed):
    rows = [["date", "store", "sku", "quantity"], *([day, "1", "A1", 2] for day in dates("2024-01-01", 28))]
    notes = [["what", "who"], ["a", "b"]]
    write_workbook(folder / "sales.xlsx", {"2024": rows, "2023": rows, "Notes": notes})
    proposal = proposed()
    assert "sales.xlsx/2023 may hold sales too; only sales.xlsx is read: its columns are the same" in doubts_of(
        proposal
    )
    assert "sales.xlsx/Notes, for the first sheet alone is read" in "\n".join(proposal.unused)
    assert preview_of(proposal).rows == 28


def test_covariates_of_days_are_told_as_such(write, proposed):
    rows = [f"{day},1,A{n},2" for day in dates("2024-01-01", 28) for n in range(2)]
    write("sales.csv", "date,store,sku,quantity", rows)
    write("weather.csv", "date,rain", [f"{day},0.5" for day in dates("2024-01-01", 28)])
    assert "weather.csv, whose dates are days, and covariates come by weeks" in "\n".join(proposed().unused)


def test_too_few_weeks_to_forecast_from_are_doubtful(write, proposed):
    write("sales.csv", "date,store,sku,quantity", [f"{day},1,A1,2" for day in dates("2024-01-01", 7 * 7)])
    assert "forecasts need at least 8 weeks, and the sales have 7" in doubts_of(proposed())
    write("sales.csv", "date,store,sku,quantity", [f"{day},1,A1,2" for day in dates("2024-01-01", 8 * 7)])
    assert "forecasts need" not in doubts_of(proposed())


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_japanese_columns_are_understood(write, proposed, encoding: str):
    rows = [f"00{n},49000{n},おにぎり{n},{day:%Y/%m/%d},7,840" for day in dates("2024-01-01", 28) for n in (1, 2)]
    write("uriage.csv", "店舗コード,商品コード,商品名,売上日,数量,売上金額", rows, encoding)
    proposal = proposed()
    columns = proposal.mapping.sales.columns
    assert (columns.store, columns.product, columns.date) == (("店舗コード",), ("商品コード",), "売上日")
    assert (columns.units, columns.amount) == ("数量", "売上金額")
    assert proposal.mapping.retailer.calendar.country == "JP"


def test_chinese_columns_are_understood(write, proposed):
    rows = [f"00{n},A{n},{day},7,840" for day in dates("2024-01-01", 28) for n in (1, 2)]
    write("x.csv", "门店编号,商品编码,日期,数量,销售额", rows, "gb18030")
    columns = proposed().mapping.sales.columns
    assert (columns.store, columns.product, columns.date) == (("门店编号",), ("商品编码",), "日期")
    assert (columns.units, columns.amount) == ("数量", "销售额")
