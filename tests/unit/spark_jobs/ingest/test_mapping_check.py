"""A mapping that does not fit its files is answered with all of its faults at once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workbooks import write_workbook

from spark_jobs.ingest.mapping import Mapping
from spark_jobs.ingest.mapping_check import check_mapping
from warehouse.errors import ShelfcastError

SALES = {
    "files": "bons-*.csv",
    "grain": "days",
    "columns": {"store": "Filiale", "product": "Artikel", "date": "Datum", "units": "Menge", "amount": "Umsatz"},
}
PRODUCTS = {"files": "artikel.csv", "columns": {"product": "Artikel"}, "levels": ["Warengruppe"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bons-1.csv").write_text("Filiale;Artikel;Datum;Menge;Umsatz\n01;007;2024-01-01;1;2,5\n")
    (tmp_path / "bons-2.csv").write_text("filiale;ARTIKEL;Datum;Menge;Umsatz\n01;007;2024-01-02;1;2,5\n")
    (tmp_path / "artikel.csv").write_text("Artikel;Warengruppe\n007;Obst\n")
    return tmp_path


def mapping_of(sales: dict | None = None, columns: dict | None = None, **others: object) -> Mapping:
    whole = SALES | (sales or {}) | {"columns": SALES["columns"] | (columns or {})}
    return Mapping.model_validate({"retailer": {"forecast_unit": "units"}, "sales": whole, **others})


def fault_of(mapping: Mapping, folder: Path) -> str:
    with pytest.raises(ShelfcastError) as caught:
        check_mapping(mapping, folder)
    return str(caught.value)


def test_a_mapping_that_fits_is_silent(folder: Path):
    check_mapping(mapping_of(products=PRODUCTS), folder)


def test_a_misspelt_column_is_told_with_what_was_meant_and_all_columns(folder: Path):
    told = fault_of(mapping_of({"files": "bons-1.csv"}, {"units": "Menggen", "line": ["Kasse"]}), folder)
    assert "bons-1.csv has no column Menggen: did you mean Menge?" in told
    assert "bons-1.csv has no column Kasse;" in told
    assert "the columns of bons-1.csv are Filiale, Artikel, Datum, Menge, Umsatz" in told


def test_a_pattern_without_files_is_told_with_the_files_there(folder: Path):
    told = fault_of(mapping_of({"files": "bon-1.csv"}), folder)
    assert "sales.files: no file is called bon-1.csv; did you mean bons-1.csv?" in told
    assert "There are artikel.csv, bons-1.csv, bons-2.csv" in told


def test_every_fault_of_every_input_is_told_at_once(folder: Path):
    products = {**PRODUCTS, "levels": ["Gruppe"]}
    stores = {"files": "filialen.csv", "columns": {"store": "Nr"}}
    told = fault_of(
        mapping_of({"date_format": "dd.mm.yy"}, {"price": "Umsatz"}, products=products, stores=stores), folder
    )
    assert "sales.date_format dd.mm.yy is none of yyyy-MM-dd" in told
    assert "sales.columns: Umsatz can't be both amount and price" in told
    assert "stores.files: no file is called filialen.csv" in told
    assert "products: artikel.csv has no column Gruppe: did you mean Warengruppe?" in told
    assert told.count("(") == 5


def test_a_column_may_be_a_product_and_a_part_of_what_identifies_a_line(folder: Path):
    check_mapping(mapping_of(columns={"line": ["Datum", "Artikel"]}), folder)


def test_a_column_that_stands_twice_is_told(folder: Path):
    (folder / "bons-2.csv").write_text("Filiale;Artikel;Datum;Menge;Menge;Umsatz\n1;1;2024-01-01;1;1;1\n")
    assert "bons-2.csv has two columns Menge, the columns 4 and 5" in fault_of(mapping_of(), folder)


def test_a_part_that_lacks_a_column_is_told(folder: Path):
    (folder / "bons-2.csv").write_text("Filiale;Artikel;Datum;Menge\n1;1;2024-01-01;1\n")
    assert "bons-2.csv has no column Umsatz" in fault_of(mapping_of(), folder)


def test_workbooks_and_parquet_files_are_looked_into(folder: Path):
    write_workbook(folder / "sales.xlsx", {"One": [["Filiale", "Artikel", "Datum", "Menge"], ["1", "2", "3", 4]]})
    assert "sales.xlsx has no column Umsatz" in fault_of(mapping_of({"files": "sales.xlsx"}), folder)
    pq.write_table(pa.table({"Filiale": ["1"], "Artikel": ["2"]}), folder / "sales.parquet")
    assert "sales.parquet has no column Umsatz" in fault_of(mapping_of({"files": "sales.parquet"}), folder)


def test_names_from_files_stay_on_one_line(folder: Path):
    (folder / "bons-1.csv").write_text('"Fili\tale;";Artikel\nx;y\n')
    assert "\n" not in fault_of(mapping_of({"files": "bons-1.csv"}), folder)


def test_a_mapping_of_other_files_is_one_sentence_too(folder: Path):
    columns = {"store": "shop", "product": "sku", "date": "day", "units": "qty", "amount": "usd"}
    told = fault_of(mapping_of({"files": "artikel.csv"}, columns), folder)
    assert [f"has no column {name}" in told for name in columns.values()] == [True] * 5
