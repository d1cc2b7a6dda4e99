with

stock_positions as (

    select * from {{ ref('stg_raw__stock_positions') }}

),

final as (

    select distinct on (store_id, dept_id)
        store_id,
        dept_id,
        unit_price_amount

    from stock_positions
    order by store_id asc, dept_id asc, stock_date desc

)

select * from final
