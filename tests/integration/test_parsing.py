"""What Spark sets aside of files as they come, and why; how files may be written is held by the corpus."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spark_jobs.ingest.duplicates import FEW_COPIES
from spark_jobs.ingest.input_files import find_inputs
from warehouse.settings import Settings

STORES = "Store,Type,Size\n1,A,151315\n2,B,37392\n"
TRAIN = (
    "Store,Dept,Date,Weekly_Sales,IsHoliday\n"
    "1,1,2010-02-05,24924.5,FALSE\n"
    "1,1,2010-02-12,-46.49,TRUE\n"
    "2,7,2010-02-19,0,FALSE\n"
)
FEATURES = (
    "Store,Date,Temperature,Fuel_Price,MarkDown1,MarkDown2,MarkDown3,MarkDown4,MarkDown5,CPI,Unemployment,IsHoliday\n"
    "1,2010-02-05,42.31,2.572,NA,NA,NA,NA,NA,211.0963582,8.106,FALSE\n"
    "2,2013-07-26,76.06,3.804,212.02,,2.06,10.88,-18.5,NA,NA,FALSE\n"
)
SALES_READ = [
    (2, 1, 1, "2010-02-05", 24924.5, False),
    (3, 1, 1, "2010-02-12", -46.49, True),
    (4, 2, 7, "2010-02-19", 0.0, False),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stores.csv").write_text(STORES)
    (tmp_path / "train.csv").write_text(TRAIN)
    (tmp_path / "features.csv").write_text(FEATURES)
    return tmp_path


@pytest.fixture
def read(quick_spark, spark, settings: Settings) -> Callable[..., dict]:
    """Returns what was read of a folder, by table."""
    from spark_jobs.ingest.job import read_files

    def read_folder(folder: Path, date_format: str | None = None) -> dict:
        reads = read_files(spark, settings, find_inputs(folder), date_format)
        return {one.account.table_name: one for one in reads}

    return read_folder


def accepted(one, *names: str) -> list[tuple]:
    rows = one.rows.where("reason is null and not is_duplicate").orderBy("line_number")
    return [
        tuple(str(row[name]) if name.endswith("_date") else row[name] for name in names)
        for row in rows.select(*names).collect()
    ]


def sales_of(one) -> list[tuple]:
    rows = accepted(one, "line_number", "store_code", "product_code", "sale_date", "amount", "is_holiday")
    return [(line, int(store), int(department), *values) for line, store, department, *values in rows]


def reasons(one) -> dict[int, str]:
    return {row["line_number"]: row["reason"] for row in one.rows.where("reason is not null").collect()}


def test_a_folder_whose_name_looks_like_a_pattern_is_read(folder: Path, read):
    strange = folder / "week [1] {a,b} *"
    strange.mkdir()
    for name in ("stores.csv", "train.csv", "features.csv"):
        (folder / name).rename(strange / name)
    assert sales_of(read(strange)["raw_sales"]) == SALES_READ


def test_a_wrongly_named_format_rejects_the_rows_it_does_not_fit(folder: Path, read):
    lines = TRAIN.replace("2010-02-05", "05-02-2010").replace("2010-02-12", "26-02-2010").splitlines()[:3]
    (folder / "train.csv").write_text("\n".join(lines))
    found = reasons(read(folder, "MM-dd-yyyy")["raw_sales"])
    assert found[2] == "Date 2010-05-02 is a Sunday; a week is dated by its Friday"
    assert found[3] == "Date is not a date in MM-dd-yyyy: '26-02-2010'"


BAD_SALES = {
    "1,1,2010-02-05,abc,FALSE": "Weekly_Sales is not a number: 'abc'",
    "1,1,2010-02-05,1.5d,FALSE": "Weekly_Sales is not a number: '1.5d'",
    "1,1,2010-02-05,--1,FALSE": "Weekly_Sales is not a number: '--1'",
    "1,1,2010-02-05,NA,FALSE": "Weekly_Sales is missing",
    "1,1,2010-02-05,#N/A,FALSE": "Weekly_Sales is missing",
    "1,1,2010-02-05,NaN,FALSE": "Weekly_Sales is not a finite number: 'NaN'",
    "1,1,2010-02-05,-inf,FALSE": "Weekly_Sales is not a finite number: '-inf'",
    "1,1,2010-02-05,1e999,FALSE": "Weekly_Sales is not a finite number: '1e999'",
    "1,x,2010-02-05,1,FALSE": "Dept is not a whole number: 'x'",
    "1,1.5,2010-02-05,1,FALSE": "Dept is not a whole number: '1.5'",
    "1,-1,2010-02-05,1,FALSE": "Dept is not a whole number: '-1'",
    ",1,2010-02-05,1,FALSE": "Store is missing",
    "99,1,2010-02-05,1,FALSE": "store 99 is not in stores.csv",
    "1,1,2010-02-30,1,FALSE": "Date is not a date in yyyy-MM-dd: '2010-02-30'",
    "1,1,soon,1,FALSE": "Date is not a date in yyyy-MM-dd: 'soon'",
    "1,1,9999-01-01,1,FALSE": "Date is not a date in yyyy-MM-dd: '9999-01-01'",
    "1,1,2010-02-06,1,FALSE": "Date 2010-02-06 is a Saturday; a week is dated by its Friday",
    "1,1,2010-02-05,1,maybe": "IsHoliday is neither TRUE nor FALSE: 'maybe'",
    "1,1,2010-02-05,1": "has 4 fields where the header has 5",
    '1,1,2010-02-05,"12,34.50",FALSE': "Weekly_Sales is not a number: '12,34.50'",
    "1,1,2010-02-05,1,234.50,FALSE": "has 6 fields where the header has 5",
    "Store,Dept,Date,Weekly_Sales,IsHoliday": "Store is not a whole number: 'Store'",
}


def test_every_bad_row_of_sales_is_set_aside_with_its_reason(folder: Path, read):
    (folder / "train.csv").write_text(TRAIN + "\n".join(BAD_SALES))
    one = read(folder)["raw_sales"]
    assert reasons(one) == dict(enumerate(BAD_SALES.values(), start=5))
    assert sales_of(one) == SALES_READ
    assert one.account.first_rejection.line_number == 5
    assert (one.account.rows_read, one.account.rows_rejected) == (3 + len(BAD_SALES), len(BAD_SALES))


BAD_STORES = {
    f"3,{'D' * 129},1000": f"Type has more than 128 characters, or some that cannot be printed: '{'D' * 60}'",
    "4,A,-5": "Size is not above 0: '-5'",
    "5,A,big": "Size is not a number: 'big'",
    "6,A,1e12": "Size is not a number: '1e12'",
    "7,,1000": "Type is missing",
}


def test_every_bad_row_of_stores_is_set_aside_with_its_reason(folder: Path, read):
    (folder / "stores.csv").write_text(STORES + "\n".join(BAD_STORES) + "\n10,c,1000.0\n")
    one = read(folder)["store_attributes"]
    assert reasons(one) == dict(enumerate(BAD_STORES.values(), start=4))
    assert accepted(one, "store_code", "store_type", "size_sqft")[-1] == ("10", "c", 1000)


def test_a_size_of_0_is_not_known_and_a_fraction_of_a_square_foot_is_rounded(folder: Path, read):
    (folder / "stores.csv").write_text(STORES + "4,A,0\n5,A,10.5\n6,A,\n")
    one = read(folder)["store_attributes"]
    assert reasons(one) == {}
    assert accepted(one, "store_code", "size_sqft")[-3:] == [("4", None), ("5", 11), ("6", None)]


@pytest.fixture(params=[FEW_COPIES, 0], ids=["few", "many"])
def copies(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few copies and many take different ways, to the same end."""
    monkeypatch.setattr("spark_jobs.ingest.duplicates.FEW_COPIES", request.param)


@pytest.mark.usefixtures("copies")
def test_copies_that_disagree_are_all_set_aside_and_name_each_other(folder: Path, read):
    (folder / "train.csv").write_text(TRAIN + "1,1,2010-02-05,1,FALSE\n1,1,2010-02-05,24924.5,FALSE\n")
    one = read(folder)["raw_sales"]
    words = "has other values for the same store, department and date"
    assert reasons(one) == {2: f"line 5 {words}", 5: f"line 2 {words}", 6: f"line 2 {words}"}
    assert sales_of(one) == SALES_READ[1:]
    assert one.account.rows_duplicate == 0


@pytest.mark.usefixtures("copies")
def test_copies_that_differ_in_a_missing_value_disagree(folder: Path, read):
    (folder / "features.csv").write_text(FEATURES + "1,2010-02-05,42.31,2.572,1,NA,NA,NA,NA,211.0963582,8.106,FALSE\n")
    assert set(reasons(read(folder)["external_features"])) == {2, 4}


@pytest.mark.usefixtures("copies")
def test_copies_with_missing_values_in_the_same_places_agree(folder: Path, read):
    (folder / "features.csv").write_text(FEATURES + FEATURES.splitlines()[1])
    account = read(folder)["external_features"].account
    assert (account.rows_duplicate, account.rows_rejected) == (1, 0)


BAD_STOCK = {
    "1,1,2010-02-09,-1,0,NA,NA,NA": "On_Hand is below 0: '-1'",
    "1,2,2010-02-09,5,-2,NA,NA,NA": "On_Order is below 0: '-2'",
    "1,3,2010-02-09,5,0,NA,0,NA": "Unit_Price is not above 0: '0'",
    "1,4,2010-02-09,5,0,NA,NA,0": "Lead_Time_Days is not above 0: '0'",
    "9,1,2010-02-09,5,0,NA,NA,NA": "store 9 is not in stores.csv",
    "1,7,2010-02-09,5,few,NULL,n/a,NA": "On_Order is not a number: 'few'",
    "1,5,2010-02-09,NA,0,NA,NA,NA": "On_Hand is missing",
    "1,6,2010-02-09,5,0,NA,NA,NA": "line 9 has other values for the same store, department and date",
    "1,6,2010-02-09,6,0,NA,NA,NA": "line 9 has other values for the same store, department and date",
}


def test_every_bad_row_of_inventory_is_set_aside_with_its_reason(folder: Path, read):
    header = "Store,Dept,Date,On_Hand,On_Order,Expected_Date,Unit_Price,Lead_Time_Days"
    (folder / "inventory.csv").write_text("\n".join((header, *BAD_STOCK, "1,1,2010-02-16,7,0,NA,NA,14")))
    one = read(folder)["stock_positions"]
    expected = dict(enumerate(BAD_STOCK.values(), start=2))
    assert reasons(one) == expected | {9: expected[9].replace("line 9", "line 10")}
    assert accepted(one, "on_hand", "lead_time_days") == [(7.0, 14.0)]


def test_lines_are_numbered_over_all_partitions(folder: Path, read, spark):
    rows = [f"1,{dept},2010-02-05,1.5,FALSE" for dept in range(1, 40_001)]
    rows[33_333] = "1,33334,2010-02-05,oops,FALSE"
    (folder / "train.csv").write_text("\r".join((TRAIN.splitlines()[0], *rows)))
    spark.conf.set("spark.sql.files.maxPartitionBytes", 200_000)
    try:
        one = read(folder)["raw_sales"]
        assert one.rows.rdd.getNumPartitions() > 1
        assert reasons(one) == {33_335: "Weekly_Sales is not a number: 'oops'"}
        assert one.account.rows_read == 40_000
    finally:
        spark.conf.unset("spark.sql.files.maxPartitionBytes")
