with

source as (

    select * from {{ source('raw', 'promotions') }}

),

renamed as (

    select
        store_id,
        dept_id,
        week_date,
        planned_price as planned_price_amount,
        is_promoted,
        load_id,
        created_at

    from source

)

select * from renamed
