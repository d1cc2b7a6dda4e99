with

agent_outputs as (

    select * from {{ ref('stg_agents__agent_outputs') }}

),

final as (

    select
        output_id,
        run_id,
        store_id,
        dept_id,
        analysis_type,
        agent_name,
        agent_response,
        execution_seconds,
        token_count,
        model_name,
        grounded_rate,
        unsupported_numbers,
        is_clean,
        created_at

    from agent_outputs

)

select * from final
