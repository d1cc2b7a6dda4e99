"""The candidates that compete, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from ml.forecasting.models.blend import Blend
from ml.forecasting.models.lightgbm_model import LightGbm
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.prophet_model import OpenSession, Prophet
from ml.forecasting.models.protocol import Forecaster
from ml.forecasting.models.ridge_model import Ridge
from ml.forecasting.models.stl_ets import StlEts
from ml.forecasting.models.top_down import DepartmentShares
from ml.forecasting.models.training_rows import RowStore
from warehouse.errors import UsageError
from warehouse.settings import Settings

Model = TypeVar("Model")


def candidates(settings: Settings) -> tuple[Forecaster, ...]:
    """Returns all candidates."""
    store = RowStore()
    ridge = Ridge(store=store)
    lightgbm, extra_trees = (LightGbm(settings.seed, is_random, store) for is_random in (False, True))
    prophet = Prophet(settings.seed)
    plain = (SeasonalNaive(), AlignedSeasonal(), StlEts(), DepartmentShares(), prophet)
    return (*plain, ridge, lightgbm, extra_trees, Blend(ridge, lightgbm, extra_trees))


def with_session(model: Model, open_session: OpenSession | None) -> Model:
    """Returns the model with a way to open Spark, where it fans out over many stores; it loops without one."""
    return replace(model, open_session=open_session) if isinstance(model, Prophet) else model


def chosen_candidates(known: Sequence[Forecaster], names: Sequence[str] | None) -> tuple[Forecaster, ...]:
    """Returns the candidates of the names, all of them without names.

    Raises:
        UsageError: a name is not known.
    """
    by_name = {model.name: model for model in known}
    for name in names or ():
        if name not in by_name:
            raise UsageError(f"There is no model {name!r}.", f"Choose from {', '.join(by_name)}.")
    return tuple(known) if not names else tuple(by_name[name] for name in dict.fromkeys(names))
