{{ config(pre_hook="set local work_mem = '256MB'") }}

with

int_backtest_errors_weighted as (

    select * from {{ ref('int_backtest_errors_weighted') }}

),

fct_forecast_accuracy as (

    select * from {{ ref('fct_forecast_accuracy') }}

),

origins as (

    select
        model_name,
        origin_date,
        bool_or(is_comparable) as is_comparable

    from fct_forecast_accuracy
    group by model_name, origin_date

),

-- What a total missed is the sum of what its pairs missed: errors of opposite sign cancel.
stores_and_departments as (

    select
        model_name,
        origin_date,
        week_date,
        store_id,
        store_type,
        dept_id,
        sum(error_amount) as error_amount,
        sum(actual_sales_amount) as actual_sales_amount

    from int_backtest_errors_weighted
    group by
        grouping sets (
            (model_name, origin_date, week_date, store_id, store_type),
            (model_name, origin_date, week_date, dept_id)
        )

),

types_and_chain as (

    select
        model_name,
        origin_date,
        week_date,
        store_type,
        sum(error_amount) as error_amount,
        sum(actual_sales_amount) as actual_sales_amount

    from stores_and_departments
    where store_id is not null
    group by
        grouping sets (
            (model_name, origin_date, week_date, store_type),
            (model_name, origin_date, week_date)
        )

),

totals as (

    select
        model_name,
        origin_date,
        case when store_id is null then 'department' else 'store' end as level_name,
        error_amount,
        actual_sales_amount

    from stores_and_departments

    union all

    select
        model_name,
        origin_date,
        case when store_type is null then 'chain' else 'store_type' end as level_name,
        error_amount,
        actual_sales_amount

    from types_and_chain

),

sums as (

    select
        model_name,
        origin_date,
        level_name,
        cast(count(*) as integer) as total_count,
        sum(abs(error_amount)) as absolute_error_amount,
        sum(error_amount) as error_amount,
        sum(abs(actual_sales_amount)) as absolute_sales_amount

    from totals
    group by model_name, origin_date, level_name

),

final as (

    select
        sums.model_name,
        sums.origin_date,
        sums.level_name,
        sums.total_count,
        sums.absolute_error_amount,
        sums.error_amount,
        sums.absolute_sales_amount,
        origins.is_comparable,
        sums.absolute_error_amount / nullif(sums.absolute_sales_amount, 0) as wape_rate,
        sums.error_amount / nullif(sums.absolute_sales_amount, 0) as bias_rate

    from sums
    inner join origins
        on
            sums.model_name = origins.model_name
            and sums.origin_date = origins.origin_date

)

select * from final
