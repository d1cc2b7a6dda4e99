"""The flow reads like the diagram: nine tasks, in order, each of which carries out its own stage."""

import contextlib

import pytest

from flows.pipeline import flow
from flows.pipeline.context import Context, Options
from flows.pipeline.stages import Outcome
from warehouse.stages import STAGE_NAMES


class Recorder:
    """A lock and a watcher that remember what they were told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def renew(self) -> None:
        self.told.append("lock")

    def begin(self, stage: str) -> None:
        self.told.append(f"begin {stage}")

    def end(self, stage: str, outcome: Outcome) -> None:
        self.told.append(f"end {stage}")

    def carry_out(self, name: str) -> None:
        self.told.append(name)


def run_of(monkeypatch: pytest.MonkeyPatch, recorder: Recorder, start=None, **options):
    monkeypatch.setattr(flow, "carry_out", lambda stage, _context, is_forced: Outcome(1, f"{stage.name} {is_forced}"))
    return flow.Run(Context(None, None, Options(**options), "r"), recorder, recorder, start)


def test_the_flow_calls_the_nine_stages_in_the_order_in_which_the_data_travels(monkeypatch):
    called = []
    for name in STAGE_NAMES:
        monkeypatch.setattr(flow, name, lambda _run, name=name: called.append(name))
    run = run_of(monkeypatch, Recorder())
    monkeypatch.setattr(flow, "begun", lambda *_given: contextlib.nullcontext(run))
    monkeypatch.setattr(flow, "_leave_artifacts", lambda _context, _outcomes: called.append("artifacts"))
    flow.shelfcast.fn()
    assert called == [*STAGE_NAMES, "artifacts"]


@pytest.mark.parametrize("name", STAGE_NAMES)
def test_each_task_carries_out_the_stage_of_its_name(name):
    recorder = Recorder()
    getattr(flow, name).fn(recorder)
    assert (recorder.told, getattr(flow, name).name) == ([name], name)


def test_a_stage_takes_the_lock_again_and_tells_when_it_begins_and_ends(monkeypatch):
    recorder = Recorder()
    run = run_of(monkeypatch, recorder)
    assert run.carry_out("train") == Outcome(1, "train False")
    assert recorder.told == ["lock", "begin train", "end train"]


def test_from_a_named_start_on_every_stage_is_done_again_and_none_before_it(monkeypatch):
    run = run_of(monkeypatch, Recorder(), start="recommend")
    done = {name: outcome.message for name in STAGE_NAMES if (outcome := run.carry_out(name))}
    assert done == {"recommend": "recommend True", "marts": "marts True", "explain": "explain True"}
    assert {name: outcome.message for name, outcome in run.outcomes.items()} == done


def test_a_forced_run_does_every_stage_again(monkeypatch):
    assert run_of(monkeypatch, Recorder(), force=True).carry_out("ingest") == Outcome(1, "ingest True")
