-- Rows written before these columns existed were made by the policy (R,s,S) for a cycle service level; what was not
-- computed for them stays empty.
alter table ml.inventory_recommendations
    add column policy_kind text not null default '(R,s,S)' check (policy_kind in ('(R,S)', '(R,s,S)', '(s,Q)')),
    add column target_kind text not null default 'cycle_service' check (target_kind in ('cycle_service', 'fill_rate')),
    add column expected_fill_rate double precision check (expected_fill_rate between 0 and 1),
    add column order_value_cost double precision check (order_value_cost >= 0),
    add column order_quantity_pieces double precision check (order_quantity_pieces >= 0),
    add column review_reason text not null default '',
    add column is_open boolean not null default false;
create unique index inventory_recommendations_open
    on ml.inventory_recommendations (store_id, dept_id) where is_open;
comment on column ml.inventory_recommendations.service_level is 'Target, a fraction: by target_kind the share of order cycles without a stockout, or the share of demand met from stock.';
comment on column ml.inventory_recommendations.policy_kind is '(R,S), (R,s,S) or (s,Q): how the pair is ordered.';
comment on column ml.inventory_recommendations.target_kind is 'cycle_service or fill_rate: what service_level is the target of.';
comment on column ml.inventory_recommendations.expected_fill_rate is 'Share of demand that stock is expected to meet in a replenishment cycle run by these levels, a fraction.';
comment on column ml.inventory_recommendations.order_value_cost is 'Recommended order in dollars at cost value: retail value less margin.';
comment on column ml.inventory_recommendations.order_quantity_pieces is 'Recommended order in whole pieces, where inventory.csv gives the price of a piece: the fewest that are worth order_quantity.';
comment on column ml.inventory_recommendations.review_reason is 'Guardrail that sends the recommendation to a person; empty where it is automatic.';
comment on column ml.inventory_recommendations.is_open is 'Whether a person must look; of a store and department only the newest can be open.';
