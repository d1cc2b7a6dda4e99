with

audit_results as (

    select * from {{ ref('stg_ops__audit_results') }}

),

audits as (

    select
        run_id,
        load_id is not null as is_of_load,
        max(checked_at) as checked_at,
        count(distinct suite_name) as suite_count,
        count(*) as rule_count,
        count(*) filter (where is_success) as held_count,
        count(*) filter (
            where not is_success and severity = 'critical'
        ) as failed_critical_count,
        count(*) filter (
            where not is_success and severity = 'warning'
        ) as failed_warning_count,
        count(*) filter (
            where not is_success and severity = 'info'
        ) as failed_info_count

    from audit_results
    group by run_id, load_id is not null

),

runs as (

    select
        run_id,
        max(checked_at) as checked_at

    from audits
    group by run_id

),

standing as (

    -- What stood when the run ended: the latest audit of the files, and of the models.
    select distinct on (runs.run_id, audits.is_of_load)
        runs.run_id,
        runs.checked_at,
        audits.suite_count,
        audits.rule_count,
        audits.held_count,
        audits.failed_critical_count,
        audits.failed_warning_count,
        audits.failed_info_count

    from runs
    inner join audits on runs.checked_at >= audits.checked_at
    order by
        runs.run_id asc,
        audits.is_of_load asc,
        audits.checked_at desc

),

final as (

    select
        run_id,
        checked_at,
        sum(suite_count)::bigint as suite_count,
        sum(rule_count)::bigint as rule_count,
        sum(held_count)::bigint as held_count,
        sum(failed_critical_count)::bigint as failed_critical_count,
        sum(failed_warning_count)::bigint as failed_warning_count,
        sum(failed_info_count)::bigint as failed_info_count,
        sum(held_count)::double precision / sum(rule_count) as score_rate,
        checked_at = max(checked_at) over () as is_latest

    from standing
    group by run_id, checked_at

)

select * from final
