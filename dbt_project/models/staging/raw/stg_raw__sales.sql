with

source as (

    select * from {{ source('raw', 'raw_sales') }}

),

renamed as (

    select
        store_id,
        dept_id,
        sale_date as week_date,
        weekly_sales as sales_quantity,
        weekly_units as other_units,
        weekly_amount as other_amount,
        is_holiday,
        load_id,
        created_at

    from source

)

select * from renamed
