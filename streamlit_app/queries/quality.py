"""The queries of data quality: the latest rules, the score over time, drift, and the profiles of loads."""

import pandas as pd

from streamlit_app.queries.cache import read


def quality_rules() -> pd.DataFrame:
    """Returns the rules of the latest audit of every suite, failed ones first, each with the share that held."""
    return read("""
        select
            *,
            count(*) over () as rule_count,
            count(*) filter (where is_success) over () as held_count,
            count(*) filter (where is_success) over () / (count(*) over ())::double precision as score_rate,
            count(*) filter (where not is_success and severity = 'critical') over () as critical_count,
            max(checked_at) over () as latest_at
        from marts.fct_data_quality
        where is_latest
        order by
            is_success,
            array_position(array['critical', 'warning', 'info'], severity),
            suite_name,
            table_name,
            column_name
    """)


def quality_scores(limit: int = 100) -> pd.DataFrame:
    """Returns the score of the latest runs that audited anything, the oldest first."""
    return read(
        """
        with latest as (
            select * from marts.fct_data_quality_scores order by checked_at desc limit :limit
        )
        select *, rule_count - held_count as failed_count from latest order by checked_at
        """,
        limit=limit,
    )


def latest_score() -> pd.DataFrame:
    """Returns the score that stands now, one row or none."""
    return read("select * from marts.fct_data_quality_scores where is_latest")


def new_failures() -> pd.DataFrame:
    """Returns the rules that failed in the latest audits and held in the audit before."""
    return read("""
        select severity, description, table_name, column_name, observed_value, checked_at
        from marts.fct_data_quality
        where is_latest and is_new_failure and severity <> 'info'
        order by array_position(array['critical', 'warning'], severity), suite_name, description
    """)


def audited_loads(limit: int = 20) -> pd.DataFrame:
    """Returns the loads that have a profile, the newest first, with their status and the size of their drift."""
    return read(
        """
        with profiled as (
            select load_id, max(profiled_at) as profiled_at from marts.fct_load_profiles group by load_id
        ),
        drifted as (
            select load_id, count(*) as figure_count, count(*) filter (where severity <> 'within') as beyond_count
            from marts.fct_load_drift
            group by load_id
        ),
        states as (
            select load_id, max(status) as status from marts.fct_loads group by load_id
        )
        select
            profiled.load_id, profiled.profiled_at, states.status,
            coalesce(drifted.figure_count, 0) as figure_count, coalesce(drifted.beyond_count, 0) as beyond_count
        from profiled
        left join states on states.load_id = profiled.load_id
        left join drifted on drifted.load_id = profiled.load_id
        order by profiled.profiled_at desc
        limit :limit
        """,
        limit=limit,
    )


def load_drift(load_id: str) -> pd.DataFrame:
    """Returns how far a load lies from what was published before it, what is beyond its limit first."""
    return read(
        """
        select
            severity = 'within' as is_success, measure_name, part_name, subject_name, baseline_value, incoming_value,
            shift_value, warning_limit_value, drift_detail
        from marts.fct_load_drift
        where load_id = :load
        order by
            array_position(array['critical', 'warning', 'within'], severity),
            shift_value / nullif(warning_limit_value, 0) desc, measure_name, part_name, subject_name
        """,
        load=load_id,
    )


def load_profile(load_id: str) -> pd.DataFrame:
    """Returns what each column of a load held, beside the published load before it."""
    return read(
        """
        select *
        from marts.fct_load_profiles
        where load_id = :load
        order by
            array_position(
                array['raw_sales', 'external_features', 'store_attributes', 'stock_positions', 'promotions'], table_name
            ),
            column_name
        """,
        load=load_id,
    )
