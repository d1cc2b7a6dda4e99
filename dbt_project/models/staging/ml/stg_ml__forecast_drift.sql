with

source as (

    select * from {{ source('ml', 'forecast_drift') }}

),

renamed as (

    select
        model_name,
        week_date,
        source as source_name,
        origin_date,
        forecast_count,
        wape_share as wape_rate,
        bias_share as bias_rate,
        expected_week_count,
        expected_wape_lower as expected_wape_lower_rate,
        expected_wape_upper as expected_wape_upper_rate,
        expected_bias_lower as expected_bias_lower_rate,
        expected_bias_upper as expected_bias_upper_rate,
        is_outside,
        is_drifting,
        sentence as drift_text,
        run_id,
        created_at

    from source

)

select * from renamed
