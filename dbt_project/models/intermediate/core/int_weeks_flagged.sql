with

sales as (

    select * from {{ ref('stg_raw__sales') }}

),

external_features as (

    select * from {{ ref('stg_raw__external_features') }}

),

flags as (

    select
        week_date,
        is_holiday
    from sales

    union all

    select
        week_date,
        is_holiday
    from external_features

),

final as (

    select
        week_date,
        bool_or(is_holiday) as is_holiday

    from flags
    group by week_date

)

select * from final
