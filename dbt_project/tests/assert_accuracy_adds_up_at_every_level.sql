-- Whatever the level, its errors are those of the chain, to a cent: week by week at every level but
-- pairs, and of pairs over all weeks. Only what cancels within a total is gone from its absolute
-- error.

with

levels as (

    select
        model_name,
        origin_date,
        horizon_weeks,
        slice_name,
        level_name,
        sum(forecast_count) as forecast_count,
        sum(error_amount) as error_amount,
        sum(absolute_error_amount) as absolute_error_amount,
        sum(total_absolute_error_amount) as total_absolute_error_amount

    from {{ ref('fct_forecast_accuracy') }}
    where slice_name = 'week' or slice_name = 'all'
    group by model_name, origin_date, horizon_weeks, slice_name, level_name

),

chain as (

    select *
    from levels
    where level_name = 'chain'

),

known_levels as (

    select unnest(array['store_type', 'store', 'department', 'pair']) as level_name

),

-- Every level of every week must be there: a missing one cannot add up.
expected as (

    select
        chain.model_name,
        chain.origin_date,
        chain.horizon_weeks,
        chain.slice_name,
        known_levels.level_name,
        chain.forecast_count,
        chain.error_amount,
        chain.absolute_error_amount

    from chain
    cross join known_levels
    where chain.slice_name = 'all' or known_levels.level_name <> 'pair'

)

select
    expected.model_name,
    expected.origin_date,
    expected.slice_name,
    expected.level_name,
    expected.error_amount as chain_amount,
    levels.error_amount as level_amount

from expected
left join levels
    on
        expected.model_name = levels.model_name
        and expected.origin_date is not distinct from levels.origin_date
        and expected.horizon_weeks is not distinct from levels.horizon_weeks
        and expected.slice_name = levels.slice_name
        and expected.level_name = levels.level_name
where
    levels.level_name is null
    or expected.forecast_count <> levels.forecast_count
    or abs(expected.error_amount - levels.error_amount) > 0.01
    or abs(expected.absolute_error_amount - levels.absolute_error_amount) > 0.01
    or levels.total_absolute_error_amount > levels.absolute_error_amount + 0.01
