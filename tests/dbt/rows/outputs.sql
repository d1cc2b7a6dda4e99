-- What two models, an audit, a load and an agent wrote. Department 99 never sold: its forecast is left out.
insert into ml.forecasts
(forecast_id, store_id, dept_id, origin_date, forecast_date, horizon_weeks, predicted_sales,
 prediction_lower, prediction_upper, prediction_lower_95, prediction_upper_95,
 model_name, model_version, is_champion, run_id) values
('past', 1, 1, '2012-08-24', '2012-08-31', 1, 140, 100, 180, 80, 200, 'lightgbm', '1', true, 'r1'),
('ahead', 1, 1, '2012-08-31', '2012-09-07', 1, 160, 120, 200, 90, 230, 'lightgbm', '1', true, 'r1'),
('rival', 1, 1, '2012-08-31', '2012-09-07', 1, 120, 90, 150, 70, 170, 'seasonal_naive', '1', false, 'r1'),
('stranger', 1, 99, '2012-08-31', '2012-09-07', 1, 5, 1, 9, 0, 10, 'lightgbm', '1', true, 'r1');

-- LightGBM errs by 10, and by 30 in a holiday week; seasonal naive by 50 and 90.
insert into ml.backtest_errors
(store_id, dept_id, origin_date, forecast_date, horizon_weeks, model_name, is_holiday, actual_sales, predicted_sales,
 prediction_lower, prediction_upper, prediction_lower_95, prediction_upper_95, scale_amount, run_id) values
(1, 1, '2012-08-24', '2012-08-31', 1, 'lightgbm', false, 150, 140, 100, 180, 80, 200, 100, 'r1'),
(1, 1, '2012-08-24', '2012-09-07', 2, 'lightgbm', true, 100, 130, 110, 150, 90, 170, 100, 'r1'),
(1, 1, '2012-08-24', '2012-08-31', 1, 'seasonal_naive', false, 150, 100, null, null, null, null, 100, 'r1'),
(1, 1, '2012-08-24', '2012-09-07', 2, 'seasonal_naive', true, 100, 190, null, null, null, null, 100, 'r1');

insert into ml.inventory_recommendations
(recommendation_id, store_id, dept_id, recommendation_date, current_stock, stock_source, on_order, stock_position, avg_daily_demand,
 demand_volatility, lead_time_weeks, review_period_weeks, service_level, reorder_point, safety_stock, order_up_to_level,
 order_quantity, days_until_stockout, stockout_probability, status, expected_lost_margin, holding_cost, value_at_risk,
 policy_id, minimum_order, pack_size, margin_rate, holding_cost_rate, run_id) values
('1-1', 1, 1, '2012-08-31', 100, 'simulated', 0, 100, 20, 5, 2, 1, 0.95, 500, 80, 700, 600, 5, 0.9, 'critical', 30, 1, 40,
 'type_a', 100, 50, 0.3, 0.25, 'r1'),
('2-1', 2, 1, '2012-08-31', 900, 'counted', 0, 900, 20, 5, 2, 1, 0.95, 500, 80, 700, 0, null, 0.01, 'adequate', 0, 9, 90,
 'type_b', 100, 50, 0.3, 0.25, 'r1'),
('1-1-before', 1, 1, '2012-08-24', 50, 'simulated', 0, 50, 20, 5, 0.5, 0.5, 0.95, 500, 80, 700, 650, 2, 0.95, 'critical',
 50, 1, 60, 'type_a', 100, 50, 0.3, 0.25, 'r1');

-- What people decided: the second decision on 1-1 rules.
insert into ops.decisions
(recommendation_id, decision, order_quantity, effective_quantity, snooze_until, reason, decided_by) values
('1-1-before', 'override', 210, 250, null, 'Enough in the back room.', 'Ben'),
('1-1', 'snooze', null, null, '2012-10-05', '', 'Ana'),
('1-1', 'approve', null, null, null, '', 'Ana');

insert into ml.sales_anomalies
(store_id, dept_id, sale_date, detector, score, expected_sales, actual_sales, reason, run_id) values
(1, 1, '2012-08-31', 'residual', 4, 110, 150, 'High.', 'r1'),
(2, 3, '2012-07-06', 'residual', -4, 90, 60, 'Low.', 'r1');

-- Two weeks judged: the last one drifts.
insert into ml.forecast_drift
(model_name, week_date, source, origin_date, forecast_count, wape_share, bias_share, expected_week_count,
 expected_wape_lower, expected_wape_upper, expected_bias_lower, expected_bias_upper, is_outside, is_drifting, sentence,
 run_id) values
('lightgbm', '2012-08-24', 'backtest', '2012-08-17', 3, 0.1, 0.01, 0, null, null, null, null, false, false, 'Fine.', 'r1'),
('lightgbm', '2012-08-31', 'forecast', '2012-08-24', 3, 0.3, 0.2, 32, 0.06, 0.12, -0.05, 0.06, true, true, 'Far.', 'r1');

insert into ml.promotions
(alias, model_name, model_version, wmae_amount, baseline_wmae_amount, origin_count, data_fingerprint, reason, run_id) values
('champion', 'seasonal_naive', '1', 83, 83, 1, 'f', 'First.', 'r0'),
('champion', 'lightgbm', '1', 27, 83, 1, 'f', 'Better.', 'r1');

insert into ops.pipeline_runs (run_id, stage, status, duration_seconds, row_count, message) values
('r1', 'ingest', 'succeeded', 2.5, 6, '6 rows');

insert into ops.loads
(load_id, run_id, table_name, file_name, file_sha256, source_kind, status,
 rows_read, rows_accepted, rows_rejected, rows_duplicate, published_at) values
('l1', 'r1', 'raw_sales', 'train.csv', 'abc', 'files', 'published', 8, 6, 1, 1, '2012-09-01');

insert into raw.rejected_rows (load_id, file_name, line_number, reason, raw_text) values
('l1', 'train.csv', 4, 'No date.', '1,1,,5');

insert into ops.audit_results
(run_id, load_id, suite_name, table_name, expectation_name, description, severity, is_success, created_at) values
('r0', 'l1', 'sales', 'raw_sales', 'unique', 'Once.', 'critical', false, '2012-09-01'),
('r1', 'l1', 'sales', 'raw_sales', 'unique', 'Once.', 'critical', true, '2012-09-02');

insert into ops.load_profiles
(load_id, table_name, column_name, row_count, missing_count, distinct_count, mean_value) values
('l1', 'raw_sales', 'weekly_sales', 6, 0, 6, 100);

insert into ops.load_drift
(load_id, measure_name, part_name, subject, baseline_value, incoming_value, shift_value, warning_limit) values
('l1', 'store_rows', 'new weeks', 'store 1', 2, 2, 0, 0.15);

insert into agents.agent_outputs
(output_id, store_id, dept_id, analysis_type, agent_name, agent_response, execution_time_seconds, tokens_used, model,
 grounded_share, is_clean, run_id) values
('o1', 1, 1, 'report', 'writer', 'Order 600.', 0.5, 12, 'narrator', 1, true, 'r1');
