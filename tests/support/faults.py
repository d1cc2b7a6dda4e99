"""Faults: a wrapper of a function of the product that breaks one call of it; the product knows nothing of it.

A fault names a function, `module:name`:

    target   the function
    where    before it, after it, `during` it (once a path that matches `path` exists under the home folder), or in its
             `batches` (in the middle of the Arrow batches that it reads)
    call     which call of it, or `each`
    match    parameters and their values that the call must have
    action   what happens there; the functions below
    marker   file that is made first, so that a test knows that the fault took place
"""

import contextlib
import errno
import functools
import importlib
import inspect
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PACKAGES = ("warehouse", "spark_jobs", "expectations", "ml", "agents", "flows")


def descendants(part: str) -> list[Any]:
    """Returns the processes below this one whose command line has this part in it."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if part in " ".join(process.cmdline()):
                found.append(process)
    return found


def postmaster() -> Any:
    import psutil

    pid_file = Path(os.environ["SHELFCAST_HOME"]) / "postgres" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def kill() -> None:
    """The process alone, as the kernel does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def kill_all() -> None:
    """The process and all it started, the server aside."""
    os.killpg(0, signal.SIGKILL)


def power_cut() -> None:
    """Everything at once, the database server included."""
    kill_server()
    kill_all()


def interrupt() -> None:
    """What Ctrl-C does."""
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(1)


def pause() -> None:
    """Holds the run until a test lets it go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


def kill_postmaster() -> None:
    postmaster().kill()


def kill_server() -> None:
    import psutil

    server = postmaster()
    for process in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def kill_backend() -> None:
    """One session of the server dies, whereupon the server ends all of them and recovers."""
    backends = [child for child in postmaster().children() if "shelfcast" in " ".join(child.cmdline())]
    backends[0].kill()


def restart_server() -> None:
    from warehouse import embedded
    from warehouse.settings import load_settings

    embedded.stop(load_settings())
    embedded.start(load_settings())


def kill_java() -> None:
    for process in descendants("java"):
        process.kill()


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_lake() -> None:
    """Files of Java may grow to 2 KB and no more: a quota, which needs no rights."""
    limit_files(descendants("java"), 2048)


def fill_server() -> None:
    """Files of the server's sessions from now on may not grow, its log of transactions included."""
    limit_files([postmaster()], 65_536)


def limit_files(limited: list[Any], size: int) -> None:
    import psutil

    for process in limited:
        process.rlimit(psutil.RLIMIT_FSIZE, (size, size))


def fill_volume() -> None:
    """Fills the small volume that the test has mounted for the server, to the last byte."""
    with contextlib.suppress(OSError), (Path(os.environ["FAULTY_VOLUME"]) / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"0" * 65_536)


def turn_clock_back() -> None:
    """Shelfcast's own modules see a clock that is 400 days late."""
    import datetime as real

    class Late(real.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.datetime.now(tz) - real.timedelta(days=400)

    class LateModule:
        datetime = Late

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in PACKAGES and getattr(module, "dt", None) is real:
            module.dt = LateModule()  # type: ignore[attr-defined]


ACTIONS: dict[str, Callable[[], None]] = {
    function.__name__: function
    for function in (
        kill,
        kill_all,
        power_cut,
        interrupt,
        pause,
        kill_postmaster,
        kill_server,
        kill_backend,
        restart_server,
        kill_java,
        disk_full,
        fill_lake,
        fill_server,
        fill_volume,
        turn_clock_back,
    )
}


def owner_of(target: str) -> tuple[Any, str]:
    """Returns the module or class that holds a target, `module:name`, and the name that it has there.

    Raises:
        LookupError: nothing is there.
    """
    module_name, _, path = target.partition(":")
    *parents, name = path.split(".")
    owner: Any = importlib.import_module(module_name)
    for parent in parents:
        owner = getattr(owner, parent)
    if not hasattr(owner, name):
        raise LookupError(f"{target} is gone: say in tests/support/fault_points.py what stands at its point now.")
    return owner, name


class Fault:
    """A wrapper of a function that breaks one call of it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.calls = 0
        self.lock = threading.Lock()

    def strike(self) -> None:
        Path(self.asked["marker"]).touch()
        ACTIONS[self.asked["action"]]()

    def install(self) -> None:
        owner, name = owner_of(self.asked["target"])
        original = getattr(owner, name)
        wrapped = self.wrap(original)
        setattr(owner, name, wrapped)
        # Modules that took the name when they were imported.
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").partition(".")[0] in PACKAGES and vars(module).get(name) is original:
                setattr(module, name, wrapped)

    def is_meant(self, original: Any, arguments: Any, options: Any) -> bool:
        if self.asked.get("match"):
            given = inspect.signature(original).bind(*arguments, **options).arguments
            if not all(wanted in str(given.get(name)) for name, wanted in self.asked["match"].items()):
                return False
        with self.lock:
            self.calls += 1
            return self.asked.get("call", 1) in (self.calls, "each")

    def wrap(self, original: Any) -> Any:
        where = self.asked.get("where", "before")

        @functools.wraps(original)
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if not self.is_meant(original, arguments, options):
                return original(*arguments, **options)
            if where == "before":
                self.strike()
            elif where == "during":
                threading.Thread(target=self.lurk, daemon=True).start()
            elif where == "batches":
                *others, reader = arguments
                arguments = (*others, self.broken(reader))
            result = original(*arguments, **options)
            if where == "after":
                self.strike()
            return result

        return wrapped

    def lurk(self) -> None:
        home = Path(os.environ["SHELFCAST_HOME"])
        known = set(home.glob(self.asked["path"]))
        while True:
            with contextlib.suppress(OSError):
                if set(home.glob(self.asked["path"])) - known:
                    break
            time.sleep(0.001)
        self.strike()

    def broken(self, reader: Any) -> Iterator[Any]:
        """Returns the batches in slices of eight rows; the fault takes place in the middle of the first batch."""
        for number, batch in enumerate(reader):
            for start in range(0, batch.num_rows, 8):
                if number == 0 and start // 8 == batch.num_rows // 16:
                    self.strike()
                yield batch.slice(start, 8)
