"""A home is backed up, destroyed and restored: the same rows, rights and files, and nothing to do for the next run."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from homes import copied_home, rest
from warehouse import embedded
from warehouse.archive import DUMP
from warehouse.database import Database
from warehouse.opening import open_database
from warehouse.pg_tools import program, server_major
from warehouse.secrets import role_passwords
from warehouse.settings import PROJECT_ROOT, Settings, load_settings

MOVED = {"ops.home", "ops.published_artifacts", "staging.stg_ops__published_artifacts"}
"""They name places under the home, which another home has elsewhere."""
_TABLES = """
select table_schema, table_name from information_schema.tables
where table_schema !~ '^pg_' and table_schema not in ('information_schema', 'raw_incoming')
"""
_RIGHTS = """
select r.rolname, n.nspname, c.relname
from pg_roles r cross join pg_class c join pg_namespace n on n.oid = c.relnamespace
where r.rolname in ('reader', 'agent', 'planner', 'analyst') and c.relkind in ('r', 'v')
    and n.nspname in ('raw', 'ops', 'ml', 'marts') and has_schema_privilege(r.oid, n.oid, 'usage')
    and has_table_privilege(r.oid, c.oid, 'select')
"""
_QUERIES = """
import inspect
from streamlit_app.queries import marts as queries
for name, function in vars(queries).items():
    if inspect.isfunction(getattr(function, '__wrapped__', function)) and function.__module__ == queries.__name__:
        needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
        if not name.startswith(('_', 'read')) and not needed:
            print(name, len(function()))
"""


@pytest.fixture(scope="module")
def finished_run(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A copy of the finished home of its own: what other tests have left behind is not in it."""
    settings = copied_home(finished_home, tmp_path_factory.mktemp("backed_up") / "home")
    yield settings
    rest(settings)


@pytest.fixture(scope="module")
def backup(finished_run: Settings, shelfcast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "home.backup"
    ended = shelfcast(finished_run, "backup", str(path))
    assert ended.returncode == 0, ended.stderr
    assert "files in" in ended.stdout
    return path


@pytest.fixture(scope="module")
def before(finished_run: Settings, backup: Path) -> tuple[dict[str, tuple], set[tuple]]:
    database = open_database(finished_run)
    return contents(database), rights(database)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Settings]:
    home = Path(tempfile.mkdtemp(prefix="shelfcast-tests-", dir="/tmp"))
    settings = load_settings(home=home)
    yield settings
    embedded.stop(settings)
    shutil.rmtree(home, ignore_errors=True)


def contents(database: Database) -> dict[str, tuple]:
    """Returns rows and a hash of every table and view, those left out that name places."""
    count = sql.SQL("select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {} t")
    with database.connect("pipeline") as connection:
        names = {".".join(name): sql.Identifier(*name) for name in connection.execute(_TABLES).fetchall()}
        return {
            name: connection.execute(count.format(table)).fetchone() or ()
            for name, table in names.items()
            if name not in MOVED and not name.startswith("mlflow.")
        }


def rights(database: Database) -> set[tuple]:
    with database.connect("pipeline") as connection:
        return set(connection.execute(_RIGHTS).fetchall())


def test_the_backup_is_its_owner_s_alone_and_holds_no_password(finished_run, backup, tmp_path):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]
    with zipfile.ZipFile(backup) as archive:
        archive.extract(DUMP, tmp_path)
        members = b"".join(archive.read(name) for name in archive.namelist())
    plain = subprocess.run(
        [program("pg_restore", server_major(open_database(finished_run))), "--file=-", str(tmp_path / DUMP)],
        capture_output=True,
        check=True,
    ).stdout
    assert b"COPY raw.raw_sales" in plain
    for password in role_passwords(finished_run.home).values():
        assert password.encode() not in members
        assert password.encode() not in plain


def test_a_damaged_file_changes_nothing(shelfcast, backup, elsewhere, tmp_path):
    damaged = tmp_path / "damaged"
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    ended = shelfcast(elsewhere, "restore", "--trust", str(damaged))
    assert ended.returncode == 1
    assert "nothing was changed" in ended.stderr
    assert not list(elsewhere.home.iterdir())


def test_an_empty_home_gets_the_same_rows_rights_and_pages(shelfcast, backup, before, elsewhere):
    ended = shelfcast(elsewhere, "restore", str(backup))
    assert (ended.returncode, "say --trust" in ended.stderr) == (1, True)
    ended = shelfcast(elsewhere, "restore", "--trust", str(backup))
    assert ended.returncode == 0, ended.stderr
    database = open_database(elsewhere)
    assert contents(database) == before[0]
    assert rights(database) == before[1]
    places = database.read_frame("pipeline", "select uri from ops.published_artifacts")["uri"]
    assert all(place.startswith(str(elsewhere.home)) and Path(place).is_dir() for place in places)
    asked = subprocess.run(
        [sys.executable, "-c", _QUERIES],
        env={**os.environ, "SHELFCAST_HOME": str(elsewhere.home)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert len(asked.stdout.splitlines()) > 10


def test_a_home_in_use_is_only_replaced_where_that_is_said(shelfcast, backup, before, elsewhere):
    database = open_database(elsewhere)
    with database.connect("pipeline") as connection:
        connection.execute("delete from raw.raw_sales")
    ended = shelfcast(elsewhere, "restore", "--trust", str(backup))
    assert ended.returncode == 1
    assert "is in use: its database holds loads, runs or decisions. Restore into another home" in ended.stderr
    assert database.read_frame("pipeline", "select from raw.raw_sales").empty
    assert shelfcast(elsewhere, "restore", "--trust", str(backup), "--replace").returncode == 0
    assert contents(database) == before[0]


def test_after_the_home_was_destroyed_a_restore_leaves_the_next_run_nothing_to_do(shelfcast, backup, before, elsewhere):
    embedded.stop(elsewhere)
    shutil.rmtree(elsewhere.home)
    assert shelfcast(elsewhere, "restore", "--trust", str(backup)).returncode == 0
    database = open_database(elsewhere)
    assert contents(database) == before[0]
    ended = shelfcast(elsewhere, "run")
    assert ended.returncode == 0, ended.stderr
    assert "no published row was touched" in ended.stdout
    forecast = shelfcast(elsewhere, "forecast")
    assert forecast.returncode == 0, forecast.stderr
