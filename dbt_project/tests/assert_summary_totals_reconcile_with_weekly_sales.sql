-- The three roads to the chain's total lead to the same dollar.

with

totals as (

    select
        (select sum(sales_amount) from {{ ref('fct_weekly_sales') }}) as weekly_amount,
        (select sum(total_sales) from {{ ref('sales_summary') }}) as summary_amount,
        (select sum(total_sales_amount) from {{ ref('dim_departments') }}) as department_amount

)

select
    weekly_amount,
    summary_amount,
    department_amount

from totals
where
    abs(weekly_amount - summary_amount) > 0.01
    or abs(weekly_amount - department_amount) > 0.01
