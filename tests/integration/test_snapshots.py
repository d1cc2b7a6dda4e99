"""What is read together agrees, whatever is published in between."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pandas as pd
import psycopg
import pytest
import streamlit as st

from streamlit_app.queries import cache
from warehouse.database import Database
from warehouse.marts import _publish, publish_next
from warehouse.roles import grant_all

TABLES = ("marts.fct_one", "marts.fct_two")
WAITS = (
    "select count(*) from pg_locks where not granted and pid in "
    "(select pid from pg_stat_activity where datname = current_database() and usename = %s)"
)


@pytest.fixture(scope="module")
def empty(new_database) -> Database:
    return new_database("snapshot_tests")


@pytest.fixture
def warehouse(empty) -> Database:
    """Two published marts that hold the word old, and the next state of both, which holds the word new."""
    with empty.connect("pipeline") as connection:
        connection.execute("drop view if exists marts.three")
        for name in TABLES:
            connection.execute(f"drop table if exists {name}, {name.replace('marts', 'marts_next')}")
            connection.execute(f"create table {name} as select 'old' as word")
            connection.execute(f"create table {name.replace('marts', 'marts_next')} as select 'new' as word")
        connection.execute("create view marts.three as select word from marts.fct_two")
        connection.execute("create table if not exists marts.fct_pipeline_runs as select now() as ended_at")
        grant_all(connection)
    return empty


def wait_until_blocked(database: Database, user: str) -> None:
    """Waits until a session of the user waits for a lock."""
    with database.connect("pipeline", autocommit=True) as connection:
        for _ in range(3000):
            if connection.execute(WAITS, [user]).fetchone()[0]:
                return
            time.sleep(0.01)
    pytest.fail(f"no session of {user} waits for a lock")


@contextlib.contextmanager
def publishing(database: Database) -> Iterator[None]:
    """A publication that begins with the block and ends after it."""
    thread = threading.Thread(target=publish_next, args=(database,))
    thread.start()
    wait_until_blocked(database, "pipeline")
    yield
    assert thread.is_alive()


def words(read: Callable[[str], pd.DataFrame]) -> list[str]:
    return [read(f"select word from {name}")["word"].item() for name in (*TABLES, "marts.three")]


def wait_until_published(database: Database) -> None:
    with database.connect("pipeline", autocommit=True) as connection:
        for _ in range(3000):
            if not connection.execute("select from pg_class where relnamespace = 'marts_next'::regnamespace").rowcount:
                return
            time.sleep(0.01)
    pytest.fail("nothing was published")


def test_a_snapshot_reads_the_old_state_while_a_publication_waits_and_the_next_one_the_new(warehouse):
    with warehouse.snapshot("reader") as snapshot, publishing(warehouse):
        assert words(snapshot.read_frame) == ["old", "old", "old"]
    wait_until_published(warehouse)
    with warehouse.snapshot("reader") as snapshot:
        assert words(snapshot.read_frame) == ["new", "new", "new"]


@pytest.mark.parametrize("parts", [TABLES, TABLES[1:]], ids=["whole", "part"])
def test_a_snapshot_that_begins_in_the_middle_of_a_publication_reads_the_new_state(warehouse, parts):
    found: list[str] = []

    def look() -> None:
        with warehouse.snapshot("reader") as snapshot:
            found.extend(words(snapshot.read_frame))

    with warehouse.connect("pipeline") as connection:
        for name in set(TABLES) - set(parts):
            connection.execute(f"drop table {name.replace('marts', 'marts_next')}")
        _publish(connection, None)
        thread = threading.Thread(target=look)
        thread.start()
        wait_until_blocked(warehouse, "reader")
    thread.join(30)
    assert found == ["new" if TABLES[0] in parts else "old", "new", "new"]


def test_rows_that_are_added_meanwhile_are_not_in_a_snapshot(warehouse):
    with warehouse.snapshot("reader") as snapshot:
        before = snapshot.read_frame("select count(*) as n from marts.fct_one").loc[0, "n"]
        with warehouse.connect("pipeline") as connection:
            connection.execute("insert into marts.fct_one values ('later')")
        assert snapshot.read_frame("select count(*) as n from marts.fct_one").loc[0, "n"] == before


@pytest.mark.parametrize("role", ["reader", "planner", "analyst", "pipeline"])
def test_a_snapshot_is_for_reading_whatever_the_role(warehouse, role):
    with warehouse.snapshot(role) as snapshot, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        snapshot.connection.execute("create table public.mine (a int)")


def test_a_page_reads_one_state_and_keeps_nothing_of_it_for_the_next(warehouse, monkeypatch):
    session = SimpleNamespace(reader=warehouse.engine("reader"))
    monkeypatch.setattr(cache, "open_session", lambda: session)
    st.cache_data.clear()
    with cache.one_state():
        version = cache.data_version()
        with publishing(warehouse):
            assert words(cache.read) == ["old", "old", "old"]
            assert cache.data_version() == version
    wait_until_published(warehouse)
    with cache.one_state():
        assert words(cache.read) == ["new", "new", "new"]
        assert cache.data_version() != version
    session.reader.dispose()


def test_a_mart_that_is_not_there_yet_does_not_spoil_the_rest_of_the_page(warehouse, monkeypatch):
    session = SimpleNamespace(reader=warehouse.engine("reader"))
    monkeypatch.setattr(cache, "open_session", lambda: session)
    with cache.one_state():
        assert cache.fetch("select * from marts.fct_not_made_yet", {}).empty
        assert words(lambda sql: cache.fetch(sql, {})) == ["old", "old", "old"]
    session.reader.dispose()
