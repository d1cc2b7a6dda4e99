with

recommendations as (

    select * from {{ ref('stg_ml__inventory_recommendations') }}

),

sales as (

    select * from {{ ref('stg_raw__sales') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

int_policies_matched as (

    select * from {{ ref('int_policies_matched') }}

),

stock_positions as (

    select * from {{ ref('stg_raw__stock_positions') }}

),

decisions as (

    select * from {{ ref('int_decisions_priced') }}
    where is_current

),

known as (

    select recommendations.*

    from recommendations
    inner join int_sales_bounded
        on
            recommendations.decision_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date
    where
        exists (
            select 1
            from sales
            where
                sales.store_id = recommendations.store_id
                and sales.dept_id = recommendations.dept_id
        )

),

latest as (

    select max(decision_date) as decision_date

    from known

),

-- A decision rules its own recommendation; a snooze also those of the weeks that it covers.
ruling as (

    select distinct on (known.recommendation_id)
        known.recommendation_id,
        decisions.decision_id,
        decisions.decision_name,
        decisions.decided_by,
        decisions.decided_at,
        decisions.snooze_until_date,
        decisions.reason_text,
        decisions.effective_order_amount,
        decisions.decision_name = 'approve'
        and abs(decisions.recommended_order_amount - known.order_quantity_amount) >= 0.005
            as is_lapsed

    from known
    inner join decisions
        on
            known.store_id = decisions.store_id
            and known.dept_id = decisions.dept_id
            and (
                known.recommendation_id = decisions.recommendation_id
                or (
                    known.decision_date >= decisions.decision_date
                    and known.decision_date < decisions.snooze_until_date
                )
            )
    order by known.recommendation_id asc, decisions.decision_id desc

),

prices as (

    select distinct on (store_id, dept_id)
        store_id,
        dept_id,
        unit_price_amount

    from stock_positions
    order by store_id asc, dept_id asc, stock_date desc

),

decided as (

    select
        known.recommendation_id,
        known.store_id,
        known.dept_id,
        int_policies_matched.store_type,
        known.decision_date,
        known.status,
        known.review_reason,
        known.stock_source,
        known.order_quantity_amount as recommended_order_amount,
        int_policies_matched.pack_size_amount,
        int_policies_matched.margin_rate,
        prices.unit_price_amount,
        ruling.snooze_until_date,
        ruling.decided_at,
        ruling.effective_order_amount,
        coalesce(known.decision_date = latest.decision_date, false) as is_latest,
        coalesce(ruling.decision_name, '') as decision_name,
        coalesce(ruling.reason_text, '') as reason_text,
        coalesce(ruling.decided_by, '') as decided_by,
        known.decision_date + cast(ceil(known.lead_time_weeks * 7 - 1e-9) as integer)
            as expected_delivery_date,
        case
            when ruling.decision_name = 'snooze' then 'snoozed'
            when ruling.decision_name = 'override' then 'overridden'
            when ruling.decision_name = 'approve' and not ruling.is_lapsed then 'approved'
            when known.review_reason <> '' then 'waiting'
            else 'automatic'
        end as order_state

    from known
    cross join latest
    inner join int_policies_matched
        on
            known.store_id = int_policies_matched.store_id
            and known.dept_id = int_policies_matched.dept_id
    left join ruling
        on known.recommendation_id = ruling.recommendation_id
    left join prices
        on
            known.store_id = prices.store_id
            and known.dept_id = prices.dept_id

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
        order_state,
        decision_name,
        snooze_until_date,
        reason_text,
        decided_by,
        decided_at,
        expected_delivery_date,
        pack_size_amount,
        unit_price_amount,
        margin_rate,
        case
            when order_state in ('snoozed', 'overridden') then effective_order_amount
            when order_state = 'waiting' then 0
            else recommended_order_amount
        end as effective_order_amount

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
        order_state,
        effective_order_amount,
        decision_name,
        snooze_until_date,
        reason_text,
        decided_by,
        decided_at,
        expected_delivery_date,
        pack_size_amount,
        unit_price_amount,
        cast(ceil(effective_order_amount / unit_price_amount - 1e-9) as integer) as piece_count,
        effective_order_amount * (1 - margin_rate) as order_cost_amount

    from effective

)

select * from final
