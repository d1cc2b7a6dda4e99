"""The contributions to a forecast, in the shape that the waterfall chart takes."""

import pandas as pd

from warehouse.database import Database
from warehouse.settings import Settings


def explained(settings: Settings, database: Database, store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the contributions that moved a pair's forecast, in dollars.

    Raises:
        ShelfcastError: the pair has no forecast, or the champion cannot be loaded.
    """
    from ml.forecasting.explain import explain_forecast

    return explain_forecast(settings, database, store_id, dept_id)
