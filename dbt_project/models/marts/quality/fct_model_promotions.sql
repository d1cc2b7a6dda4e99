with

promotions as (

    select * from {{ ref('stg_ml__promotions') }}

),

final as (

    select
        promotion_id,
        alias_name,
        model_name,
        model_version,
        wmae_amount,
        baseline_wmae_amount,
        origin_count,
        data_fingerprint,
        reason,
        is_rollback,
        run_id,
        promoted_at

    from promotions

)

select * from final
