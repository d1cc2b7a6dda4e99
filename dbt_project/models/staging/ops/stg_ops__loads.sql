with

source as (

    select * from {{ source('ops', 'loads') }}

),

renamed as (

    select
        load_id,
        run_id,
        table_name,
        file_name,
        file_sha256,
        source_kind,
        load_mode,
        date_format,
        dialect,
        status,
        rows_read as read_count,
        rows_accepted as accepted_count,
        rows_rejected as rejected_count,
        rows_duplicate as duplicate_count,
        created_at as loaded_at,
        published_at

    from source

)

select * from renamed
