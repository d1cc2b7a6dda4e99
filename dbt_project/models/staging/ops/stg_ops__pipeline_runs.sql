with

source as (

    select * from {{ source('ops', 'pipeline_runs') }}

),

renamed as (

    select
        run_id,
        stage as stage_name,
        status,
        started_at,
        ended_at,
        duration_seconds,
        row_count,
        input_fingerprint,
        message

    from source

)

select * from renamed
