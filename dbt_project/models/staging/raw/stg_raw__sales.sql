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
        weekly_units as sales_units,
        is_holiday,
        load_id,
        created_at,
        -- Without pieces, what is forecast is money.
        coalesce(weekly_amount, case when weekly_units is null then weekly_sales end)
            as sales_amount

    from source

)

select * from renamed
