with

inventory_policies as (

    select * from {{ ref('inventory_policies') }}

),

final as (

    select
        policy_id,
        store_type,
        store_code,
        level_1,
        level_2,
        level_3,
        product_code,
        policy_kind,
        target_kind,
        service_level_rate,
        lead_time_weeks,
        lead_time_deviation_weeks,
        review_period_weeks,
        minimum_order_amount,
        minimum_order_units,
        pack_size_amount,
        pack_size_units,
        holding_cost_rate,
        ordering_cost_amount,
        margin_rate,
        maximum_stock_weeks

    from inventory_policies

)

select * from final
