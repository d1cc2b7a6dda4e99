with

int_forecasts_marked as (

    select * from {{ ref('int_forecasts_marked') }}

),

dim_stores as (

    select * from {{ ref('dim_stores') }}

),

fct_weekly_sales as (

    select * from {{ ref('fct_weekly_sales') }}

),

final as (

    select
        int_forecasts_marked.forecast_id,
        int_forecasts_marked.store_id,
        int_forecasts_marked.dept_id,
        dim_stores.store_type,
        int_forecasts_marked.origin_date,
        int_forecasts_marked.week_date,
        int_forecasts_marked.horizon_weeks,
        int_forecasts_marked.model_name,
        int_forecasts_marked.model_version,
        int_forecasts_marked.is_champion,
        int_forecasts_marked.is_latest,
        int_forecasts_marked.forecast_quantity,
        int_forecasts_marked.lower_80_quantity,
        int_forecasts_marked.upper_80_quantity,
        int_forecasts_marked.lower_95_quantity,
        int_forecasts_marked.upper_95_quantity,
        int_forecasts_marked.unit_name,
        int_forecasts_marked.unit_price_amount,
        int_forecasts_marked.price_source,
        int_forecasts_marked.fallback_name,
        int_forecasts_marked.uses_plan,
        int_forecasts_marked.plan_effect_quantity,
        fct_weekly_sales.sales_quantity as actual_sales_quantity,
        fct_weekly_sales.sales_amount as actual_sales_amount,
        year_ago.sales_quantity as sales_last_year_quantity,
        year_ago.sales_amount as sales_last_year_amount,
        int_forecasts_marked.created_at,
        case
            when int_forecasts_marked.unit_name = 'units'
                then int_forecasts_marked.forecast_quantity
        end as forecast_units,
        {{ in_money('int_forecasts_marked', 'forecast_quantity') }} as forecast_amount,
        {{ in_money('int_forecasts_marked', 'lower_80_quantity') }} as lower_80_amount,
        {{ in_money('int_forecasts_marked', 'upper_80_quantity') }} as upper_80_amount,
        {{ in_money('int_forecasts_marked', 'lower_95_quantity') }} as lower_95_amount,
        {{ in_money('int_forecasts_marked', 'upper_95_quantity') }} as upper_95_amount

    from int_forecasts_marked
    inner join dim_stores
        on int_forecasts_marked.store_id = dim_stores.store_id
    left join fct_weekly_sales
        on
            int_forecasts_marked.store_id = fct_weekly_sales.store_id
            and int_forecasts_marked.dept_id = fct_weekly_sales.dept_id
            and int_forecasts_marked.week_date = fct_weekly_sales.week_date
    left join fct_weekly_sales as year_ago
        on
            int_forecasts_marked.store_id = year_ago.store_id
            and int_forecasts_marked.dept_id = year_ago.dept_id
            and {{ year_ago('int_forecasts_marked.week_date') }} = year_ago.week_date

)

select * from final
