with

source as (

    select * from {{ source('ops', 'decisions') }}

),

renamed as (

    select
        decision_id,
        recommendation_id,
        store_id,
        dept_id,
        recommendation_date as decision_date,
        decision as decision_name,
        recommended_status as status,
        review_reason,
        recommended_quantity as recommended_order_amount,
        order_quantity as override_order_amount,
        effective_quantity as effective_order_amount,
        effective_pieces as effective_order_pieces,
        snooze_until as snooze_until_date,
        reason as reason_text,
        decided_by,
        created_at as decided_at

    from source

)

select * from renamed
