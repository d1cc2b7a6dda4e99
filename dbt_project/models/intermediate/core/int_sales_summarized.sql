with

sales as (

    select * from {{ ref('int_sales_measured') }}

),

summarized as (

    select
        store_id,
        dept_id,
        cast(count(*) as integer) as week_count,
        sum(sales_quantity) as total_sales_quantity,
        sum(sales_units) as total_sales_units,
        sum(sales_amount) as total_sales_amount,
        sum(sales_units) filter (where sales_amount is not null) as priced_sales_units,
        avg(sales_quantity) as average_weekly_sales_quantity,
        stddev_samp(sales_quantity) as sales_deviation_quantity,
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
        summarized.total_sales_quantity,
        summarized.total_sales_units,
        summarized.total_sales_amount,
        summarized.priced_sales_units,
        summarized.average_weekly_sales_quantity,
        summarized.sales_deviation_quantity,
        sales.sales_quantity as last_week_sales_quantity,
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
