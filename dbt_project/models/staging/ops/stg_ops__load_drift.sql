with

source as (

    select * from {{ source('ops', 'load_drift') }}

),

renamed as (

    select
        load_id,
        measure_name,
        part_name,
        subject as subject_name,
        baseline_value,
        incoming_value,
        shift_value,
        warning_limit as warning_limit_value,
        critical_limit as critical_limit_value,
        detail as drift_detail,
        created_at as measured_at

    from source

)

select * from renamed
