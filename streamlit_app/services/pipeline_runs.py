"""Starts a run of the pipeline as a process of its own, which outlives the dashboard."""

import datetime as dt
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil

from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.runs import INTERRUPTED, is_busy
from warehouse.settings import PROJECT_ROOT, Settings
from warehouse.stages import STAGE_NAMES


def log_path(settings: Settings) -> Path:
    """Returns the file that takes the output of runs started here."""
    return settings.home / "logs" / "dashboard_run.log"


def is_running(settings: Settings, database: Database) -> bool:
    """Returns whether a run is going on: one started here, or any other that holds the database's run lock."""
    return _own_process(settings) is not None or is_busy(database)


def settled(rows: pd.DataFrame, is_running: bool) -> pd.DataFrame:
    """Returns runs or stages in which what a killed run left as running has failed, as the next run will record it."""
    if is_running or rows.empty:
        return rows
    is_left = rows["status"] == "running"
    messages = {"message": rows["message"].mask(is_left, INTERRUPTED)} if "message" in rows else {}
    return rows.assign(status=rows["status"].mask(is_left, "failed"), **messages)


def settled_now(rows: pd.DataFrame, settings: Settings, database: Database) -> pd.DataFrame:
    """Returns runs as `settled`; the database is asked whether one is going on only where one is said to be."""
    is_said = (rows["status"] == "running").any()
    return settled(rows, is_running(settings, database)) if is_said else rows


def start_run(settings: Settings, database: Database, stage: str | None = None) -> int:
    """Returns the process id of a run that was started, from a stage on or with all that has changed.

    Raises:
        ShelfcastError: a run is going on already.
    """
    log = log_path(settings)
    log.parent.mkdir(parents=True, exist_ok=True)
    with _pid_path(settings).with_suffix(".lock").open("w") as lock:
        # Two people may press the button in the same moment.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_running(settings, database):
            raise ShelfcastError("A run is going on already.", "Wait until it has ended; its stages are shown below.")
        process = _spawn(settings, log, run_command(stage))
        _pid_path(settings).write_text(f"{process.pid} {psutil.Process(process.pid).create_time()}")
    return process.pid


def run_command(stage: str | None = None) -> list[str]:
    """Returns the command of a run, from a stage on or of all that has changed.

    Raises:
        ValueError: there is no such stage.
    """
    if stage is not None and stage not in STAGE_NAMES:
        raise ValueError(f"there is no stage {stage!r}")
    return [sys.executable, "-m", "flows.cli", "run", *(["--from", stage] if stage else [])]


def log_text(settings: Settings, limit: int = 20_000) -> str:
    """Returns the end of the log of the run that was last started here; empty where there was none."""
    path = log_path(settings)
    return path.read_bytes()[-limit:].decode(errors="replace") if path.exists() else ""


def _spawn(settings: Settings, log: Path, command: list[str]) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "SHELFCAST_HOME": str(settings.home), "NO_COLOR": "1", "COLUMNS": "120"}
    with log.open("wb") as output:
        output.write(f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC: {' '.join(command[2:])}\n".encode())
        output.flush()
        return subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _pid_path(settings: Settings) -> Path:
    return settings.home / "logs" / "dashboard_run.pid"


def _own_process(settings: Settings) -> psutil.Process | None:
    """Returns the run that was started here while it lives; its start time guards against a reused number."""
    try:
        number, created = _pid_path(settings).read_text().split()
        process = psutil.Process(int(number))
        is_same = abs(process.create_time() - float(created)) < 1
        return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
