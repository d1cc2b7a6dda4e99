"""Commands of Shelfcast, run in forks of one process, and broken where a test says."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
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


class Commands:
    """The process that runs commands, one Prefect server for all of them, and the files that they write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self.begun: dict[int, Path] = {}
        self.count = 0
        self.server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("command_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "COLUMNS": "200", "SHELFCAST_HOME": str(folder / "home")},
            cwd=PROJECT_ROOT,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._answer() == {"ready": True}

    def close(self) -> None:
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait(60)

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
        self._ask(asked)
        pid = int(self._answer()["pid"])
        self.begun[pid] = files
        return pid

    def end(self, pid: int) -> Ended:
        """Returns how a command that was begun has ended."""
        files = self.begun.pop(pid)
        self._ask({"wait": pid})
        try:
            answer = self._answer()
        except queue.Empty:
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

    def _listen(self) -> None:
        for line in self.server.stdout or ():
            self.answers.put(json.loads(line))
        self.answers.put({"is_closed": True})

    def _ask(self, request: Mapping[str, Any]) -> None:
        assert self.server.stdin is not None
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        return self.answers.get(timeout=WAIT_SECONDS)
