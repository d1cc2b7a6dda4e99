with

fct_forecasts as (

    select * from {{ ref('fct_forecasts') }}

),

final as (

    select
        store_id,
        dept_id,
        origin_date,
        week_date as forecast_date,
        horizon_weeks,
        forecast_quantity as predicted_sales,
        lower_80_quantity as prediction_lower,
        upper_80_quantity as prediction_upper,
        lower_95_quantity as prediction_lower_95,
        upper_95_quantity as prediction_upper_95,
        unit_name,
        forecast_amount as predicted_amount,
        unit_price_amount as unit_price,
        price_source,
        model_name,
        model_version

    from fct_forecasts
    where is_champion and is_latest

)

select * from final
