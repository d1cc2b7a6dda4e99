-- The snapshot knows each store's present attributes, once.

select
    stores.store_id,
    count(states.store_id) as state_count

from {{ ref('stg_raw__stores') }} as stores
left join {{ ref('snap_raw__stores') }} as states
    on
        stores.store_id = states.store_id
        and stores.store_type = states.store_type
        and stores.size_sqft is not distinct from states.size_sqft
        and states.dbt_valid_to is null
group by stores.store_id
having count(states.store_id) <> 1
