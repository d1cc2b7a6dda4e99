"""The command line, answered by forks of one process that has imported everything: a command begins at once.

Started as a script, with a folder for what it writes and the process whose end is also its own; every process of a test
run connects to it. A request is a dictionary: `arguments` of the command, `environment`, `output` and `errors` (files
for what it writes), `own_prefect` (whether it starts a Prefect server) and `fault` (see `faults.py`), or None; its
answer is the process id of the run that has begun. The request `wait` with a process id is answered with the exit code
(negative: the signal) of that run.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from fault_points import FAULT_POINTS
from faults import Fault, owner_of
from servers import wait_for

IMPORTED = (
    "flows.cli.commands",
    "flows.pipeline.flow",
    "flows.reports.run_summary",
    "flows.dbt.runner",
    "spark_jobs.ingest.job",
    "spark_jobs.features.job",
    "expectations.audit",
    "great_expectations",
    "dbt.cli.main",
    "dbt.adapters.postgres",
    "mlflow",
    "ml.forecasting.train_job",
    "ml.forecasting.forecast_job",
    "ml.inventory.orders.recommend",
    "ml.anomalies.detect",
    "agents.crew",
    "adbc_driver_postgresql.dbapi",
    "crewai",
    "prophet",
    "lightgbm",
    "statsforecast",
    "dbt_metricflow.cli.main",
    "ml.inventory.replay.engine",
)
"""What every run imports: once here, so that a run begins at once."""


def run(asked: dict[str, Any]) -> None:
    """Runs the command in this process, which then ends."""
    os.setsid()
    # A test run in the background may have been told to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "output"), (2, "errors")):
        os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.update(asked["environment"])
    # It remembers the folder of the process that was forked.
    tempfile.tempdir = None
    from flows.cli.main import main

    if asked["fault"]:
        Fault(asked["fault"]).install()
    sys.argv = ["shelfcast", *asked["arguments"]]
    code = 1
    try:
        with own_prefect() if asked["own_prefect"] else contextlib.nullcontext():
            main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    finally:
        # The fork must not go on as the server that it was.
        if sys.exc_info()[1] is not None:
            sys.excepthook(*sys.exc_info())
        sys.stdout.flush()
        atexit._run_exitfuncs()
        os._exit(code)


@contextlib.contextmanager
def own_prefect() -> Iterator[None]:
    """Lets the run start a temporary Prefect server, as it does where nobody has one for it."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    os.environ.pop(PREFECT_API_URL.name)
    folder = Path(os.environ["SHELFCAST_HOME"]) / "prefect"
    with temporary_settings({PREFECT_HOME: folder}, restore_defaults={PREFECT_API_URL}):
        yield


def serve(folder: Path, owner: int) -> None:
    """Gives each process that connects a fork of its own, and all one Prefect server, whose start takes longest."""
    from warehouse.environment import prepare_environment
    from warehouse.settings import load_settings

    settings = load_settings(home=folder / "home")
    prepare_environment(settings)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=end_with, args=(owner,), daemon=True).start()
    log = settings.home / "logs" / "prefect.log"
    with prefect_server(log) as (prefect, server):
        for name in IMPORTED:
            importlib.import_module(name)
        for target in FAULT_POINTS.values():
            owner_of(target)
        wait_for(f"{prefect}/health", server, log)
        key = secrets.token_bytes(32)
        with Listener(("127.0.0.1", 0), authkey=key) as listener:
            # A fork that collects garbage would touch, and so copy, all that was imported.
            gc.freeze()
            say_where(folder, {"address": listener.address, "key": key.hex(), "prefect": prefect, "pid": os.getpid()})
            while True:
                connection = listener.accept()
                if os.fork() == 0:
                    signal.signal(signal.SIGTERM, signal.SIG_DFL)
                    listener.close()
                    answer(connection)
                    os._exit(0)
                connection.close()


@contextlib.contextmanager
def prefect_server(log: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Gives the address of the API of a Prefect server on loopback, which begins and lives as long as the block."""
    from warehouse.embedded import free_port

    program, port = str(Path(sys.executable).with_name("prefect")), free_port()
    address = f"http://127.0.0.1:{port}/api"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [program, "server", "start", "--host", "127.0.0.1", "--port", str(port)], stdout=output, stderr=output
        )
    try:
        os.environ["PREFECT_API_URL"] = address
        yield address, server
    finally:
        server.terminate()
        server.wait(30)


def end_with(owner: int) -> None:
    """Ends this process once another one is gone."""
    import psutil

    while psutil.pid_exists(owner):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def say_where(folder: Path, place: dict[str, Any]) -> None:
    draft = folder / "place.draft"
    draft.touch(0o600)
    draft.write_text(json.dumps(place))
    draft.rename(folder / "place.json")


def answer(connection: "Connection[Any, Any]") -> None:
    """Answers until nobody asks any more; a run that nobody waits for then ends too."""
    at_work = set()
    with contextlib.suppress(EOFError):
        while True:
            asked = connection.recv()
            if "wait" in asked:
                connection.send({"code": os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])})
                at_work.remove(asked["wait"])
                continue
            pid = os.fork()
            if pid == 0:
                connection.close()
                run(asked)
            at_work.add(pid)
            connection.send({"pid": pid})
    for pid in at_work:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2])]
    serve(Path(sys.argv[1]), int(sys.argv[2]))
