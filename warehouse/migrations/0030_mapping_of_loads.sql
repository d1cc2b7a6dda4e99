-- A mapping that changed since rows were added to the files that it reads is told, and not passed over.
alter table ops.loads add column mapping text not null default '';
comment on column ops.loads.mapping is 'Mapping by which the files were read, as JSON; empty for loads of before it was kept.';
