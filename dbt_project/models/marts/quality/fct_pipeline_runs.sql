with

pipeline_runs as (

    select * from {{ ref('stg_ops__pipeline_runs') }}

),

final as (

    select
        run_id,
        stage_name,
        status,
        started_at,
        ended_at,
        duration_seconds,
        row_count,
        message

    from pipeline_runs

)

select * from final
