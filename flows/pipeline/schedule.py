"""The schedule: a run of its own process at each date of a cron expression, until told to stop.

A tick never ends the schedule: one that comes while a run is at work is skipped, one whose run fails is followed by the
next. Each tick has a row in ops.pipeline_runs. Runs report to the Prefect server that PREFECT_API_URL names; without
one, each starts a temporary server, as any run does.
"""

import contextlib
import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from warehouse.errors import BusyError, UsageError
from warehouse.opening import open_database
from warehouse.runs import is_busy, new_run_id, note_tick
from warehouse.settings import PROJECT_ROOT, Settings

logger = logging.getLogger(__name__)

STOP_SECONDS = 60
"""How long a run may take to end cleanly when the schedule is stopped; then it is killed, and the next goes on."""
ENDED_WELL = "the run ended well"
_SKIPPED = ("skipped", "a run was still at work")
LOOK_SECONDS = 1.0
"""How often the schedule looks whether its run has ended."""


class Process(Protocol):
    """A run at work."""

    def poll(self) -> int | None:
        """Returns its exit code, None while it is at work."""

    def wait(self, timeout: float | None = None) -> int:
        """Returns its exit code once it has ended."""

    def send_signal(self, sig: int) -> None:
        """Tells it something."""

    def kill(self) -> None:
        """Ends it at once."""


def due_dates(cron: str) -> Iterator[dt.datetime]:
    """Returns the dates of a cron expression (UTC) that are still to come, each found when it is asked for.

    Raises:
        UsageError: the cron expression is not valid.
    """
    from cronsim import CronSim, CronSimError

    def following() -> dt.datetime:
        return next(CronSim(cron, dt.datetime.now(dt.UTC)))

    try:
        following()
    except (CronSimError, StopIteration):
        # Some expressions are well written and have no date: the 30th of February.
        raise UsageError(f"{cron!r} is not a cron expression.", 'Write for instance "0 6 * * 6".') from None
    return iter(following, None)


@dataclass
class Clock:
    """What happens at each tick.

    Attributes:
        start: begins a run.
        is_other_at_work: whether another process runs the pipeline now.
        note: writes the row of a tick: when it was due, its status, a message.
        beat: called at every look, for whoever watches whether the schedule lives.
        stop: set by whoever wants the schedule to end.
    """

    start: Callable[[], Process]
    is_other_at_work: Callable[[], bool]
    note: Callable[[dt.datetime, str, str], None]
    beat: Callable[[], None] = lambda: None
    stop: threading.Event = field(default_factory=threading.Event)
    begun: tuple[Process, dt.datetime] | None = None

    def follow(self, dates: Iterator[dt.datetime]) -> None:
        """Runs at each date until told to stop; a run that is at work then is ended cleanly."""
        for due in dates:
            while not self.stop.wait(min(max((due - dt.datetime.now(dt.UTC)).total_seconds(), 0.0), LOOK_SECONDS)):
                self._look()
                if dt.datetime.now(dt.UTC) >= due:
                    break
            if self.stop.is_set():
                break
            self._tick(due)
        self._end()

    def _tick(self, due: dt.datetime) -> None:
        try:
            if self.begun is not None or self.is_other_at_work():
                self._note(due, *_SKIPPED)
            else:
                self.begun = self.start(), due
                logger.info("the run due at %s has begun", due)
        except Exception:
            # Whatever a tick meets, the next one comes.
            logger.exception("the run due at %s could not begin", due)
            self._note(due, "failed", "the run could not begin; the log says why")

    def _look(self) -> None:
        """Notes how the run has ended, once it has."""
        with contextlib.suppress(OSError):
            self.beat()
        if self.begun is None:
            return
        run, due = self.begun
        if (code := run.poll()) is not None:
            self._note(due, *_outcome(code, f"the run ended with exit code {code}"))
            self.begun = None

    def _end(self) -> None:
        if self.begun is None:
            return
        run, due = self.begun
        run.send_signal(signal.SIGINT)
        try:
            code = run.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            run.kill()
            code = run.wait()
        self._note(due, *_outcome(code, "the schedule was stopped while the run was at work"))

    def _note(self, due: dt.datetime, status: str, message: str) -> None:
        logger.info("tick of %s %s: %s", due, status, message)
        with contextlib.suppress(Exception):
            self.note(due, status, message)


def _outcome(code: int, failure: str) -> tuple[str, str]:
    """Returns status and message of a tick by the exit code of its run."""
    return {0: ("succeeded", ENDED_WELL), BusyError.exit_code: _SKIPPED}.get(code, ("failed", failure))


class _Run(subprocess.Popen[bytes]):
    """A run in a session of its own: a signal for the schedule reaches it through the schedule alone."""

    def kill(self) -> None:
        """Ends the run and the servers that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def serve(settings: Settings, cron: str, arguments: Sequence[str]) -> None:
    """Runs `shelfcast run` with these arguments on a schedule, until SIGTERM or Ctrl-C.

    Raises:
        UsageError: the cron expression is not valid.
    """
    dates = due_dates(cron)
    command = [sys.executable, "-m", "flows.cli", "run", *arguments]
    environment = {**os.environ, "SHELFCAST_HOME": str(settings.home)}

    def start() -> Process:
        return _Run(command, cwd=PROJECT_ROOT, env=environment, start_new_session=True)

    def note(due: dt.datetime, status: str, message: str) -> None:
        note_tick(open_database(settings), new_run_id(), due, status, message)

    clock = Clock(start, lambda: is_busy(open_database(settings)), note, (settings.home / "schedule.alive").touch)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stop.set())
    clock.follow(dates)
