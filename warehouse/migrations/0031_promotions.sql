-- Prices and promotions that are planned, and the price that a piece had in the week before.
create table raw.promotions (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    week_date date not null,
    planned_price double precision check (planned_price > 0),
    is_promoted boolean,
    load_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, dept_id, week_date)
);
comment on table raw.promotions is 'One row per store, department and week whose price or promotion is planned, past and coming weeks alike.';
comment on column raw.promotions.store_id is 'Number of the store.';
comment on column raw.promotions.dept_id is 'Number of the department.';
comment on column raw.promotions.week_date is 'Last day of the week, which dates it.';
comment on column raw.promotions.planned_price is 'Planned retail price of a piece in money; empty where the plan names none.';
comment on column raw.promotions.is_promoted is 'Whether a promotion is planned; empty where the file has no column of promotions.';
comment on column raw.promotions.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.promotions.created_at is 'When the row was first published (UTC).';

create unlogged table raw_incoming.promotions (
    store_id integer, dept_id integer, week_date date, planned_price double precision, is_promoted boolean, load_id text
);
comment on table raw_incoming.promotions is 'Planned prices and promotions as parsed, before the audit.';

alter table features.engineered_features add column price_lag_1 double precision;
comment on column features.engineered_features.price_lag_1 is 'Retail price of a piece in the week before week t, in money: money taken over pieces sold; empty where either is not known.';

comment on column ml.forecasts.uses_plan is 'Whether a price, promotion or markdown that is planned for the target week moved the forecast.';
alter table ml.forecasts add column plan_effect double precision not null default 0;
comment on column ml.forecasts.plan_effect is 'What planned prices, promotions and markdowns move the forecast by, in the unit of unit_name, against the usual price and last year''s markdown; 0 without a plan.';
