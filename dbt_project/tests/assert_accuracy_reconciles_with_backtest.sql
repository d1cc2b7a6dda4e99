-- The sums of the scorecard are those of the backtest's own rows, model by model, holiday weeks
-- by their weight.

with

sales as (

    select distinct
        store_id,
        dept_id

    from {{ ref('stg_raw__sales') }}

),

weights as (

    select coalesce(max(holiday_weight), 1) as holiday_weight
    from {{ ref('stg_raw__retailer') }}

),

written as (

    select
        errors.model_name,
        count(*) as forecast_count,
        sum(abs(errors.forecast_amount - errors.actual_sales_amount)) as absolute_error_amount,
        sum(
            abs(errors.forecast_amount - errors.actual_sales_amount)
            * case when errors.is_holiday then weights.holiday_weight else 1 end
        ) as weighted_error_amount

    from {{ ref('stg_ml__backtest_errors') }} as errors
    inner join sales
        on
            errors.store_id = sales.store_id
            and errors.dept_id = sales.dept_id
    cross join weights
    group by errors.model_name

),

published as (

    select
        model_name,
        sum(forecast_count) as forecast_count,
        sum(absolute_error_amount) as absolute_error_amount,
        sum(weighted_absolute_error_amount) as weighted_error_amount

    from {{ ref('fct_forecast_accuracy') }}
    where slice_name = 'week' and level_name = 'chain'
    group by model_name

)

select
    written.forecast_count as written_count,
    published.forecast_count as published_count,
    written.absolute_error_amount as written_absolute_amount,
    published.absolute_error_amount as published_absolute_amount,
    written.weighted_error_amount as written_weighted_amount,
    published.weighted_error_amount as published_weighted_amount,
    coalesce(written.model_name, published.model_name) as model_name

from written
full outer join published
    on written.model_name = published.model_name
where
    written.forecast_count is distinct from published.forecast_count
    or abs(written.absolute_error_amount - published.absolute_error_amount) > 0.01
    or abs(written.weighted_error_amount - published.weighted_error_amount) > 0.01
