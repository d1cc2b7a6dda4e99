-- The schema of MLflow's registry, which the first training made: until then an analyst could make it, with functions in it.
create schema if not exists mlflow;
comment on schema mlflow is 'MLflow''s registry of models.';
