with

source as (

    select * from {{ source('raw', 'store_attributes') }}

),

renamed as (

    select
        store_id,
        store_code,
        store_name,
        store_type,
        size_sqft,
        load_id,
        created_at

    from source

)

select * from renamed
