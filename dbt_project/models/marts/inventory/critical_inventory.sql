with

fct_inventory_recommendations as (

    select * from {{ ref('fct_inventory_recommendations') }}

),

final as (

    select
        recommendation_id,
        store_id,
        dept_id,
        store_type,
        decision_date as recommendation_date,
        current_stock_amount as current_stock,
        stock_source,
        on_order_amount as on_order,
        average_daily_demand_amount as avg_daily_demand,
        demand_deviation_amount as demand_volatility,
        lead_time_weeks,
        review_period_weeks,
        policy_kind,
        target_kind,
        service_level_rate as service_level,
        safety_stock_amount as safety_stock,
        reorder_point_amount as reorder_point,
        order_up_to_level_amount as order_up_to_level,
        order_quantity_amount as order_quantity,
        order_cost_amount as order_value_cost,
        order_quantity_pieces,
        unit_name,
        unit_price_amount as unit_price,
        price_source,
        days_until_stockout,
        stockout_probability_rate as stockout_probability,
        expected_fill_rate,
        expected_lost_margin_amount as expected_lost_margin,
        holding_cost_amount as holding_cost,
        value_at_risk_amount as value_at_risk,
        status,
        review_reason,
        agent_reasoning,
        created_at

    from fct_inventory_recommendations
    where is_latest and status = 'critical'

)

select * from final
