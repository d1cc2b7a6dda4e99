with

rejected_rows as (

    select * from {{ ref('stg_raw__rejected_rows') }}

),

final as (

    select
        load_id,
        table_name,
        file_name,
        line_number,
        reason,
        raw_text,
        rejected_at

    from rejected_rows

)

select * from final
