"""Commands of Shelfcast, run in forks of one process, and broken where a test says."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any

import psutil

from warehouse.settings import PROJECT_ROOT

WAIT_SECONDS = 1_200
"""When a command is given up: far beyond what one takes on a busy machine."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (negative: the signal), what it wrote, whether the fault took place."""

    returncode: int
    stdout: str
    stderr: str
    was_struck: bool

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def start_server(folder: Path, owner: int) -> None:
    """Starts the process in whose forks commands run, and returns once it answers; it ends with its owner."""
    script = Path(__file__).with_name("command_server.py")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, str(script), str(folder), str(owner)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "COLUMNS": "200"},
            cwd=PROJECT_ROOT,
            start_new_session=True,
        )
    while not (folder / "place.json").exists():
        assert server.poll() is None, (folder / "log").read_text()
        time.sleep(0.1)


def stop_server(folder: Path) -> None:
    """Stops that process, where one was started."""
    with contextlib.suppress(FileNotFoundError, psutil.NoSuchProcess):
        server = psutil.Process(json.loads((folder / "place.json").read_text())["pid"])
        server.terminate()
        server.wait(60)


class Commands:
    """The commands of one test process, and the files that they write; `prefect` is the API of the server for all."""

    def __init__(self, server: Path, folder: Path) -> None:
        place = json.loads((server / "place.json").read_text())
        self.folder = folder
        self.prefect: str = place["prefect"]
        self.begun: dict[int, Path] = {}
        self.count = 0
        self.connection = Client(tuple(place["address"]), authkey=bytes.fromhex(place["key"]))

    def close(self) -> None:
        self.connection.close()

    def begin(
        self,
        home: Path,
        *arguments: str,
        fault: Mapping[str, Any] | None = None,
        own_prefect: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Returns the process id of a command that has begun; `end` waits for it."""
        self.count += 1
        files = self.folder / str(self.count)
        files.mkdir()
        asked: dict[str, Any] = {"arguments": arguments, "own_prefect": own_prefect}
        asked |= {"output": str(files / "output"), "errors": str(files / "errors")}
        asked["environment"] = {"SHELFCAST_HOME": str(home), **(environment or {})}
        asked["fault"] = None if fault is None else {**fault, "marker": str(files / "struck")}
        self.connection.send(asked)
        pid = int(self._answer()["pid"])
        self.begun[pid] = files
        return pid

    def end(self, pid: int) -> Ended:
        """Returns how a command that was begun has ended."""
        files = self.begun.pop(pid)
        self.connection.send({"wait": pid})
        try:
            answer = self._answer()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            answer = {**self._answer(), "is_late": True}
        written = [(files / name).read_text() for name in ("output", "errors")]
        assert "is_late" not in answer, f"the command did not end in {WAIT_SECONDS} s:\n{''.join(written)}"
        return Ended(int(answer["code"]), *written, (files / "struck").exists())

    def run(self, home: Path, *arguments: str, **options: Any) -> Ended:
        """Returns how a command has ended; the options are those of `begin`."""
        return self.end(self.begin(home, *arguments, **options))

    def is_paused(self, pid: int) -> bool:
        """Returns whether a fault has paused a command, once that is so or the command has ended."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (status := psutil.Process(pid).status()) not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
            assert time.monotonic() < deadline, (self.begun[pid] / "errors").read_text()
            time.sleep(0.1)
        return status == psutil.STATUS_STOPPED

    def _answer(self) -> dict[str, Any]:
        if not self.connection.poll(WAIT_SECONDS):
            raise TimeoutError
        return dict(self.connection.recv())
