-- What the sample's run does not end in, written where code would write it; dbt makes the marts of it.

-- The largest order is critical, most money is at risk there, and a person has to look at it.
update ml.inventory_recommendations
set status = 'critical', review_reason = 'large_order', value_at_risk = 100000
where order_quantity = (select max(order_quantity) from ml.inventory_recommendations);

-- One pair has only the eight weeks of a single backtest.
delete from ml.backtest_errors
where store_id = 1 and dept_id = 1 and origin_date > (select min(origin_date) from ml.backtest_errors);

-- In the newest week every model drifts.
update ml.forecast_drift
set
    is_outside = true, is_drifting = true,
    sentence = 'WAPE 41.0% and bias +40.2%; expected were a WAPE of at most 29.4% and a bias from -25.0% to +10.7%.'
where week_date = (select max(week_date) from ml.forecast_drift);

-- A rule that warns is broken.
update ops.audit_results set is_success = false, unexpected_count = 2
where description = 'No week is missing altogether between the first and the last.';

-- Of three figures of the load, one lies beyond its limit.
insert into ops.load_drift
(load_id, measure_name, part_name, subject, baseline_value, incoming_value, shift_value, warning_limit, detail)
select load_id, measure, 'new weeks', subject, before, now, shift, warning_limit, detail
from ops.loads
cross join (
    values
    ('store_rows', 'store 2', 6, 4, 0.33, 0.15, ''),
    ('sales_distribution', 'type A', 9800, 9900, 0.03, 0.2, ''),
    ('vanished_pairs', 'store 2', 6, 4, 0.33, 0.5, '3, 5')
) as drift (measure, subject, before, now, shift, warning_limit, detail)
where table_name = 'raw_sales';

-- Two lines were set aside, and an address stands in one of them.
insert into raw.rejected_rows (load_id, file_name, line_number, reason, raw_text)
select load_id, file_name, line_number, 'weekly_sales is not a number', raw_text
from ops.loads
cross join (
    values (17, '1,1,2010-05-28,n.a.,FALSE'), (212, '1,2,2011-03-04,![x](http://elsewhere.example/line),FALSE')
) as lines (line_number, raw_text)
where table_name = 'raw_sales';

-- The reports say a figure that no tool returned, and what would load or do something were it more than text.
update agents.agent_outputs
set
    grounded_share = 0.75, unsupported_numbers = '41', is_clean = false,
    agent_response = agent_response || E'\n\nSales rose by [unchecked: 41] percent.'
        ' ![x](http://elsewhere.example/report) <img src="http://elsewhere.example/tag" onerror="alert(1)">'
        ' [Press here](javascript:alert(2)) www.elsewhere.example'
where analysis_type = 'report';
