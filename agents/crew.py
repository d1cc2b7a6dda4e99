"""The crew: four agents in sequence look at one store and department and write a report whose figures are checked.

CrewAI itself is imported when the first report is asked for.
"""

import dataclasses
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import yaml

from agents.decision_check import contradiction
from agents.desk import Desk
from agents.gemini import ModelRefusalError, failure_reason, gemini_model, keep_out_of_logs
from agents.grounding import check_numbers
from agents.inventory_tools import query_inventory_recommendation
from agents.library import load_crewai
from agents.marts import find_pair, published_state, select
from agents.quoting import plain_answer, printable, quote_data
from agents.records import ANALYSES, NARRATOR, REPORT, Answer, Pair, PairReport
from agents.report import signature
from agents.store import save_report
from warehouse.database import Database
from warehouse.errors import ShelfcastError
from warehouse.progress import Progress, silent
from warehouse.settings import Settings
from warehouse.wording import house, read_wording, speaking

logger = logging.getLogger(__name__)

CONFIG = Path(__file__).parent / "config"
MAXIMUM_TURNS = 12
"""Answers, tool requests included, that one agent may give."""

MODEL_BUDGET_SECONDS = 180.0
"""Seconds after which no further agent is started on the language model."""

LONGEST_ANSWER = 4_000
"""Characters of one answer: a report is read by a person, and every figure in it is looked up."""


def explain_pair(
    settings: Settings, database: Database, run_id: str, store_id: int, dept_id: int, progress: Progress = silent
) -> PairReport:
    """Returns the crew's report on one store and department, saved in `agents.agent_outputs`.

    Gemini writes it where a key is set; where there is none, or Gemini fails, the deterministic narrator does, and the
    report says so.

    Raises:
        ShelfcastError: the pair has no sales, the marts can't be read, or they were published anew meanwhile.
    """
    with speaking(read_wording(database, "agent")):
        return _explained(settings, database, run_id, (store_id, dept_id), progress)


def _explained(
    settings: Settings, database: Database, run_id: str, numbers: tuple[int, int], progress: Progress
) -> PairReport:
    state = published_state(database)
    pair = find_pair(database, *numbers)
    progress(0, len(ANALYSES), f"{pair}: calling the crew")
    load_crewai(settings)
    report = _signed(_written(settings, database, pair, progress))
    if published_state(database) != state:
        # A model may think for minutes: no transaction is kept open for it, so what it looked at is compared instead.
        raise ShelfcastError("The marts were published anew while the agents were at work.", "Ask them again.")
    try:
        saved = save_report(database, run_id, report)
    except (psycopg.DataError, UnicodeError):
        if report.writer == NARRATOR:
            raise
        report = _signed(_stand_in(settings, database, pair, progress, "its answer can't be saved"))
        saved = save_report(database, run_id, report)
    supported = report.number_count - sum(len(answer.unsupported) for answer in report.answers)
    logger.info(
        "agents: %s by %s, %d of %d figures supported, %d new answers, %.2f s",
        pair,
        report.writer,
        supported,
        report.number_count,
        saved.inserted,
        report.seconds,
    )
    return report


def explain_exceptions(
    settings: Settings, database: Database, run_id: str, progress: Progress = silent
) -> list[PairReport]:
    """Returns a report on each of the most valuable exceptions, `settings.explained_pairs` of them.

    Raises:
        ShelfcastError: the marts can't be read.
    """
    pairs = _exceptions(database, settings.explained_pairs)
    total = len(pairs) * len(ANALYSES)
    reports = []
    for number, (store_id, dept_id) in enumerate(pairs):
        shown = _shifted(progress, number * len(ANALYSES), total)
        reports.append(explain_pair(settings, database, run_id, store_id, dept_id, shown))
    return reports


def _shifted(progress: Progress, offset: int, whole: int) -> Progress:
    def shown(done: int, total: int, what: str) -> None:
        progress(offset + done, whole, what)

    return shown


def _exceptions(database: Database, limit: int) -> list[tuple[int, int]]:
    rows = select(
        database,
        """
        select recommendations.store_id, recommendations.dept_id
        from marts.fct_inventory_recommendations as recommendations
        where recommendations.is_latest
        order by recommendations.exception_rank nulls last, recommendations.value_at_risk_amount desc,
            recommendations.store_id, recommendations.dept_id
        limit %(limit)s
        """,
        {"limit": limit},
    )
    return [(row["store_id"], row["dept_id"]) for row in rows]


def _written(settings: Settings, database: Database, pair: Pair, progress: Progress) -> PairReport:
    """Returns the report by Gemini, or by the narrator with a notice why."""
    from agents.narrator import Narrator

    if settings.gemini_api_key is None:
        return _run(Narrator(), NARRATOR, Desk(database, pair), progress)
    desk = Desk(database, pair)
    keep_out_of_logs(settings.gemini_api_key)
    try:
        return _run(gemini_model(settings), settings.gemini_model, desk, progress)
    except Exception as error:  # noqa: BLE001 - whatever a model's answer leads the libraries to, the narrator writes
        if desk.failure:
            raise desk.failure from None
        reason = failure_reason(error)
    return _stand_in(settings, database, pair, progress, reason)


def _stand_in(settings: Settings, database: Database, pair: Pair, progress: Progress, reason: str) -> PairReport:
    """Returns the narrator's report, with a notice why Gemini's is not taken."""
    from agents.narrator import Narrator

    logger.warning("agents: Gemini did not write the report on %s: %s", pair, reason)
    notice = f"Gemini ({settings.gemini_model}) did not write this report: {reason}."
    return dataclasses.replace(_run(Narrator(), NARRATOR, Desk(database, pair), progress), notice=notice)


def _run(model: Any, writer: str, desk: Desk, progress: Progress) -> PairReport:
    """Returns the report that the crew writes with one model.

    Raises:
        ShelfcastError: a tool could not read the marts.
        ModelRefusalError: an agent answered without words, with too many, without having looked at the data, or
            against the recommendation.
    """
    clock = _Clock(model, desk.pair, progress)
    token = _CLOCK.set(clock)
    try:
        _kick_off(_assemble(model, desk), prompt_words(desk.pair))
    finally:
        _CLOCK.reset(token)
    if desk.failure:
        raise desk.failure
    for analysis_type in ANALYSES:
        if not clock.texts.get(analysis_type) or (analysis_type != REPORT and not desk.evidence(analysis_type)):
            raise ModelRefusalError(f"the agent for {analysis_type} did not look at the data")
    if writer != NARRATOR:
        _check_decision(clock.texts.values(), desk)
    answers = tuple(_checked(analysis_type, clock, desk) for analysis_type in ANALYSES)
    pair = desk.pair
    return PairReport(pair.store_id, pair.dept_id, pair.origin_date, answers, writer, pair_name=str(pair))


def prompt_words(pair: Pair) -> dict[str, str]:
    """Returns what stands in the prompts for the pair, in marks of a quotation, and for how figures are written."""
    retailer = house().retailer
    quantities = f" and pieces as {house().pieces(1234)}" if retailer.is_in_units else ""
    sample = retailer.number_format.replace("5", "56")
    return {
        "pair": quote_data(str(pair)),
        "figures": f"amounts written as {house().money(1234)}{quantities}, decimals as in {sample}",
    }


def _check_decision(texts: Iterable[str], desk: Desk) -> None:
    """Refuses words that decide otherwise than the recommendation.

    Raises:
        ModelRefusalError: they do; the sentence says how.
    """
    pair = desk.pair
    recommendation = query_inventory_recommendation(desk.database, pair.store_id, pair.dept_id)
    found = next(filter(None, (contradiction(text, recommendation) for text in texts)), "")
    if found:
        raise ModelRefusalError(found)


def _kick_off(crew: Any, inputs: dict[str, str]) -> None:
    """Runs the crew in a thread of its own: CrewAI refuses to run where an event loop does, as in a notebook."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(copy_context().run, crew.kickoff, inputs).result()


class _Clock:
    """Notes the words, seconds and tokens of each task as it ends, and stops a model that takes too long."""

    def __init__(self, model: Any, pair: Pair, progress: Progress) -> None:
        self.model, self.pair, self.progress = model, pair, progress
        self.texts: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.tokens: dict[str, int] = {}
        self.begun = self.last = time.perf_counter()

    def note(self, output: Any) -> None:
        """Notes the end of a task.

        Raises:
            ModelRefusalError: the answer is too long.
            TimeoutError: the model has used up its time.
        """
        now, name, said = time.perf_counter(), str(output.name), printable(output.raw or "")
        # Before the words are looked at: that takes long where they never end.
        if len(said) > LONGEST_ANSWER:
            raise ModelRefusalError(f"the agent for {name} wrote more than {LONGEST_ANSWER} characters")
        self.texts[name] = plain_answer(said)
        self.seconds[name] = now - self.last
        self.tokens[name] = self.model.get_token_usage_summary().total_tokens - sum(self.tokens.values())
        self.last = now
        self.progress(len(self.texts), len(ANALYSES), f"{self.pair}: {name.replace('_', ' ')} done")
        if now - self.begun > MODEL_BUDGET_SECONDS:
            raise TimeoutError("the language model has used up its time for this pair")


_CLOCK: ContextVar[_Clock] = ContextVar("_CLOCK")
"""The clock of the run under way: CrewAI wants a plain function to call at the end of a task."""


def _note(output: Any) -> None:
    _CLOCK.get().note(output)


def _assemble(model: Any, desk: Desk) -> Any:
    """Returns the crew of the configuration: one agent a task, in sequence, nothing remembered or sent."""
    from crewai import Agent, Crew, Process, Task

    from agents.crew_tools import crew_tool

    tasks: dict[str, Any] = {}
    for analysis_type, task in load_config("tasks").items():
        duty = load_config("agents")[task["agent"]]
        agent = Agent(
            role=duty["role"],
            goal=duty["goal"],
            backstory=duty["backstory"],
            llm=model,
            tools=[crew_tool(desk, analysis_type, name) for name in duty["tools"]],
            allow_delegation=False,
            cache=False,
            verbose=False,
            max_iter=MAXIMUM_TURNS,
            max_retry_limit=0,
        )
        tasks[analysis_type] = Task(
            name=analysis_type,
            description=task["description"],
            expected_output=task["expected_output"],
            agent=agent,
            context=[tasks[name] for name in task["context"]],
            callback=_note,
        )
    return Crew(
        agents=[task.agent for task in tasks.values()],
        tasks=list(tasks.values()),
        process=Process.sequential,
        cache=False,
        memory=False,
        planning=False,
        verbose=False,
        tracing=False,
        share_crew=False,
    )


@cache
def load_config(name: str) -> dict[str, Any]:
    """Returns `config/agents.yaml` or `config/tasks.yaml`."""
    return dict(yaml.safe_load((CONFIG / f"{name}.yaml").read_text(encoding="utf-8")))


def _checked(analysis_type: str, clock: _Clock, desk: Desk) -> Answer:
    grounding = check_numbers(clock.texts[analysis_type], desk.all_facts())
    agent = load_config("agents")[load_config("tasks")[analysis_type]["agent"]]
    return Answer(
        analysis_type,
        agent["role"],
        grounding.text,
        clock.seconds[analysis_type],
        clock.tokens[analysis_type],
        grounding.number_count,
        grounding.share,
        grounding.unsupported,
        desk.evidence(analysis_type),
    )


def _signed(report: PairReport) -> PairReport:
    """Returns the report with who wrote it, and how its figures were checked, under the report writer's words."""
    answers = [
        dataclasses.replace(answer, text=f"{answer.text}\n\n{signature(report)}")
        if answer.analysis_type == REPORT
        else answer
        for answer in report.answers
    ]
    return dataclasses.replace(report, answers=tuple(answers))
