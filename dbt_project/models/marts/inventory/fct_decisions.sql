with

int_decisions_known as (

    select * from {{ ref('int_decisions_known') }}

),

dim_stores as (

    select * from {{ ref('dim_stores') }}

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
        int_decisions_known.decision_id,
        int_decisions_known.recommendation_id,
        int_decisions_known.store_id,
        int_decisions_known.dept_id,
        dim_stores.store_type,
        int_decisions_known.decision_date,
        int_decisions_known.is_current,
        int_decisions_known.decision_name,
        int_decisions_known.status,
        int_decisions_known.review_reason,
        int_decisions_known.recommended_order_amount,
        int_decisions_known.override_order_amount,
        int_decisions_known.effective_order_amount,
        int_decisions_known.effective_order_pieces as effective_order_units,
        int_decisions_known.snooze_until_date,
        int_decisions_known.reason_text,
        int_decisions_known.decided_by,
        int_decisions_known.decided_at,
        coalesce(int_decisions_known.decision_date = latest.decision_date, false) as is_latest

    from int_decisions_known
    inner join dim_stores
        on int_decisions_known.store_id = dim_stores.store_id
    cross join latest

)

select * from final
