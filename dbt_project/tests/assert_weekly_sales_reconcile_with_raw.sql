-- All pieces, all money and every row of the sales stand in the mart, week by week: a join that
-- drops or doubles rows would change a total.

with

published as (

    select
        week_date,
        count(*) as row_count,
        sum(sales_quantity) as sales_quantity,
        coalesce(sum(sales_units), 0) as sales_units,
        coalesce(sum(sales_amount), 0) as sales_amount

    from {{ ref('fct_weekly_sales') }}
    group by week_date

),

loaded as (

    select
        week_date,
        count(*) as row_count,
        sum(sales_quantity) as sales_quantity,
        coalesce(sum(sales_units), 0) as sales_units,
        coalesce(sum(sales_amount), 0) as sales_amount

    from {{ ref('int_sales_measured') }}
    group by week_date

)

select
    loaded.row_count as loaded_count,
    published.row_count as published_count,
    loaded.sales_amount as loaded_amount,
    published.sales_amount as published_amount,
    coalesce(loaded.week_date, published.week_date) as week_date

from loaded
full outer join published
    on loaded.week_date = published.week_date
where
    loaded.row_count is distinct from published.row_count
    or abs(loaded.sales_quantity - published.sales_quantity) > 0.01
    or abs(loaded.sales_units - published.sales_units) > 0.01
    or abs(loaded.sales_amount - published.sales_amount) > 0.01
