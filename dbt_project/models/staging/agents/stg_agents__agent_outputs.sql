with

source as (

    select * from {{ source('agents', 'agent_outputs') }}

),

renamed as (

    select
        output_id,
        store_id,
        dept_id,
        analysis_type,
        agent_name,
        agent_response,
        execution_time_seconds as execution_seconds,
        tokens_used as token_count,
        model as model_name,
        grounded_share as grounded_rate,
        unsupported_numbers,
        is_clean,
        tool_results,
        run_id,
        created_at

    from source

)

select * from renamed
