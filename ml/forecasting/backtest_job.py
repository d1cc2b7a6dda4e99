"""The evaluation: a backtest that is asked for, its rows in `ml.backtest_errors`, and the scorecard it prints."""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from psycopg import sql

from ml.forecasting.drift_job import watch_drift
from ml.forecasting.evaluation.backtest import Backtest, backtest_frame, origins_of, run_backtest, worth_of_plans
from ml.forecasting.evaluation.drift import drift_warning
from ml.forecasting.evaluation.metrics import METRICS, SCORECARD, Score
from ml.forecasting.evaluation.plots import draw, save
from ml.forecasting.models.candidates import candidates, chosen_candidates, with_session
from ml.forecasting.models.prophet_model import OpenSession
from ml.forecasting.panel import read_panel
from ml.forecasting.registry.client import current_champion, open_registry
from ml.forecasting.registry.tracking import record_backtest
from ml.forecasting.study import warn_of_leaks
from warehouse.conventions import BASELINE, SIMPLE
from warehouse.database import Database
from warehouse.incoming import publish_frame
from warehouse.progress import Progress, silent
from warehouse.publish import Change
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

TABLE = "ml.backtest_errors"
KEYS = ("model_name", "origin_date", "store_id", "dept_id", "forecast_date")
BASELINES = (BASELINE, SIMPLE)
"""What every comparison is with, on the same rows."""
_SHOWN = (*SCORECARD, "bias_rate")
_SHOWN_BY_GROUP = ("wape_rate", "bias_rate", "coverage_80_rate", "coverage_95_rate")


@dataclass(frozen=True)
class BacktestReport:
    """What a backtest wrote.

    Attributes:
        scores: pooled figures by candidate, all over the same rows.
        origin_dates: origins, oldest first.
        rows: rows of `ml.backtest_errors`.
        change: rows that changed.
        seconds: wall clock.
        notes: what a reader of the scorecard must know, in sentences.
        shown: candidate whose figures by group stand under the scorecard.
        groups: of each group of demand its scored forecasts, and the candidate's figures on them.
    """

    scores: dict[str, Score]
    origin_dates: tuple[dt.date, ...]
    rows: int
    change: Change
    seconds: float
    notes: tuple[str, ...] = ()
    shown: str = ""
    groups: tuple[tuple[str, int, Score], ...] = ()

    def __str__(self) -> str:
        ranked = sorted(self.scores.items(), key=lambda item: item[1]["wmae_amount"])
        lines = _table("model", _SHOWN, ranked)
        dates = ", ".join(map(str, self.origin_dates))
        named = [(f"{group} ({count:,} forecasts)", score) for group, count, score in self.groups]
        by_group = _table(f"{self.shown}, by group of demand", _SHOWN_BY_GROUP, named) if named else []
        return "\n".join([*lines, *by_group, f"origins {dates}; {self.change}", *self.notes])


def _table(head: str, names: Sequence[str], rows: Sequence[tuple[str, Score]]) -> list[str]:
    """Returns the lines of a table of figures; its first column is as wide as its longest entry."""
    columns = [METRICS[name] for name in names]
    first = max(15, *(len(label) for label, _ in [(head, None), *rows])) + 3
    widths = [len(column.head) + 3 for column in columns]
    lines = [head.ljust(first) + "".join(map(str.rjust, [column.head for column in columns], widths))]
    for label, score in rows:
        cells = [column.text(score[column.name]) for column in columns]
        lines.append(label.ljust(first) + "".join(map(str.rjust, cells, widths)))
    return lines


def backtest(
    settings: Settings,
    database: Database,
    run_id: str,
    origins: int | Sequence[dt.date] | None = None,
    models: Sequence[str] | None = None,
    progress: Progress = silent,
    open_session: OpenSession | None = None,
) -> BacktestReport:
    """Returns the report of a backtest whose rows now stand in `ml.backtest_errors`, in place of the models' old ones.

    The baselines always take part, so that every comparison is on the same rows. The pictures lie under
    `<home>/reports`, figures and pictures in MLflow.

    Args:
        settings: seed and default number of origins.
        database: where the features were published.
        run_id: run that is written to the rows.
        origins: how many, 8 weeks apart, or which; the settings' number without it.
        models: names of the candidates; all of them without it.
        progress: called per origin and candidate.
        open_session: opens Spark for candidates that fan out over many stores; they loop without it.

    Raises:
        UsageError: a model or an origin is not known.
        ShelfcastError: there are no features, or too few weeks.
    """
    began = time.monotonic()
    chosen = chosen_candidates(candidates(settings), [*BASELINES, *models] if models else None)
    tried = tuple(with_session(model, open_session) for model in chosen)
    panel = read_panel(database)
    week_counts = origins_of(panel, origins or settings.backtest_origins)
    result = run_backtest(panel, tried, week_counts, progress)
    rows, change = publish_backtest(database, result, run_id, is_whole=models is None)
    scores = {name: result.score(name) for name in result.names}
    warn_of_leaks(scores)
    drift = watch_drift(database, run_id, panel.origin)
    best = min(scores, key=lambda name: (scores[name]["wmae_amount"], name))
    with open_registry(settings, database, "pipeline") as client:
        champion = current_champion(client)
        shown = champion.name if champion is not None and champion.name in scores else best
        pictures = draw(result, shown)
        save(pictures, settings.home / "reports")
        record_backtest(client, settings, tried, result, panel.fingerprint, run_id, pictures)
    dates = tuple(origin.history.origin for origin in result.origins)
    notes = [_note_on_origins(standing_rows(database), scores, dates), drift_warning(drift, shown)]
    notes += map(str, worth_of_plans(result.origins))
    seconds = time.monotonic() - began
    groups = tuple(
        (group, count, result.score(shown, metrics=_SHOWN_BY_GROUP, group=group))
        for group, count in result.forecast_counts().items()
    )
    told = tuple(note for note in notes if note)
    return BacktestReport(scores, dates, rows, change, seconds, told, shown, groups)


@dataclass(frozen=True)
class StandingRows:
    """Rows of a model at an origin that stand in `ml.backtest_errors`: their count, and sums in the sales' unit."""

    count: int
    predicted: float
    actual: float


Standing = dict[tuple[str, dt.date], StandingRows]


def standing_rows(database: Database) -> Standing:
    """Returns what stands in `ml.backtest_errors`, by model and origin."""
    with database.connect("pipeline") as connection:
        rows = connection.execute(
            "select model_name, origin_date, count(*), sum(predicted_sales), sum(actual_sales) "
            "from ml.backtest_errors group by model_name, origin_date"
        ).fetchall()
    return {(str(name), day): StandingRows(int(count), *sums) for name, day, count, *sums in rows}


def publish_backtest(database: Database, result: Backtest, run_id: str, is_whole: bool) -> tuple[int, Change]:
    """Returns the rows written and what changed.

    Whole, nothing else stays. Otherwise the rows of candidates that were not tried stay, and with them the rows of the
    baselines at their origins: they are what the others are measured against.
    """
    frame = backtest_frame(result, run_id)
    scope = None
    if not is_whole:
        standing = standing_rows(database)
        frame = _without_known_baselines(frame, standing)
        scope = _replaced(result, standing, frame)
    change = publish_frame(database, frame, TABLE, KEYS, "replace", scope)
    logger.info("backtest of %s: %d rows, %s", ", ".join(result.names), len(frame), change)
    return len(frame), change


def _without_known_baselines(frame: "pd.DataFrame", standing: Standing) -> "pd.DataFrame":
    """Returns the frame without the origins of baselines that stand already with the same forecasts.

    The rows that stand keep their bounds, which may come from more origins than were tried now.
    """
    for name, day in product(BASELINES, frame["origin_date"].unique()):
        is_own = (frame["model_name"] == name) & (frame["origin_date"] == day)
        rows, old = frame[is_own], standing.get((name, day))
        sums = (float(rows["predicted_sales"].sum()), float(rows["actual_sales"].sum()))
        if old is not None and old.count == len(rows) and all(map(_is_close, sums, (old.predicted, old.actual))):
            frame = frame[~is_own]
    return frame


def _is_close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1.0)


def _replaced(result: Backtest, standing: Standing, frame: "pd.DataFrame") -> sql.Composed:
    """Returns the condition on the rows that a backtest of some models replaces."""
    tried = [name for name in result.names if name not in BASELINES]
    needed = {day for name, day in standing if name not in result.names}
    needed |= {origin.history.origin for origin in result.origins}
    conditions = [sql.SQL("t.model_name = any({}::text[])").format(sql.Literal(tried))]
    for baseline in BASELINES:
        rewritten = set(frame.loc[frame["model_name"] == baseline, "origin_date"])
        gone = sorted({day for name, day in standing if name == baseline and day not in needed} | rewritten)
        template = sql.SQL("(t.model_name = {} and t.origin_date = any({}::date[]))")
        conditions.append(template.format(sql.Literal(baseline), sql.Literal(gone)))
    return sql.SQL(" or ").join(conditions)


def _note_on_origins(standing: Standing, tried: dict[str, Score], dates: Sequence[dt.date]) -> str:
    """Returns a sentence on the models whose rows stand from other origins, the empty string where there are none."""
    others = sorted({name for name, _ in standing if name not in tried})
    apart = [name for name in others if {day for model, day in standing if model == name} != set(dates)]
    if not apart:
        return ""
    return (
        f"Not comparable with these figures: {', '.join(apart)}, whose rows stand from other origins. "
        "The marts compare models at the origins of the champion alone and mark those that lack one."
    )
