with

sales as (

    select * from {{ ref('int_sales_measured') }}

),

stores as (

    select * from {{ ref('stg_raw__stores') }}

),

totals as (

    select
        stores.store_type,
        sales.store_id,
        sales.dept_id,
        sales.week_date,
        case
            when grouping(sales.store_id) = 0 then 'store'
            when grouping(sales.dept_id) = 0 then 'department'
            when grouping(stores.store_type) = 0 then 'store_type'
            else 'chain'
        end as level_name,
        sum(sales.sales_quantity) as sales_quantity,
        {{ whole_sum('sales.sales_amount', 'sales.sales_quantity') }} as sales_amount

    from sales
    inner join stores
        on sales.store_id = stores.store_id
    group by
        grouping sets (
            (sales.week_date),
            (stores.store_type, sales.week_date),
            (sales.store_id, sales.week_date),
            (sales.dept_id, sales.week_date)
        )

),

final as (

    select
        totals.level_name,
        totals.store_type,
        totals.store_id,
        totals.dept_id,
        totals.week_date,
        totals.sales_quantity,
        totals.sales_amount,
        concat_ws('-', {{ total_key('totals') }}, to_char(totals.week_date, 'YYYYMMDD'))
            as sales_total_id

    from totals

)

select * from final
