with

source as (

    select * from {{ source('ops', 'decisions') }}

),

renamed as (

    select
        decision_id,
        recommendation_id,
        decision as decision_name,
        order_quantity as order_quantity_amount,
        snooze_until as snooze_until_date,
        reason as reason_text,
        decided_by,
        created_at as decided_at

    from source

)

select * from renamed
