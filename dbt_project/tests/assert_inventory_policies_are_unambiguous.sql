-- Two policies that name the same codes would leave it to chance which one counts.

select
    store_type,
    store_code,
    level_1,
    level_2,
    level_3,
    product_code,
    count(*) as policy_count

from {{ ref('inventory_policies') }}
group by store_type, store_code, level_1, level_2, level_3, product_code
having count(*) > 1
