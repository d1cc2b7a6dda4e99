with

sales as (

    select * from {{ ref('stg_raw__sales') }}

),

-- No row at all while there are no sales.
final as (

    select
        min(week_date) as first_week_date,
        max(week_date) as last_week_date

    from sales
    having count(*) > 0

)

select * from final
