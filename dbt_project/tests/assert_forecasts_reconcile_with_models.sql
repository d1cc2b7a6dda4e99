-- Every forecast of a pair and an origin that the sales hold is published once, with the same
-- total.

with

sales as (

    select
        store_id,
        dept_id,
        min(min(week_date)) over () as first_date,
        max(max(week_date)) over () as last_date

    from {{ ref('stg_raw__sales') }}
    group by store_id, dept_id

),

written as (

    select
        count(*) as row_count,
        sum(forecasts.forecast_quantity) as forecast_quantity

    from {{ ref('stg_ml__forecasts') }} as forecasts
    inner join sales
        on
            forecasts.store_id = sales.store_id
            and forecasts.dept_id = sales.dept_id
            and forecasts.origin_date between sales.first_date and sales.last_date
    inner join {{ ref('int_unit_resolved') }} as unit_resolved
        on forecasts.unit_name = unit_resolved.unit_name

),

published as (

    select
        count(*) as row_count,
        sum(forecast_quantity) as forecast_quantity

    from {{ ref('fct_forecasts') }}

)

select
    written.row_count as written_count,
    published.row_count as published_count,
    written.forecast_quantity as written_amount,
    published.forecast_quantity as published_amount

from written
cross join published
where
    written.row_count <> published.row_count
    or abs(written.forecast_quantity - published.forecast_quantity) > 0.01
