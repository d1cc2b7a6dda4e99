-- Three stores, the third without sales. Data end on 2012-08-31, 52 weeks after 2011-09-02.
insert into raw.store_attributes (store_id, store_code, store_name, store_type, size_sqft, load_id) values
(1, '1', null, 'A', 200000, 'l1'),
(2, '002', 'Nord', 'B', 100000, 'l1'),
(3, 'three', null, 'C', 50000, 'l1');

insert into raw.products (dept_id, product_code, product_name, level_1, load_id) values
(1, 'M-1', 'Milk', 'Food', 'l1');

insert into raw.raw_sales (store_id, dept_id, sale_date, weekly_sales, is_holiday, load_id) values
(1, 1, '2011-09-02', 100, false, 'l1'),
(1, 1, '2012-08-24', 120, false, 'l1'),
(1, 1, '2012-08-31', 150, false, 'l1'),
(1, 2, '2012-08-31', -20, false, 'l1'),
(2, 1, '2012-08-31', 80, false, 'l1'),
(2, 3, '2012-07-06', 60, false, 'l1');

insert into raw.external_features
(store_id, feature_date, temperature, markdown_1, markdown_3, is_holiday, load_id) values
(1, '2011-09-02', 75.0, null, null, false, 'l1'),
(1, '2012-08-31', 80.5, 10, 5, false, 'l1'),
(1, '2012-09-07', 78.0, null, null, true, 'l1'),
(2, '2012-08-31', 70.0, null, null, false, 'l1');

insert into raw.holidays (holiday_date, holiday_name, week_date, is_flagged, load_id) values
('2012-07-04', 'Independence Day', '2012-07-06', false, 'l1'),
('2012-09-03', 'Labor Day', '2012-09-07', true, 'l1'),
('2012-09-04', 'Labour Week', '2012-09-07', true, 'l1'),
('2012-12-25', 'Christmas Day', '2012-12-28', true, 'l1');

insert into raw.retailer (retailer_id, settings, load_id) values
(1, '{"name": "", "currency": "USD", "number_format": "1,234.5", "forecast_unit": "amount", "week_ends_on": "Friday",
"week_label": "last", "missing_week": "unknown", "horizon_weeks": 8, "holiday_weight": 5.0,
"words": {"store": "store", "stores": "stores", "product": "department", "products": "departments"},
"calendar": {"country": "US", "region": "", "holidays": [], "aligned": [], "events": []}}', 'l1');
