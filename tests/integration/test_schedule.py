"""`shelfcast schedule` as a process: its ticks are rows of the runs' record, and SIGTERM ends it with its run."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from warehouse import embedded
from warehouse.errors import BusyError
from warehouse.opening import open_database
from warehouse.runs import exclusive, new_run_id, note_tick
from warehouse.settings import PROJECT_ROOT, load_settings


def test_a_tick_is_a_row_of_the_record_of_runs(settings, database):
    due = dt.datetime(2026, 1, 3, 6, tzinfo=dt.UTC)
    run_id = new_run_id()
    note_tick(database, run_id, due, "skipped", "a run was still at work")
    row = database.read_frame(
        "pipeline", "select * from ops.pipeline_runs where run_id = %(run_id)s", {"run_id": run_id}
    ).iloc[0]
    said = "due 2026-01-03 06:00 UTC: a run was still at work"
    assert (row["stage"], row["status"], row["message"]) == ("schedule", "skipped", said)
    assert row["ended_at"] >= row["started_at"]


@pytest.mark.parametrize("arguments", [("run",), ("run", "--from", "train"), ("train",)])
def test_a_command_that_another_run_keeps_out_says_so_with_an_exit_code_of_its_own(finished_run, shelfcast, arguments):
    with exclusive(open_database(finished_run)):
        ended = shelfcast(finished_run, *arguments)
    assert (ended.returncode, ended.stderr.count("\n")) == (BusyError.exit_code, 1)
    assert ended.stderr.startswith("Another run is working on this database.")


@pytest.mark.exhaustive
def test_sigterm_in_the_middle_of_a_scheduled_run_ends_it_cleanly_and_soon(tmp_path, sample_folder):
    settings = load_settings(home=tmp_path / "home")
    command = [sys.executable, "-m", "flows.cli", "schedule", "--cron", "* * * * *", "--data", str(sample_folder)]
    environment = {**os.environ, "SHELFCAST_HOME": str(settings.home)}
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stdout=log, stderr=log)
    try:
        while not (running := [child for child in psutil.Process(serving.pid).children() if "run" in child.cmdline()]):
            assert serving.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.5)
        while not (settings.home / "logs" / "spark.log").exists():
            time.sleep(0.5)
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(120) == 0
    finally:
        serving.kill()
    assert not running[0].is_running()
    assert "Stopped. What was published before stays as it is" in (tmp_path / "log").read_text()
    ticks = open_database(settings).read_frame(
        "pipeline", "select status, message from ops.pipeline_runs where stage = 'schedule'"
    )
    embedded.stop(settings)
    assert list(ticks["status"]) == ["failed"]
    assert ticks["message"].item().endswith("the schedule was stopped while the run was at work")
