-- Codes and names as the retailer writes them, pieces beside money, and what the retailer is.
alter table raw.store_attributes add column store_code text;
alter table raw.store_attributes add column store_name text;
update raw.store_attributes set store_code = store_id::text;
alter table raw.store_attributes alter column store_code set not null;
create function raw.fill_store_code() returns trigger language plpgsql as $$
begin
    new.store_code := coalesce(new.store_code, new.store_id::text);
    return new;
end
$$;
comment on function raw.fill_store_code() is 'A store whose files give it no code has its number for one.';
create trigger fill_store_code before insert or update on raw.store_attributes
for each row execute function raw.fill_store_code();
alter table raw.store_attributes add constraint store_attributes_store_code_key unique (store_code);
alter table raw_incoming.store_attributes add column store_code text, add column store_name text;
comment on column raw.store_attributes.store_code is 'Code of the store, as the files write it.';
comment on column raw.store_attributes.store_name is 'Name of the store; empty where no file says.';

create table raw.products (
    dept_id integer primary key,
    product_code text not null unique,
    product_name text,
    level_1 text,
    level_2 text,
    level_3 text,
    load_id text not null,
    created_at timestamptz not null default now()
);
comment on table raw.products is 'One row per product, or per category or department where that is the level that is forecast.';
comment on column raw.products.dept_id is 'Key of what is forecast: a department, a category or a product.';
comment on column raw.products.product_code is 'Its code, as the files write it.';
comment on column raw.products.product_name is 'Its name; empty where no file says.';
comment on column raw.products.level_1 is 'The coarsest level of the hierarchy above it; empty where there is none.';
comment on column raw.products.level_2 is 'The next level of the hierarchy above it; empty where there is none.';
comment on column raw.products.level_3 is 'The third level of the hierarchy above it; empty where there is none.';
comment on column raw.products.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.products.created_at is 'When the row was first published (UTC).';
insert into raw.products (dept_id, product_code, load_id)
select dept_id, dept_id::text, max(load_id) from raw.raw_sales group by dept_id;
create unlogged table raw_incoming.products (
    dept_id integer, product_code text, product_name text, level_1 text, level_2 text, level_3 text, load_id text
);
comment on table raw_incoming.products is 'Products as parsed, before the audit.';

create table raw.keys (
    key_kind text not null check (key_kind in ('store', 'product')),
    code text not null,
    key_id integer not null,
    created_at timestamptz not null default now(),
    primary key (key_kind, code),
    unique (key_kind, key_id)
);
comment on table raw.keys is 'One row per code of a store or product that ever arrived: the number that stands for it, given once.';
comment on column raw.keys.key_kind is 'store or product.';
comment on column raw.keys.code is 'The code, as the files write it.';
comment on column raw.keys.key_id is 'The number that stands for it in every table; never reused.';
comment on column raw.keys.created_at is 'When the code first arrived (UTC).';
insert into raw.keys (key_kind, code, key_id) select 'store', store_code, store_id from raw.store_attributes;
insert into raw.keys (key_kind, code, key_id) select 'product', product_code, dept_id from raw.products;

alter table raw.raw_sales add column weekly_units double precision, add column weekly_amount double precision;
alter table raw_incoming.raw_sales
add column weekly_units double precision, add column weekly_amount double precision;
comment on column raw.raw_sales.sale_date is 'Last day of the week.';
comment on column raw.raw_sales.weekly_sales is 'Sales of the week in the unit that is forecast, pieces or money; negative where returns exceed sales.';
comment on column raw.raw_sales.weekly_units is 'Pieces sold in the week where money is forecast; empty where they are forecast themselves or not known.';
comment on column raw.raw_sales.weekly_amount is 'Money taken in the week where pieces are forecast; empty where it is forecast itself or not known.';
comment on column raw.raw_sales.is_holiday is 'Whether a holiday lies in the week: as the file flags it, else by the calendar.';

create table raw.retailer (
    retailer_id smallint primary key check (retailer_id = 1),
    settings text not null,
    load_id text not null,
    created_at timestamptz not null default now()
);
comment on table raw.retailer is 'One row: the retailer whose data is published, as its mapping says.';
comment on column raw.retailer.retailer_id is 'Always 1.';
comment on column raw.retailer.settings is 'Unit, currency, words, weeks and calendar as JSON.';
comment on column raw.retailer.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.retailer.created_at is 'When the row was first published (UTC).';
create unlogged table raw_incoming.retailer (retailer_id smallint, settings text, load_id text);
comment on table raw_incoming.retailer is 'The retailer, before the audit.';

create table raw.holidays (
    holiday_date date,
    holiday_name text,
    week_date date not null,
    is_flagged boolean not null,
    load_id text not null,
    created_at timestamptz not null default now(),
    primary key (holiday_date, holiday_name)
);
create index holidays_week_date on raw.holidays (week_date);
comment on table raw.holidays is 'One row per holiday or event of the calendar and day, from the first week of sales to years after the last.';
comment on column raw.holidays.holiday_date is 'The day.';
comment on column raw.holidays.holiday_name is 'Name of the holiday or event.';
comment on column raw.holidays.week_date is 'Last day of the week that it lies in.';
comment on column raw.holidays.is_flagged is 'Whether its week counts as a holiday week.';
comment on column raw.holidays.load_id is 'Load (ops.loads) that last changed the row.';
comment on column raw.holidays.created_at is 'When the row was first published (UTC).';
create unlogged table raw_incoming.holidays (
    holiday_date date, holiday_name text, week_date date, is_flagged boolean, load_id text
);
comment on table raw_incoming.holidays is 'Holidays of the calendar, before the audit.';

alter table ops.loads
add column week_rows bigint,
add column zero_rows bigint,
add column return_rows bigint,
add column left_out_rows bigint,
add column read_units double precision,
add column left_out_units double precision,
add column week_units double precision,
add column read_amount double precision,
add column left_out_amount double precision,
add column week_amount double precision;
comment on column ops.loads.week_rows is 'Of sales: rows of series and weeks that the accepted rows were summed to.';
comment on column ops.loads.zero_rows is 'Of sales: rows of weeks without a sale that were added, because the store reported others.';
comment on column ops.loads.return_rows is 'Of sales: accepted rows that took something back.';
comment on column ops.loads.left_out_rows is 'Of sales: accepted rows of a first or last week that is not whole.';
comment on column ops.loads.read_units is 'Pieces of the accepted rows; empty where the file has none.';
comment on column ops.loads.left_out_units is 'Pieces of the rows of weeks that are not whole.';
comment on column ops.loads.week_units is 'Pieces of the weeks; read = weeks + left out.';
comment on column ops.loads.read_amount is 'Money of the accepted rows; empty where the file has none.';
comment on column ops.loads.left_out_amount is 'Money of the rows of weeks that are not whole.';
comment on column ops.loads.week_amount is 'Money of the weeks; read = weeks + left out.';
