-- The three roads to the chain's total lead to the same sum, in the unit that is forecast.

with

totals as (

    select
        (select sum(sales_quantity) from {{ ref('fct_weekly_sales') }}) as weekly_quantity,
        (select sum(total_sales) from {{ ref('sales_summary') }}) as summary_quantity,
        (select sum(total_sales_quantity) from {{ ref('dim_departments') }}) as department_quantity

)

select
    weekly_quantity,
    summary_quantity,
    department_quantity

from totals
where
    abs(weekly_quantity - summary_quantity) > 0.01
    or abs(weekly_quantity - department_quantity) > 0.01
