-- Schemas. raw_incoming .. ops are owned by code, the rest by dbt.
create schema if not exists raw_incoming;
create schema if not exists raw;
create schema if not exists features;
create schema if not exists ml;
create schema if not exists agents;
create schema if not exists ops;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists marts;
comment on schema raw_incoming is 'Loads that were not audited yet. Nobody reads here.';
comment on schema raw is 'Audited input files, one table a file.';
comment on schema features is 'Features computed by Spark, one row per store, department and week.';
comment on schema ml is 'What the models wrote: forecasts, backtest errors, recommendations, anomalies.';
comment on schema agents is 'Answers of the four agents.';
comment on schema ops is 'Runs, loads, audits and decisions.';
comment on schema marts is 'What people read. Built and tested by dbt.';
