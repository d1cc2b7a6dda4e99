"""Champion and challenger: who holds the aliases, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.forecasting.registry import CHALLENGER, CHAMPION, REGISTERED_NAME, RegisteredVersion, aliases
from warehouse.database import Database

if TYPE_CHECKING:
    from mlflow import MlflowClient

MARGIN = 0.005
"""By what fraction a challenger's error must lie below the champion's to take its place."""


@dataclass(frozen=True)
class Choice:
    """Who holds the aliases, and the sentence that says why the champion does."""

    champion: str
    challenger: str
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What a promotion is recorded with.

    Attributes:
        errors: pooled weighted mean absolute error in dollars, by candidate.
        baseline: that of seasonal naive on the same rows, in dollars.
        origin_count: origins compared.
        data_fingerprint: hash of the panel.
    """

    errors: Mapping[str, float]
    baseline: float
    origin_count: int
    data_fingerprint: str


def choose(errors: Mapping[str, float], incumbent: str | None) -> Choice:
    """Returns the champion and the best of the others.

    Args:
        errors: pooled error by candidate on equal origins, two candidates at least.
        incumbent: candidate that is champion now; None where there is none, or it no longer competes.
    """
    ranked = sorted(errors, key=lambda name: (errors[name], name))
    best = ranked[0]
    if incumbent not in errors or incumbent is None:
        return Choice(best, ranked[1], "It has the least error over all origins.")
    gain = 1 - errors[best] / errors[incumbent] if errors[incumbent] > 0 else 0.0
    if best == incumbent:
        reason = "It is champion and still has the least error."
    elif gain > MARGIN:
        return Choice(best, ranked[1], f"Its error is {gain:.1%} below that of {incumbent}, the champion before.")
    else:
        reason = f"It is champion, and {best} is only {gain:.1%} better: less than the margin of {MARGIN:.1%}."
    others = [name for name in ranked if name != incumbent]
    return Choice(incumbent, others[0], reason)


def promote(
    client: "MlflowClient",
    database: Database,
    choice: Choice,
    versions: Mapping[str, RegisteredVersion],
    evidence: Evidence,
    run_id: str,
) -> int:
    """Returns how many aliases were set anew; each leaves a row in `ml.promotions`."""
    held = aliases(client)
    reasons = {CHAMPION: choice.reason, CHALLENGER: "It has the least error of those that are not champion."}
    wanted = {CHAMPION: versions[choice.champion], CHALLENGER: versions[choice.challenger]}
    for alias, version in wanted.items():
        if held.get(alias) != version.version:
            client.set_registered_model_alias(REGISTERED_NAME, alias, version.version)
    # The record is compared by itself: a crash between alias and record is mended by the next run.
    return sum(_record(database, alias, version, reasons[alias], evidence, run_id) for alias, version in wanted.items())


def _record(
    database: Database, alias: str, version: RegisteredVersion, reason: str, evidence: Evidence, run_id: str
) -> bool:
    """Returns whether the alias' last record names another version, so that a new one was written."""
    with database.connect() as connection:
        last = connection.execute(
            "select model_name, model_version from ml.promotions where alias = %s order by promotion_id desc limit 1",
            [alias],
        ).fetchone()
        if last == (version.name, version.version):
            return False
        connection.execute(
            "insert into ml.promotions (alias, model_name, model_version, wmae_amount, baseline_wmae_amount, "
            "origin_count, data_fingerprint, reason, run_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                alias, version.name, version.version, evidence.errors[version.name], evidence.baseline,
                evidence.origin_count, evidence.data_fingerprint, reason, run_id,
            ],
        )  # fmt: skip
    return True
