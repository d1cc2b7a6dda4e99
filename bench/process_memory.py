"""Memory and work of a process with everything it started, and of the embedded Postgres of a home folder."""

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Memory:
    """Resident memory in bytes: the process and all it started, and the server, whose shared buffers count once."""

    ours: int
    postgres: int

    @property
    def total(self) -> int:
        """Both together, in bytes."""
        return self.ours + self.postgres


def memory_now(pid: int, home: Path) -> Memory:
    """Returns the memory of a process tree, and of the server whose data lies under the home folder."""
    servers = [_resident_and_shared(process) for process in _server(home)]
    unshared = sum(resident - shared for resident, shared in servers)
    return Memory(sum(map(_resident, _tree(pid))), unshared + max((shared for _, shared in servers), default=0))


class Work:
    """Adds up the processor seconds of processes that come and go: those that ended count with what was last seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, float], float] = {}

    def seconds(self, pid: int, home: Path) -> float:
        """Returns the processor seconds so far of a process tree and of the server under the home folder."""
        for process in [*_tree(pid), *_server(home)]:
            try:
                times = process.cpu_times()
                self._seen[process.pid, process.create_time()] = times.user + times.system
            except psutil.NoSuchProcess:
                continue
        return sum(self._seen.values())


def _tree(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> int:
    try:
        return 0 if process.name() == "postgres" else int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _resident_and_shared(process: psutil.Process) -> tuple[int, int]:
    try:
        memory = process.memory_info()
    except psutil.NoSuchProcess:
        return 0, 0
    return int(memory.rss), int(memory.shared)


def _server(home: Path) -> list[psutil.Process]:
    """Returns the embedded server and its sessions; none where none runs."""
    try:
        return _tree(int((home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return []
