with

source as (

    select * from {{ source('ml', 'sales_anomalies') }}

),

renamed as (

    select
        store_id,
        dept_id,
        sale_date as week_date,
        detector as detector_name,
        score as anomaly_score,
        expected_sales as expected_quantity,
        actual_sales as actual_quantity,
        reason as reason_text,
        run_id,
        created_at

    from source

)

select * from renamed
