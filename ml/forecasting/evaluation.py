"""The evaluation: a backtest that is asked for, its rows in `ml.backtest_errors`, and the scorecard it prints."""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from ml.forecasting.backtest import Backtest, backtest_frame, origins_of, run_backtest
from ml.forecasting.candidates import candidates, chosen_candidates
from ml.forecasting.panel import read_panel
from ml.forecasting.scorecard import Score
from warehouse.database import Database
from warehouse.incoming import publish_frame
from warehouse.progress import Progress, silent
from warehouse.publish import Change
from warehouse.settings import Settings

logger = logging.getLogger(__name__)

TABLE = "ml.backtest_errors"
KEYS = ("model_name", "origin_date", "store_id", "dept_id", "forecast_date")


@dataclass(frozen=True)
class BacktestReport:
    """What a backtest wrote.

    Attributes:
        scores: pooled figures by candidate.
        origin_dates: origins, oldest first.
        rows: rows of `ml.backtest_errors`.
        change: rows that changed.
        seconds: wall clock.
    """

    scores: dict[str, Score]
    origin_dates: tuple[dt.date, ...]
    rows: int
    change: Change
    seconds: float

    def __str__(self) -> str:
        lines = [f"{'model':<18}{'WMAE':>8}{'WAPE':>8}{'bias':>8}{'in 80 %':>9}{'in 95 %':>9}"]
        for name, figures in sorted(self.scores.items(), key=lambda item: item[1].wmae):
            covered = "".join(f"{share:>9.1%}" for share in (figures.coverage_80, figures.coverage_95))
            lines.append(f"{name:<18}{figures.wmae:>8,.0f}{figures.wape:>8.1%}{figures.bias:>8.1%}{covered}")
        dates = ", ".join(map(str, self.origin_dates))
        return "\n".join([*lines, f"origins {dates}; {self.change}"])


def backtest(
    settings: Settings,
    database: Database,
    run_id: str,
    origins: int | Sequence[dt.date] | None = None,
    models: Sequence[str] | None = None,
    progress: Progress = silent,
) -> BacktestReport:
    """Returns the report of a backtest whose rows now stand in `ml.backtest_errors`, in place of the models' old ones.

    Args:
        settings: seed and default number of origins.
        database: where the features were published.
        run_id: run that is written to the rows.
        origins: how many, 8 weeks apart, or which; the settings' number without it.
        models: names of the candidates; all of them without it.
        progress: called per origin and candidate.

    Raises:
        UsageError: a model or an origin is not known.
        ShelfcastError: there are no features, or too few weeks.
    """
    began = time.monotonic()
    tried = chosen_candidates(candidates(settings), models)
    panel = read_panel(database)
    result = run_backtest(panel, tried, origins_of(panel, origins or settings.backtest_origins), progress)
    rows, change = publish_backtest(database, result, run_id, is_whole=models is None)
    dates = tuple(origin.history.origin for origin in result.origins)
    scores = {name: result.score(name) for name in result.names}
    return BacktestReport(scores, dates, rows, change, time.monotonic() - began)


def publish_backtest(database: Database, result: Backtest, run_id: str, is_whole: bool) -> tuple[int, Change]:
    """Returns the rows written and what changed; rows of candidates that were not tried stay unless it is whole."""
    frame = backtest_frame(result, run_id)
    scope = None if is_whole else sql.SQL("t.model_name = any({})").format(sql.Literal(list(result.names)))
    change = publish_frame(database, frame, TABLE, KEYS, "replace", scope)
    logger.info("backtest of %s: %d rows, %s", ", ".join(result.names), len(frame), change)
    return len(frame), change
