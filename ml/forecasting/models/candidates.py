"""The candidates that compete, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from ml.forecasting.models.blend import Blend
from ml.forecasting.models.by_group import ByGroup, FittedByGroup
from ml.forecasting.models.lightgbm_model import LightGbm
from ml.forecasting.models.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.models.prophet_model import OpenSession, Prophet
from ml.forecasting.models.protocol import Forecaster
from ml.forecasting.models.ridge_model import Ridge
from ml.forecasting.models.simple import Simple
from ml.forecasting.models.stl_ets import StlEts
from ml.forecasting.models.top_down import DepartmentShares
from ml.forecasting.models.training_rows import RowStore
from warehouse.errors import UsageError
from warehouse.settings import Settings

Model = TypeVar("Model")
Candidate = Forecaster | ByGroup
"""What competes: a model of its own, or the choice among them."""


def candidates(settings: Settings) -> tuple[Candidate, ...]:
    """Returns all candidates, the choice among them last."""
    store = RowStore()
    ridge = Ridge(store=store)
    lightgbm, extra_trees = (LightGbm(settings.seed, is_random, store) for is_random in (False, True))
    level_trees = LightGbm(settings.seed, store=RowStore("level"))
    plain = (SeasonalNaive(), Simple(), AlignedSeasonal(), StlEts(), DepartmentShares(), Prophet(settings.seed))
    return (*plain, ridge, lightgbm, extra_trees, level_trees, Blend(ridge, lightgbm, extra_trees), ByGroup())


def forecasters(tried: Sequence[Candidate]) -> tuple[Forecaster, ...]:
    """Returns the candidates that are fitted by themselves."""
    return tuple(model for model in tried if not isinstance(model, ByGroup))


def with_session(model: Model, open_session: OpenSession | None) -> Model:
    """Returns the model with a way to open Spark, where it fans out over many stores; it loops without one."""
    if isinstance(model, FittedByGroup):
        members = {name: with_session(member, open_session) for name, member in model.members.items()}
        return replace(model, members=members)
    return replace(model, open_session=open_session) if isinstance(model, Prophet) else model


def chosen_candidates(known: Sequence[Candidate], names: Sequence[str] | None) -> tuple[Candidate, ...]:
    """Returns the candidates of the names; all of them without names, or where the choice among all is named.

    Raises:
        UsageError: a name is not known.
    """
    by_name = {model.name: model for model in known}
    for name in names or ():
        if name not in by_name:
            raise UsageError(f"There is no model {name!r}.", f"Choose from {', '.join(by_name)}.")
    if not names or any(isinstance(by_name[name], ByGroup) for name in names):
        return tuple(known)
    return tuple(by_name[name] for name in dict.fromkeys(names))
