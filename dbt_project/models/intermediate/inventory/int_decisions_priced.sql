with

decisions as (

    select * from {{ ref('stg_ops__decisions') }}

),

int_sales_summarized as (

    select * from {{ ref('int_sales_summarized') }}

),

int_sales_bounded as (

    select * from {{ ref('int_sales_bounded') }}

),

int_policies_matched as (

    select * from {{ ref('int_policies_matched') }}

),

-- Decisions stay on record when sales are taken away; what is published speaks of sales that are
-- there.
known as (

    select decisions.*

    from decisions
    inner join int_sales_bounded
        on
            decisions.decision_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date
    where
        exists (
            select 1
            from int_sales_summarized
            where
                int_sales_summarized.store_id = decisions.store_id
                and int_sales_summarized.dept_id = decisions.dept_id
        )

),

priced as (

    select
        known.decision_id,
        known.recommendation_id,
        known.store_id,
        known.dept_id,
        int_policies_matched.store_type,
        known.decision_date,
        known.decision_name,
        known.status,
        known.review_reason,
        known.recommended_order_amount,
        known.override_order_amount,
        known.snooze_until_date,
        known.reason_text,
        known.decided_by,
        known.decided_at,
        int_policies_matched.pack_size_amount,
        int_policies_matched.holding_cost_rate,
        int_policies_matched.margin_rate,
        greatest(
            ceil(known.override_order_amount / int_policies_matched.pack_size_amount - 1e-9),
            ceil(
                int_policies_matched.minimum_order_amount / int_policies_matched.pack_size_amount
                - 1e-9
            )
        ) as pack_count,
        known.decision_id
        = max(known.decision_id) over (partition by known.recommendation_id) as is_current

    from known
    inner join int_policies_matched
        on
            known.store_id = int_policies_matched.store_id
            and known.dept_id = int_policies_matched.dept_id

),

final as (

    select
        decision_id,
        recommendation_id,
        store_id,
        dept_id,
        store_type,
        decision_date,
        is_current,
        decision_name,
        status,
        review_reason,
        recommended_order_amount,
        override_order_amount,
        snooze_until_date,
        reason_text,
        decided_by,
        decided_at,
        holding_cost_rate,
        margin_rate,
        cast(
            case
                when decision_name = 'approve' then recommended_order_amount
                when override_order_amount > 0 then pack_count * pack_size_amount
                else 0
            end as double precision
        ) as effective_order_amount

    from priced

)

select * from final
