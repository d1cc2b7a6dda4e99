create table raw.restatements (
    restatement_id bigint generated always as identity primary key,
    load_id text not null,
    table_name text not null check (table_name in ('store_attributes', 'raw_sales', 'external_features')),
    store_id integer not null,
    dept_id integer,
    week_date date,
    change_kind text not null check (change_kind in ('changed', 'removed')),
    column_name text not null,
    old_value text,
    new_value text,
    created_at timestamptz not null default now(),
    unique nulls not distinct (load_id, table_name, store_id, dept_id, week_date, column_name)
);
create index restatements_series on raw.restatements (store_id, dept_id, week_date);
comment on table raw.restatements is 'One row per published value that a later load changed or removed.';
comment on column raw.restatements.restatement_id is 'Number of the entry.';
comment on column raw.restatements.load_id is 'Load (ops.loads) that changed or removed the value.';
comment on column raw.restatements.table_name is 'Table in schema raw that held the value.';
comment on column raw.restatements.store_id is 'Number of the store.';
comment on column raw.restatements.dept_id is 'Number of the department; empty where the table has none.';
comment on column raw.restatements.week_date is 'Friday that dates the week; empty for attributes of a store.';
comment on column raw.restatements.change_kind is 'changed, or removed together with its row.';
comment on column raw.restatements.column_name is 'Column that held the value.';
comment on column raw.restatements.old_value is 'Value until then, as text; empty where it was unknown.';
comment on column raw.restatements.new_value is 'Value from then on, as text; empty where it is unknown or its row was removed.';
comment on column raw.restatements.created_at is 'When the load was published (UTC).';

create table ops.changed_weeks (
    load_id text not null,
    table_name text not null,
    week_date date not null,
    rows_inserted bigint not null,
    rows_updated bigint not null,
    rows_removed bigint not null,
    published_at timestamptz not null default now(),
    primary key (load_id, table_name, week_date)
);
comment on table ops.changed_weeks is 'One row per publication, table and week in which rows came, changed or went: what is to be done again.';
comment on column ops.changed_weeks.load_id is 'Load that was published.';
comment on column ops.changed_weeks.table_name is 'Table in schema raw.';
comment on column ops.changed_weeks.week_date is 'Friday that dates the week; for stock_positions the day of the count.';
comment on column ops.changed_weeks.rows_inserted is 'Rows that are new.';
comment on column ops.changed_weeks.rows_updated is 'Rows with other values than before.';
comment on column ops.changed_weeks.rows_removed is 'Rows that are gone.';
comment on column ops.changed_weeks.published_at is 'When the load was published (UTC).';

alter table ops.loads add column load_mode text not null default 'whole' check (load_mode in ('whole', 'append'));
alter table ops.loads add column header_text text not null default '';
comment on column ops.loads.load_mode is 'whole: the files are all there is; append: their rows are added to what is published.';
comment on column ops.loads.header_text is 'First line of the file, as it stands there.';
