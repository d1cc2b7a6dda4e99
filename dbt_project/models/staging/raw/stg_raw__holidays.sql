with

source as (

    select * from {{ source('raw', 'holidays') }}

),

renamed as (

    select
        holiday_date,
        holiday_name,
        week_date,
        is_flagged,
        load_id,
        created_at

    from source

)

select * from renamed
