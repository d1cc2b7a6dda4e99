with

int_decisions_priced as (

    select * from {{ ref('int_decisions_priced') }}

),

recommendations as (

    select * from {{ ref('fct_inventory_recommendations') }}

),

latest as (

    select max(decision_date) as decision_date

    from recommendations

),

final as (

    select
        int_decisions_priced.decision_id,
        int_decisions_priced.recommendation_id,
        int_decisions_priced.store_id,
        int_decisions_priced.dept_id,
        int_decisions_priced.store_type,
        int_decisions_priced.decision_date,
        int_decisions_priced.is_current,
        int_decisions_priced.decision_name,
        int_decisions_priced.status,
        int_decisions_priced.review_reason,
        int_decisions_priced.recommended_order_amount,
        int_decisions_priced.override_order_amount,
        int_decisions_priced.effective_order_amount,
        int_decisions_priced.snooze_until_date,
        int_decisions_priced.reason_text,
        int_decisions_priced.decided_by,
        int_decisions_priced.decided_at,
        coalesce(int_decisions_priced.decision_date = latest.decision_date, false) as is_latest

    from int_decisions_priced
    cross join latest

)

select * from final
