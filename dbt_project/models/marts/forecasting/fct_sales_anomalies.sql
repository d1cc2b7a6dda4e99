with

sales_anomalies as (

    select * from {{ ref('stg_ml__sales_anomalies') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

fct_weekly_sales as (

    select * from {{ ref('fct_weekly_sales') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

-- Money of one of what is forecast, as the week itself took it, or all weeks of the pair together.
priced as (

    select
        fct_weekly_sales.store_id,
        fct_weekly_sales.dept_id,
        fct_weekly_sales.week_date,
        case
            when fct_weekly_sales.unit_name = 'units'
                then
                    coalesce(
                        case
                            when
                                fct_weekly_sales.sales_units > 0
                                and fct_weekly_sales.sales_amount > 0
                                then fct_weekly_sales.sales_amount / fct_weekly_sales.sales_units
                        end,
                        int_sales_summarized.total_sales_amount
                        / nullif(int_sales_summarized.priced_sales_units, 0)
                    )
            else 1
        end as worth_amount

    from fct_weekly_sales
    inner join int_sales_summarized
        on
            fct_weekly_sales.store_id = int_sales_summarized.store_id
            and fct_weekly_sales.dept_id = int_sales_summarized.dept_id

),

final as (

    select
        sales_anomalies.store_id,
        sales_anomalies.dept_id,
        sales_anomalies.week_date,
        sales_anomalies.detector_name,
        sales_anomalies.anomaly_score,
        sales_anomalies.expected_quantity,
        sales_anomalies.actual_quantity,
        fct_weekly_sales.sales_amount as actual_amount,
        fct_weekly_sales.unit_name,
        sales_anomalies.reason_text,
        sales_anomalies.actual_quantity - sales_anomalies.expected_quantity as deviation_quantity,
        sales_anomalies.expected_quantity * priced.worth_amount as expected_amount,
        (sales_anomalies.actual_quantity - sales_anomalies.expected_quantity)
        * priced.worth_amount as deviation_amount,
        {{ is_recent('sales_anomalies.week_date', 'int_sales_bounded.last_week_date') }}
            as is_recent

    from sales_anomalies
    inner join fct_weekly_sales
        on
            sales_anomalies.store_id = fct_weekly_sales.store_id
            and sales_anomalies.dept_id = fct_weekly_sales.dept_id
            and sales_anomalies.week_date = fct_weekly_sales.week_date
    inner join priced
        on
            sales_anomalies.store_id = priced.store_id
            and sales_anomalies.dept_id = priced.dept_id
            and sales_anomalies.week_date = priced.week_date
    cross join int_sales_bounded

)

select * from final
