with

int_recommendations_ranked as (

    select * from {{ ref('int_recommendations_ranked') }}

),

dim_stores as (

    select * from {{ ref('dim_stores') }}

),

final as (

    select
        int_recommendations_ranked.recommendation_id,
        int_recommendations_ranked.store_id,
        int_recommendations_ranked.dept_id,
        dim_stores.store_type,
        int_recommendations_ranked.decision_date,
        int_recommendations_ranked.is_latest,
        int_recommendations_ranked.status,
        int_recommendations_ranked.review_reason,
        int_recommendations_ranked.is_automatic,
        int_recommendations_ranked.is_open,
        int_recommendations_ranked.current_stock_amount,
        int_recommendations_ranked.stock_source,
        int_recommendations_ranked.on_order_amount,
        int_recommendations_ranked.stock_position_amount,
        int_recommendations_ranked.average_daily_demand_amount,
        int_recommendations_ranked.demand_deviation_amount,
        int_recommendations_ranked.lead_time_weeks,
        int_recommendations_ranked.review_period_weeks,
        int_recommendations_ranked.policy_kind,
        int_recommendations_ranked.target_kind,
        int_recommendations_ranked.service_level_rate,
        int_recommendations_ranked.policy_id,
        int_recommendations_ranked.lead_time_deviation_weeks,
        int_recommendations_ranked.minimum_order_amount,
        int_recommendations_ranked.pack_size_amount,
        int_recommendations_ranked.unit_price_amount,
        int_recommendations_ranked.price_source,
        int_recommendations_ranked.unit_name,
        int_recommendations_ranked.current_stock_units,
        int_recommendations_ranked.on_order_units,
        int_recommendations_ranked.stock_position_units,
        int_recommendations_ranked.average_daily_demand_units,
        int_recommendations_ranked.demand_deviation_units,
        int_recommendations_ranked.minimum_order_units,
        int_recommendations_ranked.pack_size_units,
        int_recommendations_ranked.safety_stock_units,
        int_recommendations_ranked.reorder_point_units,
        int_recommendations_ranked.order_up_to_level_units,
        int_recommendations_ranked.margin_rate,
        int_recommendations_ranked.holding_cost_rate,
        int_recommendations_ranked.ordering_cost_amount,
        int_recommendations_ranked.maximum_stock_weeks,
        int_recommendations_ranked.safety_stock_amount,
        int_recommendations_ranked.reorder_point_amount,
        int_recommendations_ranked.order_up_to_level_amount,
        int_recommendations_ranked.order_quantity_amount,
        int_recommendations_ranked.order_cost_amount,
        int_recommendations_ranked.order_quantity_pieces,
        int_recommendations_ranked.days_until_stockout,
        int_recommendations_ranked.stockout_probability_rate,
        int_recommendations_ranked.expected_fill_rate,
        int_recommendations_ranked.expected_lost_margin_amount,
        int_recommendations_ranked.holding_cost_amount,
        int_recommendations_ranked.value_at_risk_amount,
        int_recommendations_ranked.exception_rank,
        int_recommendations_ranked.agent_reasoning,
        int_recommendations_ranked.created_at

    from int_recommendations_ranked
    inner join dim_stores
        on int_recommendations_ranked.store_id = dim_stores.store_id

)

select * from final
