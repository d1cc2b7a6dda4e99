with

fct_forecast_accuracy as (

    select * from {{ ref('fct_forecast_accuracy') }}

),

store_totals as (

    select
        model_name,
        total_wape_rate

    from fct_forecast_accuracy
    where slice_name = 'level' and level_name = 'store'

),

final as (

    select
        fct_forecast_accuracy.model_name,
        fct_forecast_accuracy.is_champion,
        fct_forecast_accuracy.forecast_count,
        fct_forecast_accuracy.origin_count,
        fct_forecast_accuracy.is_comparable,
        fct_forecast_accuracy.unit_name,
        fct_forecast_accuracy.wmae_amount,
        fct_forecast_accuracy.mae_amount,
        fct_forecast_accuracy.rmse_amount,
        fct_forecast_accuracy.scaled_rmse_rate,
        fct_forecast_accuracy.wape_rate,
        fct_forecast_accuracy.bias_rate,
        fct_forecast_accuracy.coverage_80_rate,
        fct_forecast_accuracy.coverage_95_rate,
        fct_forecast_accuracy.mean_width_80_amount,
        fct_forecast_accuracy.interval_score_80_rate,
        store_totals.total_wape_rate as store_total_wape_rate,
        fct_forecast_accuracy.value_added_rate

    from fct_forecast_accuracy
    inner join store_totals
        on fct_forecast_accuracy.model_name = store_totals.model_name
    where
        fct_forecast_accuracy.slice_name = 'all'
        and fct_forecast_accuracy.level_name = 'chain'

)

select * from final
