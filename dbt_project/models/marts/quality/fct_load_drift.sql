with

load_drift as (

    select * from {{ ref('stg_ops__load_drift') }}

),

final as (

    select
        load_id,
        measure_name,
        part_name,
        subject_name,
        baseline_value,
        incoming_value,
        shift_value,
        warning_limit_value,
        critical_limit_value,
        drift_detail,
        measured_at,
        case
            when shift_value > critical_limit_value then 'critical'
            when shift_value > warning_limit_value then 'warning'
            else 'within'
        end as severity,
        measured_at = max(measured_at) over () as is_latest

    from load_drift

)

select * from final
