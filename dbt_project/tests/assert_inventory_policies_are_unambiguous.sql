-- Two policies with the same scope would leave it to chance which one counts; a policy that
-- names both a store and a store type has no place in the order of precedence.

select
    store_type,
    store_id,
    dept_id,
    count(*) as policy_count

from {{ ref('inventory_policies') }}
group by store_type, store_id, dept_id
having
    count(*) > 1
    or (store_type is not null and (store_id is not null or dept_id is not null))
