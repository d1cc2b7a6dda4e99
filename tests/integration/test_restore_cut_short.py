"""A restore that is killed in the middle of its stream leaves the database as it was; a broken one can be replaced."""

from pathlib import Path

import pytest

import warehouse.restore
from warehouse.backup import write_backup
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.migrate import apply_migrations
from warehouse.restore import is_empty, proved_archive, restore_backup

WEEKS = 400
PLACES = [*range(0, 100, 8), 99.9, 100]
"""After which share of the stream, in percent, the restore is killed."""


class Killed(BaseException):
    """What ends the process that feeds psql: no handler of the product takes it."""


@pytest.fixture(scope="module")
def warehouse_in_use(new_database) -> Database:
    database = new_database("restore_tests")
    with database.connect("pipeline") as connection:
        connection.execute("insert into raw.store_attributes values (1, 'A', 1000, 'l')")
        connection.execute(
            "insert into raw.raw_sales (store_id, dept_id, sale_date, weekly_sales, is_holiday, load_id) "
            "select 1, dept, '2010-02-05'::date + 7 * week, week, false, 'l' "
            "from generate_series(1, 5) as dept, generate_series(1, %s) as week",
            [WEEKS],
        )
    return database


@pytest.fixture(scope="module")
def backup(settings, warehouse_in_use, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("restore") / "backup"
    write_backup(settings, warehouse_in_use, path)
    return path


def state(database: Database) -> tuple:
    with database.connect("pipeline") as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname !~ '^(pg_|inf)'").fetchone()
        rows = connection.execute("select count(*), sum(weekly_sales) from raw.raw_sales").fetchone()
        done = connection.execute("select count(*) from ops.migrations").fetchone()
    return tables, rows, done


def killed_after(share: float):
    """Returns a stand-in for the pipe into psql that breaks off after a share of what pg_restore says."""

    def pour(source, target):
        content = source.read()
        target.write(content[: int(len(content) * share / 100)])
        target.flush()
        raise Killed

    return pour


@pytest.mark.parametrize("share", PLACES)
def test_a_restore_that_is_killed_in_its_stream_commits_nothing(share, settings, warehouse_in_use, backup, monkeypatch):
    before = state(warehouse_in_use)
    whole_pour = warehouse.restore.pour
    pours = iter([whole_pour, killed_after(share)])
    monkeypatch.setattr(warehouse.restore, "pour", lambda source, target: next(pours)(source, target))
    with proved_archive(settings, backup) as (archive, manifest), pytest.raises(Killed):
        restore_backup(settings, warehouse_in_use, archive, manifest, may_replace=True)
    assert state(warehouse_in_use) == before


def test_a_database_that_was_never_set_up_is_empty_and_one_without_its_tables_is_in_use(
    settings, database, new_database
):
    broken = new_database("broken_tests")
    assert is_empty(broken)
    with broken.connect("pipeline") as connection:
        connection.execute("drop table ops.decisions, ops.migrations cascade")
    assert not is_empty(broken)


def test_a_broken_database_is_one_sentence_and_not_a_traceback(new_database):
    broken = new_database("unmigrated_tests")
    with broken.connect("pipeline") as connection:
        connection.execute("drop table ops.migrations")
    with (
        broken.connect("pipeline") as connection,
        pytest.raises(ShelfcastError, match=r"is not whole.*restore .*--replace"),
    ):
        apply_migrations(connection)
