-- Where no policy fits, the default does: there must be exactly one.

select count(*) as default_count

from {{ ref('inventory_policies') }}
where num_nonnulls(store_type, store_code, level_1, level_2, level_3, product_code) = 0
having count(*) <> 1
