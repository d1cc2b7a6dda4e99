with

source as (

    select * from {{ source('raw', 'stock_positions') }}

),

renamed as (

    select
        store_id,
        dept_id,
        stock_date,
        on_hand as on_hand_quantity,
        on_order as on_order_quantity,
        expected_date,
        unit_price as unit_price_amount,
        lead_time_days,
        load_id,
        created_at

    from source

)

select * from renamed
