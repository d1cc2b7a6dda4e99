"""The file of a registered model: JSON that names what it holds, so that opening one runs no code."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ml.forecasting.intervals.conformal import IntervalCalibration
from ml.forecasting.intervals.error_scale import FittedErrorScale
from ml.forecasting.models.blend import FittedBlend
from ml.forecasting.models.by_group import FittedByGroup
from ml.forecasting.models.lightgbm_model import FittedLightGbm
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.prophet_model import Prophet
from ml.forecasting.models.ridge_model import FittedRidge, LinearModel
from ml.forecasting.models.simple import FittedSimple
from ml.forecasting.models.stl_ets import StlEts
from ml.forecasting.models.top_down import DepartmentShares
from ml.forecasting.served_model import ServedModel
from warehouse.errors import ShelfcastError
from warehouse.retailer import Retailer

MODEL_FILE = "model.json"

_LOCAL_MODELS = (SeasonalNaive, AlignedSeasonal, StlEts, DepartmentShares, Prophet)
_LEARNED_MODELS = (FittedByGroup, FittedSimple, FittedRidge, LinearModel, FittedLightGbm, FittedBlend)
_KINDS: Mapping[str, type] = {
    kind.__name__: kind
    for kind in (ServedModel, IntervalCalibration, FittedErrorScale, *_LOCAL_MODELS, *_LEARNED_MODELS)
}
"""All that a file may hold beside numbers, words, and trees in LightGBM's own text."""


def save_model(model: ServedModel, path: Path) -> str:
    """Returns the SHA-256 of the file that a model was written to."""
    content = json.dumps(_as_json(model)).encode()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load_model(path: Path, sha256: str) -> ServedModel:
    """Returns the model of a file that `save_model` wrote.

    Args:
        path: the file.
        sha256: what `save_model` returned, kept where only the owner writes.

    Raises:
        ShelfcastError: it is not that file, or another version of Shelfcast wrote it, whose models were others.
    """
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ShelfcastError(
                f"The model in {path} is not the one that was registered.",
                "Put the file of a backup back; a training registers another only once data, code or settings change.",
            )
        model = _from_json(json.loads(content))
    except (FileNotFoundError, ValueError, LookupError, TypeError) as error:
        raise _another_version() from error
    if not isinstance(model, ServedModel):
        raise _another_version()
    return model


def _another_version() -> ShelfcastError:
    return ShelfcastError(
        "The registered models were trained by another version of Shelfcast.", "Run `shelfcast train` again."
    )


def _load_pyfunc(path: str) -> ServedModel:
    """Returns the model of a path: the name and the signature are MLflow's, whose callers answer for the file."""
    return load_model(Path(path), hashlib.sha256(Path(path).read_bytes()).hexdigest())


def _as_json(value: object) -> object:
    """Returns a value as JSON knows it; what does not count when two models are compared belongs to a process."""
    import lightgbm

    match value:
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [_as_json(each) for each in value]
        case np.ndarray():
            return {"array": value.tolist()}
        case Mapping():
            return {"map": [[_as_json(key), _as_json(each)] for key, each in value.items()]}
        case Retailer():
            return {"retailer": value.model_dump_json()}
        case lightgbm.Booster():
            return {"trees": value.model_to_string()}
    if (name := type(value).__name__) not in _KINDS:
        raise TypeError(f"a model holds a {name}, which no file of a model knows")
    kept = (field.name for field in dataclasses.fields(_KINDS[name]) if field.compare)
    return {name: {field: _as_json(getattr(value, field)) for field in kept}}


def _from_json(value: Any) -> Any:
    """Returns what `_as_json` was given.

    Raises:
        LookupError, TypeError, ValueError: it is something else.
    """
    import lightgbm

    if isinstance(value, list):
        return tuple(map(_from_json, value))
    if not isinstance(value, dict):
        return value
    ((name, content),) = value.items()
    match name:
        case "array":
            return np.array(content, dtype=np.float64)
        case "map":
            return {_from_json(key): _from_json(each) for key, each in content}
        case "trees":
            return lightgbm.Booster(model_str=content)
        case "retailer":
            return Retailer.model_validate_json(content)
    return _KINDS[name](**{field: _from_json(each) for field, each in content.items()})
