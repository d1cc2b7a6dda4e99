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

-- Decisions stay on record when sales are taken away; what is published speaks of sales that are
-- there.
final as (

    select
        decisions.decision_id,
        decisions.recommendation_id,
        decisions.store_id,
        decisions.dept_id,
        decisions.decision_date,
        decisions.decision_name,
        decisions.status,
        decisions.review_reason,
        decisions.recommended_order_amount,
        decisions.override_order_amount,
        decisions.effective_order_amount,
        decisions.effective_order_pieces,
        decisions.snooze_until_date,
        decisions.reason_text,
        decisions.decided_by,
        decisions.decided_at,
        decisions.decision_id
        = max(decisions.decision_id) over (partition by decisions.recommendation_id) as is_current

    from decisions
    inner join int_sales_bounded
        on
            decisions.decision_date
            between int_sales_bounded.first_week_date and int_sales_bounded.last_week_date
    inner join int_sales_summarized
        on
            decisions.store_id = int_sales_summarized.store_id
            and decisions.dept_id = int_sales_summarized.dept_id

)

select * from final
