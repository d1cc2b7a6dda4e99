with

source as (

    select * from {{ source('features', 'engineered_features') }}

),

renamed as (

    select
        store_id,
        dept_id,
        feature_date as week_date,
        is_month_start,
        is_month_end,
        is_quarter_start,
        is_quarter_end,
        days_to_holiday as next_holiday_days,
        holiday_name,
        sales_lag_1 as sales_lag_1_amount,
        sales_lag_2 as sales_lag_2_amount,
        sales_lag_4 as sales_lag_4_amount,
        sales_lag_8 as sales_lag_8_amount,
        sales_lag_52 as sales_lag_52_amount,
        price_lag_1 as price_lag_1_amount,
        sales_last_year_aligned as sales_last_year_aligned_amount,
        rolling_mean_4 as rolling_mean_4_amount,
        rolling_mean_13 as rolling_mean_13_amount,
        rolling_mean_52 as rolling_mean_52_amount,
        rolling_std_4 as rolling_deviation_4_amount,
        rolling_std_13 as rolling_deviation_13_amount,
        rolling_min_4 as rolling_minimum_4_amount,
        rolling_max_4 as rolling_maximum_4_amount,
        weeks_observed as observed_week_count,
        temperature as temperature_fahrenheit,
        temperature_deviation as temperature_deviation_fahrenheit,
        fuel_price as fuel_price_amount,
        fuel_price_change as fuel_price_change_amount,
        cpi as consumer_price_index,
        cpi_change as consumer_price_index_change,
        total_markdown as markdown_amount,
        has_markdown,
        other_covariates,
        store_type,
        size_sqft,
        size_normalized as size_rate,
        weekly_sales as sales_quantity,
        is_holiday,
        run_id,
        created_at,
        cast(week_of_year as integer) as week_of_year,
        cast(month as integer) as month_number,
        cast(quarter as integer) as quarter_number,
        cast(unemployment / 100.0 as double precision) as unemployment_rate,
        cast(unemployment_change / 100.0 as double precision) as unemployment_change_rate,
        cast(markdown_count as integer) as markdown_count

    from source

)

select * from renamed
