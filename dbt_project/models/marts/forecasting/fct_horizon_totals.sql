with

fct_forecast_totals as (

    select * from {{ ref('fct_forecast_totals') }}

),

fct_forecast_accuracy as (

    select * from {{ ref('fct_forecast_accuracy') }}

),

totals as (

    select
        level_name,
        store_type,
        store_id,
        dept_id,
        origin_date,
        model_name,
        is_latest,
        cast(count(*) as integer) as week_count,
        bool_and(is_champion) as is_champion,
        max(model_version) as model_version,
        min(week_date) as first_week_date,
        max(week_date) as last_week_date,
        max(pair_count) as pair_count,
        max(unit_name) as unit_name,
        sum(forecast_quantity) as forecast_quantity,
        sum(forecast_amount) as forecast_amount,
        case when count(*) = count(sales_last_year_quantity) then sum(sales_last_year_quantity) end
            as sales_last_year_quantity,
        case when count(*) = count(sales_last_year_amount) then sum(sales_last_year_amount) end
            as sales_last_year_amount

    from fct_forecast_totals
    group by level_name, store_type, store_id, dept_id, origin_date, model_name, is_latest

),

-- How far the whole horizon of a total was off, at each origin of the backtest.
misses_by_origin as (

    select
        model_name,
        level_name,
        store_type,
        store_id,
        dept_id,
        abs(sum(error_amount)) / nullif(sum(absolute_sales_amount), 0) as miss_rate

    from fct_forecast_accuracy
    where slice_name = 'week'
    group by model_name, level_name, store_type, store_id, dept_id, origin_date

),

misses as (

    select
        model_name,
        level_name,
        store_type,
        store_id,
        dept_id,
        cast(count(*) as integer) as backtest_count,
        max(miss_rate) as largest_miss_rate

    from misses_by_origin
    group by model_name, level_name, store_type, store_id, dept_id

),

final as (

    select
        totals.level_name,
        totals.store_type,
        totals.store_id,
        totals.dept_id,
        totals.origin_date,
        totals.model_name,
        totals.model_version,
        totals.is_champion,
        totals.is_latest,
        totals.first_week_date,
        totals.last_week_date,
        totals.week_count,
        totals.pair_count,
        totals.unit_name,
        totals.forecast_quantity,
        totals.forecast_amount,
        misses.largest_miss_rate,
        totals.sales_last_year_quantity,
        totals.sales_last_year_amount,
        concat_ws(
            '-',
            {{ total_key('totals') }},
            to_char(totals.origin_date, 'YYYYMMDD'),
            totals.model_name
        ) as horizon_total_id,
        totals.forecast_quantity - misses.largest_miss_rate * abs(totals.forecast_quantity)
            as lower_quantity,
        totals.forecast_quantity + misses.largest_miss_rate * abs(totals.forecast_quantity)
            as upper_quantity,
        totals.forecast_amount - misses.largest_miss_rate * abs(totals.forecast_amount)
            as lower_amount,
        totals.forecast_amount + misses.largest_miss_rate * abs(totals.forecast_amount)
            as upper_amount,
        coalesce(misses.backtest_count, 0) as backtest_count,
        totals.forecast_quantity / nullif(totals.sales_last_year_quantity, 0) - 1
            as growth_rate

    from totals
    left join misses
        on
            totals.model_name = misses.model_name
            and {{ total_key('totals') }} = {{ total_key('misses') }}

)

select * from final
