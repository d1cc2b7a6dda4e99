"""The schedule: no tick ends it, none runs beside another, each is noted, and a stop ends the run cleanly."""

import datetime as dt
import signal
import subprocess

import pytest

from flows.pipeline import schedule
from flows.pipeline.schedule import Clock, due_dates
from warehouse.errors import BusyError, UsageError


class Run:
    """A run that ends when a test says so, and remembers what it was told."""

    def __init__(self, code: int | None = 0, is_deaf: bool = False) -> None:
        self.code, self.is_deaf, self.told = code, is_deaf, []

    def poll(self) -> int | None:
        return self.code

    def wait(self, timeout: float | None = None) -> int:
        if self.is_deaf and "killed" not in self.told:
            raise subprocess.TimeoutExpired("run", timeout or 0)
        return 1

    def send_signal(self, number: int) -> None:
        self.told.append(number)

    def kill(self) -> None:
        self.told.append("killed")


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch):
    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.01)


def soon(count: int, seconds: float = 0.05):
    """Gives dates that are a moment ahead."""
    for _ in range(count):
        yield dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def followed(runs, dates, is_other_at_work=lambda: False, note=None):
    """Returns what was noted of each tick of a clock that has followed these dates."""
    noted, begun = [], iter(runs)

    def start():
        run = next(begun)
        if isinstance(run, Exception):
            raise run
        return run

    clock = Clock(start, is_other_at_work, note or (lambda _due, *said: noted.append(said)))
    clock.follow(dates)
    return noted


def test_a_run_that_fails_or_cannot_begin_is_noted_and_the_next_one_comes():
    noted = followed([Run(0), Run(1), OSError("no memory"), Run(0)], soon(5))
    assert noted[:4] == [
        ("succeeded", "the run ended well"),
        ("failed", "the run ended with exit code 1"),
        ("failed", "the run could not begin; the log says why"),
        ("succeeded", "the run ended well"),
    ]


def test_a_tick_that_comes_while_a_run_is_at_work_is_skipped_and_noted():
    assert followed([Run(None)], soon(3))[:2] == [("skipped", "a run was still at work")] * 2
    assert followed([], soon(2), is_other_at_work=lambda: True) == [("skipped", "a run was still at work")] * 2


def test_a_run_that_finds_another_at_work_is_skipped_however_late_that_one_began():
    skipped = ("skipped", "a run was still at work")
    assert followed([Run(BusyError.exit_code)], soon(2))[0] == skipped


def test_a_note_that_cannot_be_written_does_not_end_the_schedule():
    runs = [Run(0), Run(0)]

    def note(*_said):
        raise ConnectionError("the database is away")

    followed(iter(runs), soon(3), note=note)


def test_a_database_that_does_not_answer_at_a_tick_does_not_end_the_schedule():
    answers = iter([ConnectionError("away"), False])

    def is_other_at_work():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    noted = followed([Run(0)], soon(2), is_other_at_work)
    assert noted[0] == ("failed", "the run could not begin; the log says why")


@pytest.mark.parametrize(("is_deaf", "told"), [(False, [signal.SIGINT]), (True, [signal.SIGINT, "killed"])])
def test_a_stop_ends_the_run_as_ctrl_c_does_and_kills_one_that_does_not_hear(is_deaf, told):
    noted, run = [], Run(None, is_deaf)
    clock = Clock(lambda: run, lambda: False, lambda _due, *said: noted.append(said))

    def dates():
        yield from soon(1)
        clock.stop.set()
        yield dt.datetime.now(dt.UTC) + dt.timedelta(days=7)

    clock.follow(dates())
    assert run.told == told
    assert noted == [("failed", "the schedule was stopped while the run was at work")]


def test_dates_are_those_of_the_cron_expression_and_a_wrong_one_is_refused_at_once():
    dates = due_dates("0 6 * * 6")
    first, second = next(dates), next(dates)
    assert first == second
    assert (first.weekday(), first.hour, first.minute) == (5, 6, 0)
    with pytest.raises(UsageError, match="'soon' is not a cron expression"):
        due_dates("soon")
