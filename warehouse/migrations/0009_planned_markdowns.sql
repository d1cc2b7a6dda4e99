alter table ml.forecasts add column uses_plan boolean not null default false;
comment on column ml.forecasts.uses_plan is 'Whether markdowns that the user has planned for the target week moved the forecast.';
