-- Files that are published already are read again once their mapping has changed.
alter table ops.loads add column mapping text not null default '';
comment on column ops.loads.mapping is 'Mapping by which the files were read, as JSON; empty for loads of before it was kept.';
