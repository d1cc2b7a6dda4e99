with

source as (

    select * from {{ source('ops', 'load_profiles') }}

),

renamed as (

    select
        load_id,
        table_name,
        column_name,
        row_count,
        missing_count,
        distinct_count,
        mean_value,
        minimum_value,
        p05_value,
        p25_value,
        median_value,
        p75_value,
        p95_value,
        maximum_value,
        first_text,
        last_text,
        usual_text,
        created_at as profiled_at

    from source

)

select * from renamed
