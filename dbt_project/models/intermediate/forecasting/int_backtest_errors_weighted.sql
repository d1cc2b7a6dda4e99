with

backtest_errors as (

    select * from {{ ref('stg_ml__backtest_errors') }}

),

stores as (

    select * from {{ ref('stg_raw__stores') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

errors as (

    select
        backtest_errors.store_id,
        backtest_errors.dept_id,
        stores.store_type,
        backtest_errors.origin_date,
        backtest_errors.week_date,
        backtest_errors.horizon_weeks,
        backtest_errors.model_name,
        backtest_errors.is_holiday,
        backtest_errors.actual_sales_amount,
        backtest_errors.lower_80_amount,
        backtest_errors.upper_80_amount,
        backtest_errors.lower_95_amount,
        backtest_errors.upper_95_amount,
        case when backtest_errors.is_holiday then {{ var('holiday_weight') }} else 1 end
            as weight_count,
        backtest_errors.forecast_amount - backtest_errors.actual_sales_amount as error_amount

    from backtest_errors
    inner join int_sales_summarized
        on
            backtest_errors.store_id = int_sales_summarized.store_id
            and backtest_errors.dept_id = int_sales_summarized.dept_id
    inner join stores
        on backtest_errors.store_id = stores.store_id

),

baseline as (

    select
        store_id,
        dept_id,
        origin_date,
        week_date,
        abs(forecast_amount - actual_sales_amount) as absolute_error_amount

    from {{ ref('stg_ml__backtest_errors') }}
    where model_name = '{{ var("baseline_model") }}'

),

final as (

    select
        errors.store_id,
        errors.dept_id,
        errors.store_type,
        errors.origin_date,
        errors.week_date,
        errors.horizon_weeks,
        errors.model_name,
        errors.is_holiday,
        errors.weight_count,
        errors.error_amount,
        errors.weight_count * baseline.absolute_error_amount
            as baseline_weighted_absolute_error_amount,
        abs(errors.error_amount) as absolute_error_amount,
        errors.error_amount * errors.error_amount as squared_error_amount,
        errors.weight_count * abs(errors.error_amount) as weighted_absolute_error_amount,
        abs(errors.actual_sales_amount) as absolute_sales_amount,
        num_nulls(
            errors.lower_80_amount,
            errors.upper_80_amount,
            errors.lower_95_amount,
            errors.upper_95_amount
        ) = 0 as has_interval,
        errors.actual_sales_amount between errors.lower_80_amount and errors.upper_80_amount
            as is_covered_80,
        errors.actual_sales_amount between errors.lower_95_amount and errors.upper_95_amount
            as is_covered_95,
        errors.upper_80_amount - errors.lower_80_amount as width_80_amount,
        errors.upper_95_amount - errors.lower_95_amount as width_95_amount

    from errors
    left join baseline
        on
            errors.store_id = baseline.store_id
            and errors.dept_id = baseline.dept_id
            and errors.origin_date = baseline.origin_date
            and errors.week_date = baseline.week_date

)

select * from final
