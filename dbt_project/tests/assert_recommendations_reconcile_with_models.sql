-- Every recommendation of a pair and a week that the sales hold is published once, with the same
-- order.

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
        coalesce(sum(recommendations.order_quantity_amount), 0) as order_amount

    from {{ ref('stg_ml__inventory_recommendations') }} as recommendations
    inner join sales
        on
            recommendations.store_id = sales.store_id
            and recommendations.dept_id = sales.dept_id
            and recommendations.decision_date between sales.first_date and sales.last_date

),

published as (

    select
        count(*) as row_count,
        coalesce(sum(order_quantity_amount), 0) as order_amount

    from {{ ref('fct_inventory_recommendations') }}

)

select
    written.row_count as written_count,
    published.row_count as published_count,
    written.order_amount as written_amount,
    published.order_amount as published_amount

from written
cross join published
where
    written.row_count <> published.row_count
    or abs(written.order_amount - published.order_amount) > 0.01
