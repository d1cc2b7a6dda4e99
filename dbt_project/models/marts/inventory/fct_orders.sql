with

recommendations as (

    select * from {{ ref('fct_inventory_recommendations') }}

),

decisions as (

    select * from {{ ref('int_decisions_known') }}
    where is_current

),

-- A decision rules its own recommendation; a snooze also those of the weeks that it covers.
ruling as (

    select distinct on (recommendations.recommendation_id)
        recommendations.recommendation_id,
        decisions.decision_id,
        decisions.decision_name,
        decisions.decided_by,
        decisions.decided_at,
        decisions.snooze_until_date,
        decisions.reason_text,
        decisions.effective_order_amount,
        decisions.effective_order_pieces,
        decisions.decision_name = 'approve'
        and abs(decisions.recommended_order_amount - recommendations.order_quantity_amount) >= 0.005
            as is_lapsed

    from recommendations
    inner join decisions
        on
            recommendations.store_id = decisions.store_id
            and recommendations.dept_id = decisions.dept_id
            and (
                recommendations.recommendation_id = decisions.recommendation_id
                or (
                    recommendations.decision_date >= decisions.decision_date
                    and recommendations.decision_date < decisions.snooze_until_date
                )
            )
    order by recommendations.recommendation_id asc, decisions.decision_id desc

),

decided as (

    select
        recommendations.recommendation_id,
        recommendations.store_id,
        recommendations.dept_id,
        recommendations.store_type,
        recommendations.decision_date,
        recommendations.status,
        recommendations.review_reason,
        recommendations.stock_source,
        recommendations.order_quantity_amount as recommended_order_amount,
        recommendations.order_quantity_pieces as recommended_order_units,
        recommendations.pack_size_amount,
        recommendations.margin_rate,
        recommendations.unit_price_amount,
        recommendations.pack_size_units,
        recommendations.price_source,
        recommendations.unit_name,
        ruling.snooze_until_date,
        ruling.decided_at,
        ruling.effective_order_amount,
        ruling.effective_order_pieces as ruled_order_units,
        recommendations.is_latest,
        coalesce(ruling.decision_name, '') as decision_name,
        coalesce(ruling.reason_text, '') as reason_text,
        coalesce(ruling.decided_by, '') as decided_by,
        recommendations.decision_date
        + cast(ceil(recommendations.lead_time_weeks * 7 - 1e-9) as integer)
            as expected_delivery_date,
        case
            when ruling.decision_name = 'snooze' then 'snoozed'
            when ruling.decision_name = 'override' then 'overridden'
            when ruling.decision_name = 'approve' and not ruling.is_lapsed then 'approved'
            when recommendations.review_reason <> '' then 'waiting'
            else 'automatic'
        end as order_state

    from recommendations
    left join ruling
        on recommendations.recommendation_id = ruling.recommendation_id

),

effective as (

    select
        recommendation_id,
        store_id,
        dept_id,
        store_type,
        decision_date,
        is_latest,
        status,
        review_reason,
        stock_source,
        recommended_order_amount,
        recommended_order_units,
        order_state,
        decision_name,
        snooze_until_date,
        reason_text,
        decided_by,
        decided_at,
        expected_delivery_date,
        pack_size_amount,
        pack_size_units,
        unit_price_amount,
        price_source,
        unit_name,
        margin_rate,
        -- What a person ordered in pieces is worth what they cost now.
        case
            when order_state in ('snoozed', 'overridden')
                then coalesce(
                    round(cast(ruled_order_units * unit_price_amount as numeric), 2),
                    effective_order_amount
                )
            when order_state = 'waiting' then 0
            else recommended_order_amount
        end as effective_order_amount,
        case
            when order_state in ('snoozed', 'overridden') then ruled_order_units
            when order_state = 'waiting' then 0 * recommended_order_units
            else recommended_order_units
        end as effective_order_units

    from decided

),

final as (

    select
        recommendation_id,
        store_id,
        dept_id,
        store_type,
        decision_date,
        is_latest,
        status,
        review_reason,
        stock_source,
        recommended_order_amount,
        recommended_order_units,
        order_state,
        effective_order_amount,
        effective_order_units,
        decision_name,
        snooze_until_date,
        reason_text,
        decided_by,
        decided_at,
        expected_delivery_date,
        pack_size_amount,
        pack_size_units,
        unit_price_amount,
        price_source,
        unit_name,
        effective_order_amount * (1 - margin_rate) as order_cost_amount

    from effective

)

select * from final
