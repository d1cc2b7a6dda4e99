with

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

dim_stores as (

    select * from {{ ref('dim_stores') }}

),

final as (

    select
        int_sales_summarized.store_id,
        int_sales_summarized.dept_id,
        dim_stores.store_type,
        int_sales_summarized.week_count,
        int_sales_summarized.total_sales_quantity as total_sales,
        int_sales_summarized.average_weekly_sales_quantity as average_weekly_sales,
        int_sales_summarized.sales_deviation_quantity as sales_volatility,
        int_sales_summarized.last_week_sales_quantity as last_week_sales,
        int_unit_resolved.unit_name,
        int_sales_summarized.last_week_date as last_sale_date

    from int_sales_summarized
    inner join dim_stores
        on int_sales_summarized.store_id = dim_stores.store_id
    cross join int_unit_resolved

)

select * from final
