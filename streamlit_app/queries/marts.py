"""Every query of the dashboard: marts only, empty frames where a mart is not made yet."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from streamlit_app.queries.cache import read, read_live

_FILTERED = """
    (cardinality(cast(:stores as integer[])) = 0 or store_id = any(cast(:stores as integer[])))
    and (cardinality(cast(:depts as integer[])) = 0 or dept_id = any(cast(:depts as integer[])))
    and (cardinality(cast(:types as text[])) = 0 or store_type = any(cast(:types as text[])))
    and (cardinality(cast(:statuses as text[])) = 0 or status = any(cast(:statuses as text[])))
    and (cardinality(cast(:ids as text[])) = 0 or recommendation_id = any(cast(:ids as text[])))
"""


def chain_weeks() -> pd.DataFrame:
    """Returns one row per week of the chain: sales, last year's, and both over 13 weeks with their growth."""
    return read("""
        with weeks as (
            select week_date, sum(sales_quantity) as sales_quantity, bool_or(is_holiday) as is_holiday
            from marts.fct_weekly_sales
            group by week_date
        ),
        paired as (
            select
                weeks.*,
                year_ago.sales_quantity as sales_last_year_quantity,
                sum(weeks.sales_quantity) over quarter as sales_13_weeks_quantity,
                case when count(year_ago.sales_quantity) over quarter = 13
                    then sum(year_ago.sales_quantity) over quarter end as sales_13_weeks_last_year_quantity
            from weeks
            left join marts.dim_weeks on dim_weeks.week_date = weeks.week_date
            left join weeks as year_ago on year_ago.week_date = dim_weeks.year_ago_date
            window quarter as (order by weeks.week_date rows between 12 preceding and current row)
        )
        select *, sales_13_weeks_quantity / nullif(sales_13_weeks_last_year_quantity, 0) - 1 as growth_13_weeks_rate
        from paired
        order by week_date
    """)


def model_scores() -> pd.DataFrame:
    """Returns the scorecard: one row per model, the best first, models scored on other origins last."""
    return read("select * from marts.fct_model_scores order by is_comparable desc, wmae_amount")


def unusual_sales(limit: int = 8) -> pd.DataFrame:
    """Returns the largest deviations of the last eight weeks of data."""
    return read(
        """
        select *
        from marts.fct_sales_anomalies
        where is_recent
        order by abs(deviation_quantity) desc
        limit :limit
        """,
        limit=limit,
    )


def pairs() -> pd.DataFrame:
    """Returns the stores and departments that have a forecast."""
    return read("""
        select distinct store_id, dept_id, store_type
        from marts.fct_forecasts
        where is_latest and is_champion
        order by store_id, dept_id
    """)


def pair_weeks(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the weekly history of a pair."""
    return read(
        """
        select week_date, sales_quantity, sales_last_year_quantity, is_holiday, markdown_amount
        from marts.fct_weekly_sales
        where store_id = :store and dept_id = :dept
        order by week_date
        """,
        store=store_id,
        dept=dept_id,
    )


def pair_forecasts(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the forecasts of every model for a pair from the latest origin, the champion's first."""
    return read(
        """
        select
            *,
            sum(forecast_quantity) over of_model as total_quantity,
            case when count(sales_last_year_quantity) over of_model = count(*) over of_model
                then sum(forecast_quantity) over of_model / nullif(sum(sales_last_year_quantity) over of_model, 0) - 1
            end as growth_rate
        from marts.fct_forecasts
        where store_id = :store and dept_id = :dept and is_latest
        window of_model as (partition by model_name)
        order by is_champion desc, model_name, week_date
        """,
        store=store_id,
        dept=dept_id,
    )


def price_elasticity(dept_id: int) -> float | None:
    """Returns the price elasticity of a product; none where it is not known, or marts of before hold none."""
    found = read(
        "select (to_jsonb(departments) ->> 'price_elasticity')::double precision as elasticity "
        "from marts.dim_departments as departments where dept_id = :dept",
        dept=dept_id,
    )["elasticity"].dropna()
    return None if found.empty else float(found.iloc[0])


def pair_anomalies(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the unusual weeks of a pair, the newest first."""
    return read(
        """
        select
            week_date, detector_name, actual_quantity, expected_quantity, deviation_quantity, deviation_amount,
            anomaly_score, reason_text
        from marts.fct_sales_anomalies
        where store_id = :store and dept_id = :dept
        order by week_date desc
        """,
        store=store_id,
        dept=dept_id,
    )


def inventory_filters() -> pd.DataFrame:
    """Returns the stores, types and departments that have a recommendation."""
    return read("""
        select distinct store_id, store_type, dept_id
        from marts.fct_inventory_recommendations
        where is_latest
        order by store_id, dept_id
    """)


def inventory_board(
    stores: Sequence[int] = (),
    depts: Sequence[int] = (),
    types: Sequence[str] = (),
    statuses: Sequence[str] = (),
    ids: Sequence[str] = (),
) -> pd.DataFrame:
    """Returns counts and dollars by status, with the totals on every row; an empty filter takes all."""
    return read(
        f"""
        select
            status,
            count(*) as pair_count,
            sum(value_at_risk_amount) as value_at_risk_amount,
            sum(order_quantity_amount) as order_quantity_amount,
            sum(expected_lost_margin_amount) as expected_lost_margin_amount,
            sum(current_stock_amount) as current_stock_amount,
            max(decision_date) as decision_date,
            sum(count(*)) over () as all_count,
            sum(sum(value_at_risk_amount)) over () as all_value_at_risk_amount,
            sum(sum(order_quantity_amount)) over () as all_order_quantity_amount,
            sum(count(*) filter (where stock_source = 'simulated')) over () as simulated_count,
            sum(count(*) filter (where price_source = 'assumed')) over () as assumed_count
        from marts.fct_inventory_recommendations
        where is_latest and {_FILTERED}
        group by status
        order by array_position(array['critical', 'reorder', 'monitor', 'adequate'], status)
        """,  # noqa: S608 - only this module's own text is put together
        **_filter(stores, depts, types, statuses, ids),
    )


def inventory_rows(
    stores: Sequence[int] = (),
    depts: Sequence[int] = (),
    types: Sequence[str] = (),
    statuses: Sequence[str] = (),
    ids: Sequence[str] = (),
    limit: int = 5000,
) -> pd.DataFrame:
    """Returns the current recommendations, those with the most money at risk first."""
    return read(
        f"""
        select *
        from marts.fct_inventory_recommendations
        where is_latest and {_FILTERED}
        order by exception_rank nulls last, value_at_risk_amount desc, store_id, dept_id
        limit :limit
        """,  # noqa: S608 - only this module's own text is put together
        limit=limit,
        **_filter(stores, depts, types, statuses, ids),
    )


def pair_recommendation(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the current recommendation of a pair, one row or none."""
    return inventory_rows(stores=(store_id,), depts=(dept_id,), limit=1)


def reported_pairs() -> pd.DataFrame:
    """Returns the pairs that agents have reported on, the latest report first."""
    return read_live("""
        select store_id, dept_id, max(created_at) as created_at
        from marts.fct_agent_reports
        where store_id is not null
        group by store_id, dept_id
        order by created_at desc
    """)


def agent_answers(store_id: int, dept_id: int) -> pd.DataFrame:
    """Returns the latest answer of every analysis of a pair, the written report first.

    An answer that a later run repeats word for word is stored once, so the four may come from different runs.
    """
    return read_live(
        """
        with answers as (
            select distinct on (analysis_type) *
            from marts.fct_agent_reports
            where store_id = :store and dept_id = :dept
            order by analysis_type, created_at desc
        )
        select * from answers order by analysis_type = 'report' desc, analysis_type
        """,
        store=store_id,
        dept=dept_id,
    )


def loads(limit: int = 40) -> pd.DataFrame:
    """Returns the latest file loads with their accounting, and whether it adds up."""
    return read(
        """
        select
            *,
            read_count = accepted_count + rejected_count + duplicate_count as is_balanced,
            sum(read_count) over (partition by load_id) as load_read_count,
            sum(accepted_count) over (partition by load_id) as load_accepted_count
        from marts.fct_loads
        order by loaded_at desc, table_name
        limit :limit
        """,
        limit=limit,
    )


def rejection_reasons() -> pd.DataFrame:
    """Returns how many lines were set aside, by file and reason."""
    return read("""
        select file_name, reason, count(*) as row_count, sum(count(*)) over () as all_count
        from marts.fct_rejected_rows
        group by file_name, reason
        order by row_count desc, file_name, reason
    """)


def rejected_rows(limit: int, offset: int = 0) -> pd.DataFrame:
    """Returns a page of the lines that were set aside, the newest first."""
    return read(
        """
        select file_name, line_number, reason, raw_text, load_id, rejected_at
        from marts.fct_rejected_rows
        order by rejected_at desc, load_id, file_name, line_number
        limit :limit offset :offset
        """,
        limit=limit,
        offset=offset,
    )


def restatements(limit: int = 200) -> pd.DataFrame:
    """Returns the published values that later loads changed or removed, the latest first, and how many there are."""
    return read(
        """
        select
            store_id, dept_id, week_date, column_name, old_value, new_value, change_kind, restated_at, load_id,
            count(*) over () as all_count
        from marts.fct_restatements
        order by restated_at desc, restatement_id desc
        limit :limit
        """,
        limit=limit,
    )


def runs(limit: int = 20) -> pd.DataFrame:
    """Returns the latest runs with their state, never older than two seconds."""
    return read_live(
        """
        select
            run_id,
            case
                when bool_or(status = 'running') then 'running'
                when bool_or(status = 'failed') then 'failed'
                when bool_and(status = 'skipped') then 'skipped'
                else 'succeeded'
            end as status,
            min(started_at) as started_at,
            case when not bool_or(status = 'running') then max(ended_at) end as ended_at,
            extract(epoch from coalesce(
                case when not bool_or(status = 'running') then max(ended_at) end, now()
            ) - min(started_at))::double precision as duration_seconds,
            extract(epoch from now() - max(started_at))::double precision as age_seconds,
            count(*) as stage_count,
            count(*) filter (where status in ('succeeded', 'skipped')) as done_count
        from marts.fct_pipeline_runs
        where stage_name <> 'schedule'
        group by run_id
        order by started_at desc
        limit :limit
        """,
        limit=limit,
    )


def first_attempt() -> pd.DataFrame:
    """Returns the stage in which the latest run ended or is at work, also before any mart was built; empty if none."""
    return read_live("""
        select
            stage as stage_name,
            status,
            message
        from ops.pipeline_runs
        where stage <> 'schedule'
        order by started_at desc
        limit 1
    """)


def recommended_at() -> str:
    """Returns when recommendations were last made, empty where they never were."""
    frame = read("""
        select coalesce(max(ended_at)::text, '') as ended
        from marts.fct_pipeline_runs
        where stage_name = 'recommend' and status = 'succeeded'
    """)
    return "" if frame.empty else str(frame["ended"].iloc[0])


def stages(run_id: str) -> pd.DataFrame:
    """Returns the stages of a run in the order in which they started, never older than two seconds."""
    return read_live(
        """
        select
            *,
            coalesce(ended_at, now()) as shown_until,
            coalesce(duration_seconds, extract(epoch from now() - started_at)::double precision) as shown_seconds
        from marts.fct_pipeline_runs
        where run_id = :run
        order by started_at
        """,
        run=run_id,
    )


def _filter(
    stores: Sequence[int], depts: Sequence[int], types: Sequence[str], statuses: Sequence[str], ids: Sequence[str]
) -> dict[str, tuple[Any, ...]]:
    given = {"stores": stores, "depts": depts, "types": types, "statuses": statuses, "ids": ids}
    return {name: tuple(values) for name, values in given.items()}
