-- The totals of stores, of departments and of store types each add up to the chain, and the chain
-- to its pairs, to a hundredth, in the unit that is forecast and in money, for every model, origin
-- and target week. Sales that came do so too.

with

levels as (

    select
        model_name,
        origin_date,
        week_date,
        level_name,
        sum(forecast_quantity) as forecast_quantity,
        sum(forecast_amount) as forecast_amount,
        coalesce(sum(actual_sales_quantity), 0) as actual_sales_quantity,
        coalesce(sum(actual_sales_amount), 0) as actual_sales_amount,
        sum(pair_count) as pair_count

    from {{ ref('fct_forecast_totals') }}
    group by model_name, origin_date, week_date, level_name

),

pairs as (

    select
        model_name,
        origin_date,
        week_date,
        sum(forecast_quantity) as forecast_quantity,
        sum(forecast_amount) as forecast_amount,
        coalesce(sum(actual_sales_quantity), 0) as actual_sales_quantity,
        coalesce(sum(actual_sales_amount), 0) as actual_sales_amount,
        count(*) as pair_count

    from {{ ref('fct_forecasts') }}
    group by model_name, origin_date, week_date

),

known_levels as (

    select unnest(array['chain', 'store_type', 'store', 'department']) as level_name

),

-- Every level of every week must be there: a missing one cannot add up.
expected as (

    select
        pairs.model_name,
        pairs.origin_date,
        pairs.week_date,
        known_levels.level_name,
        pairs.forecast_quantity,
        pairs.forecast_amount,
        pairs.actual_sales_quantity,
        pairs.actual_sales_amount,
        pairs.pair_count

    from pairs
    cross join known_levels

)

select
    expected.forecast_amount as pairs_amount,
    levels.forecast_amount as level_amount,
    coalesce(expected.model_name, levels.model_name) as model_name,
    coalesce(expected.origin_date, levels.origin_date) as origin_date,
    coalesce(expected.week_date, levels.week_date) as week_date,
    coalesce(expected.level_name, levels.level_name) as level_name

from expected
full outer join levels
    on
        expected.model_name = levels.model_name
        and expected.origin_date = levels.origin_date
        and expected.week_date = levels.week_date
        and expected.level_name = levels.level_name
where
    expected.model_name is null
    or levels.model_name is null
    or abs(expected.forecast_quantity - levels.forecast_quantity) > 0.01
    or abs(expected.actual_sales_quantity - levels.actual_sales_quantity) > 0.01
    or abs(expected.forecast_amount - levels.forecast_amount) > 0.01
    or abs(expected.actual_sales_amount - levels.actual_sales_amount) > 0.01
    or expected.pair_count <> levels.pair_count
