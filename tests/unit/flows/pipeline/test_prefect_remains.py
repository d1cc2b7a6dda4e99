"""Prefect's own database after a failing disk: removed where no server would start on it, kept where it is whole."""

import sqlite3

import pytest

from flows.pipeline.prefect_remains import drop_broken_records


@pytest.fixture
def records(tmp_path):
    with sqlite3.connect(tmp_path / "prefect.db") as connection:
        connection.execute("create table flow_run (name text)")
        connection.executemany("insert into flow_run values (?)", [("a" * 1000,)] * 200)
    connection.close()
    return tmp_path / "prefect.db"


@pytest.mark.parametrize("kept_bytes", [15, 100, 5_000, 100_000])
def test_a_database_that_was_cut_short_is_removed_with_its_companions(records, kept_bytes):
    records.write_bytes(records.read_bytes()[:kept_bytes])
    records.with_name("prefect.db-wal").touch()
    assert drop_broken_records(records.parent)
    assert list(records.parent.iterdir()) == []


def test_a_whole_database_and_one_that_is_locked_or_empty_stay(records, tmp_path):
    assert not drop_broken_records(records.parent)
    with sqlite3.connect(records) as connection:
        connection.execute("begin exclusive")
        assert not drop_broken_records(records.parent)
    connection.close()
    records.write_bytes(b"")
    assert not drop_broken_records(records.parent)
    assert records.exists()
    assert not drop_broken_records(tmp_path / "nowhere")
