"""The schedule: the flow served to Prefect, with a server of our own on loopback where none is named."""

import asyncio
import contextlib
import datetime as dt
import logging
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.pipeline.prefect_remains import drop_broken_records
from warehouse.embedded import HOST, free_port
from warehouse.environment import PREFECT_CONSOLE_LEVEL
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

_WAIT_SECONDS = 300


@contextlib.contextmanager
def prefect_server(settings: Settings) -> Iterator[str]:
    """Gives the address of Prefect's API: PREFECT_API_URL, else a server that lives as long as the block.

    A scheduled run needs a server that stays; the temporary one of a single run can't schedule.

    Raises:
        ShelfcastError: the server does not answer; the sentence names its log.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield os.environ["PREFECT_API_URL"]
        return
    drop_broken_records(settings.home / "prefect")
    port, log = free_port(), settings.home / "logs" / "prefect.log"
    command = [str(Path(sys.executable).with_name("prefect")), "server", "start", "--host", HOST, "--port", str(port)]
    address = f"http://{HOST}:{port}/api"
    with log.open("ab") as output:
        loud = {**os.environ, PREFECT_CONSOLE_LEVEL: "WARNING"}
        server = subprocess.Popen(command, stdout=output, stderr=output, env=loud)
    try:
        _wait_for(f"{address}/health", server, log)
        os.environ["PREFECT_API_URL"] = address
        yield address
    finally:
        server.terminate()
        server.wait(30)


def start_clock(cron: str, deployment: str) -> None:
    """Asks Prefect for a run of a served deployment at each date of a cron expression, while the process lives.

    Prefect's own scheduler cannot write its runs under SQLAlchemy 2.1, which everything else needs; asking for
    one run at a time works, and the run is served, retried and shown like any other.

    Raises:
        UsageError: the cron expression is not valid.
    """
    from prefect.server.schemas.schedules import CronSchedule

    try:
        schedule = CronSchedule(cron=cron, timezone="UTC")
    except ValueError:
        raise UsageError(f"{cron!r} is not a cron expression.", 'Write for instance "0 6 * * 6".') from None
    threading.Thread(target=_tick, args=(schedule, deployment), daemon=True).start()


def _tick(schedule: Any, deployment: str) -> None:
    from prefect.deployments import arun_deployment

    while True:
        now = dt.datetime.now(dt.UTC)
        due = asyncio.run(schedule.get_dates(n=1, start=now + dt.timedelta(seconds=1)))[0]
        time.sleep(max((due - now).total_seconds(), 0))
        run = asyncio.run(arun_deployment(deployment, timeout=0))
        logger.info("asked for the run %s of %s, due at %s", run.name, deployment, due)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(2 * _WAIT_SECONDS):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise ShelfcastError("Prefect's server does not start.", f"Its log is {log}.")
