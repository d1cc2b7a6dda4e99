import threading
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import psycopg
import pytest

from warehouse.errors import ShelfcastError
from warehouse.incoming import publish_frame
from warehouse.inputs import publish_inputs
from warehouse.load import copy_frame
from warehouse.migrate import apply_migrations
from warehouse.opening import open_database
from warehouse.runs import begin_stage, end_stage, exclusive, published_fingerprint

STORES = pd.DataFrame(
    {
        "store_id": [1, 2],
        "store_code": ["1", "2"],
        "store_type": ["A", "B"],
        "size_sqft": [100, 200],
        "load_id": ["x", "x"],
    }
)


@pytest.fixture
def empty(database):
    """The database without stores and what hangs on them."""
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.store_attributes")
        connection.execute("delete from ops.loads")
        connection.execute("delete from ops.published_artifacts")
        connection.execute("delete from raw.restatements")
        connection.execute("delete from ops.changed_weeks")
        for table in ("store_attributes", "raw_sales", "external_features", "stock_positions", "promotions"):
            connection.execute(f"truncate raw_incoming.{table}")
    yield database
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.store_attributes")
        connection.execute("delete from ops.loads")
        connection.execute("delete from ops.published_artifacts")
        connection.execute("delete from raw.restatements")
        connection.execute("delete from ops.changed_weeks")


def sales(weeks: dict[str, float], store_id: int = 1) -> pd.DataFrame:
    frame = pd.DataFrame({"sale_date": pd.to_datetime(list(weeks)).date, "weekly_sales": list(weeks.values())})
    return frame.assign(store_id=store_id, dept_id=7, is_holiday=False, load_id="x")


def load(database, load_id: str, weeks: dict[str, float], source_kind: str = "files", **options):
    copy_frame(database, STORES, "raw_incoming.store_attributes")
    copy_frame(database, sales(weeks), "raw_incoming.raw_sales")
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, status, "
            "rows_read, rows_accepted, rows_rejected, rows_duplicate) "
            "values (%s, 'r', 'raw_sales', 'train.csv', 'x', %s, 'incoming', 1, 1, 0, 0)",
            [load_id, source_kind],
        )
    return publish_inputs(database, load_id, "r", f"lake/{load_id}", **options).changes


def note_file(database, load_id: str, table: str) -> None:
    """Records that a load that is still to come has a file for a table beside its sales."""
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ops.loads (load_id, run_id, table_name, file_name, file_sha256, source_kind, status, "
            "rows_read, rows_accepted, rows_rejected, rows_duplicate) "
            "values (%s, 'r', %s, 'stores.csv', 'x', 'files', 'incoming', 2, 2, 0, 0)",
            [load_id, table],
        )


def published(database) -> dict[str, float]:
    frame = database.read_frame("pipeline", "select sale_date::text as week, weekly_sales from raw.raw_sales")
    return dict(zip(frame["week"], frame["weekly_sales"], strict=True))


def test_migrations_are_applied_once(database):
    with database.connect("pipeline") as connection:
        assert apply_migrations(connection) == []


def test_every_table_and_column_that_code_owns_has_a_comment(database):
    bare = database.read_frame(
        "pipeline",
        "select concat_ws('.', c.table_schema, c.table_name, c.column_name) as place from information_schema.columns c "
        "where c.table_schema in ('raw', 'features', 'ml', 'agents', 'ops') and c.table_name <> 'migrations' and "
        "(col_description((c.table_schema || '.' || c.table_name)::regclass, c.ordinal_position) is null or "
        "obj_description((c.table_schema || '.' || c.table_name)::regclass) is null)",
    )
    assert list(bare["place"]) == []


def test_stores_that_came_from_a_file_are_not_lost_with_it_unless_that_is_said(empty):
    note_file(empty, "x", "store_attributes")
    load(empty, "x", {"2012-01-06": 10.0})
    with pytest.raises(ShelfcastError, match=r"lack the file of stores, which 2 published stores came from.*--replace"):
        load(empty, "two", {"2012-01-06": 10.0, "2012-01-13": 11.0})
    assert published(empty) == {"2012-01-06": 10.0}
    load(empty, "three", {"2012-01-06": 10.0, "2012-01-13": 11.0}, may_remove=True)
    assert len(published(empty)) == 2


def test_processes_that_open_a_new_database_at_once_all_find_it_ready(database, settings):
    with database.connect("pipeline") as connection:
        connection.execute("revoke usage on schema marts from reader, agent")
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_database, [settings] * 8))
    for one in opened:
        usable = "select has_schema_privilege('marts', 'usage') as is_usable"
        assert all(one.read_frame(role, usable)["is_usable"].item() for role in ("reader", "agent"))


def test_a_second_publication_of_the_same_rows_changes_nothing(empty):
    assert publish_frame(empty, STORES, "raw.store_attributes", ["store_id"], "replace").inserted == 2
    before = empty.read_frame("pipeline", "select * from raw.store_attributes order by 1")
    again = publish_frame(empty, STORES.assign(load_id="later"), "raw.store_attributes", ["store_id"], "replace")
    assert again.total == 0
    pd.testing.assert_frame_equal(before, empty.read_frame("pipeline", "select * from raw.store_attributes order by 1"))


def test_a_publication_that_breaks_a_rule_of_the_table_leaves_it_as_it_was(empty):
    publish_frame(empty, STORES, "raw.store_attributes", ["store_id"])
    with pytest.raises(psycopg.errors.CheckViolation):
        publish_frame(empty, STORES.assign(size_sqft=[500, -1]), "raw.store_attributes", ["store_id"])
    assert list(empty.read_frame("pipeline", "select size_sqft from raw.store_attributes order by 1")["size_sqft"]) == [
        100,
        200,
    ]


def test_a_corrected_week_is_restated_and_a_late_week_is_added(empty):
    load(empty, "one", {"2012-01-06": 10.0, "2012-01-13": 20.0})
    changes = load(empty, "two", {"2012-01-06": 11.0, "2012-01-13": 20.0, "2012-01-20": -5.0})
    assert (changes["raw_sales"].updated, changes["raw_sales"].inserted) == (1, 1)
    assert published(empty) == {"2012-01-06": 11.0, "2012-01-13": 20.0, "2012-01-20": -5.0}


def test_files_that_lack_published_weeks_are_refused_unless_the_user_says_so(empty):
    load(empty, "one", {"2012-01-06": 10.0, "2012-01-13": 20.0})
    with pytest.raises(ShelfcastError, match="lack 1 published row of sales in 1 week, the first 2012-01-13"):
        load(empty, "two", {"2012-01-06": 10.0})
    assert len(published(empty)) == 2
    load(empty, "three", {"2012-01-06": 10.0}, may_remove=True)
    assert published(empty) == {"2012-01-06": 10.0}


def test_forecasts_about_removed_weeks_go_with_them(empty):
    load(empty, "one", {"2012-01-06": 10.0, "2012-01-13": 20.0}, source_kind="sample")
    with empty.connect("pipeline") as connection:
        connection.execute(
            "insert into ml.sales_anomalies (store_id, dept_id, sale_date, detector, score, expected_sales, "
            "actual_sales, reason, run_id) values (1, 7, '2012-01-13', 'd', 9, 1, 20, 'x', 'r')"
        )
    load(empty, "two", {"2012-01-06": 10.0})
    assert empty.read_frame("pipeline", "select * from ml.sales_anomalies").empty


def test_the_sample_gives_way_to_the_users_files_without_a_word(empty):
    load(empty, "one", {"2010-01-01": 1.0}, source_kind="sample")
    load(empty, "two", {"2012-01-06": 10.0})
    assert published(empty) == {"2012-01-06": 10.0}


def test_a_reader_sees_the_old_rows_until_the_new_ones_are_all_there(empty):
    load(empty, "one", {"2012-01-06": 10.0})
    copy_frame(empty, sales({"2012-01-06": 99.0}), "raw_incoming.raw_sales")
    with empty.connect("pipeline") as connection:
        connection.execute("update raw.raw_sales set weekly_sales = 99.0")
        assert published(empty) == {"2012-01-06": 10.0}
        connection.rollback()


def test_two_runs_at_once_are_kept_apart(database):
    failures = []

    def second():
        try:
            with exclusive(database):
                pass
        except ShelfcastError as error:
            failures.append(str(error))

    with exclusive(database):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert failures == [
        "Another run is working on this database. Wait until it has ended (the runs page shows it), then try again."
    ]
    with exclusive(database):
        pass


def test_a_stage_left_running_by_a_killed_run_is_marked_failed(database):
    begin_stage(database, "killed", "some_stage", "abc")
    with exclusive(database):
        frame = database.read_frame("pipeline", "select status from ops.pipeline_runs where run_id = 'killed'")
        assert list(frame["status"]) == ["failed"]
    assert published_fingerprint(database, "some_stage") is None


def test_the_fingerprint_of_a_stage_is_that_of_its_last_success(database):
    begin_stage(database, "run1", "other_stage", "abc")
    end_stage(database, "run1", "other_stage", "succeeded", 5, "fine")
    begin_stage(database, "run2", "other_stage", "abc")
    end_stage(database, "run2", "other_stage", "skipped", 0, "same")
    assert published_fingerprint(database, "other_stage") == "abc"
