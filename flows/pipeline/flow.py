"""The Prefect flow: one sub-flow a stage, top to bottom as the data travels."""

import dataclasses
import logging
from typing import Any, Protocol

import psycopg
from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.pipeline.context import Context, Options, open_context
from flows.pipeline.orphan_servers import claim_servers, end_left_servers
from flows.pipeline.stages import NAMES, Outcome, carry_out, stage_named
from flows.reports.run_summary import scorecard_markdown
from warehouse.runs import RunLock, exclusive

logger = logging.getLogger(__name__)

_CONTEXTS: dict[str, Context] = {}
_WATCHERS: dict[str, "Watcher"] = {}
_LOCKS: dict[str, RunLock] = {}


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


def context_of(run_id: str, options: Options) -> Context:
    """Returns the context of a run in this process; a worker that joins later opens its own."""
    if run_id not in _CONTEXTS:
        _CONTEXTS[run_id] = open_context(options, run_id)
    return _CONTEXTS[run_id]


def is_server_failure(_task: Any, _run: Any, state: Any) -> bool:
    """Returns whether a task failed because a server or the network did: only then is it tried again."""
    error = state.data if isinstance(state.data, BaseException) else None
    return isinstance(error, psycopg.OperationalError | ConnectionError | TimeoutError)


def _stage_flow(name: str) -> Flow[..., Outcome]:
    stage = stage_named(name)

    @task(
        name=name,
        retries=2,
        retry_delay_seconds=5,
        retry_condition_fn=is_server_failure,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def work(run_id: str, options: Options, is_forced: bool) -> Outcome:
        if run_id in _LOCKS:
            _LOCKS[run_id].renew()
        return carry_out(stage, context_of(run_id, options), is_forced)

    @flow(name=name, validate_parameters=False, persist_result=False)
    def stage_flow(run_id: str, options: Options, is_forced: bool) -> Outcome:
        return work(run_id, options, is_forced)

    return stage_flow


ingest, audit, features, transform = map(_stage_flow, ("ingest", "audit", "features", "transform"))
train, forecast, recommend = map(_stage_flow, ("train", "forecast", "recommend"))
marts, explain = map(_stage_flow, ("marts", "explain"))

FLOWS = (ingest, audit, features, transform, train, forecast, recommend, marts, explain)


@flow(name="shelfcast", validate_parameters=False, persist_result=False)
def shelfcast(
    options: Options | dict[str, Any] | None = None, start: str | None = None, run_id: str | None = None
) -> dict[str, Outcome]:
    """Returns the outcome of each stage from `start` on: the files become decisions.

    A stage that nothing has changed for is skipped; from a named start on, every stage is done again.
    """
    # A schedule hands over what it kept as JSON.
    options = Options(**options) if isinstance(options, dict) else options or Options()
    context = _CONTEXTS.get(run_id or "") or open_context(options, run_id)
    _CONTEXTS[context.run_id] = context
    watch = _WATCHERS.get(context.run_id) or LogWatcher()
    first = NAMES.index(stage_named(start).name) if start else 0
    is_forced = options.force or start is not None
    try:
        with exclusive(context.database) as _LOCKS[context.run_id]:
            outcomes = {}
            for stage in FLOWS[first:]:
                watch.begin(stage.name)
                outcomes[stage.name] = stage(context.run_id, options, is_forced)
                watch.end(stage.name, outcomes[stage.name])
        _leave_artifacts(context, outcomes)
    finally:
        _LOCKS.pop(context.run_id, None)
        _CONTEXTS.pop(context.run_id, None)
        _WATCHERS.pop(context.run_id, None)
    return outcomes


def run_in_process(context: Context, start: str | None, watcher: Watcher) -> dict[str, Outcome]:
    """Returns the outcomes of a run that uses an open context and tells a watcher of each stage."""
    end_left_servers()
    claim_servers()
    _CONTEXTS[context.run_id], _WATCHERS[context.run_id] = context, watcher
    return shelfcast(context.options, start, context.run_id)


def _leave_artifacts(context: Context, outcomes: dict[str, Outcome]) -> None:
    with context.database.snapshot("reader") as snapshot:
        scorecard = scorecard_markdown(snapshot)
    create_markdown_artifact(key="scorecard", markdown=scorecard)
    rows = [{"stage": name, **dataclasses.asdict(outcome)} for name, outcome in outcomes.items()]
    create_table_artifact(key="row-counts", table=rows)
