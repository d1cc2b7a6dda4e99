-- Forecasts and recommendations say their unit; pieces stand beside money where a price is known.
alter table ml.forecasts
    add column unit_name text not null default 'amount' check (unit_name in ('units', 'amount')),
    add column unit_price double precision check (unit_price > 0),
    add column price_source text not null default ''
        check (price_source in ('stock', 'sales', 'product', 'assumed', ''));
comment on column ml.forecasts.predicted_sales is 'Point forecast in the unit of unit_name.';
comment on column ml.forecasts.prediction_lower is 'Lower bound of the 80 % interval, in the unit of unit_name.';
comment on column ml.forecasts.prediction_upper is 'Upper bound of the 80 % interval, in the unit of unit_name.';
comment on column ml.forecasts.prediction_lower_95 is 'Lower bound of the 95 % interval, in the unit of unit_name.';
comment on column ml.forecasts.prediction_upper_95 is 'Upper bound of the 95 % interval, in the unit of unit_name.';
comment on column ml.forecasts.unit_name is 'What is forecast: units (pieces) or amount (money).';
comment on column ml.forecasts.unit_price is 'Retail price of a piece as known at the origin; empty where none is known and money is forecast.';
comment on column ml.forecasts.price_source is 'Where the price is from: stock (a count), sales (of the pair), product (its sales in other stores), assumed (1, since nothing says); empty without a price.';

comment on column ml.backtest_errors.actual_sales is 'Sales of the target week in the unit that is forecast.';
comment on column ml.backtest_errors.predicted_sales is 'Point forecast in the unit that is forecast.';
comment on column ml.backtest_errors.prediction_lower is 'Lower bound of the 80 % interval, in the unit that is forecast. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_upper is 'Upper bound of the 80 % interval, in the unit that is forecast. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_lower_95 is 'Lower bound of the 95 % interval, in the unit that is forecast. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.prediction_upper_95 is 'Upper bound of the 95 % interval, in the unit that is forecast. Empty where no earlier origin could calibrate it.';
comment on column ml.backtest_errors.scale_amount is 'Scale of the series known at the origin, in the unit that is forecast: mean absolute sales of the last 52 weeks.';
comment on column ml.promotions.wmae_amount is 'Weighted mean absolute error over the origins, in the unit that is forecast.';
comment on column ml.promotions.baseline_wmae_amount is 'The same for seasonal naive on the same rows.';

alter table ml.inventory_recommendations
    add column unit_name text not null default 'amount' check (unit_name in ('units', 'amount')),
    add column price_source text not null default ''
        check (price_source in ('stock', 'sales', 'product', 'assumed', '')),
    add column current_stock_units double precision,
    add column on_order_units double precision,
    add column stock_position_units double precision,
    add column avg_daily_demand_units double precision,
    add column demand_volatility_units double precision,
    add column reorder_point_units double precision,
    add column safety_stock_units double precision,
    add column order_up_to_level_units double precision,
    add column minimum_order_units double precision,
    add column pack_size_units double precision;
update ml.inventory_recommendations set price_source = 'stock', pack_size_units = round(pack_size / unit_price)
where unit_price is not null;
comment on column ml.inventory_recommendations.unit_name is 'What is forecast and ordered: units (pieces) or amount (money).';
comment on column ml.inventory_recommendations.price_source is 'Where the price is from: stock (a count), sales (of the pair), product (its sales in other stores), assumed (1, since nothing says); empty without a price.';
comment on column ml.inventory_recommendations.unit_price is 'Retail price of a piece as known at the decision; empty where none is known and money is forecast.';
comment on column ml.inventory_recommendations.current_stock_units is 'Stock on hand in pieces; empty without a price.';
comment on column ml.inventory_recommendations.on_order_units is 'Stock on order in pieces; empty without a price.';
comment on column ml.inventory_recommendations.stock_position_units is 'Position that the order was decided by, in pieces; empty without a price.';
comment on column ml.inventory_recommendations.avg_daily_demand_units is 'Mean demand a day in pieces; empty without a price.';
comment on column ml.inventory_recommendations.demand_volatility_units is 'Standard deviation of weekly demand in pieces; empty without a price.';
comment on column ml.inventory_recommendations.reorder_point_units is 'Reorder point in pieces; empty without a price.';
comment on column ml.inventory_recommendations.safety_stock_units is 'Safety stock in pieces; empty without a price.';
comment on column ml.inventory_recommendations.order_up_to_level_units is 'Order-up-to level in pieces; empty without a price.';
comment on column ml.inventory_recommendations.minimum_order_units is 'Least order in pieces; empty without a price.';
comment on column ml.inventory_recommendations.pack_size_units is 'Pieces of a pack; empty without a price.';
comment on column ml.inventory_recommendations.order_quantity_pieces is 'Recommended order in pieces, where a piece has a price: pieces times unit_price is order_quantity.';

comment on column ops.decisions.order_quantity is 'Order in money at retail value that a person wanted in an override; pieces that were wanted times their price.';
comment on column ops.decisions.effective_pieces is 'The same in pieces; empty where no price of a piece is known.';

-- Money has the retailer's currency, whatever it is.
do $$
declare
    described record;
begin
    for described in
        select n.nspname, c.relname, a.attname, d.description
        from pg_description d
        inner join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
        inner join pg_namespace n on n.oid = c.relnamespace
        inner join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
        where n.nspname in ('raw', 'raw_incoming', 'features', 'ml', 'ops', 'agents') and c.relkind = 'r'
            and d.objsubid > 0 and d.description like '%dollars%'
    loop
        execute format('comment on column %I.%I.%I is %L', described.nspname, described.relname, described.attname,
            replace(described.description, 'dollars', 'money'));
    end loop;
end
$$;
