with

int_sales_compared as (

    select * from {{ ref('int_sales_compared') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

int_store_weeks_totaled as (

    select * from {{ ref('int_store_weeks_totaled') }}

),

final as (

    select
        int_sales_compared.store_id,
        int_sales_compared.dept_id,
        int_sales_compared.week_date,
        int_sales_compared.sales_quantity,
        int_sales_compared.sales_units,
        int_sales_compared.sales_amount,
        int_sales_compared.sales_last_year_quantity,
        int_sales_compared.sales_last_year_units,
        int_sales_compared.sales_last_year_amount,
        int_unit_resolved.unit_name,
        int_sales_compared.is_holiday,
        int_store_weeks_totaled.markdown_amount,
        int_store_weeks_totaled.temperature_fahrenheit,
        int_store_weeks_totaled.other_covariates,
        int_sales_compared.sales_quantity < 0 as is_return_week

    from int_sales_compared
    left join int_store_weeks_totaled
        on
            int_sales_compared.store_id = int_store_weeks_totaled.store_id
            and int_sales_compared.week_date = int_store_weeks_totaled.week_date
    cross join int_unit_resolved
    -- In the order of the primary key: its index is built in one pass,
    -- and the weeks of a pair lie together.
    order by
        int_sales_compared.store_id,
        int_sales_compared.dept_id,
        int_sales_compared.week_date

)

select * from final
