"""The candidates that compete, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ml.forecasting.blend import Blend
from ml.forecasting.forecaster import Forecaster
from ml.forecasting.lightgbm_model import LightGbm
from ml.forecasting.naive import AlignedSeasonal, SeasonalNaive
from ml.forecasting.prophet_model import Prophet
from ml.forecasting.ridge_model import Ridge
from ml.forecasting.statistical import StlEts
from ml.forecasting.top_down import DepartmentShares
from ml.forecasting.training import RowStore
from warehouse.errors import UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def candidates(settings: Settings) -> tuple[Forecaster, ...]:
    """Returns all candidates."""
    store = RowStore()
    ridge = Ridge(store=store)
    lightgbm, extra_trees = (LightGbm(settings.seed, is_random, store) for is_random in (False, True))
    prophet = with_spark(Prophet(settings.seed), settings)
    plain = (SeasonalNaive(), AlignedSeasonal(), StlEts(), DepartmentShares(), prophet)
    return (*plain, ridge, lightgbm, extra_trees, Blend(ridge, lightgbm, extra_trees))


def with_spark(model: Prophet, settings: Settings) -> Prophet:
    """Returns the model with the house's Spark session at hand, which starts where there are many stores."""

    def open_session() -> "SparkSession":
        from spark_jobs.session import open_spark

        return open_spark(settings)

    return replace(model, open_session=open_session)


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
