with

backtest_errors as (

    select * from {{ ref('stg_ml__backtest_errors') }}

),

-- Referenced anew rather than from `backtest_errors`: what is used twice, Postgres writes to memory
-- first.
retailer as (

    select * from {{ ref('stg_raw__retailer') }}

),

baseline as (

    select
        store_id,
        dept_id,
        origin_date,
        week_date,
        actual_sales_amount,
        abs(forecast_amount - actual_sales_amount) as absolute_error_amount

    from {{ ref('stg_ml__backtest_errors') }}
    where model_name = '{{ var("baseline_model") }}'

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
        backtest_errors.scale_amount,
        baseline.absolute_error_amount as baseline_absolute_error_amount,
        case when backtest_errors.is_holiday then coalesce(retailer.holiday_weight, 1) else 1 end
            as weight_count,
        backtest_errors.forecast_amount - backtest_errors.actual_sales_amount as error_amount,
        num_nulls(
            backtest_errors.lower_80_amount,
            backtest_errors.upper_80_amount,
            backtest_errors.lower_95_amount,
            backtest_errors.upper_95_amount
        ) = 0 as has_interval

    from backtest_errors
    inner join int_sales_summarized
        on
            backtest_errors.store_id = int_sales_summarized.store_id
            and backtest_errors.dept_id = int_sales_summarized.dept_id
    inner join stores
        on backtest_errors.store_id = stores.store_id
    left join retailer on true
    -- The same row, and worth the same to the cent: sales that were restated since are not.
    left join baseline
        on
            backtest_errors.store_id = baseline.store_id
            and backtest_errors.dept_id = baseline.dept_id
            and backtest_errors.origin_date = baseline.origin_date
            and backtest_errors.week_date = baseline.week_date
            and abs(backtest_errors.actual_sales_amount - baseline.actual_sales_amount) < 0.005

),

final as (

    select
        store_id,
        dept_id,
        store_type,
        origin_date,
        week_date,
        horizon_weeks,
        model_name,
        is_holiday,
        1 as forecast_count,
        weight_count,
        actual_sales_amount,
        error_amount,
        cast(baseline_absolute_error_amount is not null as integer) as baseline_count,
        cast(has_interval as integer) as interval_count,
        cast(
            has_interval
            and actual_sales_amount between lower_80_amount and upper_80_amount as integer
        ) as covered_80_count,
        cast(
            has_interval
            and actual_sales_amount between lower_95_amount and upper_95_amount as integer
        ) as covered_95_count,
        abs(error_amount) as absolute_error_amount,
        error_amount * error_amount as squared_error_amount,
        (error_amount / scale_amount) * (error_amount / scale_amount) as squared_scaled_error,
        weight_count * abs(error_amount) as weighted_absolute_error_amount,
        coalesce(weight_count * baseline_absolute_error_amount, 0)
            as baseline_weighted_absolute_error_amount,
        abs(actual_sales_amount) as absolute_sales_amount,
        case when has_interval then abs(actual_sales_amount) else 0 end as interval_sales_amount,
        case when has_interval then upper_80_amount - lower_80_amount else 0 end
            as width_80_amount,
        case when has_interval then upper_95_amount - lower_95_amount else 0 end
            as width_95_amount,
        -- Gneiting and Raftery 2007, equation 43: the width, and 2 / alpha for each one outside.
        case
            when has_interval
                then
                    upper_80_amount - lower_80_amount
                    + 10 * greatest(
                        lower_80_amount - actual_sales_amount,
                        actual_sales_amount - upper_80_amount,
                        0
                    )
            else 0
        end as interval_score_80_amount,
        case
            when has_interval
                then
                    upper_95_amount - lower_95_amount
                    + 40 * greatest(
                        lower_95_amount - actual_sales_amount,
                        actual_sales_amount - upper_95_amount,
                        0
                    )
            else 0
        end as interval_score_95_amount

    from errors

)

select * from final
