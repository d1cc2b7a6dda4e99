"""What the terminal shows: one line a stage, a moving line while it works, one sentence for an error."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from flows.pipeline.stages import Outcome
from warehouse.signs import one_line

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

SILENT_SECONDS = 20
"""How long a command that does not write to a terminal says nothing while it works."""

_MARKS = {"succeeded": "[green]done[/]", "skipped": "[dim]same[/]", "failed": "[red]failed[/]"}


class Display:
    """Shows what is being worked on, and the time it has taken."""

    def __init__(self) -> None:
        self._status = console.status("")
        self._stage = ""
        self._began = self._told = time.monotonic()

    @contextlib.contextmanager
    def shown(self) -> Iterator["Display"]:
        """Keeps the moving line on the terminal while the block runs; a log gets a line now and then."""
        with self._status if console.is_terminal else contextlib.nullcontext():
            yield self

    def begin(self, stage: str) -> None:
        """Names the stage that works now."""
        self._stage, self._began = stage, time.monotonic()
        self._told = self._began
        self._status.update(f"{stage} ...")

    def end(self, stage: str, outcome: Outcome) -> None:
        """Prints the line of a stage that ended."""
        seconds = f"{outcome.seconds:6.1f} s" if outcome.status == "succeeded" else " " * 8
        console.print(
            f"{_MARKS[outcome.status]} {stage:<10} {seconds}  {escape(one_line(outcome.message))}", soft_wrap=True
        )

    def __call__(self, done: int, total: int, what: str) -> None:
        """Shows the progress within a stage, in a log now and then."""
        now = time.monotonic()
        line = f"{self._stage}: {done} of {total}, {what} ({now - self._began:.0f} s)"
        self._status.update(line)
        if not console.is_terminal and now - self._told >= SILENT_SECONDS:
            self._told = now
            errors.print(line, markup=False, soft_wrap=True)
