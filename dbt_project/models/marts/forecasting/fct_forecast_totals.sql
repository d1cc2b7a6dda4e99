with

fct_forecasts as (

    select * from {{ ref('fct_forecasts') }}

),

fct_forecast_accuracy as (

    select * from {{ ref('fct_forecast_accuracy') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

int_sales_totaled as (

    select * from {{ ref('int_sales_totaled') }}

),

stores_and_departments as (

    select
        store_id,
        dept_id,
        store_type,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        bool_and(is_champion) as is_champion,
        max(model_version) as model_version,
        sum(forecast_quantity) as forecast_quantity,
        sum(forecast_amount) as forecast_amount,
        sum(actual_sales_quantity) as actual_sales_quantity,
        {{ whole_sum('actual_sales_amount', 'actual_sales_quantity') }} as actual_sales_amount,
        count(*) as pair_count,
        count(actual_sales_quantity) as actual_pair_count

    from fct_forecasts
    group by
        grouping sets (
            (
                store_id,
                store_type,
                origin_date,
                week_date,
                model_name,
                is_latest,
                horizon_weeks
            ),
            (dept_id, origin_date, week_date, model_name, is_latest, horizon_weeks)
        )

),

stores as (

    select *
    from stores_and_departments
    where store_id is not null

),

-- Sums of the stores: a store has one type, so nothing is counted twice.
types_and_chain as (

    select
        store_type,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        bool_and(is_champion) as is_champion,
        max(model_version) as model_version,
        sum(forecast_quantity) as forecast_quantity,
        sum(forecast_amount) as forecast_amount,
        sum(actual_sales_quantity) as actual_sales_quantity,
        {{ whole_sum('actual_sales_amount', 'actual_sales_quantity') }} as actual_sales_amount,
        sum(pair_count) as pair_count,
        sum(actual_pair_count) as actual_pair_count

    from stores
    group by
        grouping sets (
            (store_type, origin_date, week_date, model_name, is_latest, horizon_weeks),
            (origin_date, week_date, model_name, is_latest, horizon_weeks)
        )

),

unioned as (

    select
        case when store_id is null then 'department' else 'store' end as level_name,
        null as store_type,
        store_id,
        dept_id,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        is_champion,
        model_version,
        forecast_quantity,
        forecast_amount,
        actual_sales_quantity,
        actual_sales_amount,
        pair_count,
        actual_pair_count

    from stores_and_departments

    union all

    select
        case when store_type is null then 'chain' else 'store_type' end as level_name,
        store_type,
        null as store_id,
        null as dept_id,
        origin_date,
        week_date,
        model_name,
        is_latest,
        horizon_weeks,
        is_champion,
        model_version,
        forecast_quantity,
        forecast_amount,
        actual_sales_quantity,
        actual_sales_amount,
        pair_count,
        actual_pair_count

    from types_and_chain

),

-- The interval of a sum is not the sum of intervals: errors of pairs partly cancel. It is what 80 %
-- of the backtest's weeks kept to, for this very total.
misses as (

    select
        model_name,
        level_name,
        store_type,
        store_id,
        dept_id,
        percentile_cont(0.8) within group (
            order by abs(error_amount) / nullif(absolute_sales_amount, 0)
        ) as miss_80_rate

    from fct_forecast_accuracy
    where slice_name = 'week'
    group by model_name, level_name, store_type, store_id, dept_id

),

final as (

    select
        unioned.level_name,
        unioned.store_type,
        unioned.store_id,
        unioned.dept_id,
        unioned.origin_date,
        unioned.week_date,
        unioned.horizon_weeks,
        unioned.model_name,
        unioned.model_version,
        unioned.is_champion,
        unioned.is_latest,
        unioned.forecast_quantity,
        unioned.forecast_amount,
        misses.miss_80_rate,
        unioned.actual_sales_quantity,
        unioned.actual_sales_amount,
        int_sales_totaled.sales_quantity as sales_last_year_quantity,
        int_sales_totaled.sales_amount as sales_last_year_amount,
        int_unit_resolved.unit_name,
        concat_ws(
            '-',
            {{ total_key('unioned') }},
            to_char(unioned.origin_date, 'YYYYMMDD'),
            to_char(unioned.week_date, 'YYYYMMDD'),
            unioned.model_name
        ) as forecast_total_id,
        unioned.forecast_quantity - misses.miss_80_rate * abs(unioned.forecast_quantity)
            as lower_80_quantity,
        unioned.forecast_quantity + misses.miss_80_rate * abs(unioned.forecast_quantity)
            as upper_80_quantity,
        unioned.forecast_amount - misses.miss_80_rate * abs(unioned.forecast_amount)
            as lower_80_amount,
        unioned.forecast_amount + misses.miss_80_rate * abs(unioned.forecast_amount)
            as upper_80_amount,
        cast(unioned.pair_count as integer) as pair_count,
        cast(unioned.actual_pair_count as integer) as actual_pair_count

    from unioned
    cross join int_unit_resolved
    left join misses
        on
            unioned.model_name = misses.model_name
            and {{ total_key('unioned') }} = {{ total_key('misses') }}
    left join int_sales_totaled
        on
            {{ year_ago('unioned.week_date') }} = int_sales_totaled.week_date
            and {{ total_key('unioned') }} = {{ total_key('int_sales_totaled') }}

)

select * from final
