alter table raw.rejected_rows add column table_name text not null default '';
comment on column raw.rejected_rows.table_name is 'Table in schema raw that the file feeds; empty for lines of loads from before the column.';
