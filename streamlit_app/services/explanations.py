"""Why a forecast looks so: the contributions, in the shape that the waterfall chart takes."""

import datetime as dt

import pandas as pd
import streamlit as st

from streamlit_app.queries import cache
from streamlit_app.queries.session import open_session
from streamlit_app.views import formats

FORECAST = "Forecast"
LEAST_SHARE = 0.002
"""From which a part is shown: of all that moves the forecast, either way."""
LABELS = {
    "last_year_amount": "Last year without holidays",
    "holiday_amount": "Holidays and calendar",
    "growth_amount": "Growth against last year",
    "recent_level_amount": "Recent level",
    "season_amount": "Season",
    "promotion_amount": "Planned promotions",
    "coherence_amount": "Total above",
    "other_amount": "Other",
}


def explained(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns one row per week to come with the parts that add up to the champion's forecast, in its unit.

    Raises:
        ShelfcastError: the pair is not known or no longer sells, or no model was trained.
    """
    return _explained(store_id, dept_id, cache.data_version())


@st.cache_data(ttl=3600, max_entries=200, show_spinner=False)
def _explained(store_id: int, dept_id: int, version: str) -> pd.DataFrame:
    """Returns the explanation; kept until a stage of the pipeline ends, which changes the version."""
    from ml.forecasting.explain import explain_forecast

    session = open_session()
    rows = explain_forecast(session.settings, session.database, store_id, dept_id)
    return rows.rename(columns={"forecast_date": "week_date", "forecast_amount": "forecast_quantity"}).assign(
        week_date=[pd.Timestamp(day).date() for day in rows["forecast_date"]]
    )


def steps(rows: pd.DataFrame, week: dt.date | None = None) -> pd.DataFrame:
    """Returns label, amount and is_total of every part that moves the forecast, its total last.

    Args:
        rows: as `explained` returns them.
        week: the week to explain; the sum over all weeks without it.
    """
    chosen = rows if week is None else rows[rows["week_date"] == week]
    amounts = chosen[parts(rows)].sum()
    moving = amounts[_moves(amounts.abs())]
    labels = [label(name) for name in moving.index]
    total = float(chosen["forecast_quantity"].sum())
    return pd.DataFrame(
        {
            "label": [*labels, FORECAST],
            "amount": [*moving, total],
            # The first bar stands on zero, as the total does; the others start where the one before ends.
            "is_total": [number in (0, len(labels)) for number in range(len(labels) + 1)],
        }
    )


def parts(rows: pd.DataFrame) -> list[str]:
    """Returns the columns that hold the parts of the forecast, in their order."""
    return [name for name in rows.columns if name.endswith("_amount")]


def moving_parts(rows: pd.DataFrame) -> list[str]:
    """Returns the parts that move the forecast of any week by more than next to nothing, in their order."""
    largest = rows[parts(rows)].abs().max()
    return list(largest.index[_moves(largest)])


def _moves(sizes: pd.Series) -> pd.Series:
    """Returns which parts make up `LEAST_SHARE` or more of all, given the size of each; none where all are zero."""
    return sizes.gt(0) & sizes.ge(LEAST_SHARE * sizes.sum())


def label(part: str) -> str:
    """Returns the name of a part for people."""
    return LABELS.get(part, formats.words(part.removesuffix("_amount")))
