with

sales as (

    select * from {{ ref('int_sales_measured') }}

),

-- Referenced anew rather than from `sales`: what is used twice, Postgres writes to memory first.
last_year as (

    select * from {{ ref('int_sales_measured') }}

),

final as (

    select
        sales.store_id,
        sales.dept_id,
        sales.week_date,
        sales.sales_quantity,
        sales.sales_units,
        sales.sales_amount,
        last_year.sales_quantity as sales_last_year_quantity,
        last_year.sales_units as sales_last_year_units,
        last_year.sales_amount as sales_last_year_amount,
        sales.is_holiday

    from sales
    left join last_year
        on
            sales.store_id = last_year.store_id
            and sales.dept_id = last_year.dept_id
            and {{ year_ago('sales.week_date') }} = last_year.week_date

)

select * from final
