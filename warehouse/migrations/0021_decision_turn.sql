-- Whoever decides locks its row, so that decisions come one after the other. An advisory lock, which came before, can be
-- taken by everybody who may connect.
create table ops.decision_turn (is_only boolean primary key default true check (is_only));
insert into ops.decision_turn default values;
comment on table ops.decision_turn is 'One row, which a decision locks until it is written.';
comment on column ops.decision_turn.is_only is 'Always true: there is one row.';
