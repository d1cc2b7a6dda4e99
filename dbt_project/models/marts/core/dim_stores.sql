with

stores as (

    select * from {{ ref('stg_raw__stores') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

spans as (

    select
        store_id,
        cast(count(*) as integer) as department_count,
        min(first_week_date) as first_week_date,
        max(last_week_date) as last_week_date

    from int_sales_summarized
    group by store_id

),

final as (

    select
        stores.store_id,
        stores.store_code,
        stores.store_name,
        stores.store_type,
        stores.size_sqft,
        spans.first_week_date,
        spans.last_week_date,
        cast(stores.size_sqft as double precision)
        / max(stores.size_sqft) over () as size_rate,
        coalesce(spans.department_count, 0) as department_count,
        {{ label('stores.store_name', 'stores.store_code') }} as store_label

    from stores
    left join spans
        on stores.store_id = spans.store_id

)

select * from final
