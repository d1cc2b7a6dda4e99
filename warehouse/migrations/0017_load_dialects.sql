alter table ops.loads add column dialect text not null default '';
comment on column ops.loads.dialect is
'How the file was found to be written: encoding, separator, decimal mark, currency, dates, weekday, parts.';
