with

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

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
        int_sales_summarized.total_sales_amount as total_sales,
        int_sales_summarized.average_weekly_sales_amount as average_weekly_sales,
        int_sales_summarized.sales_deviation_amount as sales_volatility,
        int_sales_summarized.last_week_sales_amount as last_week_sales,
        int_sales_summarized.last_week_date as last_sale_date

    from int_sales_summarized
    inner join dim_stores
        on int_sales_summarized.store_id = dim_stores.store_id

)

select * from final
