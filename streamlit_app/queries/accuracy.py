"""The queries of measured accuracy: every slice of the backtest, and the last weeks against it."""

import pandas as pd

from streamlit_app.queries.cache import read
from warehouse.conventions import BASELINE


def accuracy(level: str, slice_name: str = "all", store_type: str = "") -> pd.DataFrame:
    """Returns the accuracy of every model at one level of the backtest, optionally for one store type.

    Only rows of the champion's origins count, and only models that were scored on all of them.

    Args:
        level: chain, store_type, store, department or pair.
        slice_name: all weeks together, or by horizon or holiday, as `marts.fct_forecast_accuracy` has them.
        store_type: of the stores; all of them without it.
    """
    return read(
        """
        select *
        from marts.fct_forecast_accuracy
        where is_comparable and level_name = :level and slice_name = :slice_name
            and (:store_type = '' or store_type = :store_type)
        order by model_name, store_type, store_id, dept_id, horizon_weeks, is_holiday
        """,
        level=level,
        slice_name=slice_name,
        store_type=store_type,
    )


def pair_record(store_id: int, dept_id: int, store_type: str, model: str) -> pd.DataFrame:
    """Returns how a model did for a pair in the backtest: one row, its store type's where too few weeks were scored."""
    return read(
        """
        select *
        from marts.fct_forecast_accuracy
        where slice_name = 'all' and model_name = :model
            and (level_name = 'store_type' and store_type = :store_type
                or level_name = 'pair' and store_id = :store and dept_id = :dept and has_enough_weeks)
        order by level_name = 'pair' desc
        limit 1
        """,
        store=store_id,
        dept=dept_id,
        store_type=store_type,
        model=model,
    )


def total_accuracy() -> pd.DataFrame:
    """Returns how far the totals of every model were off, by level, the chain first, beside seasonal naive's.

    Only rows of the champion's origins count, and only models that were scored on all of them.
    """
    return read(
        """
        select
            *,
            max(total_wape_rate) filter (where model_name = :baseline) over (partition by level_name)
                as naive_wape_rate
        from marts.fct_forecast_accuracy
        where is_comparable and slice_name = 'level' and level_name <> 'pair'
        order by array_position(array['chain', 'store_type', 'store', 'department'], level_name), model_name
        """,
        baseline=BASELINE,
    )


def drift(model: str) -> pd.DataFrame:
    """Returns the last weeks of a model's forecasts against what its backtest led to expect, in order."""
    return read("select * from marts.fct_forecast_drift where model_name = :model order by week_date", model=model)


def champion_drift() -> pd.DataFrame:
    """Returns the newest judged week of the champion where it drifts, one row or none."""
    return read("""
        select model_name, week_date, drift_text
        from marts.fct_forecast_drift
        where is_champion and is_latest and is_drifting
        limit 1
    """)
