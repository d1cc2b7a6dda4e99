-- A machine's clock can be set back. What happened last is read off these times everywhere, so a new row never gets a
-- time before those of older rows: it then comes one microsecond after the latest of them.

create or replace function ops.keep_order() returns trigger language plpgsql as $$
declare
    -- Rows that share a value of the second column belong together and may share a time.
    time_name constant text := tg_argv[0];
    group_name constant text := tg_argv[1];
    given constant timestamptz := (to_jsonb(new) ->> time_name)::timestamptz;
    latest timestamptz;
begin
    execute format(
        'select max(%I) from %I.%I where %s', time_name, tg_table_schema, tg_table_name,
        case when group_name is null then 'true' else format('%I::text <> $1', group_name) end
    ) into latest using to_jsonb(new) ->> group_name;
    if given <= latest then
        new := jsonb_populate_record(new, jsonb_build_object(time_name, latest + interval '1 microsecond'));
    end if;
    return new;
end $$;

create or replace trigger keep_order_of_starts before insert on ops.pipeline_runs
    for each row execute function ops.keep_order('started_at');
create or replace trigger keep_order_of_loads before insert on ops.loads
    for each row execute function ops.keep_order('created_at', 'load_id');
create or replace trigger keep_order_of_publications before update of published_at on ops.loads
    for each row execute function ops.keep_order('published_at', 'load_id');
create or replace trigger keep_order_of_audits before insert on ops.audit_results
    for each row execute function ops.keep_order('created_at', 'run_id');
