"""The queries of totals: what the chain, store types and stores are to sell in the weeks ahead."""

import pandas as pd

from streamlit_app.queries.cache import read


def chain_forecast() -> pd.DataFrame:
    """Returns one row per week ahead of the chain by the champion, with its 80 % interval and the year before."""
    return read("""
        select *
        from marts.fct_forecast_totals
        where is_champion and is_latest and level_name = 'chain'
        order by week_date
    """)


def horizon_totals() -> pd.DataFrame:
    """Returns one row for the chain, each store type and each store, in this order: the champion's weeks ahead."""
    return read("""
        select *
        from marts.fct_horizon_totals
        where is_champion and is_latest and level_name <> 'department'
        order by array_position(array['chain', 'store_type', 'store'], level_name), store_type, store_id
    """)
