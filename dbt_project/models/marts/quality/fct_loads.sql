with

loads as (

    select * from {{ ref('stg_ops__loads') }}

),

final as (

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
        read_count,
        accepted_count,
        rejected_count,
        duplicate_count,
        loaded_at,
        published_at

    from loads

)

select * from final
