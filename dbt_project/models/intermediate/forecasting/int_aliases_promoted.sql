with

promotions as (

    select * from {{ ref('stg_ml__promotions') }}

),

numbered as (

    select
        alias_name,
        model_name,
        model_version,
        promoted_at,
        row_number() over (partition by alias_name order by promotion_id desc) as recency_rank

    from promotions

),

final as (

    select
        alias_name,
        model_name,
        model_version,
        promoted_at

    from numbered
    where recency_rank = 1

)

select * from final
