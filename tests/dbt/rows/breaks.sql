-- assert_accuracy_reconciles_with_backtest
update marts.fct_forecast_accuracy set absolute_error_amount = absolute_error_amount + 1;
-- assert_forecast_totals_add_up
update marts.fct_forecast_totals set forecast_amount = forecast_amount + 0.02 where level_name = 'store';
-- assert_accuracy_adds_up_at_every_level
update marts.fct_forecast_accuracy set error_amount = error_amount + 0.02 where level_name = 'department';
-- assert_weekly_sales_reconcile_with_raw
update marts.fct_weekly_sales set sales_amount = sales_amount + 0.02;
-- assert_forecasts_reconcile_with_models
delete from marts.fct_forecasts where forecast_id = 'past';
-- assert_recommendations_reconcile_with_models
update marts.fct_inventory_recommendations set order_quantity_amount = 0;
-- assert_orders_reconcile_with_recommendations
alter table ops.decisions disable trigger complete_decision;
insert into ops.decisions
(recommendation_id, store_id, dept_id, recommendation_date, recommended_quantity, recommended_status, review_reason,
 decision, snooze_until, decided_by, effective_quantity) values
('2-1', 2, 1, '2012-08-31', 0, 'adequate', '', 'snooze', '2012-10-05', 'Ana', 5);
-- assert_anomalies_agree_with_weekly_sales
update marts.fct_sales_anomalies set actual_quantity = 1;
-- assert_summary_totals_reconcile_with_weekly_sales
update marts.dim_departments set total_sales_quantity = total_sales_quantity + 1;
-- assert_loads_account_for_every_row
delete from raw.rejected_rows;
-- assert_inventory_policies_have_one_default
delete from staging.inventory_policies where policy_id = 'default';
-- assert_inventory_policies_are_unambiguous
update staging.inventory_policies set store_type = 'A' where policy_id = 'type_b';
-- accepted_range_inventory_policies_service_level_rate__0_999__0_5
update staging.inventory_policies set service_level_rate = 1.5 where policy_id = 'type_c';
-- accepted_range_inventory_policies_ordering_cost_amount__0
update staging.inventory_policies set ordering_cost_amount = -1 where policy_id = 'type_c';
-- accepted_range_inventory_policies_minimum_order_units__0
update staging.inventory_policies set minimum_order_units = -1 where policy_id = 'type_c';
-- accepted_values_inventory_policies_policy_kind___R_S____R_s_S____s_Q_
update staging.inventory_policies set policy_kind = '(s,S)' where policy_id = 'type_c';
-- accepted_values_inventory_policies_target_kind__cycle_service__fill_rate
update staging.inventory_policies set target_kind = 'fillrate' where policy_id = 'type_b';
-- assert_stores_have_one_current_state
delete from intermediate.snap_raw__stores where store_id = 1;
-- accepted_range_fct_forecast_drift_wape_rate__0
update marts.fct_forecast_drift set wape_rate = -1;
-- relationships_fct_forecast_accuracy_dept_id__dept_id__ref_dim_departments_
update marts.fct_forecast_accuracy set dept_id = 98 where level_name = 'pair';
