-- One file may feed several tables, and a line of it be set aside by each.
alter table raw.rejected_rows drop constraint rejected_rows_pkey;
alter table raw.rejected_rows add primary key (load_id, table_name, file_name, line_number);
