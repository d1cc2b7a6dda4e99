-- What dbt builds stands beside the published relations until its tests have passed.
create schema if not exists staging_next;
create schema if not exists intermediate_next;
create schema if not exists marts_next;
comment on schema staging is 'Sources with their columns renamed. Built by dbt.';
comment on schema intermediate is 'Steps between staging and marts. Built by dbt.';
comment on schema staging_next is 'The next state of staging while dbt builds and tests it. Nobody reads here.';
comment on schema intermediate_next is 'The next state of intermediate while dbt builds and tests it. Nobody reads here.';
comment on schema marts_next is 'The next state of marts while dbt builds and tests it. Nobody reads here.';

create table ops.core_builds (
    place text primary key check (place in ('next', 'published')),
    run_id text not null,
    made_at timestamptz not null default now()
);
comment on table ops.core_builds is 'One row per place that holds core models, and the run whose stage transform built them.';
comment on column ops.core_builds.place is 'next: built and tested, not published; published: what people read.';
comment on column ops.core_builds.run_id is 'Run that built the core models; empty where they were lost before they were published.';
comment on column ops.core_builds.made_at is 'When they came to this place (UTC).';
