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
        errors.actual_sales_amount,
        errors.error_amount,
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
        errors.upper_95_amount - errors.lower_95_amount as width_95_amount,
        -- Gneiting and Raftery 2007, equation 43: the width, and 2 / alpha for each dollar outside.
        errors.upper_80_amount - errors.lower_80_amount
        + 10 * greatest(
            errors.lower_80_amount - errors.actual_sales_amount,
            errors.actual_sales_amount - errors.upper_80_amount,
            0
        ) as interval_score_80_amount,
        errors.upper_95_amount - errors.lower_95_amount
        + 40 * greatest(
            errors.lower_95_amount - errors.actual_sales_amount,
            errors.actual_sales_amount - errors.upper_95_amount,
            0
        ) as interval_score_95_amount

    from errors

)

select * from final
