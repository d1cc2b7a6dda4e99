with

overrides as (

    select * from {{ ref('int_decisions_known') }}
    where is_current and decision_name = 'override'

),

recommendations as (

    select * from {{ ref('fct_inventory_recommendations') }}

),

sales as (

    select * from {{ ref('fct_weekly_sales') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

int_unit_resolved as (

    select * from {{ ref('int_unit_resolved') }}

),

-- The protection period in whole weeks, and whether all of them are known by now.
periods as (

    select
        overrides.decision_id,
        overrides.recommendation_id,
        overrides.store_id,
        overrides.dept_id,
        recommendations.store_type,
        overrides.decision_date,
        overrides.decided_by,
        overrides.recommended_order_amount,
        overrides.effective_order_amount,
        recommendations.margin_rate,
        recommendations.holding_cost_rate,
        int_sales_bounded.last_week_date,
        cast(
            ceil(recommendations.lead_time_weeks + recommendations.review_period_weeks - 1e-9)
            as integer
        ) as protection_weeks,
        recommendations.stock_position_amount as position_amount,
        -- Money of one of what is forecast, as it was known when the order was decided.
        case
            when recommendations.unit_name = 'units' then recommendations.unit_price_amount
            else 1
        end as worth_amount

    from overrides
    inner join recommendations
        on overrides.recommendation_id = recommendations.recommendation_id
    -- Orders in another unit than sales are in now cannot be held against them.
    inner join int_unit_resolved
        on recommendations.unit_name = int_unit_resolved.unit_name
    cross join int_sales_bounded

),

-- A week without a row sold nothing; more returned than sold is no demand.
demands as (

    select
        periods.decision_id,
        sum(greatest(sales.sales_quantity, 0) * periods.worth_amount) as demand_amount

    from periods
    inner join sales
        on
            periods.store_id = sales.store_id
            and periods.dept_id = sales.dept_id
            and periods.decision_date < sales.week_date
            and periods.decision_date + 7 * periods.protection_weeks >= sales.week_date
    group by periods.decision_id

),

known as (

    select
        periods.decision_id,
        periods.recommendation_id,
        periods.store_id,
        periods.dept_id,
        periods.store_type,
        periods.decision_date,
        periods.decided_by,
        periods.recommended_order_amount,
        periods.effective_order_amount,
        periods.margin_rate,
        periods.protection_weeks,
        periods.position_amount + periods.recommended_order_amount as recommended_position_amount,
        periods.position_amount + periods.effective_order_amount as override_position_amount,
        periods.decision_date + 7 * periods.protection_weeks <= periods.last_week_date as is_scored,
        case
            when periods.decision_date + 7 * periods.protection_weeks <= periods.last_week_date
                then coalesce(demands.demand_amount, 0)
        end as demand_amount,
        periods.holding_cost_rate
        * (1 - periods.margin_rate)
        * periods.protection_weeks
        / {{ var('year_weeks') }} as holding_rate

    from periods
    left join demands
        on periods.decision_id = demands.decision_id

),

missed as (

    select
        *,
        case when is_scored then greatest(demand_amount - recommended_position_amount, 0) end
            as recommended_shortfall_amount,
        case when is_scored then greatest(demand_amount - override_position_amount, 0) end
            as override_shortfall_amount,
        case when is_scored then greatest(recommended_position_amount - demand_amount, 0) end
            as recommended_excess_amount,
        case when is_scored then greatest(override_position_amount - demand_amount, 0) end
            as override_excess_amount

    from known

),

final as (

    select
        decision_id,
        recommendation_id,
        store_id,
        dept_id,
        store_type,
        decision_date,
        decided_by,
        protection_weeks,
        is_scored,
        recommended_order_amount,
        effective_order_amount,
        demand_amount,
        recommended_shortfall_amount,
        override_shortfall_amount,
        recommended_excess_amount,
        override_excess_amount,
        recommended_shortfall_amount * margin_rate + recommended_excess_amount * holding_rate
            as recommended_cost_amount,
        override_shortfall_amount * margin_rate + override_excess_amount * holding_rate
            as override_cost_amount,
        (recommended_shortfall_amount - override_shortfall_amount) * margin_rate
        + (recommended_excess_amount - override_excess_amount) * holding_rate
            as value_added_amount

    from missed

)

select * from final
