with

fct_forecast_accuracy as (

    select * from {{ ref('fct_forecast_accuracy') }}

),

fct_total_accuracy as (

    select * from {{ ref('fct_total_accuracy') }}

),

int_aliases_promoted as (

    select * from {{ ref('int_aliases_promoted') }}

),

champions as (

    select model_name
    from int_aliases_promoted
    where alias_name = 'champion'

),

-- A model that misses an origin of the champion is scored over its own, and marked.
marked as (

    select
        *,
        bool_or(is_comparable) over (partition by model_name) as has_comparable

    from fct_forecast_accuracy

),

pooled as (

    select
        model_name,
        has_comparable as is_comparable,
        cast(sum(forecast_count) as integer) as forecast_count,
        cast(count(distinct origin_date) as integer) as origin_count,
        cast(sum(covered_80_count) as double precision) as covered_80_count,
        cast(sum(covered_95_count) as double precision) as covered_95_count,
        sum(weight_count) as weight_count,
        sum(weighted_absolute_error_amount) as weighted_absolute_error_amount,
        sum(absolute_error_amount) as absolute_error_amount,
        sum(squared_error_amount) as squared_error_amount,
        sum(error_amount) as error_amount,
        sum(absolute_sales_amount) as absolute_sales_amount,
        sum(interval_count) as interval_count,
        sum(interval_sales_amount) as interval_sales_amount,
        sum(width_80_amount) as width_80_amount,
        sum(interval_score_80_amount) as interval_score_80_amount,
        case
            when count(*) = count(baseline_wmae_amount)
                then sum(baseline_wmae_amount * weight_count)
        end as baseline_weighted_absolute_error_amount

    from marked
    where is_comparable = has_comparable
    group by model_name, has_comparable

),

-- The totals of stores at the same origins.
store_totals as (

    select
        fct_total_accuracy.model_name,
        sum(fct_total_accuracy.absolute_error_amount)
        / nullif(sum(fct_total_accuracy.absolute_sales_amount), 0) as wape_rate

    from fct_total_accuracy
    inner join pooled
        on
            fct_total_accuracy.model_name = pooled.model_name
            and fct_total_accuracy.is_comparable = pooled.is_comparable
    where fct_total_accuracy.level_name = 'store'
    group by fct_total_accuracy.model_name

),

final as (

    select
        pooled.model_name,
        pooled.forecast_count,
        pooled.origin_count,
        pooled.is_comparable,
        store_totals.wape_rate as store_total_wape_rate,
        champions.model_name is not null as is_champion,
        pooled.weighted_absolute_error_amount / pooled.weight_count as wmae_amount,
        pooled.absolute_error_amount / pooled.forecast_count as mae_amount,
        sqrt(pooled.squared_error_amount / pooled.forecast_count) as rmse_amount,
        pooled.absolute_error_amount / nullif(pooled.absolute_sales_amount, 0) as wape_rate,
        pooled.error_amount / nullif(pooled.absolute_sales_amount, 0) as bias_rate,
        pooled.covered_80_count / nullif(pooled.interval_count, 0) as coverage_80_rate,
        pooled.covered_95_count / nullif(pooled.interval_count, 0) as coverage_95_rate,
        pooled.width_80_amount / nullif(pooled.interval_count, 0) as mean_width_80_amount,
        pooled.interval_score_80_amount / nullif(pooled.interval_sales_amount, 0)
            as interval_score_80_rate,
        1
        - pooled.weighted_absolute_error_amount
        / nullif(pooled.baseline_weighted_absolute_error_amount, 0) as value_added_rate

    from pooled
    left join champions
        on pooled.model_name = champions.model_name
    left join store_totals
        on pooled.model_name = store_totals.model_name

)

select * from final
