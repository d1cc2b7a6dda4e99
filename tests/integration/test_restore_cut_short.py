"""A restore that is killed in the middle of its stream leaves the database as it was; a broken one can be replaced."""

from pathlib import Path

import pytest

import warehouse.restore
from warehouse.archive import DUMP
from warehouse.backup import write_backup
from warehouse.conventions import SCHEMAS
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
        connection.execute(
            "insert into raw.store_attributes (store_id, store_code, store_type, size_sqft, load_id) "
            "values (1, '1', 'A', 1000, 'l')"
        )
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
    (settings.home / "data_folder.txt").write_text("/newest\n")
    monkeypatch.setattr(warehouse.restore, "pour", killed_after(share))
    with proved_archive(settings, backup) as (archive, manifest), pytest.raises(Killed):
        restore_backup(settings, warehouse_in_use, archive, manifest, may_replace=True)
    assert state(warehouse_in_use) == before
    assert (settings.home / "data_folder.txt").read_text() == "/newest\n"


def test_an_archive_that_is_changed_after_its_proof_is_not_restored(settings, warehouse_in_use, backup, tmp_path):
    changed = tmp_path / "changed"
    changed.write_bytes(backup.read_bytes())
    before = state(warehouse_in_use)
    with proved_archive(settings, changed) as (archive, manifest):
        with changed.open("r+b") as file:
            file.seek(archive.getinfo(DUMP).header_offset + 2000)
            file.write(b"drop table raw.raw_sales;")
        with pytest.raises(ShelfcastError, match=f"is damaged: its part {DUMP} is not what the manifest says"):
            restore_backup(settings, warehouse_in_use, archive, manifest, may_replace=True)
    assert state(warehouse_in_use) == before


def test_what_analysts_and_others_have_beside_the_warehouse_is_in_no_backup_and_outlives_a_restore(
    settings, new_database, tmp_path
):
    shop = new_database("others_tests")
    with shop.connect("pipeline") as connection:
        connection.execute("create schema crm")
        connection.execute("create table crm.customers as select 1 as a")
        connection.execute("create table marts.dim_stores as select 1 as store_id")
        connection.execute("grant select on marts.dim_stores to analyst")
    statements = (
        'create schema "Anna" create table "T" (i int)',
        'alter table "Anna"."T" enable row level security',
        'alter table "Anna"."T" force row level security',
        "create schema sandbox",
        "create function sandbox.steal() returns int language plpgsql as "
        "$$ begin execute 'grant delete on raw.raw_sales to analyst'; return 1; "
        "exception when others then return 0; end $$",
        "create materialized view sandbox.greedy as select sandbox.steal() as got",
        'create policy greedy on "Anna"."T" using (sandbox.steal() = 1)',
        "create view sandbox.mine as select store_id + 1 as next from marts.dim_stores",
    )
    with shop.connect("analyst") as connection:
        for statement in statements:
            connection.execute(statement)
    write_backup(settings, shop, tmp_path / "backup")
    with proved_archive(settings, tmp_path / "backup") as (archive, manifest):
        assert {name.split(".")[0] for name in manifest.tables} <= set(SCHEMAS)
        restore_backup(settings, shop, archive, manifest, may_replace=True)
    with shop.connect("analyst") as connection:
        assert connection.execute("select next from sandbox.mine").fetchall() == [(2,)]
        connection.execute('select * from "Anna"."T"')
    with shop.connect("pipeline") as connection:
        assert connection.execute("select a from crm.customers").fetchall() == [(1,)]
        may = connection.execute("select has_table_privilege('analyst', 'raw.raw_sales', 'delete')").fetchone()
    assert may == (False,)


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
