with

forecasts as (

    select * from {{ ref('stg_ml__forecasts') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

known as (

    select
        forecasts.forecast_id,
        forecasts.store_id,
        forecasts.dept_id,
        forecasts.origin_date,
        forecasts.week_date,
        forecasts.horizon_weeks,
        forecasts.model_name,
        forecasts.model_version,
        forecasts.is_champion,
        forecasts.forecast_quantity,
        forecasts.lower_80_quantity,
        forecasts.upper_80_quantity,
        forecasts.lower_95_quantity,
        forecasts.upper_95_quantity,
        forecasts.unit_name,
        forecasts.unit_price_amount,
        forecasts.price_source,
        forecasts.fallback_name,
        forecasts.uses_plan,
        forecasts.plan_effect_quantity,
        forecasts.created_at

    from forecasts
    inner join int_sales_summarized
        on
            forecasts.store_id = int_sales_summarized.store_id
            and forecasts.dept_id = int_sales_summarized.dept_id
    inner join int_sales_bounded
        on
            forecasts.origin_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date
    -- What was forecast in another unit has nothing to be compared with.
    inner join int_unit_resolved
        on forecasts.unit_name = int_unit_resolved.unit_name

),

final as (

    select
        forecast_id,
        store_id,
        dept_id,
        origin_date,
        week_date,
        horizon_weeks,
        model_name,
        model_version,
        is_champion,
        forecast_quantity,
        lower_80_quantity,
        upper_80_quantity,
        lower_95_quantity,
        upper_95_quantity,
        unit_name,
        unit_price_amount,
        price_source,
        fallback_name,
        uses_plan,
        plan_effect_quantity,
        created_at,
        origin_date = max(origin_date) over () as is_latest

    from known

)

select * from final
