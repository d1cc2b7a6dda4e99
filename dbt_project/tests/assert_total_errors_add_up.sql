-- At every level the errors of the totals add up to those of the backtest's pairs, to a cent: only
-- what cancels within a total is gone from the absolute errors.

with

pairs as (

    select
        model_name,
        origin_date,
        sum(error_amount) as error_amount,
        sum(absolute_error_amount) as absolute_error_amount

    from {{ ref('fct_forecast_accuracy') }}
    group by model_name, origin_date

),

levels as (

    select
        pairs.model_name,
        pairs.origin_date,
        count(fct_total_accuracy.level_name) as level_count,
        max(abs(fct_total_accuracy.error_amount - pairs.error_amount)) as difference_amount,
        max(fct_total_accuracy.absolute_error_amount - pairs.absolute_error_amount)
            as excess_amount

    from pairs
    left join {{ ref('fct_total_accuracy') }} as fct_total_accuracy
        on
            pairs.model_name = fct_total_accuracy.model_name
            and pairs.origin_date = fct_total_accuracy.origin_date
    group by pairs.model_name, pairs.origin_date

)

select *
from levels
where level_count <> 4 or difference_amount > 0.01 or excess_amount > 0.01
