with

int_weeks_flagged as (

    select * from {{ ref('int_weeks_flagged') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

int_holidays_summarized as (

    select * from {{ ref('int_holidays_summarized') }}

),

bounds as (

    select
        min(int_weeks_flagged.week_date) as first_date,
        greatest(
            max(int_weeks_flagged.week_date),
            max(int_sales_bounded.last_week_date) + 7 * {{ var('calendar_weeks_ahead') }}
        ) as last_date

    from int_weeks_flagged
    cross join int_sales_bounded

),

calendar as (

    select cast(calendar_day as date) as week_date
    from bounds
    cross join
        generate_series(first_date, last_date, interval '7 days') as calendar_day

    union distinct

    select week_date
    from int_weeks_flagged

),

flagged as (

    select
        calendar.week_date,
        int_holidays_summarized.holiday_name,
        coalesce(
            int_weeks_flagged.is_holiday,
            int_holidays_summarized.week_date is not null
        ) as is_holiday

    from calendar
    left join int_weeks_flagged
        on calendar.week_date = int_weeks_flagged.week_date
    left join int_holidays_summarized
        on calendar.week_date = int_holidays_summarized.week_date

),

final as (

    select
        flagged.week_date,
        flagged.is_holiday,
        {{ year_ago('flagged.week_date') }} as year_ago_date,
        cast(extract(week from flagged.week_date) as integer) as week_of_year,
        cast(extract(month from flagged.week_date) as integer) as month_number,
        cast(extract(quarter from flagged.week_date) as integer) as quarter_number,
        cast(extract(year from flagged.week_date) as integer) as year_number,
        case when flagged.is_holiday then flagged.holiday_name end as holiday_name,
        coalesce(flagged.week_date > int_sales_bounded.last_week_date, true) as is_future

    from flagged
    cross join int_sales_bounded

)

select * from final
