with

int_backtest_errors_weighted as (

    select * from {{ ref('int_backtest_errors_weighted') }}

),

sums as (

    select
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        is_holiday,
        cast(count(*) as integer) as forecast_count,
        cast(sum(weight_count) as integer) as weight_count,
        cast(count(*) filter (where has_interval) as integer) as interval_count,
        cast(count(*) filter (where has_interval and is_covered_80) as integer) as covered_80_count,
        cast(count(*) filter (where has_interval and is_covered_95) as integer) as covered_95_count,
        sum(weighted_absolute_error_amount) as weighted_absolute_error_amount,
        sum(absolute_error_amount) as absolute_error_amount,
        sum(squared_error_amount) as squared_error_amount,
        sum(error_amount) as error_amount,
        sum(absolute_sales_amount) as absolute_sales_amount,
        coalesce(sum(width_80_amount) filter (where has_interval), 0) as width_80_amount,
        coalesce(sum(width_95_amount) filter (where has_interval), 0) as width_95_amount,
        case
            when count(*) = count(baseline_weighted_absolute_error_amount)
                then sum(baseline_weighted_absolute_error_amount)
        end as baseline_weighted_absolute_error_amount

    from int_backtest_errors_weighted
    group by model_name, origin_date, horizon_weeks, store_type, is_holiday

),

final as (

    select
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        is_holiday,
        forecast_count,
        weight_count,
        weighted_absolute_error_amount,
        absolute_error_amount,
        squared_error_amount,
        error_amount,
        absolute_sales_amount,
        interval_count,
        covered_80_count,
        covered_95_count,
        width_80_amount,
        width_95_amount,
        weighted_absolute_error_amount / weight_count as wmae_amount,
        absolute_error_amount / forecast_count as mae_amount,
        sqrt(squared_error_amount / forecast_count) as rmse_amount,
        absolute_error_amount / nullif(absolute_sales_amount, 0) as wape_rate,
        error_amount / nullif(absolute_sales_amount, 0) as bias_rate,
        cast(covered_80_count as double precision) / nullif(interval_count, 0) as coverage_80_rate,
        cast(covered_95_count as double precision) / nullif(interval_count, 0) as coverage_95_rate,
        baseline_weighted_absolute_error_amount / weight_count as baseline_wmae_amount,
        1 - weighted_absolute_error_amount / nullif(baseline_weighted_absolute_error_amount, 0)
            as value_added_rate

    from sums

)

select * from final
