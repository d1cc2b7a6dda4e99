-- Every published recommendation has its order, and orders that no person touched go out as they
-- were recommended or not at all. Pieces and money of an order agree.

with

recommended as (

    select
        count(*) as row_count,
        coalesce(sum(order_quantity_amount), 0) as order_amount

    from {{ ref('fct_inventory_recommendations') }}

),

ordered as (

    select
        count(*) as row_count,
        coalesce(sum(recommended_order_amount), 0) as order_amount,
        count(*) filter (
            where
            order_state in ('automatic', 'approved')
            and effective_order_amount <> recommended_order_amount
            or order_state in ('waiting', 'snoozed')
            and effective_order_amount <> 0
            or abs(effective_order_units * unit_price_amount - effective_order_amount) > 0.00501
        ) as wrong_count

    from {{ ref('fct_orders') }}

)

select
    recommended.row_count as recommended_count,
    ordered.row_count as ordered_count,
    ordered.wrong_count

from recommended
cross join ordered
where
    recommended.row_count <> ordered.row_count
    or abs(recommended.order_amount - ordered.order_amount) > 0.01
    or ordered.wrong_count > 0
