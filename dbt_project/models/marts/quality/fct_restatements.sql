with

restatements as (

    select * from {{ ref('stg_raw__restatements') }}

),

final as (

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
        restated_at,
        case
            when column_name = 'weekly_sales'
                then cast(old_value as double precision)
        end as old_sales_amount,
        case
            when column_name = 'weekly_sales'
                then cast(new_value as double precision)
        end as new_sales_amount

    from restatements

)

select * from final
