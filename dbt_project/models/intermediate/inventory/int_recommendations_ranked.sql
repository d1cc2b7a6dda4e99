with

inventory_recommendations as (

    select * from {{ ref('stg_ml__inventory_recommendations') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

known as (

    select
        inventory_recommendations.recommendation_id,
        inventory_recommendations.store_id,
        inventory_recommendations.dept_id,
        inventory_recommendations.decision_date,
        inventory_recommendations.status,
        inventory_recommendations.review_reason,
        inventory_recommendations.is_open,
        inventory_recommendations.current_stock_amount,
        inventory_recommendations.stock_source,
        inventory_recommendations.on_order_amount,
        inventory_recommendations.stock_position_amount,
        inventory_recommendations.average_daily_demand_amount,
        inventory_recommendations.demand_deviation_amount,
        inventory_recommendations.lead_time_weeks,
        inventory_recommendations.review_period_weeks,
        inventory_recommendations.policy_kind,
        inventory_recommendations.target_kind,
        inventory_recommendations.service_level_rate,
        inventory_recommendations.policy_id,
        inventory_recommendations.lead_time_deviation_weeks,
        inventory_recommendations.minimum_order_amount,
        inventory_recommendations.pack_size_amount,
        inventory_recommendations.unit_price_amount,
        inventory_recommendations.price_source,
        inventory_recommendations.unit_name,
        inventory_recommendations.current_stock_units,
        inventory_recommendations.on_order_units,
        inventory_recommendations.stock_position_units,
        inventory_recommendations.average_daily_demand_units,
        inventory_recommendations.demand_deviation_units,
        inventory_recommendations.minimum_order_units,
        inventory_recommendations.pack_size_units,
        inventory_recommendations.safety_stock_units,
        inventory_recommendations.reorder_point_units,
        inventory_recommendations.order_up_to_level_units,
        inventory_recommendations.margin_rate,
        inventory_recommendations.holding_cost_rate,
        inventory_recommendations.ordering_cost_amount,
        inventory_recommendations.maximum_stock_weeks,
        inventory_recommendations.safety_stock_amount,
        inventory_recommendations.reorder_point_amount,
        inventory_recommendations.order_up_to_level_amount,
        inventory_recommendations.order_quantity_amount,
        inventory_recommendations.order_cost_amount,
        inventory_recommendations.order_quantity_pieces,
        inventory_recommendations.days_until_stockout,
        inventory_recommendations.stockout_probability_rate,
        inventory_recommendations.expected_fill_rate,
        inventory_recommendations.expected_lost_margin_amount,
        inventory_recommendations.holding_cost_amount,
        inventory_recommendations.value_at_risk_amount,
        inventory_recommendations.agent_reasoning,
        inventory_recommendations.created_at,
        inventory_recommendations.review_reason = '' as is_automatic

    from inventory_recommendations
    inner join int_sales_summarized
        on
            inventory_recommendations.store_id = int_sales_summarized.store_id
            and inventory_recommendations.dept_id = int_sales_summarized.dept_id
    inner join int_sales_bounded
        on
            inventory_recommendations.decision_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date

),

final as (

    select
        recommendation_id,
        store_id,
        dept_id,
        decision_date,
        status,
        review_reason,
        is_open,
        current_stock_amount,
        stock_source,
        on_order_amount,
        stock_position_amount,
        average_daily_demand_amount,
        demand_deviation_amount,
        lead_time_weeks,
        review_period_weeks,
        policy_kind,
        target_kind,
        service_level_rate,
        policy_id,
        lead_time_deviation_weeks,
        minimum_order_amount,
        pack_size_amount,
        unit_price_amount,
        price_source,
        unit_name,
        current_stock_units,
        on_order_units,
        stock_position_units,
        average_daily_demand_units,
        demand_deviation_units,
        minimum_order_units,
        pack_size_units,
        safety_stock_units,
        reorder_point_units,
        order_up_to_level_units,
        margin_rate,
        holding_cost_rate,
        ordering_cost_amount,
        maximum_stock_weeks,
        safety_stock_amount,
        reorder_point_amount,
        order_up_to_level_amount,
        order_quantity_amount,
        order_cost_amount,
        order_quantity_pieces,
        days_until_stockout,
        stockout_probability_rate,
        expected_fill_rate,
        expected_lost_margin_amount,
        holding_cost_amount,
        value_at_risk_amount,
        agent_reasoning,
        created_at,
        is_automatic,
        cast(
            row_number() over (
                partition by decision_date
                order by value_at_risk_amount desc, store_id asc, dept_id asc
            ) as integer
        ) as exception_rank,
        decision_date = max(decision_date) over () as is_latest

    from known

)

select * from final
