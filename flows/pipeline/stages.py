"""The stages of a run: what each does, what it depends on, and how one is carried out and recorded."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flows.pipeline.context import Context, code_fingerprint, fingerprint
from flows.pipeline.input_source import base_folder, input_files, input_fingerprint, is_held, remember_folder
from warehouse.codes import codes_so_far, knowing
from warehouse.errors import ShelfcastError, UsageError
from warehouse.inputs import published_content
from warehouse.journal import known_secrets, redact
from warehouse.runs import begin_stage, end_stage, published_fingerprint
from warehouse.stages import STAGE_NAMES, StageName
from warehouse.wording import read_wording, speaking

logger = logging.getLogger(__name__)

HELD = "these files are published, and rows were added to them since: nothing to read"


@dataclass(frozen=True)
class Outcome:
    """What a stage published: rows, and one line that says so."""

    rows: int
    message: str
    status: str = "succeeded"
    seconds: float = 0.0


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline: its name, its work, and the folders whose code decides what it makes."""

    name: StageName
    work: Callable[[Context], Outcome]
    code: tuple[str, ...]


def ingest(context: Context) -> Outcome:
    """Reads the input files into raw_incoming, with an account of every row."""
    from expectations.load_pages import write_load_pages
    from spark_jobs.ingest.job import ingest as ingest_files

    if is_held(context):
        return Outcome(0, HELD)
    files, kind = input_files(context)
    try:
        report = ingest_files(
            context.settings,
            context.database,
            files,
            context.run_id,
            kind,
            context.options.date_format,
            base_folder(context) if context.options.is_append else None,
        )
    except ShelfcastError:
        # A load with too many rejected rows is refused here; its page shows them.
        write_load_pages(context.settings, context.database)
        raise
    accepted = sum(file.rows_accepted for file in report.files)
    return Outcome(accepted, str(report))


def audit(context: Context) -> Outcome:
    """Audits the incoming tables and publishes them as raw; says which weeks changed."""
    from expectations.audit import audit_inputs
    from expectations.load_pages import write_load_pages
    from spark_jobs.features.publication import folder_exists, published
    from warehouse.inputs import is_incoming_lost, publish_inputs

    if is_held(context):
        return Outcome(0, HELD)
    load_id = _incoming_load(context)
    if is_incoming_lost(context.database, load_id):
        logger.warning("the database crashed since load %s was read: it is read again", load_id)
        ingest(context)
        load_id = _incoming_load(context)
    report = audit_inputs(context.settings, context.database, context.run_id, context.options.may_remove)
    before = published(context.database, "inputs")
    publication = publish_inputs(
        context.database,
        load_id,
        context.run_id,
        f"{context.settings.lake}/inputs/{load_id}",
        context.options.may_remove,
        is_folder_gone=before is not None and not folder_exists(before.uri),
    )
    remember_folder(context)
    write_load_pages(context.settings, context.database)
    return Outcome(
        publication.total, f"{report.checked} rules checked, {report.failed_warning} warnings; {publication}"
    )


def features(context: Context) -> Outcome:
    """Computes the leak-free features from the published input."""
    from spark_jobs.features.job import build_features

    report = build_features(context.settings, context.database, context.run_id)
    return Outcome(report.rows, f"{report.rows:,} feature rows; {report.change}")


def transform(context: Context) -> Outcome:
    """Builds and tests the core of the marts: seeds, staging, dimensions, sales."""
    from flows.dbt.runner import build_core

    nodes = build_core(context.settings, context.database, context.run_id)
    return Outcome(nodes, f"{nodes} dbt nodes built and tested")


def train(context: Context) -> Outcome:
    """Backtests the candidates, fits them on everything and chooses the champion."""
    from ml.forecasting.train_job import train as train_models

    report = train_models(context.settings, context.database, context.run_id, context.progress, context.open_spark)
    return Outcome(report.rows, str(report))


def forecast(context: Context) -> Outcome:
    """Forecasts eight weeks for every active series."""
    from ml.forecasting.forecast_job import forecast as write_forecasts

    report = write_forecasts(context.settings, context.database, context.run_id, open_session=context.open_spark)
    return Outcome(report.rows, str(report))


def recommend(context: Context) -> Outcome:
    """Recommends what to reorder and marks unusual sales."""
    from ml.anomalies.detect import detect_anomalies
    from ml.inventory.orders.recommend import recommend as write_recommendations

    anomalies = detect_anomalies(context.settings, context.database, context.run_id)
    report = write_recommendations(context.settings, context.database, context.run_id)
    return Outcome(report.rows, f"{report}; {anomalies}")


def marts(context: Context) -> Outcome:
    """Audits what the models wrote, then builds, tests and publishes the marts that people read."""
    from expectations.audit import audit_models
    from flows.dbt.runner import build_marts

    report = audit_models(context.settings, context.database, context.run_id)
    nodes = build_marts(context.settings, context.database, context.run_id)
    return Outcome(nodes, f"{report.checked} rules checked, {nodes} dbt nodes built and tested, marts published")


def explain(context: Context) -> Outcome:
    """Lets the agents explain the most valuable exceptions."""
    from agents.crew import explain_exceptions
    from flows.dbt.runner import build_part

    reports = explain_exceptions(context.settings, context.database, context.run_id, progress=context.progress)
    # The table of recommendations carries the inventory agent's words.
    build_part(context.settings, context.database, ["build", "--select", "fct_inventory_recommendations+"])
    clean = sum(report.is_clean for report in reports)
    return Outcome(len(reports), f"{len(reports)} pairs explained, {clean} with all figures found in the data")


SHARED_CODE = ("warehouse/calendar.py", "warehouse/conventions.py")
"""What decides beside its own folders what any stage makes."""

STAGES = (
    Stage("ingest", ingest, ("spark_jobs",)),
    Stage("audit", audit, ("expectations", "warehouse")),
    Stage("features", features, ("spark_jobs",)),
    Stage("transform", transform, ("dbt_project",)),
    Stage("train", train, ("ml/forecasting",)),
    Stage("forecast", forecast, ("ml/forecasting",)),
    Stage("recommend", recommend, ("ml/inventory", "ml/anomalies")),
    Stage("marts", marts, ("expectations", "dbt_project")),
    Stage("explain", explain, ("agents",)),
)


def stage_named(name: str) -> Stage:
    """Returns the stage of a name, or raises a UsageError that lists the names."""
    if name not in STAGE_NAMES:
        raise UsageError(f"There is no stage {name!r}.", f"The stages are {', '.join(STAGE_NAMES)}.")
    return STAGES[STAGE_NAMES.index(name)]


def carry_out(stage: Stage, context: Context, is_forced: bool = False) -> Outcome:
    """Returns the outcome of a stage, recorded in ops.pipeline_runs; skips it where nothing it reads has changed."""
    mark = stage_fingerprint(stage, context)
    if not is_forced and published_fingerprint(context.database, stage.name) == mark:
        begin_stage(context.database, context.run_id, stage.name, mark)
        end_stage(context.database, context.run_id, stage.name, "skipped", 0, "nothing it reads has changed")
        return Outcome(0, "nothing has changed", "skipped")
    return recorded(context, stage.name, mark, lambda: stage.work(context))


def recorded(context: Context, name: str, mark: str, work: Callable[[], Outcome]) -> Outcome:
    """Returns the outcome of a piece of work that has a row in ops.pipeline_runs from its beginning on.

    Args:
        context: of the run.
        name: stage, or verb of the command, that the row names.
        mark: hash of all it reads; empty where it is done whenever it is asked for.
        work: what is done.
    """
    began = time.monotonic()
    begin_stage(context.database, context.run_id, name, mark)
    try:
        with speaking(read_wording(context.database, "pipeline")), knowing(codes_so_far(context.database)):
            outcome = work()
    except BaseException as error:
        text = redact(str(error) or type(error).__name__, known_secrets(context.settings))
        end_stage(context.database, context.run_id, name, "failed", None, text.splitlines()[0][:1000])
        raise
    end_stage(context.database, context.run_id, name, "succeeded", outcome.rows, outcome.message)
    seconds = time.monotonic() - began
    logger.info("stage %s: %s (%d rows, %.1f s)", name, outcome.message, outcome.rows, seconds)
    return Outcome(outcome.rows, outcome.message, "succeeded", seconds)


def is_all_current(context: Context) -> bool:
    """Returns whether every stage has published what it would make now."""
    for stage in STAGES:
        published = published_fingerprint(context.database, stage.name)
        if published is None or published != stage_fingerprint(stage, context):
            return False
    return True


def stage_fingerprint(stage: Stage, context: Context) -> str:
    """Returns a hash of all a stage reads: the stage before it, its code and its settings."""
    index = STAGE_NAMES.index(stage.name)
    if index == 0:
        before = input_fingerprint(context)
    else:
        before = published_fingerprint(context.database, STAGE_NAMES[index - 1]) or ""
        if not before:
            raise ShelfcastError(
                f"Stage {stage.name} needs {STAGE_NAMES[index - 1]}, whose last attempt did not succeed.",
                f"Run `shelfcast run --from {STAGE_NAMES[index - 1]}`.",
            )
    if stage.name == "features":
        # Other bytes with the same rows change nothing, so the rows count and not the files.
        before = published_content(context.database) or before
    settings = context.settings
    # Not where the home is: one that was restored elsewhere holds the same.
    choices: tuple[object, ...] = (settings.seed, settings.backtest_origins, settings.lake_uri)
    if stage.name == "forecast":
        choices += (_champion_version(context), settings.planned_markdowns)
    if stage.name == "explain":
        choices += (settings.explained_pairs, settings.gemini_model, settings.gemini_api_key is not None)
    return fingerprint(stage.name, before, code_fingerprint(*stage.code, *SHARED_CODE), choices)


def _champion_version(context: Context) -> str:
    """Returns the version that forecasts; a roll-back changes it, and the forecasts follow."""
    frame = context.database.read_frame(
        "pipeline",
        "select model_version from ml.promotions where alias = 'champion' order by promotion_id desc limit 1",
    )
    return "" if frame.empty else str(frame.loc[0, "model_version"])


def _incoming_load(context: Context) -> str:
    frame = context.database.read_frame("pipeline", "select load_id from ops.loads order by created_at desc limit 1")
    if frame.empty:
        raise ShelfcastError("There is no load to audit.", "Run `shelfcast ingest` first.")
    return str(frame.loc[0, "load_id"])
