with

recommendations as (

    select
        store_id,
        dept_id

    from {{ ref('stg_ml__inventory_recommendations') }}

),

decisions as (

    select
        store_id,
        dept_id

    from {{ ref('stg_ops__decisions') }}

),

stores as (

    select * from {{ ref('stg_raw__stores') }}

),

inventory_policies as (

    select * from {{ ref('inventory_policies') }}

),

pairs as (

    select * from recommendations
    union distinct
    select * from decisions

),

-- What a row names lends it weight: a pair 6, a department 4, a store 2, a store type 1.
matched as (

    select
        pairs.store_id,
        pairs.dept_id,
        stores.store_type,
        inventory_policies.policy_id,
        inventory_policies.minimum_order_amount,
        inventory_policies.pack_size_amount,
        inventory_policies.holding_cost_rate,
        inventory_policies.margin_rate,
        row_number() over (
            partition by pairs.store_id, pairs.dept_id
            order by
                case when inventory_policies.dept_id is null then 0 else 4 end
                + case when inventory_policies.store_id is null then 0 else 2 end
                + case when inventory_policies.store_type is null then 0 else 1 end desc
        ) as match_rank

    from pairs
    inner join stores
        on pairs.store_id = stores.store_id
    inner join inventory_policies
        on
            coalesce(inventory_policies.dept_id, pairs.dept_id) = pairs.dept_id
            and coalesce(inventory_policies.store_id, pairs.store_id) = pairs.store_id
            and coalesce(inventory_policies.store_type, stores.store_type) = stores.store_type

),

final as (

    select
        store_id,
        dept_id,
        store_type,
        policy_id,
        minimum_order_amount,
        pack_size_amount,
        holding_cost_rate,
        margin_rate

    from matched
    where match_rank = 1

)

select * from final
