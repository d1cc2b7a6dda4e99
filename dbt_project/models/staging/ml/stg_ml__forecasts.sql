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
        predicted_sales as forecast_amount,
        prediction_lower as lower_80_amount,
        prediction_upper as upper_80_amount,
        prediction_lower_95 as lower_95_amount,
        prediction_upper_95 as upper_95_amount,
        fallback as fallback_name,
        uses_plan,
        run_id,
        created_at,
        cast(horizon_weeks as integer) as horizon_weeks

    from source

)

select * from renamed
