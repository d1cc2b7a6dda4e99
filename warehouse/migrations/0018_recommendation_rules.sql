-- A recommendation keeps the policy that ruled it, so that nobody has to find that policy again. Rows written before
-- have these columns empty: what ruled them is not known.
alter table ml.inventory_recommendations
    add column policy_id text,
    add column lead_time_deviation_weeks double precision check (lead_time_deviation_weeks >= 0),
    add column minimum_order double precision check (minimum_order >= 0),
    add column pack_size double precision check (pack_size >= 0),
    add column unit_price double precision check (unit_price > 0),
    add column margin_rate double precision check (margin_rate >= 0 and margin_rate < 1),
    add column holding_cost_rate double precision check (holding_cost_rate >= 0),
    add column ordering_cost double precision check (ordering_cost >= 0),
    add column maximum_stock_weeks double precision check (maximum_stock_weeks > 0);
comment on column ml.inventory_recommendations.policy_id is 'Row of the inventory policies that ruled the pair.';
comment on column ml.inventory_recommendations.lead_time_deviation_weeks is 'Standard deviation of the lead time in weeks.';
comment on column ml.inventory_recommendations.minimum_order is 'Least order, in dollars at retail value.';
comment on column ml.inventory_recommendations.pack_size is 'Orders are multiples of it, in dollars at retail value; whole pieces where a piece has a price.';
comment on column ml.inventory_recommendations.unit_price is 'Retail price of a piece in dollars; empty where stock is counted in dollars or not at all.';
comment on column ml.inventory_recommendations.margin_rate is 'Share of the retail value that is margin, a fraction.';
comment on column ml.inventory_recommendations.holding_cost_rate is 'Cost of holding stock for a year, as a fraction of its cost value.';
comment on column ml.inventory_recommendations.ordering_cost is 'Fixed cost of placing one order, in dollars.';
comment on column ml.inventory_recommendations.maximum_stock_weeks is 'Most weeks of mean demand that the order-up-to level may cover.';
comment on column ml.inventory_recommendations.order_quantity_pieces is 'Recommended order in whole pieces, where inventory.csv gives the price of a piece: pieces times unit_price is order_quantity.';

-- A decision keeps the order that it lets out. Overrides of before keep what the person wrote.
alter table ops.decisions
    add column effective_quantity double precision,
    add column effective_pieces double precision check (effective_pieces >= 0);
alter table ops.decisions disable trigger refuse_change;
update ops.decisions set effective_quantity =
    case decision when 'approve' then recommended_quantity when 'override' then order_quantity else 0 end;
alter table ops.decisions enable trigger refuse_change;
alter table ops.decisions
    alter column effective_quantity set not null,
    add constraint decisions_effective check (effective_quantity >= 0 and effective_quantity < 'infinity');
comment on column ops.decisions.order_quantity is 'Order in dollars at retail value that a person wrote in an override.';
comment on column ops.decisions.effective_quantity is 'Order that goes out, in dollars at retail value: an override in whole packs and at least the minimum order, the recommended order where it is approved, nothing where it is snoozed.';
comment on column ops.decisions.effective_pieces is 'The same in whole pieces; empty where no price of a piece is known.';

create or replace function ops.complete_decision() returns trigger language plpgsql as $$
declare
    recommended ml.inventory_recommendations;
begin
    select * into recommended from ml.inventory_recommendations where recommendation_id = new.recommendation_id;
    if not found then
        raise foreign_key_violation using message = format('there is no recommendation %s', new.recommendation_id);
    end if;
    new.store_id := recommended.store_id;
    new.dept_id := recommended.dept_id;
    new.recommendation_date := recommended.recommendation_date;
    new.recommended_quantity := recommended.order_quantity;
    new.recommended_status := recommended.status;
    new.review_reason := recommended.review_reason;
    if new.decision = 'approve' then
        new.effective_quantity := recommended.order_quantity;
        new.effective_pieces := recommended.order_quantity_pieces;
    elsif new.decision = 'snooze' then
        new.effective_quantity := 0;
        new.effective_pieces := 0 * recommended.order_quantity_pieces;
    end if;
    new.created_at := clock_timestamp();
    return new;
end
$$;
