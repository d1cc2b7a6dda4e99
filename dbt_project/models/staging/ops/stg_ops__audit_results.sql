with

source as (

    select * from {{ source('ops', 'audit_results') }}

),

renamed as (

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
        created_at as checked_at,
        nullif(load_id, '') as load_id

    from source

)

select * from renamed
