create table ml.forecasts (
    forecast_id text primary key,
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    origin_date date not null,
    forecast_date date not null,
    horizon_weeks smallint not null check (horizon_weeks between 1 and 39),
    predicted_sales double precision not null,
    prediction_lower double precision not null,
    prediction_upper double precision not null,
    prediction_lower_95 double precision not null,
    prediction_upper_95 double precision not null,
    model_name text not null,
    model_version text not null,
    is_champion boolean not null,
    fallback text not null default '',
    run_id text not null,
    created_at timestamptz not null default now(),
    unique (store_id, dept_id, origin_date, forecast_date, model_name)
);
create index forecasts_origin on ml.forecasts (origin_date, is_champion);
create index forecasts_model on ml.forecasts (model_name);
create index forecasts_created on ml.forecasts (created_at);
comment on table ml.forecasts is 'One row per store, department, origin, target week and model.';
comment on column ml.forecasts.forecast_id is 'store-dept-origin-week-model, for instance 1-38-20120831-20120907-lightgbm.';
comment on column ml.forecasts.store_id is 'Number of the store.';
comment on column ml.forecasts.dept_id is 'Number of the department.';
comment on column ml.forecasts.origin_date is 'Last week whose sales were known when the forecast was made.';
comment on column ml.forecasts.forecast_date is 'Target week, dated by its Friday.';
comment on column ml.forecasts.horizon_weeks is 'Weeks from the origin to the target week.';
comment on column ml.forecasts.predicted_sales is 'Point forecast in dollars.';
comment on column ml.forecasts.prediction_lower is 'Lower bound of the 80 % interval, in dollars.';
comment on column ml.forecasts.prediction_upper is 'Upper bound of the 80 % interval, in dollars.';
comment on column ml.forecasts.prediction_lower_95 is 'Lower bound of the 95 % interval, in dollars.';
comment on column ml.forecasts.prediction_upper_95 is 'Upper bound of the 95 % interval, in dollars.';
comment on column ml.forecasts.model_name is 'Candidate that made the forecast.';
comment on column ml.forecasts.model_version is 'Version in the model registry.';
comment on column ml.forecasts.is_champion is 'Whether the candidate was champion when it forecast.';
comment on column ml.forecasts.fallback is 'Simpler method used where the series is too short or stopped; empty where none was needed.';
comment on column ml.forecasts.run_id is 'Run that last changed the row.';
comment on column ml.forecasts.created_at is 'When the row was first written (UTC).';

create table ml.backtest_errors (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    origin_date date not null,
    forecast_date date not null,
    horizon_weeks smallint not null,
    model_name text not null,
    is_holiday boolean not null,
    actual_sales double precision not null,
    predicted_sales double precision not null,
    prediction_lower double precision,
    prediction_upper double precision,
    prediction_lower_95 double precision,
    prediction_upper_95 double precision,
    scale_amount double precision not null,
    fallback text not null default '',
    run_id text not null,
    created_at timestamptz not null default now(),
    primary key (model_name, origin_date, store_id, dept_id, forecast_date)
);
comment on table ml.backtest_errors is 'One row per store, department, origin, target week and model of the backtest: what the scorecard is computed from.';
comment on column ml.backtest_errors.store_id is 'Number of the store.';
comment on column ml.backtest_errors.dept_id is 'Number of the department.';
comment on column ml.backtest_errors.origin_date is 'Last week whose sales the candidate was allowed to see.';
comment on column ml.backtest_errors.forecast_date is 'Target week, dated by its Friday.';
comment on column ml.backtest_errors.horizon_weeks is 'Weeks from the origin to the target week.';
comment on column ml.backtest_errors.model_name is 'Candidate that made the forecast.';
comment on column ml.backtest_errors.is_holiday is 'Whether the target week is a holiday week.';
comment on column ml.backtest_errors.actual_sales is 'Sales of the target week in dollars.';
comment on column ml.backtest_errors.predicted_sales is 'Point forecast in dollars.';
comment on column ml.backtest_errors.prediction_lower is 'Lower bound of the 80 % interval, in dollars. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_upper is 'Upper bound of the 80 % interval, in dollars. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_lower_95 is 'Lower bound of the 95 % interval, in dollars. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_upper_95 is 'Upper bound of the 95 % interval, in dollars. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.scale_amount is 'Scale of the series known at the origin, in dollars: mean absolute sales of the last 52 weeks.';
comment on column ml.backtest_errors.fallback is 'Simpler method used where the series is too short or stopped.';
comment on column ml.backtest_errors.run_id is 'Run that last changed the row.';
comment on column ml.backtest_errors.created_at is 'When the row was first written (UTC).';

create table ml.promotions (
    promotion_id bigint generated always as identity primary key,
    alias text not null check (alias in ('champion', 'challenger')),
    model_name text not null,
    model_version text not null,
    wmae_amount double precision not null,
    baseline_wmae_amount double precision not null,
    origin_count integer not null,
    data_fingerprint text not null,
    reason text not null,
    run_id text not null,
    created_at timestamptz not null default now()
);
comment on table ml.promotions is 'One row per setting of a registry alias, with the figures that decided it.';
comment on column ml.promotions.promotion_id is 'Number of the entry.';
comment on column ml.promotions.alias is 'Registry alias that was set.';
comment on column ml.promotions.model_name is 'Candidate behind the alias.';
comment on column ml.promotions.model_version is 'Version in the model registry.';
comment on column ml.promotions.wmae_amount is 'Weighted mean absolute error over the origins, in dollars; holiday weeks weigh 5.';
comment on column ml.promotions.baseline_wmae_amount is 'The same for seasonal naive on the same rows, in dollars.';
comment on column ml.promotions.origin_count is 'Number of origins compared.';
comment on column ml.promotions.data_fingerprint is 'Hash of the features the models were trained on.';
comment on column ml.promotions.reason is 'Why the alias was set, in one sentence.';
comment on column ml.promotions.run_id is 'Run that last changed the row.';
comment on column ml.promotions.created_at is 'When the row was first written (UTC).';

create table ml.inventory_recommendations (
    recommendation_id text primary key,
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    recommendation_date date not null,
    current_stock double precision not null,
    stock_source text not null check (stock_source in ('counted', 'simulated')),
    on_order double precision not null,
    avg_daily_demand double precision not null,
    demand_volatility double precision not null,
    lead_time_weeks double precision not null check (lead_time_weeks > 0),
    review_period_weeks double precision not null check (review_period_weeks > 0),
    service_level double precision not null check (service_level > 0 and service_level < 1),
    reorder_point double precision not null,
    safety_stock double precision not null,
    order_up_to_level double precision not null,
    order_quantity double precision not null check (order_quantity >= 0),
    days_until_stockout double precision,
    stockout_probability double precision not null check (stockout_probability between 0 and 1),
    status text not null check (status in ('adequate', 'monitor', 'reorder', 'critical')),
    expected_lost_margin double precision not null,
    holding_cost double precision not null,
    value_at_risk double precision not null,
    agent_reasoning text not null default '',
    run_id text not null,
    created_at timestamptz not null default now(),
    unique (store_id, dept_id, recommendation_date)
);
create index inventory_recommendations_status on ml.inventory_recommendations (recommendation_date, status);
create index inventory_recommendations_created on ml.inventory_recommendations (created_at);
comment on table ml.inventory_recommendations is 'One row per store, department and decision week.';
comment on column ml.inventory_recommendations.recommendation_id is 'store-dept-week, for instance 1-38-20120831.';
comment on column ml.inventory_recommendations.store_id is 'Number of the store.';
comment on column ml.inventory_recommendations.dept_id is 'Number of the department.';
comment on column ml.inventory_recommendations.recommendation_date is 'Decision week: the last week with known sales.';
comment on column ml.inventory_recommendations.current_stock is 'Stock on hand in dollars at retail value.';
comment on column ml.inventory_recommendations.stock_source is 'counted (inventory.csv) or simulated.';
comment on column ml.inventory_recommendations.on_order is 'Stock ordered and not yet received, in dollars at retail value.';
comment on column ml.inventory_recommendations.avg_daily_demand is 'Mean demand per day over the protection period, in dollars.';
comment on column ml.inventory_recommendations.demand_volatility is 'Standard deviation of weekly demand in the protection period, in dollars.';
comment on column ml.inventory_recommendations.lead_time_weeks is 'Mean lead time in weeks.';
comment on column ml.inventory_recommendations.review_period_weeks is 'Weeks between two reviews.';
comment on column ml.inventory_recommendations.service_level is 'Target cycle service level, a fraction.';
comment on column ml.inventory_recommendations.reorder_point is 'Stock position at or below which to order, in dollars.';
comment on column ml.inventory_recommendations.safety_stock is 'Reorder point less mean demand over the protection period, in dollars; never below zero.';
comment on column ml.inventory_recommendations.order_up_to_level is 'Stock position that an order restores, in dollars.';
comment on column ml.inventory_recommendations.order_quantity is 'Recommended order in dollars at retail value.';
comment on column ml.inventory_recommendations.days_until_stockout is 'Days until the median path of demand exhausts stock on hand and on order; empty where it lasts beyond the forecast.';
comment on column ml.inventory_recommendations.stockout_probability is 'Probability that stock runs out before the earliest possible delivery of an order placed now.';
comment on column ml.inventory_recommendations.status is 'critical, reorder, monitor or adequate.';
comment on column ml.inventory_recommendations.expected_lost_margin is 'Margin expected to be lost before the earliest delivery, in dollars.';
comment on column ml.inventory_recommendations.holding_cost is 'Cost of holding the current stock for one review period, in dollars.';
comment on column ml.inventory_recommendations.value_at_risk is 'Money by which exceptions are ranked, in dollars: margin expected to be lost over the protection period if nothing is ordered now, plus the cost of holding excess stock for that period.';
comment on column ml.inventory_recommendations.agent_reasoning is 'What the inventory agent said of it, numbers checked.';
comment on column ml.inventory_recommendations.run_id is 'Run that last changed the row.';
comment on column ml.inventory_recommendations.created_at is 'When the row was first written (UTC).';

create table ml.sales_anomalies (
    store_id integer not null references raw.store_attributes (store_id) on delete cascade,
    dept_id integer not null,
    sale_date date not null,
    detector text not null,
    score double precision not null,
    expected_sales double precision not null,
    actual_sales double precision not null,
    reason text not null,
    run_id text not null,
    created_at timestamptz not null default now(),
    primary key (store_id, dept_id, sale_date, detector)
);
create index sales_anomalies_date on ml.sales_anomalies (sale_date);
comment on table ml.sales_anomalies is 'One row per store, department, week and detector.';
comment on column ml.sales_anomalies.store_id is 'Number of the store.';
comment on column ml.sales_anomalies.dept_id is 'Number of the department.';
comment on column ml.sales_anomalies.sale_date is 'Friday that dates the week.';
comment on column ml.sales_anomalies.detector is 'Name of the detector.';
comment on column ml.sales_anomalies.score is 'Deviation in robust standard deviations; its sign is the direction.';
comment on column ml.sales_anomalies.expected_sales is 'Sales that were expected, in dollars.';
comment on column ml.sales_anomalies.actual_sales is 'Sales that came, in dollars.';
comment on column ml.sales_anomalies.reason is 'Why it is unusual, in one sentence.';
comment on column ml.sales_anomalies.run_id is 'Run that last changed the row.';
comment on column ml.sales_anomalies.created_at is 'When the row was first written (UTC).';
