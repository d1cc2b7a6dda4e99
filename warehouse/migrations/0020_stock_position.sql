-- The position that an order was decided by. Until now all stock on order counted in it, whenever it was due.
alter table ml.inventory_recommendations add column if not exists stock_position double precision;
update ml.inventory_recommendations set stock_position = current_stock + on_order where stock_position is null;
alter table ml.inventory_recommendations alter column stock_position set not null;
comment on column ml.inventory_recommendations.stock_position is 'Stock on hand, and on order where it is due within lead time plus review period, in dollars at retail value.';
