with

source as (

    select * from {{ source('ml', 'forecasts') }}

),

renamed as (

    select
        forecast_id,
        store_id,
        dept_id,
        origin_date,
        forecast_date as week_date,
        model_name,
        model_version,
        is_champion,
        predicted_sales as forecast_quantity,
        prediction_lower as lower_80_quantity,
        prediction_upper as upper_80_quantity,
        prediction_lower_95 as lower_95_quantity,
        prediction_upper_95 as upper_95_quantity,
        unit_name,
        unit_price as unit_price_amount,
        price_source,
        fallback as fallback_name,
        uses_plan,
        plan_effect as plan_effect_quantity,
        run_id,
        created_at,
        cast(horizon_weeks as integer) as horizon_weeks

    from source

)

select * from renamed
