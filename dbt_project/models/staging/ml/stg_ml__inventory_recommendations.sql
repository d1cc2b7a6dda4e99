with

source as (

    select * from {{ source('ml', 'inventory_recommendations') }}

),

renamed as (

    select
        recommendation_id,
        store_id,
        dept_id,
        recommendation_date as decision_date,
        current_stock as current_stock_amount,
        stock_source,
        on_order as on_order_amount,
        stock_position as stock_position_amount,
        avg_daily_demand as average_daily_demand_amount,
        demand_volatility as demand_deviation_amount,
        lead_time_weeks,
        review_period_weeks,
        policy_kind,
        target_kind,
        service_level as service_level_rate,
        policy_id,
        lead_time_deviation_weeks,
        minimum_order as minimum_order_amount,
        pack_size as pack_size_amount,
        unit_price as unit_price_amount,
        price_source,
        unit_name,
        current_stock_units,
        on_order_units,
        stock_position_units,
        avg_daily_demand_units as average_daily_demand_units,
        demand_volatility_units as demand_deviation_units,
        minimum_order_units,
        pack_size_units,
        safety_stock_units,
        reorder_point_units,
        order_up_to_level_units,
        margin_rate,
        holding_cost_rate,
        ordering_cost as ordering_cost_amount,
        maximum_stock_weeks,
        reorder_point as reorder_point_amount,
        safety_stock as safety_stock_amount,
        order_up_to_level as order_up_to_level_amount,
        order_quantity as order_quantity_amount,
        order_value_cost as order_cost_amount,
        order_quantity_pieces,
        days_until_stockout,
        stockout_probability as stockout_probability_rate,
        expected_fill_rate,
        status,
        review_reason,
        is_open,
        expected_lost_margin as expected_lost_margin_amount,
        holding_cost as holding_cost_amount,
        value_at_risk as value_at_risk_amount,
        agent_reasoning,
        run_id,
        created_at

    from source

)

select * from renamed
