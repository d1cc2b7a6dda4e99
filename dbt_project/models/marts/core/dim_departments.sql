with

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

departments as (

    select
        dept_id,
        cast(count(*) as integer) as store_count,
        sum(total_sales_amount) as total_sales_amount,
        min(first_week_date) as first_week_date,
        max(last_week_date) as last_week_date

    from int_sales_summarized
    group by dept_id

),

final as (

    select
        departments.dept_id,
        departments.store_count,
        departments.total_sales_amount,
        departments.first_week_date,
        departments.last_week_date,
        {{ is_recent('departments.last_week_date', 'int_sales_bounded.last_week_date') }}
            as is_active

    from departments
    cross join int_sales_bounded

)

select * from final
