"""Finding the input files, and the sentences for what is wrong with them."""

import gzip
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_jobs.ingest.input_files import find_inputs
from spark_jobs.ingest.mapping import SHIPPED, read_mapping
from spark_jobs.ingest.schema import known_names, locate, tables_of
from warehouse.errors import ShelfcastError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_bytes(b"Store,Type,Size\r1,A,1000\r")
    (tmp_path / "train.csv").write_text("Store,Dept,Date,Weekly_Sales,IsHoliday\n1,1,2010-02-05,10,FALSE\n")
    (tmp_path / "features.csv").write_text("Store,Date,IsHoliday\n1,2010-02-05,FALSE\n")
    return tmp_path


def test_files_are_found_whatever_the_case_of_their_names(folder: Path):
    (folder / "train.csv").rename(folder / "Train.CSV")
    inputs = find_inputs(folder)
    assert [file.name for file in inputs.all] == ["stores.csv", "Train.CSV", "features.csv"]


def test_gzip_files_are_found_and_their_header_read(folder: Path):
    text = (folder / "train.csv").read_bytes()
    (folder / "train.csv").unlink()
    (folder / "train.csv.gz").write_bytes(gzip.compress(text, mtime=0))
    assert find_inputs(folder).sales.header == ("Store", "Dept", "Date", "Weekly_Sales", "IsHoliday")


def test_inventory_is_taken_where_it_is_present(folder: Path):
    assert find_inputs(folder).inventory is None
    (folder / "inventory.csv").write_text("Store,Dept,Date,On_Hand\n1,1,2010-02-05,10\n")
    inventory = find_inputs(folder).inventory
    assert inventory is not None
    assert inventory.table == "stock_positions"


def test_the_header_is_the_first_line_that_is_not_empty(folder: Path):
    (folder / "train.csv").write_bytes(b'\xef\xbb\xbf\r\n\r\n"Store", Dept \r\n1,2\r\n')
    sales = find_inputs(folder).sales
    assert sales.header == ("Store", "Dept")
    assert sales.header_line == 3


def test_the_fingerprint_follows_the_bytes_and_nothing_else(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    copy = tmp_path_factory.mktemp("copy") / "files"
    shutil.copytree(folder, copy)
    assert find_inputs(copy).fingerprint == find_inputs(folder).fingerprint
    with (copy / "train.csv").open("a") as file:
        file.write("1,1,2010-02-12,11,TRUE\n")
    assert find_inputs(copy).fingerprint != find_inputs(folder).fingerprint


def test_a_missing_folder_is_one_sentence(tmp_path: Path):
    with pytest.raises(ShelfcastError, match=r"There is no folder .*nowhere"):
        find_inputs(tmp_path / "nowhere")


def test_a_file_in_place_of_the_folder_is_one_sentence(folder: Path):
    with pytest.raises(ShelfcastError, match="is a file"):
        find_inputs(folder / "train.csv")


def test_missing_sales_are_named(folder: Path):
    (folder / "train.csv").unlink()
    with pytest.raises(ShelfcastError, match=r"train\.csv is missing from"):
        find_inputs(folder)


def test_a_folder_of_other_files_is_led_to_a_mapping(folder: Path):
    (folder / "train.csv").rename(folder / "kassenbons.csv")
    with pytest.raises(
        ShelfcastError, match=r"and shelfcast\.toml, which says .*`shelfcast init .*` writes the mapping"
    ):
        find_inputs(folder)


MAPPED = """
retailer = { forecast_unit = "units" }
[sales]
files = "sales_*.csv"
grain = "days"
columns = { product = "article", date = "day", units = "pieces" }
"""


def test_the_same_file_twice_among_parts_that_add_up_is_refused(folder: Path):
    (folder / "shelfcast.toml").write_text(MAPPED)
    (folder / "sales_1.csv").write_text("article,day,pieces\nA1,2024-01-01,2\n")
    assert find_inputs(folder).sales.name == "sales_1.csv"
    shutil.copy(folder / "sales_1.csv", folder / "sales_2.csv")
    with pytest.raises(ShelfcastError, match=r"sales_1\.csv and sales_2\.csv are the same file"):
        find_inputs(folder)


def test_of_columns_that_differ_in_signs_the_one_called_exactly_so_is_meant(folder: Path):
    (folder / "stores.csv").write_text("Store,Type,Size %,Size\n1,A,5,1000\n")
    assert located(find_inputs(folder).stores, "store_attributes")["size_sqft"] == (3,)


@pytest.mark.parametrize(("name", "table"), [("features.csv", "features"), ("stores.csv", "stores")])
def test_a_file_beside_the_sales_may_be_absent(folder: Path, name: str, table: str):
    (folder / name).unlink()
    assert getattr(find_inputs(folder), table) is None


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [
        ("stores.csv", "Store.csv", r"Call Store\.csv stores\.csv, or put it elsewhere"),
        ("features.csv", "feature.csv.gz", r"Call feature\.csv\.gz features\.csv\.gz, or"),
        ("stores.csv", "stores.xlsx", r"Save stores\.xlsx as CSV"),
        ("train.csv", "trian.csv", r"Call trian\.csv train\.csv, or"),
    ],
)
def test_a_file_that_is_called_nearly_right_is_not_passed_over(folder: Path, name: str, given: str, fix: str):
    (folder / name).rename(folder / given)
    with pytest.raises(ShelfcastError, match=rf"{name} is missing from .*\. {fix}"):
        find_inputs(folder)


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(folder: Path, content: bytes):
    (folder / "train.csv").write_bytes(content)
    with pytest.raises(ShelfcastError, match=r"train\.csv is empty"):
        find_inputs(folder)


def test_a_header_alone_is_refused(folder: Path):
    (folder / "features.csv").write_text("Store,Date,IsHoliday\n\n")
    with pytest.raises(ShelfcastError, match=r"features\.csv holds a header and no rows"):
        find_inputs(folder)


def test_two_files_for_one_table_are_refused(folder: Path):
    (folder / "train.csv.gz").write_bytes(gzip.compress(b"Store\n1\n", mtime=0))
    with pytest.raises(ShelfcastError, match=r"holds both train\.csv and train\.csv\.gz"):
        find_inputs(folder)


@pytest.mark.parametrize("content", [b"no gzip at all\n1\n", gzip.compress(os.urandom(200_000), mtime=0)[:100_000]])
def test_a_broken_gzip_file_is_refused(folder: Path, content: bytes):
    (folder / "train.csv").rename(folder / "train.csv.gz")
    (folder / "train.csv.gz").write_bytes(content)
    with pytest.raises(ShelfcastError, match="is not a whole gzip file"):
        find_inputs(folder)


@pytest.fixture
def as_plain_user() -> Iterator[None]:
    """Root may read everything, so it becomes somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def reachable_folder(folder: Path) -> Iterator[Path]:
    """A copy of the folder that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        yield Path(shutil.copytree(folder, Path(place) / "files"))


@pytest.fixture
def closed_folder(reachable_folder: Path) -> Iterator[Path]:
    reachable_folder.chmod(0o000)
    yield reachable_folder
    reachable_folder.chmod(0o755)


@pytest.fixture
def closed_file(reachable_folder: Path) -> Path:
    reachable_folder.chmod(0o755)
    (reachable_folder / "train.csv").chmod(0o000)
    return reachable_folder


def test_a_folder_that_is_not_readable_is_one_sentence(closed_folder: Path, as_plain_user: None):
    with pytest.raises(ShelfcastError, match=r"The folder .* is not readable\. Give its reader permission"):
        find_inputs(closed_folder)


def test_a_file_that_is_not_readable_is_named(closed_file: Path, as_plain_user: None):
    with pytest.raises(ShelfcastError, match=r"train\.csv is not readable"):
        find_inputs(closed_file)


def test_columns_are_found_in_any_order_and_case(folder: Path):
    (folder / "stores.csv").write_text("note,SIZE,store,type\nx,1000,1,A\n")
    stores = find_inputs(folder).stores
    assert located(stores, "store_attributes") == {"store_code": (2,), "store_type": (3,), "size_sqft": (1,)}


def test_a_missing_column_is_named_with_its_file(folder: Path):
    (folder / "features.csv").write_text("Store,CPI\n1,211\n")
    with pytest.raises(ShelfcastError, match=r"features\.csv has no column Date"):
        located(find_inputs(folder).features, "external_features")


@pytest.mark.parametrize(
    ("called", "meant"), [("Temprature", "Temperature"), ("Fuel Prices", "Fuel_Price"), ("Holiday", "IsHoliday")]
)
def test_a_column_that_is_called_nearly_right_is_not_passed_over(folder: Path, called: str, meant: str):
    (folder / "features.csv").write_text(f"Store,Date,{called}\n1,2010-02-05,1\n")
    with pytest.raises(ShelfcastError, match=f"has no column {meant}, but one called {called}: is it meant"):
        located(find_inputs(folder).features, "external_features")


def test_columns_that_nobody_asks_for_are_passed_over(folder: Path):
    (folder / "features.csv").write_text("Store,Date,Region,Unit,Order,Week,Name\n1,2010-02-05,1,1,1,1,1\n")
    assert located(find_inputs(folder).features, "external_features") == {"store_code": (0,), "feature_date": (1,)}


def test_a_column_that_stands_twice_is_named(folder: Path):
    (folder / "stores.csv").write_text("Store,Type,Size,size\n1,A,1000,2\n")
    with pytest.raises(
        ShelfcastError, match=r"stores\.csv has two columns Size, the columns 3 and 4 of its first line"
    ):
        located(find_inputs(folder).stores, "store_attributes")


def located(file, table: str) -> dict[str, tuple[int, ...]]:
    """Returns where the columns of a table stand in the first part of its file."""
    mapping = read_mapping(SHIPPED / "walmart.toml")
    return locate(file.parts[0].name, file.parts[0].header, tables_of(mapping)[table].fields, known_names(mapping))
