"""Rows added to what is published, and rejected lines that are exported, fixed and added."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from flows.exports.rejected_rows import export_rejected
from flows.pipeline import input_source
from flows.pipeline.context import Context, Options
from flows.pipeline.input_source import base_folder, input_fingerprint, is_held
from spark_jobs.ingest.input_files import find_inputs
from spark_jobs.ingest.job import ingest
from spark_jobs.sample.writer import write_sample
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.inputs import Publication, publish_inputs
from warehouse.retailer import Retailer
from warehouse.settings import Settings

KEYS = ["store_id", "dept_id", "sale_date"]
HEADER = "Store,Dept,Date,Weekly_Sales,IsHoliday"
CLEARED = (
    "raw.store_attributes",
    "raw.rejected_rows",
    "raw.restatements",
    "ops.changed_weeks",
    "ops.loads",
    "ops.published_artifacts",
)


class LoadedHome:
    """A lake of its own over the shared database, with two stores and three departments of 20 weeks published."""

    def __init__(self, settings: Settings, database: Database, folder: Path) -> None:
        self.settings = settings.model_copy(
            update={"lake_uri": str(folder / "lake"), "home": folder, "reject_rate_max": 0.9}
        )
        self.database, self.folder = database, folder

    def context(self, data: Path | None, **options: bool) -> Context:
        return Context(self.settings, self.database, Options(data=str(data) if data else None, **options))

    def load(self, data: Path, is_append: bool = True) -> Publication:
        """Reads and publishes files; the audit between the two has tests of its own."""
        context = self.context(data, is_append=is_append)
        base = base_folder(context) if is_append else None
        report = ingest(
            self.settings, self.database, find_inputs(data, is_append), "run", "files", None, published_uri=base
        )
        return publish_inputs(self.database, report.load_id, "run", report.uri)

    def sales(self) -> pd.DataFrame:
        frame = self.database.read_frame(
            "pipeline", "select store_id, dept_id, sale_date, weekly_sales from raw.raw_sales"
        )
        return frame.sort_values(KEYS).reset_index(drop=True)

    def lake(self, table: str) -> pd.DataFrame:
        uri = self.database.read_frame(
            "pipeline", "select uri from ops.published_artifacts where artifact_name = 'inputs'"
        )
        return pd.read_parquet(f"{uri.loc[0, 'uri']}/{table}")

    def write(self, name: str, *lines: str) -> Path:
        """Writes a folder with one file of these lines."""
        folder = self.folder / f"added-{len(list(self.folder.glob('added-*')))}"
        folder.mkdir()
        (folder / name).write_text("\n".join(lines) + "\n")
        return folder


@pytest.fixture(scope="module")
def home(spark, settings: Settings, database: Database, tmp_path_factory: pytest.TempPathFactory):
    def clear() -> None:
        with database.connect("pipeline") as connection:
            for table in CLEARED:
                connection.execute(f"delete from {table}")  # type: ignore[arg-type]

    clear()
    made = LoadedHome(settings, database, tmp_path_factory.mktemp("home"))
    write_sample(made.folder / "whole", stores=2, departments=3, weeks=20)
    made.load(made.folder / "whole", is_append=False)
    yield made
    clear()


@pytest.fixture(scope="module")
def added(home: LoadedHome) -> tuple[pd.DataFrame, Publication]:
    """The sales before, and the publication of a late week, a corrected one, an unknown store and a broken line."""
    before = home.sales()
    first, last = before.iloc[0], before["sale_date"].max() + pd.Timedelta(days=7)
    folder = home.write(
        "train.csv",
        HEADER,
        f"1,{first.dept_id},{first.sale_date},{first.weekly_sales + 1},FALSE",
        f"1,{first.dept_id},{last},500.25,FALSE",
        f"77,1,{last},9,FALSE",
        f"2,{first.dept_id},{last},many,FALSE",
    )
    return before, home.load(folder)


def test_new_and_corrected_weeks_are_added_and_nothing_is_removed(home, added):
    before, publication = added
    assert (publication.changes["raw_sales"].inserted, publication.changes["raw_sales"].updated) == (1, 1)
    assert publication.total == 2
    after = home.sales().merge(before, on=KEYS, how="left", suffixes=("", "_before"))
    assert len(after) == len(before) + 1
    assert after["weekly_sales"].iloc[0] == after["weekly_sales_before"].iloc[0] + 1
    assert after["weekly_sales_before"].isna().sum() == 1
    assert (after["weekly_sales"] != after["weekly_sales_before"]).sum() == 2


def test_the_lake_holds_the_whole_published_state_afterwards(home, added):
    lake = home.lake("raw_sales")[[*KEYS, "weekly_sales"]].sort_values(KEYS).reset_index(drop=True)
    assert lake.to_numpy().tolist() == home.sales().to_numpy().tolist()
    assert len(home.lake("store_attributes")) == 2
    covariates = home.database.read_frame("pipeline", "select count(*) from raw.external_features").iloc[0, 0]
    assert len(home.lake("external_features")) == covariates > 0


def test_stores_are_checked_against_the_published_ones(home, added):
    reasons = set(home.database.read_frame("pipeline", "select reason from raw.rejected_rows")["reason"])
    assert reasons == {"store 77 is not in the published stores", "Weekly_Sales is not a number: 'many'"}


def test_the_files_published_before_count_as_held_and_are_not_read_again(home, added):
    whole = home.folder / "whole"
    assert is_held(home.context(whole))
    assert not is_held(home.context(whole, may_remove=True))
    mark = input_fingerprint(home.context(whole))
    assert mark == input_fingerprint(home.context(whole)) != input_fingerprint(home.context(whole, may_remove=True))
    with pytest.raises(ShelfcastError, match="lack 1 published row of sales in 1 week"):
        home.load(whole, is_append=False)


SETTINGS = [
    ({"horizon_weeks": 12}, "horizon_weeks is 12, published is 8"),
    ({"calendar": {"country": "FR"}}, 'calendar is {"country": "FR"'),
    ({"forecast_unit": "units", "currency": "EUR"}, 'currency is "EUR", published is "USD"; forecast_unit is "units"'),
    ({"week_ends_on": "Saturday"}, 'week_ends_on is "Saturday", published is "Friday"'),
]


@pytest.mark.parametrize(("changed", "told"), SETTINGS)
def test_rows_of_a_mapping_that_says_something_else_of_the_retailer_are_refused_unread(home, added, changed, told):
    files = find_inputs(home.write("train.csv", HEADER, "1,1,2010-02-05,5,FALSE"), is_partial=True)
    retailer = Retailer.model_validate(files.mapping.retailer.model_dump() | changed)
    other = replace(files, mapping=files.mapping.model_copy(update={"retailer": retailer}))
    base, loads = base_folder(home.context(None)), "select count(*) as n from ops.loads"
    before = home.database.read_frame("pipeline", loads).loc[0, "n"]
    with pytest.raises(ShelfcastError, match="differs from what is published") as caught:
        ingest(home.settings, home.database, other, "run", "files", None, published_uri=base)
    assert told in str(caught.value)
    assert home.database.read_frame("pipeline", loads).loc[0, "n"] == before


def test_a_mapping_that_changed_since_rows_were_added_is_not_passed_over(home, added, monkeypatch):
    context = home.context(home.folder / "whole")
    assert is_held(context)
    files, kind = input_source.input_files(context)
    retailer = files.mapping.retailer.model_copy(update={"currency": "CAD"})
    changed = replace(files, mapping=files.mapping.model_copy(update={"retailer": retailer}))
    monkeypatch.setattr(input_source, "input_files", lambda _: (changed, kind))
    with pytest.raises(ShelfcastError, match=r"The mapping has changed since rows were added .* --replace"):
        is_held(context)


def test_rejected_lines_are_exported_fixed_and_published_and_the_ledger_keeps_both(home, added):
    path = home.folder / "fixed.csv"
    assert "shelfcast run --append --data" in str(export_rejected(home.database, path)[0])
    lines = path.read_text().splitlines()
    assert lines[0] == f"Rejected_Line,Rejected_Reason,{HEADER}"
    assert lines[1].startswith('"train.csv:4","store 77 is not in the published stores",77,1,')
    count = len(home.sales())
    path.write_text("\n".join([lines[0], lines[2].replace(",many,", ",750.5,")]) + "\n")
    assert home.load(path).changes["raw_sales"].inserted == 1
    assert len(home.sales()) == count + 1
    loads = home.database.read_frame(
        "pipeline",
        "select file_name, rows_read, rows_accepted, rows_rejected from ops.loads "
        "where load_mode = 'append' and status = 'published' order by created_at",
    )
    assert [tuple(row) for row in loads.itertuples(index=False)] == [("train.csv", 4, 2, 2), ("fixed.csv", 1, 1, 0)]
    assert home.database.read_frame("pipeline", "select count(*) as n from raw.rejected_rows").loc[0, "n"] == 2


def test_a_new_store_comes_with_its_sales_and_covariates_may_be_added_alone(home, added):
    stores = len(home.database.read_frame("pipeline", "select from raw.store_attributes"))
    folder = home.write("stores.csv", "Store,Type,Size", "9,C,40000")
    (folder / "train.csv").write_text(f"{HEADER}\n9,1,2010-02-05,12.5,FALSE\n")
    home.load(folder)
    assert len(home.database.read_frame("pipeline", "select from raw.store_attributes")) == stores + 1
    assert home.sales()["store_id"].max() == 9
    weather = home.write(
        "features.csv",
        "Store,Date,Temperature,Fuel_Price,MarkDown1,MarkDown2,MarkDown3,MarkDown4,MarkDown5,CPI,Unemployment,IsHoliday",
        "9,2010-02-05,40,2.5,NA,NA,NA,NA,NA,210,8,FALSE",
    )
    publication = home.load(weather)
    assert publication.total == publication.changes["external_features"].inserted == 1


@pytest.mark.parametrize("options", [{"data": None}, {"data": "x", "may_remove": True}])
def test_adding_needs_a_named_folder_and_removes_nothing(home, options):
    with pytest.raises(UsageError, match="--append adds the rows of the files that --data names"):
        input_fingerprint(Context(home.settings, home.database, Options(is_append=True, **options)))


def test_nothing_can_be_added_to_the_sample(home):
    with home.database.connect("pipeline") as connection:
        connection.execute("update ops.loads set source_kind = 'sample'")
    try:
        with pytest.raises(ShelfcastError, match="No files of your own are published yet"):
            base_folder(home.context(None))
    finally:
        with home.database.connect("pipeline") as connection:
            connection.execute("update ops.loads set source_kind = 'files'")


def test_lines_of_several_files_need_a_folder_and_each_gets_a_file_there(home, added):
    folder = home.write("train.csv", HEADER, "1,1,2010-02-05,few,FALSE", "1,1,2010-02-12,5,FALSE")
    (folder / "stores.csv").write_text("Store,Type,Size\n10,,1\n11,B,5\n")
    home.load(folder)
    with pytest.raises(ShelfcastError, match=r"are of train\.csv and stores\.csv, .* Name a folder"):
        export_rejected(home.database, home.folder / "one.csv")
    made = export_rejected(home.database, home.folder / "fixed")
    assert sorted(path.name for path in (home.folder / "fixed").iterdir()) == ["stores.csv", "train.csv"]
    assert [fixing.lines for fixing in made] == [1, 1]
