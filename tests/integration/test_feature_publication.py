"""Features on their way into the table and the lake: once, twice, changed, and where something is missing."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_jobs.features.job import FEATURE_TYPES, build_features
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

FIRST = dt.date(2011, 10, 7)
KEYS = ["store_id", "dept_id", "feature_date"]


@dataclass(frozen=True)
class Published:
    """A database and a lake of their own."""

    settings: Settings
    database: Database

    @property
    def inputs(self) -> Path:
        return self.settings.home / "lake" / "inputs" / "first"

    def publish(self, sales: list[float], fingerprint: str, stores: tuple[int, ...] = (1,)) -> None:
        """Publishes one series a store as the inputs."""
        weeks = [
            (store, FIRST + dt.timedelta(days=7 * n), amount) for store in stores for n, amount in enumerate(sales)
        ]
        keys = {"store_id": [store for store, _, _ in weeks], "is_holiday": [False] * len(weeks)}
        days, amounts = [day for _, day, _ in weeks], [amount for _, _, amount in weeks]
        names = ("temperature", "fuel_price", "cpi", "unemployment", *(f"markdown_{n}" for n in range(1, 6)))
        write(
            self.inputs / "raw_sales", {**keys, "dept_id": [3] * len(days), "sale_date": days, "weekly_sales": amounts}
        )
        write(
            self.inputs / "store_attributes",
            {"store_id": list(stores), "store_type": ["A"] * len(stores), "size_sqft": [900] * len(stores)},
        )
        write(self.inputs / "external_features", {**keys, "feature_date": days, **dict.fromkeys(names, amounts)})
        self.point_at_inputs(fingerprint)

    def point_at_inputs(self, fingerprint: str) -> None:
        with self.database.connect("pipeline") as connection:
            connection.execute(
                "insert into raw.store_attributes (store_id, store_code, store_type, size_sqft, load_id) "
                "values (1, '1', 'A', 900, 'load'), (2, '2', 'A', 900, 'load') "
                "on conflict do nothing"
            )
            connection.execute("delete from ops.published_artifacts where artifact_name = 'inputs'")
            connection.execute(
                "insert into ops.published_artifacts (artifact_name, uri, run_id, fingerprint) "
                "values ('inputs', %s, 'run', %s)",
                [str(self.inputs), fingerprint],
            )

    def table(self) -> pd.DataFrame:
        return self.database.read_frame("pipeline", "select * from features.engineered_features order by 1, 2, 3")

    def pointer(self) -> pd.DataFrame:
        return self.database.read_frame(
            "pipeline", "select * from ops.published_artifacts where artifact_name = 'features'"
        )

    def folders(self) -> list[str]:
        return sorted(path.name for path in (self.settings.home / "lake" / "features").iterdir())


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Returns a frame of plain values, so that only they are compared."""
    return frame.astype(object).where(frame.notna(), None)


def write(folder: Path, columns: dict) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    table = pa.table(columns)
    narrow = [field.with_type(pa.int32()) if field.type == pa.int64() else field for field in table.schema]
    pq.write_table(table.cast(pa.schema(narrow)), folder / "part.parquet")


@pytest.fixture(scope="module")
def own_database(tmp_path_factory) -> Iterator[tuple[Settings, Database]]:
    """A server of this file's own, so that what it publishes reaches no other test."""
    from warehouse import embedded
    from warehouse.opening import open_database
    from warehouse.settings import load_settings

    settings = load_settings(home=tmp_path_factory.mktemp("features") / "home")
    yield settings, open_database(settings)
    embedded.stop(settings)


@pytest.fixture
def published(own_database, spark) -> Iterator[Published]:
    published = Published(*own_database)
    published.publish([10.0, 20.0, 30.0], "first")
    yield published
    shutil.rmtree(published.settings.home / "lake")
    with published.database.connect("pipeline") as connection:
        connection.execute("truncate features.engineered_features, ops.published_artifacts")


def build(published: Published, run_id: str):
    return build_features(published.settings, published.database, run_id)


def test_the_table_and_the_parquet_files_hold_the_same_rows(published):
    report = build(published, "one")
    table, files = published.table(), pq.read_table(report.uri).to_pandas().sort_values(KEYS, ignore_index=True)
    assert (report.rows, report.change.inserted) == (4, 4)
    assert list(files.columns) == [*FEATURE_TYPES, "run_id"]
    pd.testing.assert_frame_equal(plain(table[files.columns]), plain(files))
    assert published.pointer()["uri"].tolist() == [report.uri]


def test_a_second_build_of_the_same_inputs_changes_nothing(published):
    first = build(published, "one")
    table, pointer = published.table(), published.pointer()
    second = build(published, "two")
    assert (second.rows, second.change.total, second.uri) == (4, 0, first.uri)
    pd.testing.assert_frame_equal(published.table(), table)
    pd.testing.assert_frame_equal(published.pointer(), pointer)
    assert published.folders() == ["one"]


def test_a_repeated_run_never_writes_over_the_folder_that_is_published(published):
    first = build(published, "one")
    before = {path: path.stat().st_mtime_ns for path in Path(first.uri).iterdir()}
    assert build(published, "one").uri == first.uri
    assert {path: path.stat().st_mtime_ns for path in Path(first.uri).iterdir()} == before
    published.publish([10.0, 20.0, 31.0], "other")
    assert build(published, "one").uri != first.uri
    assert {path: path.stat().st_mtime_ns for path in Path(first.uri).iterdir()} == before


def test_changed_inputs_publish_a_new_folder_and_keep_the_one_before(published):
    build(published, "one")
    fingerprint = published.pointer()["fingerprint"][0]
    published.publish([10.0, 20.0, 31.0, 40.0], "other")
    report = build(published, "two")
    # The label of week 3, and weeks 4 and 5: the old week 4 gets its label, and new lags.
    assert (report.change.inserted, report.change.updated, report.change.deleted) == (1, 2, 0)
    assert published.pointer()["fingerprint"][0] != fingerprint
    assert published.folders() == ["one", "two"]
    published.publish([10.0], "third")
    assert build(published, "three").change.deleted == 3
    assert published.folders() == ["three", "two"]


def test_rows_that_left_the_table_with_their_store_leave_the_published_files_too(published):
    published.publish([10.0, 20.0, 30.0], "both", stores=(1, 2))
    build(published, "one")
    published.publish([10.0, 20.0, 30.0], "first only")
    with published.database.connect("pipeline") as connection:
        connection.execute("delete from raw.store_attributes where store_id = 2")
    report = build(published, "two")
    assert report.change.total == 0
    assert published.pointer()["uri"].tolist() == [report.uri]
    assert set(pq.read_table(report.uri)["store_id"].to_pylist()) == {1}


def test_a_lost_folder_is_written_anew_though_no_row_changed(published):
    build(published, "one")
    shutil.rmtree(published.settings.home / "lake" / "features" / "one")
    report = build(published, "two")
    assert report.change.total == 0
    assert published.pointer()["uri"].tolist() == [report.uri]
    assert published.folders() == ["two"]


def test_a_failed_load_leaves_the_published_features_whole(published):
    build(published, "one")
    table, pointer = published.table(), published.pointer()
    published.publish([10.0, 20.0], "other")
    write(published.inputs / "store_attributes", {"store_id": [2], "store_type": ["A"], "size_sqft": [900]})
    with pytest.raises(Exception, match="store_type"):
        build(published, "two")
    pd.testing.assert_frame_equal(published.table(), table)
    pd.testing.assert_frame_equal(published.pointer(), pointer)
    assert published.folders() == ["one", "two"]


def test_without_published_inputs_the_error_says_what_to_run(published):
    with published.database.connect("pipeline") as connection:
        connection.execute("delete from ops.published_artifacts")
    with pytest.raises(ShelfcastError, match="Run `shelfcast ingest` first"):
        build(published, "one")


def test_inputs_whose_folder_is_gone_are_named(published):
    shutil.rmtree(published.inputs)
    with pytest.raises(ShelfcastError, match="is gone"):
        build(published, "one")


def test_inputs_without_sales_are_refused(published):
    published.publish([], "empty")
    with pytest.raises(ShelfcastError, match="no sales"):
        build(published, "one")


def test_nothing_is_left_in_the_incoming_schema(published):
    build(published, "one")
    names = published.database.read_frame(
        "pipeline", "select table_name from information_schema.tables where table_schema = 'raw_incoming'"
    )["table_name"]
    assert "raw_sales" in set(names)
    assert [name for name in names if name.startswith("features")] == []
