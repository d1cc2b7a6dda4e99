"""What a load does to published rows: the old values are kept, the changed weeks are named, the rest is not touched."""

import pandas as pd
import pytest

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.inputs import Publication, publish_inputs, published_content
from warehouse.load import copy_frame

FIRST, SECOND, THIRD = "2012-01-06", "2012-01-13", "2012-01-20"
MADE = ("raw.store_attributes", "raw.restatements", "ops.changed_weeks", "ops.loads", "ops.published_artifacts")


@pytest.fixture
def empty(database: Database):
    """The database without stores, what hangs on them and what tells of them."""

    def clear() -> None:
        with database.connect("pipeline") as connection:
            for table in MADE:
                connection.execute(f"delete from {table}")  # type: ignore[arg-type]
            for table in ("store_attributes", "raw_sales", "external_features", "stock_positions"):
                connection.execute(f"truncate raw_incoming.{table}")  # type: ignore[arg-type]

    clear()
    yield database
    clear()


def load(
    database: Database,
    load_id: str,
    sales: dict[str, float],
    mode: str = "whole",
    kind: str = "files",
    temperatures: dict[str, float] | None = None,
    sizes: dict[int, int] | None = None,
    may_remove: bool = False,
) -> Publication:
    """Publishes a load of store 1: sales of department 7 and temperatures by week, sizes by store."""
    temperatures = temperatures or {FIRST: 50.0}
    sizes = sizes or {1: 100, 2: 200}
    stores = pd.DataFrame({"store_id": list(sizes), "size_sqft": list(sizes.values())}).assign(store_type="A")
    stores["store_code"] = stores["store_id"].astype(str)
    frames = {
        "store_attributes": stores,
        "raw_sales": dated("sale_date", "weekly_sales", sales).assign(dept_id=7),
        "external_features": dated("feature_date", "temperature", temperatures),
    }
    for name, frame in frames.items():
        copy_frame(database, frame.assign(load_id=load_id), f"raw_incoming.{name}")
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, status, "
            "rows_read, rows_accepted, rows_rejected, rows_duplicate, load_mode) "
            "values (%s, 'r', 'raw_sales', 'train.csv', 'x', %s, 'incoming', 1, 1, 0, 0, %s)",
            [load_id, kind, mode],
        )
    return publish_inputs(database, load_id, "r", f"lake/{load_id}", may_remove)


def dated(date: str, value: str, rows: dict[str, float]) -> pd.DataFrame:
    frame = pd.DataFrame({date: pd.to_datetime(list(rows)).date, value: list(rows.values())})
    return frame.assign(store_id=1, is_holiday=False)


def restatements(database: Database) -> list[tuple]:
    frame = database.read_frame(
        "pipeline",
        "select load_id, table_name, store_id, dept_id, week_date::text, change_kind, column_name, old_value, "
        "new_value from raw.restatements order by restatement_id",
    )
    return [tuple(row) for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False)]


def weeks(database: Database, load_id: str) -> list[tuple]:
    frame = database.read_frame(
        "pipeline",
        "select week_date::text, rows_inserted, rows_updated, rows_removed from ops.changed_weeks "
        "where load_id = %(load)s and table_name = 'raw_sales' order by 1",
        {"load": load_id},
    )
    return [tuple(row) for row in frame.itertuples(index=False)]


def published(database: Database) -> dict[str, float]:
    frame = database.read_frame("pipeline", "select sale_date::text as week, weekly_sales from raw.raw_sales")
    return dict(zip(frame["week"], frame["weekly_sales"], strict=True))


def test_a_corrected_week_keeps_its_old_value_beside_it(empty):
    load(empty, "one", {FIRST: 10.0, SECOND: 20.5})
    load(empty, "two", {FIRST: 10.0, SECOND: 21.25})
    assert published(empty) == {FIRST: 10.0, SECOND: 21.25}
    assert restatements(empty) == [("two", "raw_sales", 1, 7, SECOND, "changed", "weekly_sales", "20.5", "21.25")]


def test_covariates_and_stores_are_restated_too(empty):
    load(empty, "one", {FIRST: 10.0})
    load(empty, "two", {FIRST: 10.0}, temperatures={FIRST: 51.5}, sizes={1: 100, 2: 250})
    assert restatements(empty) == [
        ("two", "store_attributes", 2, None, None, "changed", "size_sqft", "200", "250"),
        ("two", "external_features", 1, None, FIRST, "changed", "temperature", "50", "51.5"),
    ]


def test_removed_weeks_leave_their_values_in_the_history(empty):
    load(empty, "one", {FIRST: 10.0, SECOND: 20.0})
    publication = load(empty, "two", {SECOND: 20.0}, may_remove=True)
    assert published(empty) == {SECOND: 20.0}
    assert publication.changes["raw_sales"].deleted == 1
    assert restatements(empty) == [
        ("two", "raw_sales", 1, 7, FIRST, "removed", "weekly_sales", "10", None),
        ("two", "raw_sales", 1, 7, FIRST, "removed", "is_holiday", "false", None),
    ]


def test_every_publication_names_the_weeks_it_changed(empty):
    load(empty, "one", {FIRST: 10.0, SECOND: 20.0})
    publication = load(empty, "two", {FIRST: 10.0, SECOND: 21.0, THIRD: 5.0})
    assert weeks(empty, "one") == [(FIRST, 1, 0, 0), (SECOND, 1, 0, 0)]
    assert weeks(empty, "two") == [(SECOND, 0, 1, 0), (THIRD, 1, 0, 0)]
    words = f"sales: 1 rows new, 1 changed, 0 removed in 2 weeks from {SECOND} to {THIRD}"
    assert str(publication) == words


def test_the_same_rows_in_other_bytes_touch_nothing(empty):
    load(empty, "one", {FIRST: 10.0})
    before = empty.read_frame("pipeline", "select xmin::text, * from raw.raw_sales")
    mark = empty.read_frame("pipeline", "select * from ops.published_artifacts")
    assert load(empty, "two", {FIRST: 10.0}).total == 0
    pd.testing.assert_frame_equal(before, empty.read_frame("pipeline", "select xmin::text, * from raw.raw_sales"))
    pd.testing.assert_frame_equal(mark, empty.read_frame("pipeline", "select * from ops.published_artifacts"))
    assert weeks(empty, "two") == restatements(empty) == []


def test_the_mark_of_the_published_rows_follows_the_rows_and_not_the_loads(empty):
    marks = []
    for number, amount in enumerate([10.0, 11.0, 10.0]):
        load(empty, f"load{number}", {FIRST: amount})
        marks.append(published_content(empty))
    assert marks[0] == marks[2] != marks[1]


def test_appended_rows_add_and_correct_and_remove_nothing(empty):
    load(empty, "one", {FIRST: 10.0, SECOND: 20.0})
    publication = load(empty, "two", {SECOND: 22.0, THIRD: 30.0}, mode="append", sizes={3: 300})
    assert published(empty) == {FIRST: 10.0, SECOND: 22.0, THIRD: 30.0}
    assert publication.changes["store_attributes"].inserted == 1
    assert list(empty.read_frame("pipeline", "select store_id from raw.store_attributes order by 1")["store_id"]) == [
        1,
        2,
        3,
    ]
    assert [row[6:] for row in restatements(empty)] == [("weekly_sales", "20", "22")]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ({"sales": {SECOND: 20.0, THIRD: 1.0}}, f"lack 1 published row of sales in 1 week, the first {FIRST}"),
        (
            {"sales": {THIRD: 1.0}},
            f"lack 2 published rows of sales in 2 weeks, the first {FIRST}.*--replace where these files are another",
        ),
        (
            {"sales": {FIRST: 10.0, SECOND: 20.0}, "temperatures": {SECOND: 50.0}},
            f"lack 1 published row of covariates in 1 week, the first {FIRST}",
        ),
    ],
)
def test_a_load_that_lacks_published_weeks_is_refused_with_their_number_and_the_first(empty, second, sentence):
    load(empty, "one", {FIRST: 10.0, SECOND: 20.0})
    with pytest.raises(ShelfcastError, match=sentence):
        load(empty, "two", **second)
    assert published(empty) == {FIRST: 10.0, SECOND: 20.0}
    assert restatements(empty) == weeks(empty, "two") == []


def test_the_sample_that_gives_way_to_files_leaves_no_history(empty):
    load(empty, "one", {"2010-01-01": 1.0}, kind="sample")
    load(empty, "two", {FIRST: 10.0})
    assert published(empty) == {FIRST: 10.0}
    assert restatements(empty) == []
