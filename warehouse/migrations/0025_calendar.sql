-- Weeks are dated by their last day, whatever weekday that is, and holidays are the calendar's.
comment on column raw.external_features.feature_date is 'Last day of the week, which dates it.';
comment on column raw.external_features.is_holiday is 'Whether a holiday lies in the week: as the file flags it, else by the calendar.';
comment on column features.engineered_features.feature_date is 'Last day of week t, which dates it; the row holds what was known before week t began, and the sales of week t as the label.';
comment on column features.engineered_features.days_to_holiday is 'Days from week t to the next holiday week of the calendar; 0 in one, empty where none is ahead.';
comment on column features.engineered_features.holiday_name is 'Name of the first flagged holiday of week t; empty where it has none.';
comment on column ml.forecasts.forecast_date is 'Target week, dated by its last day.';
comment on column ml.backtest_errors.forecast_date is 'Target week, dated by its last day.';
comment on column ml.promotions.wmae_amount is 'Mean absolute error over the origins in which holiday weeks weigh more.';
comment on column ml.sales_anomalies.sale_date is 'Last day of the week, which dates it.';
comment on column ml.forecast_drift.week_date is 'Target week, dated by its last day; its sales are known.';
comment on column ml.forecast_drift.origin_date is 'Origin of the newest forecast before the week, dated by its last day.';
comment on column ops.decisions.recommendation_date is 'Decision week of the recommendation, dated by its last day.';
comment on column ops.purchase_orders.order_date is 'Decision week of the order, dated by its last day.';
comment on column raw.restatements.week_date is 'Last day of the week, which dates it; empty for attributes of a store.';
comment on column ops.changed_weeks.week_date is 'Last day of the week, which dates it; for stock_positions the day of the count.';
