with

sales as (

    select * from {{ ref('stg_raw__sales') }}

),

unit as (

    select * from {{ ref('int_unit_resolved') }}

),

-- Beside what is forecast stands the other measure, where the files have it.
final as (

    select
        sales.store_id,
        sales.dept_id,
        sales.week_date,
        sales.sales_quantity,
        sales.is_holiday,
        case unit.unit_name when 'units' then sales.sales_quantity else sales.other_units end
            as sales_units,
        case unit.unit_name when 'units' then sales.other_amount else sales.sales_quantity end
            as sales_amount

    from sales
    cross join unit

)

select * from final
