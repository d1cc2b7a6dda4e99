{{ config(pre_hook="set local work_mem = '256MB'") }}

{%- set measures = accuracy_measures() + [
    'total_count',
    'total_absolute_error_amount',
    'total_absolute_sales_amount',
] %}

with

int_backtest_errors_totaled as (

    select * from {{ ref('int_backtest_errors_totaled') }}

),

int_aliases_promoted as (

    select * from {{ ref('int_aliases_promoted') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

origins as (

    select
        model_name,
        origin_date,
        sum(forecast_count) as forecast_count

    from int_backtest_errors_totaled
    where level_name = 'chain'
    group by model_name, origin_date

),

champions as (

    select model_name
    from int_aliases_promoted
    where alias_name = 'champion'

),

-- The champion, or seasonal naive where there is none among the models scored.
reference as (

    select
        coalesce(max(champions.model_name), '{{ var("baseline_model") }}') as model_name

    from origins
    inner join champions
        on origins.model_name = champions.model_name

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

-- A model that misses an origin of the reference is pooled over its own origins, and marked.
marked_origins as (

    select
        origins.model_name,
        origins.origin_date,
        comparable_models.model_name is not null
        and reference_origins.origin_date is not null as is_comparable,
        comparable_models.model_name is null
        or reference_origins.origin_date is not null as is_pooled

    from origins
    left join comparable_models
        on origins.model_name = comparable_models.model_name
    left join reference_origins
        on origins.origin_date = reference_origins.origin_date

),

marked as (

    select
        int_backtest_errors_totaled.level_name,
        int_backtest_errors_totaled.model_name,
        int_backtest_errors_totaled.origin_date,
        int_backtest_errors_totaled.horizon_weeks,
        int_backtest_errors_totaled.store_type,
        int_backtest_errors_totaled.store_id,
        int_backtest_errors_totaled.dept_id,
        int_backtest_errors_totaled.is_holiday,
        marked_origins.is_comparable,
        marked_origins.is_pooled,
        {{ measures | join(', ') }}

    from int_backtest_errors_totaled
    inner join marked_origins
        on
            int_backtest_errors_totaled.model_name = marked_origins.model_name
            and int_backtest_errors_totaled.origin_date = marked_origins.origin_date

),

pooled as (

    select
        case
            when grouping(store_type) = 1 then 'level'
            when grouping(horizon_weeks) = 0 then 'horizon'
            when grouping(is_holiday) = 0 then 'holiday'
            else 'all'
        end as slice_name,
        level_name,
        model_name,
        store_type,
        store_id,
        dept_id,
        cast(null as date) as origin_date,
        horizon_weeks,
        is_holiday,
        bool_and(is_comparable) as is_comparable,
        count(distinct origin_date) as origin_count,
        {{ summed(measures) }}

    from marked
    where is_pooled
    group by
        grouping sets (
            (model_name, level_name),
            (model_name, level_name, store_type, store_id, dept_id),
            (model_name, level_name, store_type, store_id, dept_id, horizon_weeks),
            (model_name, level_name, store_type, store_id, dept_id, is_holiday)
        )
    -- Pairs are kept over all their weeks alone.
    having level_name <> 'pair' or (grouping(horizon_weeks) = 1 and grouping(is_holiday) = 1)

),

unioned as (

    select *
    from pooled

    union all

    select
        'week' as slice_name,
        level_name,
        model_name,
        store_type,
        store_id,
        dept_id,
        origin_date,
        horizon_weeks,
        is_holiday,
        is_comparable,
        1 as origin_count,
        {{ measures | join(', ') }}

    from marked
    where level_name <> 'pair'

),

final as (

    select
        unioned.slice_name,
        unioned.level_name,
        unioned.model_name,
        unioned.store_type,
        unioned.store_id,
        unioned.dept_id,
        unioned.origin_date,
        unioned.horizon_weeks,
        unioned.is_holiday,
        unioned.is_comparable,
        int_unit_resolved.unit_name,
        unioned.weighted_absolute_error_amount,
        unioned.absolute_error_amount,
        unioned.squared_error_amount,
        unioned.squared_scaled_error,
        unioned.error_amount,
        unioned.absolute_sales_amount,
        unioned.interval_sales_amount,
        unioned.width_80_amount,
        unioned.width_95_amount,
        unioned.interval_score_80_amount,
        unioned.interval_score_95_amount,
        unioned.total_absolute_error_amount,
        unioned.total_absolute_sales_amount,
        concat_ws(
            '-',
            unioned.model_name,
            unioned.slice_name,
            unioned.level_name,
            unioned.store_type,
            unioned.store_id,
            unioned.dept_id,
            to_char(unioned.origin_date, 'YYYYMMDD'),
            unioned.horizon_weeks,
            case when unioned.slice_name = 'holiday' then unioned.is_holiday end
        ) as accuracy_id,
        champions.model_name is not null as is_champion,
        unioned.forecast_count >= {{ var('least_scored_weeks') }} as has_enough_weeks,
        cast(unioned.origin_count as integer) as origin_count,
        cast(unioned.forecast_count as integer) as forecast_count,
        unioned.weight_count,
        cast(unioned.interval_count as integer) as interval_count,
        cast(unioned.covered_80_count as integer) as covered_80_count,
        cast(unioned.covered_95_count as integer) as covered_95_count,
        cast(unioned.total_count as integer) as total_count,
        case
            when unioned.baseline_count = unioned.forecast_count
                then unioned.baseline_weighted_absolute_error_amount
        end as baseline_weighted_absolute_error_amount,
        unioned.weighted_absolute_error_amount / unioned.weight_count as wmae_amount,
        unioned.absolute_error_amount / unioned.forecast_count as mae_amount,
        sqrt(unioned.squared_error_amount / unioned.forecast_count) as rmse_amount,
        sqrt(unioned.squared_scaled_error / unioned.forecast_count) as scaled_rmse_rate,
        unioned.absolute_error_amount / nullif(unioned.absolute_sales_amount, 0) as wape_rate,
        unioned.error_amount / nullif(unioned.absolute_sales_amount, 0) as bias_rate,
        unioned.covered_80_count / cast(nullif(unioned.interval_count, 0) as double precision)
            as coverage_80_rate,
        unioned.covered_95_count / cast(nullif(unioned.interval_count, 0) as double precision)
            as coverage_95_rate,
        unioned.width_80_amount / nullif(unioned.interval_count, 0) as mean_width_80_amount,
        unioned.interval_score_80_amount / nullif(unioned.interval_sales_amount, 0)
            as interval_score_80_rate,
        unioned.total_absolute_error_amount / nullif(unioned.total_absolute_sales_amount, 0)
            as total_wape_rate,
        case
            when unioned.baseline_count = unioned.forecast_count
                then
                    1
                    - unioned.weighted_absolute_error_amount
                    / nullif(unioned.baseline_weighted_absolute_error_amount, 0)
        end as value_added_rate

    from unioned
    cross join int_unit_resolved
    left join champions
        on unioned.model_name = champions.model_name

)

select * from final
