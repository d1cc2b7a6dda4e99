-- Text, and not json: it is compared as it stands, and goes through the bulk load.
alter table raw.external_features add column other_covariates text;
alter table raw_incoming.external_features add column other_covariates text;
alter table features.engineered_features add column other_covariates text;
comment on column raw.external_features.other_covariates is 'Covariates of other names than those of columns, as a JSON object of numbers by name; empty where the mapping has none.';
comment on column features.engineered_features.other_covariates is 'Covariates of other names in the week before week t, as a JSON object of numbers by name; empty where none is known.';
comment on table raw.external_features is 'One row per store and week of the file of covariates, future weeks included.';
