with

source as (

    select * from {{ source('raw', 'restatements') }}

),

renamed as (

    select
        restatement_id,
        load_id,
        table_name,
        store_id,
        dept_id,
        week_date,
        change_kind,
        column_name,
        old_value,
        new_value,
        created_at as restated_at

    from source

)

select * from renamed
