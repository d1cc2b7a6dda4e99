-- Databases of MLflow and Prefect beside Shelfcast's own; Prefect needs trigram search.
create database mlflow;
create database prefect;
\connect prefect
create extension if not exists pg_trgm;
