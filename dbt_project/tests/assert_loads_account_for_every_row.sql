-- Rows read are rows accepted, rejected with a reason, or dropped as exact copies; and each
-- rejected row of a published load is kept.

with

kept as (

    select
        load_id,
        table_name,
        file_name,
        count(*) as row_count

    from {{ ref('fct_rejected_rows') }}
    group by load_id, table_name, file_name

)

select
    loads.load_id,
    loads.file_name,
    loads.read_count,
    loads.accepted_count,
    loads.rejected_count,
    loads.duplicate_count,
    kept.row_count as kept_count

from {{ ref('fct_loads') }} as loads
left join kept
    on
        loads.load_id = kept.load_id
        -- Lines of earlier versions do not say which table their file feeds.
        and kept.table_name in (loads.table_name, '')
        and loads.file_name = kept.file_name
where
    loads.status = 'published'
    and (
        loads.read_count
        <> loads.accepted_count + loads.rejected_count + loads.duplicate_count
        or loads.rejected_count <> coalesce(kept.row_count, 0)
    )
