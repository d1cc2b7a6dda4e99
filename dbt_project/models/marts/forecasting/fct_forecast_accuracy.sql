{{ config(pre_hook="set local work_mem = '256MB'") }}

with

int_backtest_errors_weighted as (

    select * from {{ ref('int_backtest_errors_weighted') }}

),

int_aliases_promoted as (

    select * from {{ ref('int_aliases_promoted') }}

),

sums as (

    select
        model_name,
        origin_date,
        horizon_weeks,
        store_type,
        dept_id,
        is_holiday,
        cast(count(*) as integer) as forecast_count,
        cast(sum(weight_count) as integer) as weight_count,
        cast(count(*) filter (where has_interval) as integer) as interval_count,
        cast(count(*) filter (where has_interval and is_covered_80) as integer) as covered_80_count,
        cast(count(*) filter (where has_interval and is_covered_95) as integer) as covered_95_count,
        sum(weighted_absolute_error_amount) as weighted_absolute_error_amount,
        sum(absolute_error_amount) as absolute_error_amount,
        sum(squared_error_amount) as squared_error_amount,
        sum(error_amount) as error_amount,
        sum(absolute_sales_amount) as absolute_sales_amount,
        coalesce(sum(absolute_sales_amount) filter (where has_interval), 0)
            as interval_sales_amount,
        coalesce(sum(width_80_amount) filter (where has_interval), 0) as width_80_amount,
        coalesce(sum(width_95_amount) filter (where has_interval), 0) as width_95_amount,
        coalesce(sum(interval_score_80_amount) filter (where has_interval), 0)
            as interval_score_80_amount,
        coalesce(sum(interval_score_95_amount) filter (where has_interval), 0)
            as interval_score_95_amount

    from int_backtest_errors_weighted
    group by model_name, origin_date, horizon_weeks, store_type, dept_id, is_holiday

),

baseline as (

    select *
    from sums
    where model_name = '{{ var("baseline_model") }}'

),

-- Seasonal naive on the same rows: as many, and worth the same to the cent.
compared as (

    select
        sums.model_name,
        sums.origin_date,
        sums.horizon_weeks,
        sums.store_type,
        sums.dept_id,
        sums.is_holiday,
        sums.forecast_count,
        sums.weight_count,
        sums.weighted_absolute_error_amount,
        sums.absolute_error_amount,
        sums.squared_error_amount,
        sums.error_amount,
        sums.absolute_sales_amount,
        sums.interval_count,
        sums.interval_sales_amount,
        sums.covered_80_count,
        sums.covered_95_count,
        sums.width_80_amount,
        sums.width_95_amount,
        sums.interval_score_80_amount,
        sums.interval_score_95_amount,
        case
            when
                sums.forecast_count = baseline.forecast_count
                and abs(sums.absolute_sales_amount - baseline.absolute_sales_amount) < 0.005
                then baseline.weighted_absolute_error_amount
        end as baseline_weighted_absolute_error_amount

    from sums
    left join baseline
        on
            sums.origin_date = baseline.origin_date
            and sums.horizon_weeks = baseline.horizon_weeks
            and sums.store_type = baseline.store_type
            and sums.dept_id = baseline.dept_id
            and sums.is_holiday = baseline.is_holiday

),

origins as (

    select
        model_name,
        origin_date,
        sum(forecast_count) as forecast_count

    from sums
    group by model_name, origin_date

),

-- The champion, or seasonal naive where there is none among the models scored.
reference as (

    select
        coalesce(
            max(origins.model_name) filter (where int_aliases_promoted.alias_name = 'champion'),
            '{{ var("baseline_model") }}'
        ) as model_name

    from origins
    left join int_aliases_promoted
        on origins.model_name = int_aliases_promoted.model_name

),

reference_origins as (

    select
        origins.origin_date,
        origins.forecast_count,
        count(*) over () as origin_count

    from origins
    inner join reference
        on origins.model_name = reference.model_name

),

-- Models that forecast as many rows as the reference at each of its origins.
comparable_models as (

    select origins.model_name
    from origins
    inner join reference_origins
        on
            origins.origin_date = reference_origins.origin_date
            and origins.forecast_count = reference_origins.forecast_count
    group by origins.model_name
    having count(*) = max(reference_origins.origin_count)

),

final as (

    select
        compared.model_name,
        compared.origin_date,
        compared.horizon_weeks,
        compared.store_type,
        compared.dept_id,
        compared.is_holiday,
        compared.forecast_count,
        compared.weight_count,
        compared.weighted_absolute_error_amount,
        compared.absolute_error_amount,
        compared.squared_error_amount,
        compared.error_amount,
        compared.absolute_sales_amount,
        compared.interval_count,
        compared.interval_sales_amount,
        compared.covered_80_count,
        compared.covered_95_count,
        compared.width_80_amount,
        compared.width_95_amount,
        compared.interval_score_80_amount,
        compared.interval_score_95_amount,
        compared.weighted_absolute_error_amount / compared.weight_count as wmae_amount,
        compared.absolute_error_amount / compared.forecast_count as mae_amount,
        sqrt(compared.squared_error_amount / compared.forecast_count) as rmse_amount,
        compared.absolute_error_amount / nullif(compared.absolute_sales_amount, 0) as wape_rate,
        compared.error_amount / nullif(compared.absolute_sales_amount, 0) as bias_rate,
        cast(compared.covered_80_count as double precision) / nullif(compared.interval_count, 0)
            as coverage_80_rate,
        cast(compared.covered_95_count as double precision) / nullif(compared.interval_count, 0)
            as coverage_95_rate,
        compared.interval_score_80_amount / nullif(compared.interval_sales_amount, 0)
            as interval_score_80_rate,
        compared.baseline_weighted_absolute_error_amount / compared.weight_count
            as baseline_wmae_amount,
        1
        - compared.weighted_absolute_error_amount
        / nullif(compared.baseline_weighted_absolute_error_amount, 0) as value_added_rate,
        comparable_models.model_name is not null
        and reference_origins.origin_date is not null as is_comparable

    from compared
    left join comparable_models
        on compared.model_name = comparable_models.model_name
    left join reference_origins
        on compared.origin_date = reference_origins.origin_date

)

select * from final
