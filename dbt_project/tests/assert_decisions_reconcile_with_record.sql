-- Every decision on a pair and a week that the sales hold is published once, and exactly one of
-- those on a recommendation is current.

with

sales as (

    select
        store_id,
        dept_id,
        min(min(week_date)) over () as first_date,
        max(max(week_date)) over () as last_date

    from {{ ref('stg_raw__sales') }}
    group by store_id, dept_id

),

written as (

    select
        count(*) as row_count,
        count(distinct decisions.recommendation_id) as recommendation_count,
        coalesce(sum(decisions.recommended_order_amount), 0) as order_amount

    from {{ ref('stg_ops__decisions') }} as decisions
    inner join sales
        on
            decisions.store_id = sales.store_id
            and decisions.dept_id = sales.dept_id
            and decisions.decision_date between sales.first_date and sales.last_date

),

published as (

    select
        count(*) as row_count,
        count(*) filter (where is_current) as recommendation_count,
        coalesce(sum(recommended_order_amount), 0) as order_amount

    from {{ ref('fct_decisions') }}

)

select
    written.row_count as written_count,
    published.row_count as published_count,
    written.recommendation_count,
    published.recommendation_count as current_count

from written
cross join published
where
    written.row_count <> published.row_count
    or written.recommendation_count <> published.recommendation_count
    or abs(written.order_amount - published.order_amount) > 0.01
