with

int_sales_measured as (

    select * from {{ ref('int_sales_measured') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

sold as (

    select
        int_sales_measured.store_id,
        int_sales_measured.dept_id,
        ln(int_sales_measured.sales_units) as log_units,
        ln(int_sales_measured.sales_amount / int_sales_measured.sales_units) as log_price

    from int_sales_measured
    cross join int_sales_bounded
    where
        int_sales_measured.sales_units > 0
        and int_sales_measured.sales_amount > 0
        and int_sales_measured.week_date > int_sales_bounded.last_week_date - 7 * 104

),

-- A single week moves a product no further than a tenfold sale or a price of a third does.
gaps as (

    select
        dept_id,
        least(2.3, greatest(-2.3, log_units - avg(log_units) over pair)) as units_gap,
        least(1.1, greatest(-1.1, log_price - avg(log_price) over pair)) as price_gap

    from sold
    window pair as (partition by store_id, dept_id)

),

products as (

    select
        dept_id,
        sum(price_gap * units_gap) as joint_sum,
        sum(price_gap * price_gap) as price_sum

    from gaps
    group by dept_id

),

chain as (

    select
        avg(price_sum) as price_sum,
        sum(joint_sum) / nullif(sum(price_sum), 0) as elasticity

    from products

),

-- As much evidence as a product has on average pulls it towards the elasticity of all.
pulled as (

    select
        products.dept_id,
        (products.joint_sum + chain.price_sum * chain.elasticity)
        / (products.price_sum + chain.price_sum) as elasticity

    from products
    cross join chain
    -- Prices that differ by the rounding of a quotient have not changed.
    where chain.price_sum > 0.0001

),

final as (

    select
        dept_id,
        cast(round(cast(least(0, greatest(-8, elasticity)) as numeric), 3) as double precision)
            as price_elasticity

    from pulled

)

select * from final
