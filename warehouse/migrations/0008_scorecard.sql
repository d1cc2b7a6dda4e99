alter table ml.promotions add column is_rollback boolean not null default false;
comment on column ml.promotions.is_rollback is 'Whether a person set the alias with `shelfcast rollback`; the champion then stays until the data change.';

create table ml.forecast_drift (
    model_name text not null,
    week_date date not null,
    source text not null check (source in ('forecast', 'backtest')),
    origin_date date not null,
    forecast_count integer not null,
    wape_share double precision not null,
    bias_share double precision not null,
    expected_week_count integer not null,
    expected_wape_lower double precision,
    expected_wape_upper double precision,
    expected_bias_lower double precision,
    expected_bias_upper double precision,
    is_outside boolean not null,
    is_drifting boolean not null,
    sentence text not null,
    run_id text not null,
    created_at timestamptz not null default now(),
    primary key (model_name, week_date)
);
comment on table ml.forecast_drift is 'One row per model and week of the last weeks of data: how its forecasts did against what its backtest led to expect.';
comment on column ml.forecast_drift.model_name is 'Candidate that made the forecasts.';
comment on column ml.forecast_drift.week_date is 'Target week, dated by its Friday; its sales are known.';
comment on column ml.forecast_drift.source is 'forecast (published before the week) or backtest (where no forecast was published before it).';
comment on column ml.forecast_drift.origin_date is 'Origin of the newest forecast before the week, dated by its Friday.';
comment on column ml.forecast_drift.forecast_count is 'Stores and departments compared.';
comment on column ml.forecast_drift.wape_share is 'Sum of absolute errors over sum of absolute sales of the week, a fraction.';
comment on column ml.forecast_drift.bias_share is 'Sum of forecast less actual over sum of absolute sales of the week, a fraction.';
comment on column ml.forecast_drift.expected_week_count is 'Earlier weeks of the backtest that the expected ranges come from.';
comment on column ml.forecast_drift.expected_wape_lower is 'Lower end of the expected 95 % range of WAPE, a fraction; empty where the backtest has too few earlier weeks.';
comment on column ml.forecast_drift.expected_wape_upper is 'Upper end of the expected 95 % range of WAPE, a fraction; empty where the backtest has too few earlier weeks.';
comment on column ml.forecast_drift.expected_bias_lower is 'Lower end of the expected 95 % range of bias, a fraction; empty where the backtest has too few earlier weeks.';
comment on column ml.forecast_drift.expected_bias_upper is 'Upper end of the expected 95 % range of bias, a fraction; empty where the backtest has too few earlier weeks.';
comment on column ml.forecast_drift.is_outside is 'Whether WAPE lies above its range or bias outside its own.';
comment on column ml.forecast_drift.is_drifting is 'Whether two of the three weeks up to this one miss in the same way: accuracy, or bias to the same side.';
comment on column ml.forecast_drift.sentence is 'What was seen and what was expected, in one sentence.';
comment on column ml.forecast_drift.run_id is 'Run that last changed the row.';
comment on column ml.forecast_drift.created_at is 'When the row was first written (UTC).';
