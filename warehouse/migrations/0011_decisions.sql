-- Decisions of people: complete, never changed, and with what the person saw. No key ties them to the recommendations
-- or the stores: a decision stays on record when those are computed anew or taken away.
alter table ops.decisions
    add column store_id integer not null,
    add column dept_id integer not null,
    add column recommendation_date date not null,
    add column recommended_quantity double precision not null,
    add column recommended_status text not null,
    add column review_reason text not null,
    add constraint decisions_quantity check ((decision = 'override') = (order_quantity is not null)),
    add constraint decisions_quantity_finite check (order_quantity < 'infinity'),
    add constraint decisions_until check ((decision = 'snooze') = (snooze_until is not null)),
    add constraint decisions_until_later check (snooze_until > recommendation_date),
    add constraint decisions_reason check (decision <> 'override' or trim(reason) <> ''),
    add constraint decisions_person check (trim(decided_by) <> '');
create index decisions_pair on ops.decisions (store_id, dept_id, recommendation_date);
comment on column ops.decisions.store_id is 'Number of the store.';
comment on column ops.decisions.dept_id is 'Number of the department.';
comment on column ops.decisions.recommendation_date is 'Decision week of the recommendation, dated by its Friday.';
comment on column ops.decisions.recommended_quantity is 'Order that was recommended when the person decided, in dollars at retail value.';
comment on column ops.decisions.recommended_status is 'Status of the recommendation when the person decided: critical, reorder, monitor or adequate.';
comment on column ops.decisions.review_reason is 'Guardrail that had sent the recommendation to a person when the person decided; empty where it was automatic.';

-- What the person saw is written by the database, whoever decides: nobody can put it otherwise.
create function ops.complete_decision() returns trigger language plpgsql as $$
begin
    select store_id, dept_id, recommendation_date, order_quantity, status, review_reason
    into new.store_id, new.dept_id, new.recommendation_date, new.recommended_quantity, new.recommended_status,
        new.review_reason
    from ml.inventory_recommendations
    where recommendation_id = new.recommendation_id;
    if not found then
        raise foreign_key_violation using message = format('there is no recommendation %s', new.recommendation_id);
    end if;
    new.created_at := clock_timestamp();
    return new;
end
$$;
comment on function ops.complete_decision() is 'Completes a new decision with what was recommended at that moment, and the moment.';
create trigger complete_decision before insert on ops.decisions for each row execute function ops.complete_decision();

create function ops.refuse_change() returns trigger language plpgsql as $$
begin
    raise insufficient_privilege using message = format('rows of %I.%I are added, never changed', tg_table_schema, tg_table_name);
end
$$;
comment on function ops.refuse_change() is 'Refuses to change or take away rows of a table that only grows.';
create trigger refuse_change before update or delete on ops.decisions for each row execute function ops.refuse_change();
create trigger refuse_truncate before truncate on ops.decisions for each statement execute function ops.refuse_change();

create table ops.purchase_orders (
    order_id text primary key,
    store_id integer not null,
    dept_id integer not null,
    order_date date not null,
    order_quantity double precision not null check (order_quantity >= 0),
    run_id text not null,
    created_at timestamptz not null default now()
);
create index purchase_orders_date on ops.purchase_orders (order_date);
comment on table ops.purchase_orders is 'One row per order that was ever exported, as it was last exported.';
comment on column ops.purchase_orders.order_id is 'store-dept-week, that of the recommendation; the same however often it is exported.';
comment on column ops.purchase_orders.store_id is 'Number of the store.';
comment on column ops.purchase_orders.dept_id is 'Number of the department.';
comment on column ops.purchase_orders.order_date is 'Decision week of the order, dated by its Friday.';
comment on column ops.purchase_orders.order_quantity is 'Order in dollars at retail value; 0 where it was withdrawn after it had been exported.';
comment on column ops.purchase_orders.run_id is 'Export that last changed the row.';
comment on column ops.purchase_orders.created_at is 'When the order was first exported (UTC).';
