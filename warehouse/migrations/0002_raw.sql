create table raw.store_attributes (
    store_id integer primary key,
    store_type text not null check (store_type in ('A', 'B', 'C')),
    size_sqft integer not null check (size_sqft > 0),
    load_id text not null,
    created_at timestamptz not null default now()
);
comment on table raw.store_attributes is 'One row per store, from stores.csv.';
comment on column raw.store_attributes.store_id is 'Number of the store.';
comment on column raw.store_attributes.store_type is 'A, B or C, as the retailer sorts its stores.';
comment on column raw.store_attributes.size_sqft is 'Sales area in square feet.';
comment on column raw.store_attributes.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.store_attributes.created_at is 'When the row was first published (UTC).';

create table raw.raw_sales (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    sale_date date not null,
    weekly_sales double precision not null,
    is_holiday boolean not null,
    load_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, dept_id, sale_date)
);
create index raw_sales_sale_date on raw.raw_sales (sale_date);
comment on table raw.raw_sales is 'One row per store, department and week, from train.csv.';
comment on column raw.raw_sales.store_id is 'Number of the store.';
comment on column raw.raw_sales.dept_id is 'Number of the department.';
comment on column raw.raw_sales.sale_date is 'Friday that dates the week.';
comment on column raw.raw_sales.weekly_sales is 'Sales of the week in dollars; negative where returns exceed sales.';
comment on column raw.raw_sales.is_holiday is 'Whether the file flags the week as one of the four holidays.';
comment on column raw.raw_sales.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.raw_sales.created_at is 'When the row was first published (UTC).';

create table raw.external_features (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    feature_date date not null,
    temperature double precision,
    fuel_price double precision,
    markdown_1 double precision,
    markdown_2 double precision,
    markdown_3 double precision,
    markdown_4 double precision,
    markdown_5 double precision,
    cpi double precision,
    unemployment double precision,
    is_holiday boolean not null,
    load_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, feature_date)
);
create index external_features_feature_date on raw.external_features (feature_date);
comment on table raw.external_features is 'One row per store and week of features.csv, future weeks included.';
comment on column raw.external_features.store_id is 'Number of the store.';
comment on column raw.external_features.feature_date is 'Friday that dates the week.';
comment on column raw.external_features.temperature is 'Mean temperature in degrees Fahrenheit.';
comment on column raw.external_features.fuel_price is 'Fuel price in dollars per gallon.';
comment on column raw.external_features.markdown_1 is 'Markdown 1 in dollars; unknown before November 2011.';
comment on column raw.external_features.markdown_2 is 'Markdown 2 in dollars; unknown before November 2011.';
comment on column raw.external_features.markdown_3 is 'Markdown 3 in dollars; unknown before November 2011.';
comment on column raw.external_features.markdown_4 is 'Markdown 4 in dollars; unknown before November 2011.';
comment on column raw.external_features.markdown_5 is 'Markdown 5 in dollars; unknown before November 2011.';
comment on column raw.external_features.cpi is 'Consumer price index of the region.';
comment on column raw.external_features.unemployment is 'Unemployment in percent, as published.';
comment on column raw.external_features.is_holiday is 'Whether the file flags the week as one of the four holidays.';
comment on column raw.external_features.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.external_features.created_at is 'When the row was first published (UTC).';

create table raw.stock_positions (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    stock_date date not null,
    on_hand double precision not null check (on_hand >= 0),
    on_order double precision not null default 0 check (on_order >= 0),
    expected_date date,
    unit_price double precision check (unit_price > 0),
    lead_time_days double precision check (lead_time_days > 0),
    load_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, dept_id, stock_date)
);
comment on table raw.stock_positions is 'One row per store, department and date of the optional inventory.csv.';
comment on column raw.stock_positions.store_id is 'Number of the store.';
comment on column raw.stock_positions.dept_id is 'Number of the department.';
comment on column raw.stock_positions.stock_date is 'Day of the count.';
comment on column raw.stock_positions.on_hand is 'Stock on hand: in pieces where unit_price is given, else in dollars at retail value.';
comment on column raw.stock_positions.on_order is 'Stock ordered and not yet received, in the unit of on_hand.';
comment on column raw.stock_positions.expected_date is 'Day on which the stock on order is expected.';
comment on column raw.stock_positions.unit_price is 'Retail price of a piece in dollars; empty where on_hand is in dollars.';
comment on column raw.stock_positions.lead_time_days is 'Lead time in days, where the pair has one of its own.';
comment on column raw.stock_positions.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.stock_positions.created_at is 'When the row was first published (UTC).';

create table raw.rejected_rows (
    load_id text not null,
    file_name text not null,
    line_number bigint not null,
    reason text not null,
    raw_text text not null,
    created_at timestamptz not null default now(),
    primary key (load_id, file_name, line_number)
);
comment on table raw.rejected_rows is 'One row per line of an input file that was set aside.';
comment on column raw.rejected_rows.load_id is 'Load (ops.loads) that met the line.';
comment on column raw.rejected_rows.file_name is 'Name of the file.';
comment on column raw.rejected_rows.line_number is 'Line number in the file, the header being line 1.';
comment on column raw.rejected_rows.reason is 'Why the line was set aside, in plain words.';
comment on column raw.rejected_rows.raw_text is 'The line as it stands in the file.';
comment on column raw.rejected_rows.created_at is 'When the line was set aside (UTC).';

create unlogged table raw_incoming.store_attributes (
    store_id integer, store_type text, size_sqft integer, load_id text
);
create unlogged table raw_incoming.raw_sales (
    store_id integer, dept_id integer, sale_date date, weekly_sales double precision, is_holiday boolean, load_id text
);
create unlogged table raw_incoming.external_features (
    store_id integer, feature_date date, temperature double precision, fuel_price double precision,
    markdown_1 double precision, markdown_2 double precision, markdown_3 double precision,
    markdown_4 double precision, markdown_5 double precision, cpi double precision,
    unemployment double precision, is_holiday boolean, load_id text
);
create unlogged table raw_incoming.stock_positions (
    store_id integer, dept_id integer, stock_date date, on_hand double precision, on_order double precision,
    expected_date date, unit_price double precision, lead_time_days double precision, load_id text
);
comment on table raw_incoming.store_attributes is 'stores.csv as parsed, before the audit.';
comment on table raw_incoming.raw_sales is 'train.csv as parsed, before the audit.';
comment on table raw_incoming.external_features is 'features.csv as parsed, before the audit.';
comment on table raw_incoming.stock_positions is 'inventory.csv as parsed, before the audit.';
