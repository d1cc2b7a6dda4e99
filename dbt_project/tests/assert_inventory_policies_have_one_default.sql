-- Where no policy fits, the default does: there must be exactly one.

select count(*) as default_count

from {{ ref('inventory_policies') }}
where store_type is null and store_id is null and dept_id is null
having count(*) <> 1
