"""Small synthetic panels: weekly sales with a level, a yearly season, growth and noise."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from ml.forecasting.panel import FEATURE_COLUMNS, Panel, panel_from_frame
from retailers import WALMART
from warehouse.calendar import Calendar

FIRST_WEEK = dt.date(2010, 2, 5)


def _features(frame: pd.DataFrame) -> pd.DataFrame:
    by_series = frame.groupby(["store_id", "dept_id"])["weekly_sales"]
    for lag in (1, 2, 4, 8, 52):
        frame[f"sales_lag_{lag}"] = by_series.shift(lag)
    before = by_series.shift(1).groupby([frame["store_id"], frame["dept_id"]])
    for width in (4, 13, 52):
        frame[f"rolling_mean_{width}"] = before.transform(lambda s, w=width: s.rolling(w, min_periods=1).mean())
    for width in (4, 13):
        frame[f"rolling_std_{width}"] = before.transform(lambda s, w=width: s.rolling(w, min_periods=2).std())
    frame["rolling_min_4"] = before.transform(lambda s: s.rolling(4, min_periods=1).min())
    frame["rolling_max_4"] = before.transform(lambda s: s.rolling(4, min_periods=1).max())
    frame["weeks_observed"] = before.transform(lambda s: s.notna().cumsum())
    frame["sales_last_year_aligned"] = frame["sales_lag_52"]
    return frame


@pytest.fixture(scope="session")
def make_frame() -> Callable[..., pd.DataFrame]:
    """Rows of engineered features for `stores` x `departments` series over `weeks` weeks and one beyond.

    `lifts` multiplies the sales of the weeks it names.
    """

    def make(
        stores: int = 3,
        departments: int = 4,
        weeks: int = 130,
        noise: float = 0.05,
        lifts: Mapping[dt.date, float] = MappingProxyType({}),
    ) -> pd.DataFrame:
        random = np.random.default_rng(1)
        dates = [FIRST_WEEK + dt.timedelta(weeks=number) for number in range(weeks + 1)]
        season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(weeks + 1) / 52.18)
        season *= [lifts.get(day, 1.0) for day in dates]
        frames = []
        for store in range(1, stores + 1):
            for department in range(1, departments + 1):
                sales = 1000.0 * store * department * season * (1 + noise * random.standard_normal(weeks + 1))
                sales[-1] = np.nan
                frames.append(
                    pd.DataFrame(
                        {"store_id": store, "dept_id": department, "feature_date": dates, "weekly_sales": sales}
                    )
                )
        frame = _features(pd.concat(frames, ignore_index=True))
        frame["feature_date"] = pd.to_datetime(frame["feature_date"])
        frame["store_type"] = np.where(frame["store_id"] == 1, "A", "B")
        frame["size_normalized"] = frame["store_id"] / stores
        frame["is_holiday"] = [Calendar.of(WALMART).holiday_of(day.date()) is not None for day in frame["feature_date"]]
        # A piece costs 10, and every seventh week in a store of its own 7.
        is_promoted = (frame["feature_date"].dt.dayofyear // 7 + frame["store_id"]) % 7 == 0
        frame["price_lag_1"] = np.where(is_promoted, 7.0, 10.0)
        for name in set(FEATURE_COLUMNS) - set(frame):
            frame[name] = random.standard_normal(len(frame))
        return frame

    return make


@pytest.fixture(scope="session")
def make_panel(make_frame: Callable[..., pd.DataFrame]) -> Callable[..., Panel]:
    """The panel of such rows."""
    return lambda **sizes: panel_from_frame(make_frame(**sizes), WALMART)


@pytest.fixture(scope="session")
def panel(make_panel: Callable[..., Panel]) -> Panel:
    """Three stores, four departments, 130 weeks."""
    return make_panel()
