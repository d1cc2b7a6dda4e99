-- Only one model forecasts for the shop.

select count(*) as champion_count

from {{ ref('fct_model_scores') }}
where is_champion
having count(*) > 1
