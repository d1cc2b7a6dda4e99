"""Roll-back: a person gives the champion's place to an earlier version, and keeps it there."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.forecasting.panel import Panel, read_panel
from ml.forecasting.registry.aliases import PromotionEvidence, record_alias
from ml.forecasting.registry.client import (
    CHAMPION,
    REGISTERED_NAME,
    ROLLED_BACK,
    RegisteredVersion,
    all_versions,
    current_champion,
    demanded,
    load_version,
    open_registry,
)
from warehouse.database import Database
from warehouse.errors import ShelfcastError, UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RollbackReport:
    """Which version is champion now, and which was before."""

    champion: RegisteredVersion
    before: RegisteredVersion

    def __str__(self) -> str:
        return (
            f"Champion is version {self.champion.version} ({self.champion.name}) again, "
            f"in place of version {self.before.version} ({self.before.name}). "
            "A training leaves it there until the data change."
        )


def roll_back(settings: Settings, database: Database, run_id: str, number: str | None = None) -> RollbackReport:
    """Returns the report of a roll-back: alias set, reason in `ml.promotions`, the version before marked.

    The place is pinned to the data of the moment: `train` on the same data keeps the champion whatever the figures
    say, and the competition opens again when the data change. Rolling back once more goes one champion further back.

    Args:
        settings: address of the registry.
        database: where the features were published and promotions are recorded.
        run_id: run that is written to the row.
        number: version to make champion; the champion before without it.

    Raises:
        UsageError: there is no such version, or it is champion already.
        ShelfcastError: no model was trained, there was no champion before, or its version no longer forecasts.
    """
    panel = read_panel(database)
    with open_registry(settings, database, "pipeline") as client:
        known = all_versions(client)
        before = demanded(current_champion(client))
        chosen = _version_before(database, known, before) if number is None else _version(known, before, number)
        _demand_that_it_forecasts(chosen, panel)
        reason = f"Rolled back by hand from version {before.version} ({before.name})."
        # The record first: where the alias fails after it, the next training sets it by the record.
        record_alias(database, CHAMPION, chosen, reason, _evidence(chosen, panel.fingerprint), run_id, is_rollback=True)
        _set_champion(client, chosen, before, run_id)
    logger.info("version %s is champion in place of %s", chosen.version, before.version)
    return RollbackReport(chosen, before)


def pinned_champion(
    client: "MlflowClient", database: Database, data_fingerprint: str, names: Mapping[str, object]
) -> RegisteredVersion | None:
    """Returns the version that a roll-back on the same data made champion, None where none holds.

    Args:
        client: of the registry.
        database: where promotions are recorded.
        data_fingerprint: hash of the panel that is trained on now.
        names: candidates that compete; a version of another one holds no place.
    """
    with database.connect("pipeline") as connection:
        row = connection.execute(
            "select model_version, is_rollback, data_fingerprint from ml.promotions where alias = %s "
            "order by promotion_id desc limit 1",
            [CHAMPION],
        ).fetchone()
    if row is None or not row[1] or row[2] != data_fingerprint:
        return None
    version = all_versions(client).get(str(row[0]))
    return version if version is not None and version.name in names else None


def _version(known: Mapping[str, RegisteredVersion], champion: RegisteredVersion, number: str) -> RegisteredVersion:
    if number not in known:
        raise UsageError(f"There is no version {number!r} of the model.", f"Choose from {', '.join(known)}.")
    if number == champion.version:
        raise UsageError(f"Version {number} is champion already.", f"Choose another of {', '.join(known)}.")
    return known[number]


def _version_before(
    database: Database, known: Mapping[str, RegisteredVersion], champion: RegisteredVersion
) -> RegisteredVersion:
    """Returns the last champion before the present one that is still known and was not rolled back itself."""
    with database.connect("pipeline") as connection:
        rows = connection.execute(
            "select model_version from ml.promotions where alias = %s order by promotion_id desc", [CHAMPION]
        ).fetchall()
    for (number,) in rows:
        version = known.get(str(number))
        if version is not None and version.version != champion.version and not version.is_rolled_back:
            return version
    raise ShelfcastError(
        f"There was no champion before version {champion.version}.",
        f"Name a version: `shelfcast rollback VERSION`, one of {', '.join(known)}.",
    )


def _demand_that_it_forecasts(version: RegisteredVersion, panel: Panel) -> None:
    """Tries the version on the panel: one that other code made may load and still not work."""
    try:
        load_version(version).forecast(panel)
    except (ArithmeticError, AttributeError, ImportError, LookupError, TypeError, ValueError) as error:
        logger.info("version %s failed", version.version, exc_info=True)
        raise ShelfcastError(
            f"Version {version.version} ({version.name}) was made by other code and no longer forecasts: "
            f"{type(error).__name__}.",
            "Choose another version, or go back to the code it was made with.",
        ) from None


def _evidence(version: RegisteredVersion, data_fingerprint: str) -> PromotionEvidence:
    """Returns the figures of a version's own training, beside the data of the roll-back, to which it is pinned."""
    metrics = version.metrics
    return PromotionEvidence(
        errors={version.name: metrics["wmae_amount"]},
        baseline=metrics["baseline_wmae_amount"],
        origin_count=int(metrics.get("origin_count", 0)),
        data_fingerprint=data_fingerprint,
    )


def _set_champion(client: "MlflowClient", chosen: RegisteredVersion, before: RegisteredVersion, run_id: str) -> None:
    client.set_model_version_tag(REGISTERED_NAME, before.version, ROLLED_BACK, run_id)
    if chosen.is_rolled_back:
        client.delete_model_version_tag(REGISTERED_NAME, chosen.version, ROLLED_BACK)
    client.set_registered_model_alias(REGISTERED_NAME, CHAMPION, chosen.version)
