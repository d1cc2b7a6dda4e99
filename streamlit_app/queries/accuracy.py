"""The queries of measured accuracy: by any side of the backtest, and the last weeks against it."""

import pandas as pd

from streamlit_app.queries.cache import read

SIDES = ("horizon_weeks", "store_type", "dept_id", "is_holiday")


def accuracy(by: str, store_type: str = "") -> pd.DataFrame:
    """Returns the accuracy of every model by one side of the backtest, optionally for stores of one type.

    Only rows of the champion's origins count, and only models that were scored on all of them.
    """
    if by not in SIDES:
        raise ValueError(f"accuracy is not kept by {by}")
    return read(
        f"""
        select
            model_name,
            {by},
            sum(weighted_absolute_error_amount) / nullif(sum(weight_count), 0) as wmae_amount,
            sum(absolute_error_amount) / nullif(sum(absolute_sales_amount), 0) as wape_rate,
            sum(error_amount) / nullif(sum(absolute_sales_amount), 0) as bias_rate,
            sum(covered_80_count) / nullif(sum(interval_count), 0)::double precision as coverage_80_rate,
            sum(covered_95_count) / nullif(sum(interval_count), 0)::double precision as coverage_95_rate,
            sum(interval_score_80_amount) / nullif(sum(interval_sales_amount), 0) as interval_score_80_rate,
            case when count(*) = count(baseline_wmae_amount)
                then 1 - sum(weighted_absolute_error_amount) / nullif(sum(baseline_wmae_amount * weight_count), 0)
            end as value_added_rate,
            sum(forecast_count) as forecast_count
        from marts.fct_forecast_accuracy
        where is_comparable and (:store_type = '' or store_type = :store_type)
        group by model_name, {by}
        order by model_name, {by}
        """,  # noqa: S608 - the column is one of four names
        store_type=store_type,
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
