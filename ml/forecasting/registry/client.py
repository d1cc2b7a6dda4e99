"""The model registry: MLflow on Shelfcast's Postgres, one registered name, a version per candidate and training."""

import contextlib
import logging
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.forecasting.model_file import MODEL_FILE, load_model
from ml.forecasting.served_model import ServedModel
from warehouse.database import Database, Role
from warehouse.errors import ShelfcastError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

logger = logging.getLogger(__name__)

REGISTERED_NAME = "shelfcast-demand"
EXPERIMENT = "shelfcast-demand"
CHAMPION, CHALLENGER = "champion", "challenger"
ROLLED_BACK = "rolled_back"
"""Tag of a version that was champion until a roll-back; its value says in which run."""
# MLflow finds out by a refused insert what is new, and the driver warns of each; what it logs of a database that went
# away, it raises too.
_CHATTY = {
    "mlflow": logging.ERROR,
    "alembic": logging.ERROR,
    "psycopg": logging.ERROR,
    "mlflow.store.db.utils": logging.CRITICAL,
}
_READABLE = """
select 1 from pg_class
where relnamespace = to_regnamespace('mlflow') and relname = 'model_versions' and has_table_privilege(oid, 'select')
"""
_LOCK = threading.RLock()
_ADDRESS_VARIABLES = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")


@dataclass(frozen=True)
class RegisteredVersion:
    """A version in the registry.

    Attributes:
        name: candidate.
        version: number that MLflow gave it.
        fingerprint: hash of data, code and settings that it was trained with.
        metrics: figures of its backtest, by name.
        data_fingerprint: hash of the panel that it was trained on; empty where an old version does not say.
        sha256: hash of its file; empty where an old version does not say, which is then not opened.
        is_rolled_back: whether a person took the champion's place away from it.
    """

    name: str
    version: str
    fingerprint: str
    metrics: Mapping[str, float]
    data_fingerprint: str = ""
    sha256: str = ""
    is_rolled_back: bool = False


@contextlib.contextmanager
def open_registry(settings: Settings, database: Database, role: Role) -> "Iterator[MlflowClient]":
    """Gives a client of the registry; the address, which may hold a password, is forgotten afterwards.

    Raises:
        ShelfcastError: the role may only read, and there is nothing to read yet.
    """
    address = settings.mlflow_tracking_uri or _own_address(database, role)
    import mlflow

    # The address is global to the process: one thread at a time. MLflow also writes it to the environment, where
    # children and dumps would see it.
    with _LOCK:
        before = {name: os.environ.get(name) for name in _ADDRESS_VARIABLES}
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        levels = {name: logging.getLogger(name).level for name in _CHATTY}
        for name, level in _CHATTY.items():
            logging.getLogger(name).setLevel(level)
        try:
            yield mlflow.MlflowClient()
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            mlflow.set_tracking_uri(None)
            mlflow.set_registry_uri(None)
            _restore_environment(before)


def _restore_environment(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _own_address(database: Database, role: Role) -> str:
    if role != "pipeline" and database.read_frame(role, _READABLE).empty:
        raise _no_model()
    return database.url(role, driver="postgresql+psycopg", search_path="mlflow")


def experiment_id(client: "MlflowClient", settings: Settings) -> str:
    """Returns the experiment of the trainings, made where there is none; files go under the home folder."""
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    folder = None if settings.mlflow_tracking_uri else (settings.home / "mlflow").as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=folder))


def add_version(
    client: "MlflowClient", source: str, mlflow_run: str, model_id: str | None, tags: dict[str, str]
) -> RegisteredVersion:
    """Returns the version that a logged model has got, tags and all."""
    if not client.search_registered_models(f"name='{REGISTERED_NAME}'"):
        client.create_registered_model(REGISTERED_NAME, description="Weekly demand by store and product.")
    made = client.create_model_version(REGISTERED_NAME, source, mlflow_run, tags=tags, model_id=model_id)
    return registered_version(client, str(made.version))


def latest_versions(client: "MlflowClient") -> dict[str, RegisteredVersion]:
    """Returns the newest version of each candidate, by name."""
    return {version.name: version for version in all_versions(client).values()}


def all_versions(client: "MlflowClient") -> dict[str, RegisteredVersion]:
    """Returns every version in the registry, by number, the oldest first."""
    found = client.search_model_versions(f"name='{REGISTERED_NAME}'", max_results=10_000)
    ordered = sorted(found, key=lambda version: int(version.version))
    return {str(version.version): _registered(version) for version in ordered if "model_name" in version.tags}


def aliases(client: "MlflowClient") -> dict[str, str]:
    """Returns the version behind each alias."""
    found = client.search_registered_models(f"name='{REGISTERED_NAME}'")
    return {alias: str(version) for model in found for alias, version in model.aliases.items()}


def version_tags(
    name: str, fingerprint: str, metrics: Mapping[str, float], data_fingerprint: str = ""
) -> dict[str, str]:
    """Returns the tags that `RegisteredVersion` is read back from."""
    tags = {"model_name": name, "fingerprint": fingerprint, "data_fingerprint": data_fingerprint}
    return tags | {f"metric.{key}": repr(value) for key, value in metrics.items()}


def _registered(version: "ModelVersion") -> RegisteredVersion:
    tags: dict[str, str] = version.tags
    metrics = {key.removeprefix("metric."): float(value) for key, value in tags.items() if key.startswith("metric.")}
    return RegisteredVersion(
        name=tags["model_name"],
        version=str(version.version),
        fingerprint=tags.get("fingerprint", ""),
        metrics=metrics,
        data_fingerprint=tags.get("data_fingerprint", ""),
        sha256=tags.get("sha256", ""),
        is_rolled_back=ROLLED_BACK in tags,
    )


def load_champion(settings: Settings, database: Database) -> RegisteredVersion:
    """Returns name, version and backtest figures of the champion, without loading the model itself.

    Raises:
        ShelfcastError: no model was trained.
    """
    with open_registry(settings, database, "pipeline") as client:
        return demanded(current_champion(client))


def load_models(
    settings: Settings, database: Database, role: Role, names: Collection[str] | None = None
) -> tuple[str, dict[str, tuple[RegisteredVersion, ServedModel]]]:
    """Returns the champion's name, and the newest version of every candidate with its model, by name.

    Args:
        settings: where the registry is.
        database: where the registry is, if it is Shelfcast's own.
        role: reader, or pipeline in a stage.
        names: candidates to load; the champion alone without it. The champion is always among them.

    Raises:
        ShelfcastError: no model was trained.
    """
    with open_registry(settings, database, role) as client:
        champion = demanded(current_champion(client))
        wanted = {champion.name, *(names or ())}
        # The alias decides the champion's version, also where a newer one was registered and not promoted.
        chosen = latest_versions(client) | {champion.name: champion}
        return champion.name, {name: (chosen[name], load_version(chosen[name])) for name in chosen if name in wanted}


def current_champion(client: "MlflowClient") -> RegisteredVersion | None:
    """Returns the version behind the alias `champion`, None where there is none."""
    number = aliases(client).get(CHAMPION)
    return None if number is None else registered_version(client, number)


def registered_version(client: "MlflowClient", number: str) -> RegisteredVersion:
    """Returns a version by its number."""
    return _registered(client.get_model_version(REGISTERED_NAME, number))


def demanded(champion: RegisteredVersion | None) -> RegisteredVersion:
    """Returns the champion.

    Raises:
        ShelfcastError: there is none.
    """
    if champion is None:
        raise _no_model()
    return champion


def _no_model() -> ShelfcastError:
    return ShelfcastError("There is no trained model in the registry.", "Run `shelfcast train` first.")


def load_version(version: RegisteredVersion) -> ServedModel:
    """Returns the model of a version; the registry must be open."""
    import mlflow

    folder = mlflow.artifacts.download_artifacts(f"models:/{REGISTERED_NAME}/{version.version}")
    return load_model(Path(folder) / "data" / MODEL_FILE, version.sha256)
