with

source as (

    select * from {{ source('raw', 'products') }}

),

renamed as (

    select
        dept_id,
        product_code,
        product_name,
        level_1,
        level_2,
        level_3,
        load_id,
        created_at

    from source

)

select * from renamed
