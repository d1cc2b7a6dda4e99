with

source as (

    select * from {{ source('ml', 'promotions') }}

),

renamed as (

    select
        promotion_id,
        alias as alias_name,
        model_name,
        model_version,
        wmae_amount,
        baseline_wmae_amount,
        origin_count,
        data_fingerprint,
        reason,
        is_rollback,
        run_id,
        created_at as promoted_at

    from source

)

select * from renamed
