with

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

products as (

    select * from {{ ref('stg_raw__products') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

int_elasticities_measured as (

    select * from {{ ref('int_elasticities_measured') }}

),

departments as (

    select
        dept_id,
        cast(count(*) as integer) as store_count,
        sum(total_sales_quantity) as total_sales_quantity,
        sum(total_sales_units) as total_sales_units,
        sum(total_sales_amount) as total_sales_amount,
        min(first_week_date) as first_week_date,
        max(last_week_date) as last_week_date

    from int_sales_summarized
    group by dept_id

),

coded as (

    select
        departments.dept_id,
        departments.store_count,
        departments.total_sales_quantity,
        departments.total_sales_units,
        departments.total_sales_amount,
        departments.first_week_date,
        departments.last_week_date,
        products.product_name,
        products.level_1,
        products.level_2,
        products.level_3,
        int_elasticities_measured.price_elasticity,
        coalesce(
            products.product_code, cast(departments.dept_id as text)
        ) as product_code

    from departments
    left join products
        on departments.dept_id = products.dept_id
    left join int_elasticities_measured
        on departments.dept_id = int_elasticities_measured.dept_id

),

final as (

    select
        coded.dept_id,
        coded.product_code,
        coded.product_name,
        coded.level_1,
        coded.level_2,
        coded.level_3,
        coded.store_count,
        coded.total_sales_quantity,
        coded.total_sales_units,
        coded.total_sales_amount,
        coded.first_week_date,
        coded.last_week_date,
        coded.price_elasticity,
        {{ is_recent('coded.last_week_date', 'int_sales_bounded.last_week_date') }}
            as is_active,
        {{ label('coded.product_name', 'coded.product_code') }} as product_label

    from coded
    cross join int_sales_bounded

)

select * from final
