"""What killed runs and failing disks leave of Prefect: servers that outlived their run, and a broken database."""

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

import psutil

logger = logging.getLogger(__name__)

_OWNER = "SHELFCAST_RUN_PROCESS"
_SERVER = "prefect.server.api.server"


def claim_servers() -> None:
    """Makes Prefect servers that this process starts tell whose they are."""
    os.environ[_OWNER] = _name_of(psutil.Process())


def end_left_servers() -> int:
    """Returns the number of Prefect servers under this home that were ended because their run is no more."""
    ended = 0
    for process in psutil.process_iter():
        # Processes of others cannot be looked at, and some end meanwhile.
        with contextlib.suppress(psutil.Error):
            if any(_SERVER in word for word in process.cmdline()) and _is_left(process.environ()):
                process.kill()
                ended += 1
    if ended:
        logger.info("ended %d Prefect servers that killed runs had left behind", ended)
    return ended


def drop_broken_records(folder: Path) -> bool:
    """Returns whether Prefect's own database in its folder was removed because it is not whole: no server starts on it.

    What it held is for Prefect's pages alone; the record of runs is in the warehouse.
    """
    path = folder / "prefect.db"
    if not path.exists() or _is_whole(path):
        return False
    logger.warning("Prefect's database %s is not whole and is made anew", path)
    for left in folder.glob("prefect.db*"):
        left.unlink()
    return True


def _is_whole(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("pragma quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        # Locked by a server that works with it.
        return True
    except sqlite3.DatabaseError:
        return False


def _is_left(environment: dict[str, str]) -> bool:
    owner = environment.get(_OWNER)
    if owner is None or environment.get("PREFECT_HOME") != os.environ.get("PREFECT_HOME"):
        return False
    pid = int(owner.partition("-")[0])
    return not psutil.pid_exists(pid) or _name_of(psutil.Process(pid)) != owner


def _name_of(process: psutil.Process) -> str:
    """Returns what no other process of this machine is ever called: number and time of birth."""
    return f"{process.pid}-{process.create_time():.2f}"
