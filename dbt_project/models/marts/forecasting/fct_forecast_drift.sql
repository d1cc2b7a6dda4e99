with

forecast_drift as (

    select * from {{ ref('stg_ml__forecast_drift') }}

),

int_aliases_promoted as (

    select * from {{ ref('int_aliases_promoted') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

champions as (

    select model_name
    from int_aliases_promoted
    where alias_name = 'champion'

),

final as (

    select
        forecast_drift.model_name,
        forecast_drift.week_date,
        forecast_drift.source_name,
        forecast_drift.origin_date,
        forecast_drift.forecast_count,
        forecast_drift.wape_rate,
        forecast_drift.bias_rate,
        forecast_drift.expected_week_count,
        forecast_drift.expected_wape_lower_rate,
        forecast_drift.expected_wape_upper_rate,
        forecast_drift.expected_bias_lower_rate,
        forecast_drift.expected_bias_upper_rate,
        forecast_drift.is_outside,
        forecast_drift.is_drifting,
        forecast_drift.drift_text,
        champions.model_name is not null as is_champion,
        forecast_drift.week_date = max(forecast_drift.week_date) over (
            partition by forecast_drift.model_name
        ) as is_latest

    from forecast_drift
    inner join int_sales_bounded
        on
            forecast_drift.week_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date
    left join champions
        on forecast_drift.model_name = champions.model_name

)

select * from final
