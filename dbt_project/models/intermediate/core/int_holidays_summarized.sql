with

holidays as (

    select * from {{ ref('stg_raw__holidays') }}

),

-- Where several holidays lie in a week, it is called after the first.
final as (

    select distinct on (week_date)
        week_date,
        holiday_date,
        holiday_name

    from holidays
    where is_flagged
    order by week_date, holiday_date, holiday_name

)

select * from final
