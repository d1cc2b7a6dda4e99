"""Training: backtest, fit on all data, register, and decide who is champion."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from ml.forecasting.backtest_job import publish_backtest
from ml.forecasting.drift_job import watch_drift
from ml.forecasting.evaluation.drift import drift_warning
from ml.forecasting.evaluation.metrics import Score
from ml.forecasting.evaluation.plots import draw, save
from ml.forecasting.models.candidates import candidates, with_session
from ml.forecasting.models.prophet_model import OpenSession
from ml.forecasting.panel import read_panel
from ml.forecasting.registry.aliases import PromotionEvidence, choose, promote
from ml.forecasting.registry.client import current_champion, open_registry
from ml.forecasting.registry.rollback import pinned_champion
from ml.forecasting.registry.tracking import Fingerprints, record_training, training_fingerprint
from ml.forecasting.study import study
from warehouse.conventions import BASELINE
from warehouse.database import Database
from warehouse.progress import Progress, silent
from warehouse.publish import Change
from warehouse.roles import grant_all
from warehouse.settings import Settings
from warehouse.wording import house

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainReport:
    """What a training did.

    Attributes:
        champion: name of the champion.
        champion_version: its version in the registry.
        challenger: name of the challenger.
        promotions: aliases that were set anew.
        origin_count: origins of the backtest.
        scores: pooled figures by candidate.
        rows: rows of `ml.backtest_errors`.
        change: those that changed.
        seconds: wall clock.
        warning: that the champion's last weeks drift, in one sentence; empty where they do not.
    """

    champion: str
    champion_version: str
    challenger: str
    promotions: int
    origin_count: int
    scores: Mapping[str, Score]
    rows: int
    change: Change
    seconds: float
    warning: str = ""

    def __str__(self) -> str:
        score = self.scores[self.champion]
        return (
            f"champion {self.champion} (version {self.champion_version} in the registry): weighted error "
            f"{house().quantity(score['wmae_amount'])} against {house().quantity(score['baseline_wmae_amount'])} of "
            f"seasonal naive, {house().percent(score['value_added_rate'])} less, over {self.origin_count} "
            f"origins; {self.change}{'; ' * bool(self.warning)}{self.warning}"
        )


def train(
    settings: Settings,
    database: Database,
    run_id: str,
    progress: Progress = silent,
    open_session: OpenSession | None = None,
) -> TrainReport:
    """Returns the report of a training: backtest rows written, models registered, aliases set.

    Trained twice on the same data, code and settings, it writes the same rows and registers and promotes nothing new.

    Args:
        settings: seed, number of origins, address of the registry.
        database: where the features were published.
        run_id: run that is written to the rows.
        progress: called per origin and candidate.
        open_session: opens Spark for candidates that fan out over many stores; they loop without it.

    Raises:
        ShelfcastError: there are no features, or too few weeks.
    """
    began = time.monotonic()
    panel = read_panel(database)
    tried = tuple(with_session(model, open_session) for model in candidates(settings))
    result = study(panel, tried, settings.backtest_origins, progress)
    rows, change = publish_backtest(database, result.backtest, run_id, is_whole=True)
    drift = watch_drift(database, run_id, panel.origin)
    marks = Fingerprints(training_fingerprint(panel, settings), panel.fingerprint)
    errors = {name: score["wmae_amount"] for name, score in result.scores.items()}
    evidence = PromotionEvidence(errors, errors[BASELINE], len(result.backtest.origins), panel.fingerprint)
    with open_registry(settings, database, "pipeline") as client:
        pinned = pinned_champion(client, database, panel.fingerprint, result.scores)
        incumbent = pinned or current_champion(client)
        choice = choose(result.scores, incumbent.name if incumbent else None, is_pinned=pinned is not None)
        pictures = draw(result.backtest, choice.champion)
        save(pictures, settings.home / "reports")
        versions = record_training(client, settings, tried, result, marks, run_id, pictures)
        if pinned is not None:
            versions[pinned.name] = pinned
        promotions = promote(client, database, choice, versions, evidence, run_id)
    with database.connect("pipeline") as connection:
        # The first training makes the tables of the registry, which readers of a model may see from then on.
        grant_all(connection)
    champion = versions[choice.champion]
    report = TrainReport(
        champion=champion.name,
        champion_version=champion.version,
        challenger=choice.challenger,
        promotions=promotions,
        origin_count=evidence.origin_count,
        scores=result.scores,
        rows=rows,
        change=change,
        seconds=time.monotonic() - began,
        warning=drift_warning(drift, champion.name),
    )
    logger.info("%s; %.1f s", report, report.seconds)
    return report
