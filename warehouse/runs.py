"""The record of runs: one row in ops.pipeline_runs per run and stage, and the lock that keeps runs apart."""

import contextlib
import datetime as dt
import logging
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from warehouse.database import Database
from warehouse.errors import BusyError
from warehouse.locks import is_held, take_if_free

if TYPE_CHECKING:
    import psycopg

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted before its end"
"""Message of a stage that a killed run has left as running."""


def new_run_id() -> str:
    """Returns an identifier that sorts by time, such as 20121026T101500-3fa9."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"


class RunLock:
    """The lock that keeps other runs out; it lasts as long as its session of the database."""

    def __init__(self, database: Database, has_record: bool = True) -> None:
        self._database = database
        self._has_record = has_record
        self._connection = self._taken()

    def renew(self) -> None:
        """Takes the lock again where the server was restarted meanwhile, so that nobody else has come in.

        Raises:
            BusyError: another run holds the lock now.
        """
        import psycopg

        try:
            self._connection.execute("select 1")
        except psycopg.Error:
            logger.warning("the database was restarted in the middle of a run")
            self.release()
            self._connection = self._taken()

    def release(self) -> None:
        """Lets others in, at once: a session that is only closed ends a moment later."""
        import psycopg

        with contextlib.suppress(psycopg.Error):
            self._connection.rollback()
        self._connection.close()

    def _taken(self) -> "psycopg.Connection[Any]":
        connection = self._database.connect("pipeline")
        # The lock is that of an open transaction, which takes longer than a server may allow others.
        connection.execute("set idle_in_transaction_session_timeout = 0")
        if connection.info.server_version >= 170_000:
            connection.execute("set transaction_timeout = 0")
        if not take_if_free(connection, "run"):
            connection.close()
            raise BusyError(
                "Another run is working on this database.",
                "Wait until it has ended (the runs page shows it), then try again.",
            )
        if self._has_record:
            with self._database.connect("pipeline") as recording:
                recording.execute(
                    "update ops.pipeline_runs set status = 'failed', ended_at = greatest(now(), started_at), "
                    "message = %s where status = 'running'",
                    [INTERRUPTED],
                )
        return connection


@contextlib.contextmanager
def exclusive(database: Database, has_record: bool = True) -> Iterator[RunLock]:
    """Keeps other runs out of the same database while the block runs; a crash frees the lock.

    Stages that an earlier, killed run left as running are marked failed, where there is a record of runs.

    Raises:
        BusyError: another run holds the lock.
    """
    lock = RunLock(database, has_record)
    try:
        yield lock
    finally:
        lock.release()


def is_busy(database: Database) -> bool:
    """Returns whether a run holds the lock now, in this process or any other; a killed run does not."""
    with database.connect("reader") as connection:
        return is_held(connection, "run")


def begin_stage(database: Database, run_id: str, stage: str, fingerprint: str) -> None:
    """Records that a stage has begun; a stage that is repeated in the same run begins anew."""
    with database.connect("pipeline") as connection:
        connection.execute("delete from ops.pipeline_runs where run_id = %s and stage = %s", [run_id, stage])
        connection.execute(
            "insert into ops.pipeline_runs (run_id, stage, status, input_fingerprint) values (%s, %s, 'running', %s)",
            [run_id, stage, fingerprint],
        )


def end_stage(database: Database, run_id: str, stage: str, status: str, rows: int | None, message: str) -> None:
    """Records how a stage ended: succeeded, failed or skipped, its published rows, and one line."""
    with database.connect("pipeline") as connection:
        connection.execute(
            "update ops.pipeline_runs set status = %s, row_count = %s, message = %s, "
            "ended_at = greatest(clock_timestamp(), started_at), duration_seconds = "
            "extract(epoch from greatest(clock_timestamp() - started_at, interval '0')) "
            "where run_id = %s and stage = %s",
            [status, rows, message, run_id, stage],
        )


def note_tick(database: Database, run_id: str, due: dt.datetime, status: str, message: str) -> None:
    """Records what became of a tick of the schedule: due when, succeeded, failed or skipped, and one line."""
    begin_stage(database, run_id, "schedule", "")
    said = f"due {due.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC: {message}"
    end_stage(database, run_id, "schedule", status, None, said)


def published_fingerprint(database: Database, stage: str) -> str | None:
    """Returns the fingerprint of what a stage last published, or None where its last attempt did not succeed."""
    frame = database.read_frame(
        "pipeline",
        "select input_fingerprint, status from ops.pipeline_runs "
        "where stage = %(stage)s and status <> 'skipped' order by started_at desc limit 1",
        {"stage": stage},
    )
    if frame.empty or frame.loc[0, "status"] != "succeeded":
        return None
    return str(frame.loc[0, "input_fingerprint"])
