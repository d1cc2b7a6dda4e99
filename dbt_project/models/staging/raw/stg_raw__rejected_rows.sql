with

source as (

    select * from {{ source('raw', 'rejected_rows') }}

),

renamed as (

    select
        load_id,
        table_name,
        file_name,
        line_number,
        reason,
        raw_text,
        created_at as rejected_at

    from source

)

select * from renamed
