create table ops.pipeline_runs (
    run_id text not null,
    stage text not null,
    status text not null check (status in ('running', 'succeeded', 'failed', 'skipped')),
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    duration_seconds double precision,
    row_count bigint,
    input_fingerprint text not null default '',
    message text not null default '',
    primary key (run_id, stage)
);
create index pipeline_runs_stage on ops.pipeline_runs (stage, started_at desc);
comment on table ops.pipeline_runs is 'One row per run and stage.';
comment on column ops.pipeline_runs.run_id is 'Identifier of the run.';
comment on column ops.pipeline_runs.stage is 'Name of the stage.';
comment on column ops.pipeline_runs.status is 'running, succeeded, failed, or skipped because nothing it reads has changed.';
comment on column ops.pipeline_runs.started_at is 'Start (UTC).';
comment on column ops.pipeline_runs.ended_at is 'End (UTC); empty while running.';
comment on column ops.pipeline_runs.duration_seconds is 'Seconds from start to end.';
comment on column ops.pipeline_runs.row_count is 'Rows that the stage published.';
comment on column ops.pipeline_runs.input_fingerprint is 'Hash of everything the stage read: data, settings and code.';
comment on column ops.pipeline_runs.message is 'One line: what was written, or why it failed.';

create table ops.loads (
    load_id text not null,
    run_id text not null,
    table_name text not null,
    file_name text not null,
    file_sha256 text not null,
    source_kind text not null check (source_kind in ('sample', 'files')),
    date_format text not null default '',
    status text not null check (status in ('incoming', 'published', 'refused')),
    rows_read bigint not null,
    rows_accepted bigint not null,
    rows_rejected bigint not null,
    rows_duplicate bigint not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    primary key (load_id, table_name),
    check (rows_read = rows_accepted + rows_rejected + rows_duplicate)
);
create index loads_table_name on ops.loads (table_name, created_at desc);
comment on table ops.loads is 'One row per load and input file: the accounting of its rows.';
comment on column ops.loads.load_id is 'Identifier of the load; the same for the files that were loaded together.';
comment on column ops.loads.run_id is 'Run that made the load.';
comment on column ops.loads.table_name is 'Table in schema raw that the file feeds.';
comment on column ops.loads.file_name is 'Name of the file.';
comment on column ops.loads.file_sha256 is 'SHA-256 of the bytes of the file.';
comment on column ops.loads.source_kind is 'sample (generated) or files (the user''s own).';
comment on column ops.loads.date_format is 'Date format in which the file was read.';
comment on column ops.loads.status is 'incoming (parsed, not audited), published, or refused.';
comment on column ops.loads.rows_read is 'Rows in the file, the header and empty lines not counted.';
comment on column ops.loads.rows_accepted is 'Rows that went on to the audit and, once status is published, into the table.';
comment on column ops.loads.rows_rejected is 'Rows set aside in raw.rejected_rows.';
comment on column ops.loads.rows_duplicate is 'Exact copies of an accepted row that were dropped.';
comment on column ops.loads.created_at is 'When the file was read (UTC).';
comment on column ops.loads.published_at is 'When the rows were published (UTC); empty until then.';

create table ops.published_artifacts (
    artifact_name text primary key,
    uri text not null,
    run_id text not null,
    fingerprint text not null,
    published_at timestamptz not null default now()
);
comment on table ops.published_artifacts is 'One row per folder of the lake that the tables belong to: inputs, features.';
comment on column ops.published_artifacts.artifact_name is 'inputs or features.';
comment on column ops.published_artifacts.uri is 'Folder of Parquet files that matches the published tables.';
comment on column ops.published_artifacts.run_id is 'Run that published it.';
comment on column ops.published_artifacts.fingerprint is 'Hash of what it was made from.';
comment on column ops.published_artifacts.published_at is 'When it was published (UTC).';

create table ops.audit_results (
    run_id text not null,
    suite_name text not null,
    table_name text not null,
    column_name text not null default '',
    expectation_name text not null,
    description text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    is_success boolean not null,
    element_count bigint,
    unexpected_count bigint,
    observed_value text not null default '',
    created_at timestamptz not null default now()
);
create index audit_results_run on ops.audit_results (run_id, suite_name);
create index audit_results_created on ops.audit_results (created_at desc);
comment on table ops.audit_results is 'One row per run, suite and expectation.';
comment on column ops.audit_results.run_id is 'Run that made the audit.';
comment on column ops.audit_results.suite_name is 'Great Expectations suite.';
comment on column ops.audit_results.table_name is 'Table that was audited.';
comment on column ops.audit_results.column_name is 'Column that was audited; empty where the rule concerns the table.';
comment on column ops.audit_results.expectation_name is 'Kind of expectation.';
comment on column ops.audit_results.description is 'The rule in business words.';
comment on column ops.audit_results.severity is 'critical stops publication; warning and info do not.';
comment on column ops.audit_results.is_success is 'Whether the rule held.';
comment on column ops.audit_results.element_count is 'Rows looked at.';
comment on column ops.audit_results.unexpected_count is 'Rows that break the rule.';
comment on column ops.audit_results.observed_value is 'What was seen, where the rule concerns one figure.';
comment on column ops.audit_results.created_at is 'When it was checked (UTC).';

create table ops.decisions (
    decision_id bigint generated always as identity primary key,
    recommendation_id text not null,
    decision text not null check (decision in ('approve', 'override', 'snooze')),
    order_quantity double precision check (order_quantity >= 0),
    snooze_until date,
    reason text not null default '',
    decided_by text not null,
    created_at timestamptz not null default now()
);
create index decisions_recommendation on ops.decisions (recommendation_id, created_at desc);
comment on table ops.decisions is 'One row per decision of a person on a recommendation; rows are added, never changed.';
comment on column ops.decisions.decision_id is 'Number of the decision.';
comment on column ops.decisions.recommendation_id is 'The recommendation decided on.';
comment on column ops.decisions.decision is 'approve, override or snooze.';
comment on column ops.decisions.order_quantity is 'Order in dollars at retail value that an override puts in place.';
comment on column ops.decisions.snooze_until is 'Day until which a snoozed recommendation stays silent.';
comment on column ops.decisions.reason is 'Why, in the words of the person.';
comment on column ops.decisions.decided_by is 'Who decided.';
comment on column ops.decisions.created_at is 'When (UTC).';
