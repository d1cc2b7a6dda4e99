with

fct_forecasts as (

    select * from {{ ref('fct_forecasts') }}

),

stores_and_departments as (

    select
        store_id,
        dept_id,
        store_type,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        bool_and(is_champion) as is_champion,
        sum(forecast_amount) as forecast_amount,
        sum(actual_sales_amount) as actual_sales_amount,
        count(*) as pair_count,
        count(actual_sales_amount) as actual_pair_count

    from fct_forecasts
    group by
        grouping sets (
            (
                store_id,
                store_type,
                origin_date,
                week_date,
                model_name,
                is_latest,
                horizon_weeks
            ),
            (dept_id, origin_date, week_date, model_name, is_latest, horizon_weeks)
        )

),

stores as (

    select *
    from stores_and_departments
    where store_id is not null

),

-- Sums of the stores: a store has one type, so nothing is counted twice.
types_and_chain as (

    select
        store_type,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        bool_and(is_champion) as is_champion,
        sum(forecast_amount) as forecast_amount,
        sum(actual_sales_amount) as actual_sales_amount,
        sum(pair_count) as pair_count,
        sum(actual_pair_count) as actual_pair_count

    from stores
    group by
        grouping sets (
            (store_type, origin_date, week_date, model_name, is_latest, horizon_weeks),
            (origin_date, week_date, model_name, is_latest, horizon_weeks)
        )

),

unioned as (

    select
        case when store_id is null then 'department' else 'store' end as level_name,
        store_type,
        store_id,
        dept_id,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        is_champion,
        forecast_amount,
        actual_sales_amount,
        pair_count,
        actual_pair_count

    from stores_and_departments

    union all

    select
        case when store_type is null then 'chain' else 'store_type' end as level_name,
        store_type,
        null as store_id,
        null as dept_id,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        is_champion,
        forecast_amount,
        actual_sales_amount,
        pair_count,
        actual_pair_count

    from types_and_chain

),

final as (

    select
        unioned.level_name,
        unioned.store_id,
        unioned.dept_id,
        unioned.origin_date,
        unioned.week_date,
        unioned.horizon_weeks,
        unioned.model_name,
        unioned.is_champion,
        unioned.is_latest,
        unioned.forecast_amount,
        unioned.actual_sales_amount,
        cast(unioned.pair_count as integer) as pair_count,
        cast(unioned.actual_pair_count as integer) as actual_pair_count,
        concat_ws(
            '-',
            unioned.level_name,
            coalesce(
                cast(unioned.store_id as text),
                cast(unioned.dept_id as text),
                unioned.store_type
            ),
            to_char(unioned.origin_date, 'YYYYMMDD'),
            to_char(unioned.week_date, 'YYYYMMDD'),
            unioned.model_name
        ) as forecast_total_id,
        case when unioned.level_name = 'store_type' then unioned.store_type end as store_type

    from unioned

)

select * from final
