"""The Prefect flow: nine tasks, top to bottom as the data travels."""

import contextlib
import dataclasses
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Protocol

import psycopg
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.pipeline.context import Context, Options, open_context
from flows.pipeline.prefect_remains import claim_servers, drop_broken_records, end_left_servers
from flows.pipeline.stages import Outcome, carry_out, stage_named
from flows.reports.run_summary import scorecard_markdown
from warehouse.runs import RunLock, exclusive
from warehouse.stages import STAGE_NAMES, StageName

logger = logging.getLogger(__name__)


class Watcher(Protocol):
    """Told when a stage begins and ends: the terminal's display, or the log of a worker."""

    def begin(self, stage: str) -> None:
        """Called before a stage."""

    def end(self, stage: str, outcome: Outcome) -> None:
        """Called after a stage that did not fail."""


class LogWatcher:
    """Writes a line to the log for each stage."""

    def begin(self, stage: str) -> None:
        """Logs that a stage begins."""
        logger.info("stage %s begins", stage)

    def end(self, stage: str, outcome: Outcome) -> None:
        """Logs what a stage published."""
        logger.info("stage %s %s: %s", stage, outcome.status, outcome.message)


class Run:
    """A run that holds the lock of the database: its context, and the outcome of each stage so far.

    Not a dataclass: Prefect looks into those for what a task was given, and must not see a password.
    """

    def __init__(self, context: Context, watcher: Watcher, lock: RunLock, start: StageName | None) -> None:
        self.context, self._watcher, self._lock, self._start = context, watcher, lock, start
        self.outcomes: dict[StageName, Outcome] = {}

    def carry_out(self, name: StageName) -> Outcome | None:
        """Returns the outcome of a stage; None where the run starts from a later one.

        A stage that nothing has changed for is skipped; from a named start on, every stage is done again.
        """
        if self._start and STAGE_NAMES.index(name) < STAGE_NAMES.index(self._start):
            return None
        self._lock.renew()
        self._watcher.begin(name)
        is_forced = self.context.options.force or self._start is not None
        self.outcomes[name] = carry_out(stage_named(name), self.context, is_forced)
        self._watcher.end(name, self.outcomes[name])
        return self.outcomes[name]


def is_server_failure(_task: Any, _run: Any, state: Any) -> bool:
    """Returns whether a task failed because a server or the network did: only then is it tried again."""
    error = state.data if isinstance(state.data, BaseException) else None
    return isinstance(error, psycopg.OperationalError | ConnectionError | TimeoutError)


stage_task = task(
    retries=2, retry_delay_seconds=5, retry_condition_fn=is_server_failure, cache_policy=NO_CACHE, persist_result=False
)


@stage_task
def ingest(run: Run) -> Outcome | None:
    """Reads the input files, with an account of every row."""
    return run.carry_out("ingest")


@stage_task
def audit(run: Run) -> Outcome | None:
    """Audits what was read, and publishes it."""
    return run.carry_out("audit")


@stage_task
def features(run: Run) -> Outcome | None:
    """Computes the features."""
    return run.carry_out("features")


@stage_task
def transform(run: Run) -> Outcome | None:
    """Builds the core of the marts."""
    return run.carry_out("transform")


@stage_task
def train(run: Run) -> Outcome | None:
    """Backtests the candidates and chooses the champion."""
    return run.carry_out("train")


@stage_task
def forecast(run: Run) -> Outcome | None:
    """Forecasts every active series."""
    return run.carry_out("forecast")


@stage_task
def recommend(run: Run) -> Outcome | None:
    """Recommends what to reorder and marks unusual sales."""
    return run.carry_out("recommend")


@stage_task
def marts(run: Run) -> Outcome | None:
    """Audits what the models wrote, and publishes the marts."""
    return run.carry_out("marts")


@stage_task
def explain(run: Run) -> Outcome | None:
    """Lets the agents explain the most valuable exceptions."""
    return run.carry_out("explain")


@flow(name="shelfcast", validate_parameters=False, persist_result=False)
def shelfcast(
    options: Options | None = None, start: str | None = None, run_id: str | None = None
) -> dict[StageName, Outcome]:
    """Returns the outcome of each stage from `start` on: the files become decisions."""
    with begun(options, start, run_id) as run:
        ingest(run)
        audit(run)
        features(run)
        transform(run)
        train(run)
        forecast(run)
        recommend(run)
        marts(run)
        explain(run)
    _leave_artifacts(run.context, run.outcomes)
    return run.outcomes


_OPEN: ContextVar[tuple[Context, Watcher] | None] = ContextVar("open", default=None)
"""What the process that calls the flow has open already; as a parameter of the flow, Prefect would store it."""


@contextlib.contextmanager
def begun(options: Options | None, start: str | None, run_id: str | None) -> Iterator[Run]:
    """Gives a run that no other run can disturb while the block runs.

    Raises:
        ShelfcastError: another run is at work, or there is no such stage to start from.
    """
    first = stage_named(start).name if start else None
    context, watcher = _OPEN.get() or (open_context(options, run_id), LogWatcher())
    with exclusive(context.database) as lock:
        yield Run(context, watcher, lock, first)


def run_in_process(context: Context, start: str | None, watcher: Watcher) -> dict[StageName, Outcome]:
    """Returns the outcomes of a run that uses an open context and tells a watcher of each stage."""
    end_left_servers()
    drop_broken_records(context.settings.home / "prefect")
    claim_servers()
    token = _OPEN.set((context, watcher))
    try:
        return shelfcast(context.options, start, context.run_id)
    finally:
        _OPEN.reset(token)


def _leave_artifacts(context: Context, outcomes: dict[StageName, Outcome]) -> None:
    with context.database.snapshot("reader") as snapshot:
        scorecard = scorecard_markdown(snapshot)
    create_markdown_artifact(key="scorecard", markdown=scorecard)
    rows = [{"stage": name, **dataclasses.asdict(outcome)} for name, outcome in outcomes.items()]
    create_table_artifact(key="row-counts", table=rows)
