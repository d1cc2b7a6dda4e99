with

audit_results as (

    select * from {{ ref('stg_ops__audit_results') }}

),

final as (

    select
        run_id,
        suite_name,
        table_name,
        column_name,
        expectation_name,
        description,
        severity,
        is_success,
        element_count,
        unexpected_count,
        observed_value,
        checked_at,
        run_id = first_value(run_id) over (
            partition by suite_name
            order by checked_at desc, run_id desc
        ) as is_latest

    from audit_results

)

select * from final
