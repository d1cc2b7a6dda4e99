{#
    What adds up over the errors of a backtest: numerators and weights, listed once.
#}
{% macro accuracy_measures() %}
    {{ return([
        'forecast_count',
        'weight_count',
        'weighted_absolute_error_amount',
        'absolute_error_amount',
        'squared_error_amount',
        'squared_scaled_error',
        'error_amount',
        'absolute_sales_amount',
        'baseline_count',
        'baseline_weighted_absolute_error_amount',
        'interval_count',
        'interval_sales_amount',
        'covered_80_count',
        'covered_95_count',
        'width_80_amount',
        'width_95_amount',
        'interval_score_80_amount',
        'interval_score_95_amount',
    ]) }}
{% endmacro %}
