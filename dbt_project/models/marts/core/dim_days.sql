with

dim_weeks as (

    select * from {{ ref('dim_weeks') }}

),

-- Where two weeks share a day, it belongs to the earlier.
final as (

    select
        dim_weeks.week_date - days_before.day_count as day_date,
        min(dim_weeks.week_date) as week_date

    from dim_weeks
    cross join generate_series(0, 6) as days_before (day_count)
    group by dim_weeks.week_date - days_before.day_count

)

select * from final
