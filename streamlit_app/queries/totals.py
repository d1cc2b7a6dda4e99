"""The queries of totals: forecasts of the chain, store types and stores, and how far such totals were off."""

import pandas as pd

from streamlit_app.queries.cache import read
from warehouse.conventions import BASELINE


def total_forecasts() -> pd.DataFrame:
    """Returns one row for the chain, each store type and each store: the champion's next weeks, and a year before.

    Last year's figure is what all departments sold in the weeks 52 weeks before, as on the chart of the chain. It is
    empty, and with it the change, where one of those weeks has no sales.
    """
    return read("""
        with ahead as (
            select
                level_name, store_type, store_id, sum(forecast_amount) as forecast_amount, count(*) as week_count,
                max(pair_count) as pair_count
            from marts.fct_forecast_totals
            where is_champion and is_latest and level_name <> 'department'
            group by level_name, store_type, store_id
        ),
        store_weeks as (
            select store_id, week_date, sum(sales_amount) as sales_amount
            from marts.fct_weekly_sales
            where week_date in (
                select week_date - 364 from marts.fct_forecast_totals
                where is_champion and is_latest and level_name = 'chain'
            )
            group by store_id, week_date
        ),
        last_year as (
            select
                case when grouping(stores.store_id) = 0 then 'store'
                    when grouping(stores.store_type) = 0 then 'store_type'
                    else 'chain' end as level_name,
                stores.store_type, stores.store_id, sum(sales_amount) as sales_amount,
                count(distinct week_date) as week_count
            from store_weeks
            inner join marts.dim_stores as stores on stores.store_id = store_weeks.store_id
            group by grouping sets ((), (stores.store_type), (stores.store_id))
        )
        select
            ahead.*,
            last_year.sales_amount as sales_last_year_amount,
            ahead.forecast_amount / nullif(last_year.sales_amount, 0) - 1 as growth_rate
        from ahead
        left join last_year
            on last_year.level_name = ahead.level_name
            and last_year.store_type is not distinct from ahead.store_type
            and last_year.store_id is not distinct from ahead.store_id
            and last_year.week_count = ahead.week_count
        order by
            array_position(array['chain', 'store_type', 'store'], ahead.level_name),
            ahead.store_type, ahead.store_id
    """)


def total_accuracy() -> pd.DataFrame:
    """Returns how far the totals of every model were off, by level, the chain first, beside seasonal naive's.

    Only rows of the champion's origins count, and only models that were scored on all of them.
    """
    return read(
        """
        with pooled as (
            select
                model_name, level_name,
                sum(absolute_error_amount) / nullif(sum(absolute_sales_amount), 0) as wape_rate,
                sum(error_amount) / nullif(sum(absolute_sales_amount), 0) as bias_rate,
                sum(total_count) as total_count
            from marts.fct_total_accuracy
            where is_comparable
            group by model_name, level_name
        )
        select
            *,
            max(wape_rate) filter (where model_name = :baseline) over (partition by level_name)
                as naive_wape_rate
        from pooled
        order by array_position(array['chain', 'store_type', 'store', 'department'], level_name), model_name
        """,
        baseline=BASELINE,
    )
