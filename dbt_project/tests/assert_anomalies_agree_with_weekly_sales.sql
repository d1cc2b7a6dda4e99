-- An anomaly speaks of the sales that were recorded, not of a figure of its own.

select
    anomalies.store_id,
    anomalies.dept_id,
    anomalies.week_date,
    anomalies.detector_name,
    anomalies.actual_quantity,
    sales.sales_quantity

from {{ ref('fct_sales_anomalies') }} as anomalies
inner join {{ ref('fct_weekly_sales') }} as sales
    on
        anomalies.store_id = sales.store_id
        and anomalies.dept_id = sales.dept_id
        and anomalies.week_date = sales.week_date
where abs(anomalies.actual_quantity - sales.sales_quantity) > 0.00501
