-- The weeks that the files flag are those that a flagged holiday lies in. A warning: users' own
-- files may flag others, and the flag of the file wins.
{{ config(severity='warn') }}

select
    flagged.week_date,
    flagged.is_holiday,
    holidays.holiday_name

from {{ ref('int_weeks_flagged') }} as flagged
left join {{ ref('int_holidays_summarized') }} as holidays
    on flagged.week_date = holidays.week_date
where flagged.is_holiday <> (holidays.week_date is not null)
