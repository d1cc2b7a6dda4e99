"""Champion and challenger: who holds the aliases, and why."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.forecasting.evaluation.metrics import Score
from ml.forecasting.registry.client import CHALLENGER, CHAMPION, REGISTERED_NAME, RegisteredVersion, aliases
from warehouse.database import Database

if TYPE_CHECKING:
    from mlflow import MlflowClient

MARGIN = 0.005
"""By what fraction a challenger's error must lie below the champion's to take its place."""


@dataclass(frozen=True)
class ChampionChoice:
    """Who holds the aliases, and the sentence that says why the champion does."""

    champion: str
    challenger: str
    reason: str


@dataclass(frozen=True)
class PromotionEvidence:
    """What a setting of an alias is recorded with.

    Attributes:
        errors: pooled weighted mean absolute error in the unit of the sales, by candidate.
        baseline: that of seasonal naive on the same rows, in the unit of the sales.
        origin_count: origins compared.
        data_fingerprint: hash of the panel.
    """

    errors: Mapping[str, float]
    baseline: float
    origin_count: int
    data_fingerprint: str


def choose(scores: Mapping[str, Score], incumbent: str | None, is_pinned: bool = False) -> ChampionChoice:
    """Returns the champion and the best of the others.

    Args:
        scores: pooled figures by candidate over the same rows, two candidates at least.
        incumbent: candidate that is champion now; None where there is none, or it no longer competes.
        is_pinned: whether the incumbent was set by a roll-back that still holds: it then stays, whatever the figures.

    Raises:
        ValueError: the candidates were not scored on the same rows, so that nothing can be concluded.
    """
    _demand_the_same_rows(scores)
    errors = {name: score["wmae_amount"] for name, score in scores.items()}
    ranked = sorted(errors, key=lambda name: (errors[name], name))
    best = ranked[0]
    if incumbent not in errors or incumbent is None:
        return ChampionChoice(best, ranked[1], "It has the least error over all origins.")
    gain = 1 - errors[best] / errors[incumbent] if errors[incumbent] > 0 else 0.0
    if is_pinned:
        reason = "It was set by a roll-back, and the data have not changed since."
    elif best == incumbent:
        reason = "It is champion and still has the least error."
    elif gain > MARGIN:
        return ChampionChoice(
            best, ranked[1], f"Its error is {gain:.1%} below that of {incumbent}, the champion before."
        )
    else:
        reason = f"It is champion, and {best} is only {gain:.1%} better: less than the margin of {MARGIN:.1%}."
    others = [name for name in ranked if name != incumbent]
    return ChampionChoice(incumbent, others[0], reason)


def _demand_the_same_rows(scores: Mapping[str, Score]) -> None:
    first, *others = scores.values()
    same = ("forecast_count", "absolute_sales_amount")
    if not all(math.isclose(score[name], first[name], rel_tol=1e-9) for score in others for name in same):
        raise ValueError(f"the candidates {', '.join(scores)} were not scored on the same rows")


def promote(
    client: "MlflowClient",
    database: Database,
    choice: ChampionChoice,
    versions: Mapping[str, RegisteredVersion],
    evidence: PromotionEvidence,
    run_id: str,
) -> int:
    """Returns how many aliases were set anew; each leaves a row in `ml.promotions`."""
    held = aliases(client)
    reasons = {CHAMPION: choice.reason, CHALLENGER: "It has the least error of those that are not champion."}
    wanted = {CHAMPION: versions[choice.champion], CHALLENGER: versions[choice.challenger]}
    # Records first, each compared by itself: after a crash in between, the next run finds the champion of before and
    # decides for the same reasons.
    count = sum(
        record_alias(database, alias, version, reasons[alias], evidence, run_id)
        for alias, version in wanted.items()
        if last_setting(database, alias) != (version.name, version.version)
    )
    for alias, version in wanted.items():
        if held.get(alias) != version.version:
            client.set_registered_model_alias(REGISTERED_NAME, alias, version.version)
    return count


def last_setting(database: Database, alias: str) -> tuple[str, str] | None:
    """Returns candidate and version that the last record of an alias names, None where there is none."""
    with database.connect("pipeline") as connection:
        row = connection.execute(
            "select model_name, model_version from ml.promotions where alias = %s order by promotion_id desc limit 1",
            [alias],
        ).fetchone()
    return (str(row[0]), str(row[1])) if row else None


def record_alias(
    database: Database,
    alias: str,
    version: RegisteredVersion,
    reason: str,
    evidence: PromotionEvidence,
    run_id: str,
    is_rollback: bool = False,
) -> bool:
    """Returns True after the setting of an alias was written to `ml.promotions`."""
    with database.connect("pipeline") as connection:
        connection.execute(
            "insert into ml.promotions (alias, model_name, model_version, wmae_amount, baseline_wmae_amount, "
            "origin_count, data_fingerprint, reason, is_rollback, run_id) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                alias,
                version.name,
                version.version,
                evidence.errors[version.name],
                evidence.baseline,
                evidence.origin_count,
                evidence.data_fingerprint,
                reason,
                is_rollback,
                run_id,
            ],
        )
    return True
