with

sales as (

    select * from {{ ref('stg_raw__sales') }}

),

summarized as (

    select
        store_id,
        dept_id,
        cast(count(*) as integer) as week_count,
        sum(sales_amount) as total_sales_amount,
        avg(sales_amount) as average_weekly_sales_amount,
        stddev_samp(sales_amount) as sales_deviation_amount,
        min(week_date) as first_week_date,
        max(week_date) as last_week_date

    from sales
    group by store_id, dept_id

),

final as (

    select
        summarized.store_id,
        summarized.dept_id,
        summarized.week_count,
        summarized.total_sales_amount,
        summarized.average_weekly_sales_amount,
        summarized.sales_deviation_amount,
        sales.sales_amount as last_week_sales_amount,
        summarized.first_week_date,
        summarized.last_week_date

    from summarized
    inner join sales
        on
            summarized.store_id = sales.store_id
            and summarized.dept_id = sales.dept_id
            and summarized.last_week_date = sales.week_date

)

select * from final
