with

load_profiles as (

    select * from {{ ref('stg_ops__load_profiles') }}

),

loads as (

    select * from {{ ref('stg_ops__loads') }}

),

marked as (

    select
        load_profiles.*,
        load_profiles.missing_count::double precision
        / nullif(load_profiles.row_count, 0) as missing_rate,
        coalesce(loads.status = 'published', false) as is_published

    from load_profiles
    left join loads
        on
            load_profiles.load_id = loads.load_id
            and load_profiles.table_name = loads.table_name

),

previous as (

    select distinct on (marked.load_id, marked.table_name, marked.column_name)
        marked.load_id,
        marked.table_name,
        marked.column_name,
        earlier.load_id as previous_load_id,
        earlier.row_count as previous_row_count,
        earlier.missing_rate as previous_missing_rate,
        earlier.mean_value as previous_mean_value

    from marked
    inner join marked as earlier
        on
            marked.table_name = earlier.table_name
            and marked.column_name = earlier.column_name
            and marked.profiled_at > earlier.profiled_at
            and earlier.is_published
    order by
        marked.load_id asc,
        marked.table_name asc,
        marked.column_name asc,
        earlier.profiled_at desc

),

final as (

    select
        marked.load_id,
        marked.table_name,
        marked.column_name,
        marked.row_count,
        marked.missing_count,
        marked.missing_rate,
        marked.distinct_count,
        marked.mean_value,
        marked.minimum_value,
        marked.p05_value,
        marked.p25_value,
        marked.median_value,
        marked.p75_value,
        marked.p95_value,
        marked.maximum_value,
        marked.first_text,
        marked.last_text,
        marked.usual_text,
        previous.previous_load_id,
        previous.previous_row_count,
        previous.previous_missing_rate,
        previous.previous_mean_value,
        marked.profiled_at,
        marked.profiled_at = max(marked.profiled_at) over () as is_latest

    from marked
    left join previous
        on
            marked.load_id = previous.load_id
            and marked.table_name = previous.table_name
            and marked.column_name = previous.column_name

)

select * from final
