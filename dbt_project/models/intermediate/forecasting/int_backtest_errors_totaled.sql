{%- set measures = accuracy_measures() %}

with

int_backtest_errors_weighted as (

    select * from {{ ref('int_backtest_errors_weighted') }}

),

-- One pass over the errors: weeks of stores, weeks of departments, and pairs by origin.
sums as (

    select
        case
            when grouping(horizon_weeks) = 1 then 'pair'
            when grouping(store_id) = 1 then 'department'
            else 'store'
        end as level_name,
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        store_id,
        dept_id,
        bool_or(is_holiday) as is_holiday,
        sum(actual_sales_amount) as actual_sales_amount,
        {{ summed(measures) }}

    from int_backtest_errors_weighted
    group by
        grouping sets (
            (model_name, origin_date, horizon_weeks, store_type, store_id),
            (model_name, origin_date, horizon_weeks, dept_id),
            (model_name, origin_date, store_type, store_id, dept_id)
        )

),

-- Sums of the stores: a store has one type, so nothing is counted twice.
types_and_chain as (

    select
        case when grouping(store_type) = 1 then 'chain' else 'store_type' end as level_name,
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        bool_or(is_holiday) as is_holiday,
        sum(actual_sales_amount) as actual_sales_amount,
        {{ summed(measures) }}

    from sums
    where level_name = 'store'
    group by
        grouping sets (
            (model_name, origin_date, horizon_weeks, store_type),
            (model_name, origin_date, horizon_weeks)
        )

),

-- What a total missed is the sum of what its pairs missed: errors of opposite sign cancel in it.
totals as (

    select
        level_name,
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        store_id,
        dept_id,
        is_holiday,
        {{ measures | join(', ') }},
        case when level_name = 'pair' then forecast_count else 1 end as total_count,
        case when level_name = 'pair' then absolute_error_amount else abs(error_amount) end
            as total_absolute_error_amount,
        case when level_name = 'pair' then absolute_sales_amount else abs(actual_sales_amount) end
            as total_absolute_sales_amount

    from sums

    union all

    select
        level_name,
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        null as store_id,
        null as dept_id,
        is_holiday,
        {{ measures | join(', ') }},
        1 as total_count,
        abs(error_amount) as total_absolute_error_amount,
        abs(actual_sales_amount) as total_absolute_sales_amount

    from types_and_chain

),

final as (

    select
        *,
        concat_ws(
            '-',
            level_name,
            store_type,
            store_id,
            dept_id,
            to_char(origin_date, 'YYYYMMDD'),
            horizon_weeks,
            model_name
        ) as errors_total_id

    from totals

)

select * from final
