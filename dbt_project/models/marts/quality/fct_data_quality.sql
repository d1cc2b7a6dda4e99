with

audit_results as (

    select * from {{ ref('stg_ops__audit_results') }}

),

marked as (

    select
        *,
        -- A rule names the figures of its day; without them it is the same rule tomorrow.
        regexp_replace(
            description, '[0-9][0-9,.:-]*[0-9]|[0-9]', '#', 'g'
        ) as rule_text,
        load_id is not null as is_of_load

    from audit_results

),

followed as (

    select
        *,
        lag(is_success) over (
            partition by suite_name, column_name, expectation_name, rule_text
            order by checked_at, run_id
        ) as was_success

    from marked

),

final as (

    select
        run_id,
        load_id,
        suite_name,
        table_name,
        column_name,
        expectation_name,
        description,
        rule_text,
        severity,
        is_success,
        element_count,
        unexpected_count,
        observed_value,
        checked_at,
        not is_success and coalesce(was_success, true) as is_new_failure,
        run_id = first_value(run_id) over (
            partition by is_of_load
            order by checked_at desc, run_id desc
        ) as is_latest

    from followed

)

select * from final
