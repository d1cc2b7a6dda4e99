"""What a training leaves in MLflow: parameters, figures, importance of inputs, and registered models."""

import contextlib
import hashlib
import importlib.metadata
import logging
import math
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.forecasting.evaluation.backtest import Backtest
from ml.forecasting.evaluation.metrics import METRICS, SCORECARD, Score
from ml.forecasting.model_file import MODEL_FILE, save_model
from ml.forecasting.models.candidates import Candidate
from ml.forecasting.panel import FEATURE_COLUMNS, Panel
from ml.forecasting.registry.client import (
    EXPERIMENT,
    REGISTERED_NAME,
    RegisteredVersion,
    add_version,
    experiment_id,
    latest_versions,
    version_tags,
)
from ml.forecasting.served_model import ServedModel
from ml.forecasting.study import Study
from warehouse.settings import Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

logger = logging.getLogger(__name__)

_LIBRARIES = ("lightgbm", "numpy", "pandas", "prophet")
_SHOWN_INPUTS = 20
_HEADLINE = (*SCORECARD, "bias_rate", "baseline_wmae_amount")
"""The figures that a registered version carries as tags."""


@dataclass(frozen=True)
class Fingerprints:
    """What a training is known by: hash of data, code, libraries and settings, and hash of the data alone."""

    training: str
    data: str


def training_fingerprint(panel: Panel, settings: Settings) -> str:
    """Returns a hash of everything that decides what a training makes: data, code, libraries, settings."""
    digest = hashlib.sha256(panel.fingerprint.encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update(" ".join(requirements()).encode())
    digest.update(f"{settings.seed} {settings.backtest_origins}".encode())
    return digest.hexdigest()[:32]


def requirements() -> list[str]:
    """Returns the libraries that a model needs, pinned."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in _LIBRARIES]


def record_training(
    client: "MlflowClient",
    settings: Settings,
    tried: Sequence[Candidate],
    result: Study,
    marks: Fingerprints,
    run_id: str,
    pictures: "Mapping[str, Figure]",
) -> dict[str, RegisteredVersion]:
    """Returns the registered version of each candidate, after the training was logged as a run.

    A candidate whose newest version has the same fingerprint is not registered again.
    """
    known = latest_versions(client)
    with _logged_run(client, settings, tried, result.backtest, run_id, marks.data, pictures) as mlflow_run:
        client.set_tag(mlflow_run, "fingerprint", marks.training)
        _log_importance(result.models)
        versions = {}
        for name, model in result.models.items():
            version = known.get(name)
            if version is None or version.fingerprint != marks.training:
                figures = _known(result.scores[name], _HEADLINE) | {"origin_count": float(len(result.backtest.origins))}
                tags = version_tags(name, marks.training, figures, marks.data)
                version = _register(client, model, mlflow_run, tags)
            versions[name] = version
    return versions


def record_backtest(
    client: "MlflowClient",
    settings: Settings,
    tried: Sequence[Candidate],
    result: Backtest,
    data_fingerprint: str,
    run_id: str,
    pictures: "Mapping[str, Figure]",
) -> None:
    """Logs a backtest that trains nothing as a run: parameters, figures and pictures."""
    with _logged_run(client, settings, tried, result, run_id, data_fingerprint, pictures):
        logger.info("backtest logged as run %s of %s", run_id, EXPERIMENT)


@contextlib.contextmanager
def _logged_run(
    client: "MlflowClient",
    settings: Settings,
    tried: Sequence[Candidate],
    result: Backtest,
    run_id: str,
    data_fingerprint: str,
    pictures: "Mapping[str, Figure]",
) -> Iterator[str]:
    """Gives the identity of an open run that holds the pictures of a backtest, and at its end its figures."""
    import mlflow

    with mlflow.start_run(experiment_id=experiment_id(client, settings), run_name=run_id) as run:
        mlflow.set_tags({"shelfcast_run": run_id, "data_fingerprint": data_fingerprint})
        for name, figure in pictures.items():
            mlflow.log_figure(figure, name)
        yield run.info.run_id
        # Last: MLflow copies the figures that a run has to every model that is logged in it.
        _log_figures(client, run.info.run_id, tried, result)


def _log_figures(client: "MlflowClient", mlflow_run: str, tried: Sequence[Candidate], result: Backtest) -> None:
    """Logs every parameter and figure in two calls: one a figure would take longer than the fits."""
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    params = {f"{model.name}.{key}": str(value)[:500] for model in tried for key, value in model.parameters.items()}
    params["origins"] = ", ".join(str(origin.history.origin) for origin in result.origins)
    metrics: dict[str, float] = {}
    for name in result.names:
        metrics |= {f"{name}.{key}": value for key, value in _known(result.score(name)).items()}
        for step in range(result.origins[0].history.horizon):
            (error,) = result.score(name, step, ["wmae_amount"]).values()
            metrics[f"{name}.wmae_amount_h{step + 1}"] = error
    client.log_batch(
        mlflow_run,
        metrics=[Metric(key, value, now, 0) for key, value in metrics.items()],
        params=[Param(key, value) for key, value in params.items()],
    )


def _known(score: Score, names: Sequence[str] = tuple(METRICS)) -> dict[str, float]:
    """Returns the figures that are numbers; MLflow takes no others."""
    return {name: score[name] for name in names if math.isfinite(score[name])}


def _log_importance(models: Mapping[str, ServedModel]) -> None:
    """Logs which inputs the fit leaned on, as a table and as a picture."""
    import mlflow
    import pandas as pd
    from matplotlib.figure import Figure

    shares = next((model.model.importance() for model in models.values() if model.model.importance()), {})
    if not shares:
        return
    table = pd.DataFrame({"input": list(shares), "gain_rate": list(shares.values())})
    table = table.sort_values("gain_rate", ascending=False, ignore_index=True)
    mlflow.log_text(table.to_csv(index=False), "feature_importance.csv")
    shown = table.head(_SHOWN_INPUTS)[::-1]
    figure = Figure(figsize=(8, 6), layout="constrained")
    axes = figure.subplots()
    axes.barh(shown["input"], shown["gain_rate"])
    axes.set_xlabel("share of total gain")
    axes.set_title("Inputs of LightGBM")
    mlflow.log_figure(figure, "feature_importance.png")


def _register(client: "MlflowClient", model: ServedModel, mlflow_run: str, tags: dict[str, str]) -> RegisteredVersion:
    import mlflow

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The signature is written by hand, and a year of rows as an example would outweigh the model.
        warnings.filterwarnings("ignore", message=".*input example", category=UserWarning)
        path = Path(folder) / MODEL_FILE
        tags = {**tags, "sha256": save_model(model, path)}
        logged = mlflow.pyfunc.log_model(
            name=model.name,
            loader_module="ml.forecasting.model_file",
            data_path=str(path),
            signature=_signature(),
            pip_requirements=requirements(),
        )
    version = add_version(client, logged.model_uri, mlflow_run, logged.model_id, tags)
    logger.info("%s registered as version %s of %s", model.name, version.version, REGISTERED_NAME)
    return version


def _signature() -> "ModelSignature":
    """Returns the columns that a model reads and writes."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    keys = [("long", "store_id"), ("long", "dept_id"), ("datetime", "feature_date")]
    labels = [("string", "store_type"), ("double", "weekly_sales"), ("boolean", "is_holiday")]
    inputs = [ColSpec(kind, name) for kind, name in keys + labels]
    inputs += [ColSpec("double", name, required=False) for name in FEATURE_COLUMNS]
    amounts = ("predicted_sales", "prediction_lower", "prediction_upper", "prediction_lower_95", "prediction_upper_95")
    written = [("long", "store_id"), ("long", "dept_id"), ("datetime", "origin_date"), ("datetime", "forecast_date")]
    outputs = [ColSpec(kind, name) for kind, name in [*written, ("long", "horizon_weeks")]]
    outputs += [ColSpec("double", name) for name in amounts] + [ColSpec("string", "fallback")]
    return ModelSignature(Schema(inputs), Schema(outputs))
