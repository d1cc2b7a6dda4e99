create table features.engineered_features (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    feature_date date not null,
    week_of_year smallint not null,
    month smallint not null,
    quarter smallint not null,
    is_month_start boolean not null,
    is_month_end boolean not null,
    is_quarter_start boolean not null,
    is_quarter_end boolean not null,
    days_to_holiday integer,
    holiday_name text,
    sales_lag_1 double precision,
    sales_lag_2 double precision,
    sales_lag_4 double precision,
    sales_lag_8 double precision,
    sales_lag_52 double precision,
    sales_last_year_aligned double precision,
    rolling_mean_4 double precision,
    rolling_mean_13 double precision,
    rolling_mean_52 double precision,
    rolling_std_4 double precision,
    rolling_std_13 double precision,
    rolling_min_4 double precision,
    rolling_max_4 double precision,
    weeks_observed integer not null,
    temperature double precision,
    temperature_deviation double precision,
    fuel_price double precision,
    fuel_price_change double precision,
    cpi double precision,
    cpi_change double precision,
    unemployment double precision,
    unemployment_change double precision,
    total_markdown double precision,
    has_markdown boolean,
    markdown_count smallint,
    store_type text not null,
    size_sqft integer not null,
    size_normalized double precision not null,
    weekly_sales double precision,
    is_holiday boolean not null,
    run_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, dept_id, feature_date)
);
create index engineered_features_date on features.engineered_features (feature_date);
comment on table features.engineered_features is 'One row per store, department and week of the completed calendar, one week beyond the last known sales included.';
comment on column features.engineered_features.store_id is 'Number of the store.';
comment on column features.engineered_features.dept_id is 'Number of the department.';
comment on column features.engineered_features.feature_date is 'Friday that dates week t; the row holds what was known before week t began, and the sales of week t as the label.';
comment on column features.engineered_features.week_of_year is 'ISO week of week t.';
comment on column features.engineered_features.month is 'Month of week t.';
comment on column features.engineered_features.quarter is 'Quarter of week t.';
comment on column features.engineered_features.is_month_start is 'Whether the first day of a month falls in the seven days that end on feature_date.';
comment on column features.engineered_features.is_month_end is 'Whether the last day of a month falls in the seven days that end on feature_date.';
comment on column features.engineered_features.is_quarter_start is 'Whether the first day of a quarter falls in the seven days that end on feature_date.';
comment on column features.engineered_features.is_quarter_end is 'Whether the last day of a quarter falls in the seven days that end on feature_date.';
comment on column features.engineered_features.days_to_holiday is 'Days from week t to the next of the four holidays of the calendar; 0 in a holiday week.';
comment on column features.engineered_features.holiday_name is 'super_bowl, labor_day, thanksgiving or christmas where one falls in week t.';
comment on column features.engineered_features.sales_lag_1 is 'Sales 1 week before week t, in dollars.';
comment on column features.engineered_features.sales_lag_2 is 'Sales 2 weeks before week t, in dollars.';
comment on column features.engineered_features.sales_lag_4 is 'Sales 4 weeks before week t, in dollars.';
comment on column features.engineered_features.sales_lag_8 is 'Sales 8 weeks before week t, in dollars.';
comment on column features.engineered_features.sales_lag_52 is 'Sales 52 weeks before week t, in dollars.';
comment on column features.engineered_features.sales_last_year_aligned is 'Sales of last year''s week that holds the same holiday, else 52 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_mean_4 is 'Mean of known weekly sales in the 4 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_mean_13 is 'Mean of known weekly sales in the 13 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_mean_52 is 'Mean of known weekly sales in the 52 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_std_4 is 'Sample standard deviation of known weekly sales in the 4 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_std_13 is 'Sample standard deviation of known weekly sales in the 13 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_min_4 is 'Least weekly sales in the 4 weeks before week t, in dollars.';
comment on column features.engineered_features.rolling_max_4 is 'Greatest weekly sales in the 4 weeks before week t, in dollars.';
comment on column features.engineered_features.weeks_observed is 'Number of weeks with known sales before week t.';
comment on column features.engineered_features.temperature is 'Temperature of the week before week t, in degrees Fahrenheit.';
comment on column features.engineered_features.temperature_deviation is 'That temperature less the store''s mean temperature over all weeks before it, in degrees Fahrenheit.';
comment on column features.engineered_features.fuel_price is 'Fuel price of the week before week t, in dollars per gallon.';
comment on column features.engineered_features.fuel_price_change is 'Change of that fuel price against the week before it, in dollars per gallon.';
comment on column features.engineered_features.cpi is 'Consumer price index of the week before week t.';
comment on column features.engineered_features.cpi_change is 'Change of that index against the week before it.';
comment on column features.engineered_features.unemployment is 'Unemployment of the week before week t, in percent.';
comment on column features.engineered_features.unemployment_change is 'Change of that unemployment against the week before it, in percentage points.';
comment on column features.engineered_features.total_markdown is 'Sum of the five markdowns in the week before week t, in dollars; unknown before November 2011.';
comment on column features.engineered_features.has_markdown is 'Whether any markdown ran in the week before week t; unknown before November 2011.';
comment on column features.engineered_features.markdown_count is 'Number of markdowns in the week before week t; unknown before November 2011.';
comment on column features.engineered_features.store_type is 'Type of the store: A, B or C.';
comment on column features.engineered_features.size_sqft is 'Size of the store in square feet.';
comment on column features.engineered_features.size_normalized is 'Size of the store as a fraction of the largest store.';
comment on column features.engineered_features.weekly_sales is 'Sales of week t in dollars: the label; empty where not known.';
comment on column features.engineered_features.is_holiday is 'Whether week t is flagged as a holiday week.';
comment on column features.engineered_features.run_id is 'Run that last changed the row.';
comment on column features.engineered_features.created_at is 'When the row was first published (UTC).';
