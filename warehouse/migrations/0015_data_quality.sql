alter table ops.audit_results add column load_id text not null default '';
comment on column ops.audit_results.load_id is 'Load (ops.loads) that was audited; empty where the audit was of what the models wrote.';
update ops.audit_results a
set load_id = coalesce((select min(l.load_id) from ops.loads l where l.run_id = a.run_id), '')
where a.table_name like 'raw_incoming.%';

create table ops.load_profiles (
    load_id text not null,
    table_name text not null,
    column_name text not null,
    row_count bigint not null,
    missing_count bigint not null,
    distinct_count bigint not null,
    mean_value double precision,
    minimum_value double precision,
    p05_value double precision,
    p25_value double precision,
    median_value double precision,
    p75_value double precision,
    p95_value double precision,
    maximum_value double precision,
    first_text text not null default '',
    last_text text not null default '',
    usual_text text not null default '',
    created_at timestamptz not null default now(),
    primary key (load_id, table_name, column_name)
);
comment on table ops.load_profiles is 'One row per load, table and column: what the accepted rows held, published or not.';
comment on column ops.load_profiles.load_id is 'Load (ops.loads) that brought the rows.';
comment on column ops.load_profiles.table_name is 'Table in schema raw that the file feeds.';
comment on column ops.load_profiles.column_name is 'Column of the table.';
comment on column ops.load_profiles.row_count is 'Rows of the load.';
comment on column ops.load_profiles.missing_count is 'Rows in which the column is empty.';
comment on column ops.load_profiles.distinct_count is 'Different values.';
comment on column ops.load_profiles.mean_value is 'Mean of the known values, in the unit of the column; empty for dates, texts and flags.';
comment on column ops.load_profiles.minimum_value is 'Smallest value, in the unit of the column; empty for dates, texts and flags.';
comment on column ops.load_profiles.p05_value is 'Value that 5 % of the rows do not exceed; empty for dates, texts and flags.';
comment on column ops.load_profiles.p25_value is 'Value that 25 % of the rows do not exceed; empty for dates, texts and flags.';
comment on column ops.load_profiles.median_value is 'Value that half of the rows do not exceed; empty for dates, texts and flags.';
comment on column ops.load_profiles.p75_value is 'Value that 75 % of the rows do not exceed; empty for dates, texts and flags.';
comment on column ops.load_profiles.p95_value is 'Value that 95 % of the rows do not exceed; empty for dates, texts and flags.';
comment on column ops.load_profiles.maximum_value is 'Largest value, in the unit of the column; empty for dates, texts and flags.';
comment on column ops.load_profiles.first_text is 'Smallest value as text: the first date, the first of the alphabet.';
comment on column ops.load_profiles.last_text is 'Largest value as text.';
comment on column ops.load_profiles.usual_text is 'Most frequent value as text; the smallest of them where several are.';
comment on column ops.load_profiles.created_at is 'When the profile was taken (UTC).';

create table ops.load_drift (
    load_id text not null,
    measure_name text not null,
    part_name text not null check (part_name in ('new weeks', 'weeks published before')),
    subject text not null,
    baseline_value double precision not null,
    incoming_value double precision not null,
    shift_value double precision not null,
    warning_limit double precision not null,
    critical_limit double precision,
    detail text not null default '',
    created_at timestamptz not null default now(),
    primary key (load_id, measure_name, part_name, subject)
);
comment on table ops.load_drift is 'One row per load, measure, part of the load and subject: how far it lies from what was published before it.';
comment on column ops.load_drift.load_id is 'Load (ops.loads) that was held against what is published.';
comment on column ops.load_drift.measure_name is 'What was compared, such as store_rows or sales_distribution.';
comment on column ops.load_drift.part_name is 'new weeks, or weeks published before.';
comment on column ops.load_drift.subject is 'Store, store type or column that was compared.';
comment on column ops.load_drift.baseline_value is 'What the published rows lead to expect, in the unit of the measure.';
comment on column ops.load_drift.incoming_value is 'What the load brings, in the unit of the measure.';
comment on column ops.load_drift.shift_value is 'How far apart the two are; the unit depends on the measure.';
comment on column ops.load_drift.warning_limit is 'Shift above which the audit warns.';
comment on column ops.load_drift.critical_limit is 'Shift above which the audit stops the publication; empty where it only warns.';
comment on column ops.load_drift.detail is 'What it concerns, such as the departments that vanished.';
comment on column ops.load_drift.created_at is 'When it was measured (UTC).';
