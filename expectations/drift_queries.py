"""How far a load lies from what is published, measured in the database: one query a group of measures.

Every query returns `measure_name, part_name, subject, baseline_value, incoming_value, shift_value, noise, detail`.
`noise` is the shift that a single row makes, so that a limit can leave room for a few of them in small tables.
Parameters: `newest` is the last published week, `year` 364 days before it; of the distribution and the level also
`step`: they take every `step`-th pair of store and department, on both sides the same.
"""

PAIRS = """
with published_pairs as (
    select
        store_id, dept_id, count(*) as all_rows,
        count(*) filter (where weekly_sales = 0) as zero_rows,
        count(*) filter (where weekly_sales < 0) as negative_rows,
        count(*) filter (where sale_date > %(newest)s::date - 56) as recent_rows,
        count(*) filter (where sale_date > %(newest)s::date - 28) as latest_rows,
        count(*) filter (where sale_date > %(year)s) as year_rows,
        count(*) filter (where sale_date > %(year)s and weekly_sales = 0) as year_zero_rows,
        count(*) filter (where sale_date > %(year)s and weekly_sales < 0) as year_negative_rows
    from raw.raw_sales
    group by store_id, dept_id
),
incoming_pairs as (
    select
        store_id, dept_id,
        count(*) filter (where sale_date <= %(newest)s) as old_rows,
        count(*) filter (where sale_date <= %(newest)s and weekly_sales = 0) as old_zero_rows,
        count(*) filter (where sale_date <= %(newest)s and weekly_sales < 0) as old_negative_rows,
        count(*) filter (where sale_date > %(newest)s) as new_rows,
        count(*) filter (where sale_date > %(newest)s and weekly_sales = 0) as new_zero_rows,
        count(*) filter (where sale_date > %(newest)s and weekly_sales < 0) as new_negative_rows
    from raw_incoming.raw_sales
    group by store_id, dept_id
),
weeks as (
    select
        (select count(distinct sale_date) from raw.raw_sales where sale_date > %(newest)s::date - 56) as recent_weeks,
        (select count(distinct sale_date) from raw.raw_sales where sale_date > %(newest)s::date - 28) as latest_weeks,
        (select count(distinct sale_date) from raw_incoming.raw_sales where sale_date > %(newest)s) as new_weeks
),
pairs as (
    select
        store_id, dept_id, coalesce(i.store_type, r.store_type) as store_type,
        coalesce(stores.code, store_id::text) as store_code, coalesce(products.code, dept_id::text) as product_code,
        p.all_rows is not null as is_published,
        coalesce(p.latest_rows, 0) >= weeks.latest_weeks as is_active,
        coalesce(p.all_rows, 0) as all_rows, coalesce(p.zero_rows, 0) as zero_rows,
        coalesce(p.negative_rows, 0) as negative_rows, coalesce(p.recent_rows, 0) as recent_rows,
        coalesce(p.year_rows, 0) as year_rows, coalesce(p.year_zero_rows, 0) as year_zero_rows,
        coalesce(p.year_negative_rows, 0) as year_negative_rows,
        coalesce(n.old_rows, 0) as old_rows, coalesce(n.old_zero_rows, 0) as old_zero_rows,
        coalesce(n.old_negative_rows, 0) as old_negative_rows, coalesce(n.new_rows, 0) as new_rows,
        coalesce(n.new_zero_rows, 0) as new_zero_rows, coalesce(n.new_negative_rows, 0) as new_negative_rows
    from published_pairs p
    full join incoming_pairs n using (store_id, dept_id)
    left join raw_incoming.store_attributes i using (store_id)
    left join raw.store_attributes r using (store_id)
    left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = store_id
    left join raw.keys products on products.key_kind = 'product' and products.key_id = dept_id
    cross join weeks
),
places as (
    select 'store ' || store_code as subject, * from pairs
    union all
    select 'all stores' as subject, * from pairs
),
rows_a_week as (
    select
        'store_rows' as measure_name, 'new weeks' as part_name, subject,
        sum(recent_rows)::double precision / max(recent_weeks) as baseline_value,
        sum(new_rows)::double precision / max(new_weeks) as incoming_value, '' as detail
    from places cross join weeks
    where subject <> 'all stores' and weeks.new_weeks > 0
    group by subject
    having sum(recent_rows) > 0
    union all
    select
        'store_rows', 'weeks published before', subject, sum(all_rows)::double precision, sum(old_rows), ''
    from places
    where subject <> 'all stores'
    group by subject
    having sum(all_rows) > 0
),
signs as (
    select
        kind.measure_name, kind.part_name, 'type ' || store_type as subject,
        sum(kind.base)::double precision / sum(kind.base_all) as baseline_value,
        sum(kind.found)::double precision / sum(kind.found_all) as incoming_value,
        sum(kind.found_all)::double precision as row_count
    from pairs
    cross join lateral (values
        ('zero_weeks', 'new weeks', year_zero_rows, year_rows, new_zero_rows, new_rows),
        ('negative_weeks', 'new weeks', year_negative_rows, year_rows, new_negative_rows, new_rows),
        ('zero_weeks', 'weeks published before', zero_rows, all_rows, old_zero_rows, old_rows),
        ('negative_weeks', 'weeks published before', negative_rows, all_rows, old_negative_rows, old_rows)
    ) as kind (measure_name, part_name, base, base_all, found, found_all)
    group by kind.measure_name, kind.part_name, store_type
    having sum(kind.base_all) > 0 and sum(kind.found_all) > 0
),
moves as (
    select
        kind.measure_name, kind.part_name, subject,
        count(*) filter (where kind.is_base)::double precision as baseline_value,
        count(*) filter (where kind.is_found)::double precision as incoming_value,
        coalesce(left(string_agg(
            case when subject = 'all stores' then store_code || '/' || product_code else product_code end, ', '
            order by store_id, dept_id
        ) filter (where kind.is_found), 200), '') as detail
    from places
    cross join weeks
    cross join lateral (values
        ('vanished_pairs', 'new weeks', recent_rows > 0 and is_active, recent_rows > 0 and is_active and new_rows = 0),
        ('vanished_pairs', 'weeks published before', is_published, is_published and old_rows = 0),
        ('new_pairs', 'new weeks', is_published, not is_published and old_rows = 0),
        ('new_pairs', 'weeks published before', is_published, not is_published and old_rows > 0)
    ) as kind (measure_name, part_name, is_base, is_found)
    where kind.part_name = 'weeks published before' or weeks.new_weeks > 0
    group by kind.measure_name, kind.part_name, subject
)
select
    measure_name, part_name, subject, baseline_value, incoming_value,
    abs(incoming_value / baseline_value - 1) as shift_value, 1 / baseline_value as noise, detail
from rows_a_week
union all
select
    measure_name, part_name, subject, baseline_value, incoming_value, abs(incoming_value - baseline_value),
    1 / row_count, ''
from signs
union all
select
    measure_name, part_name, subject, baseline_value, incoming_value,
    incoming_value / greatest(baseline_value, 1), 1 / greatest(baseline_value, 1), detail
from moves
where baseline_value > 0 or incoming_value > 0
"""

DISTRIBUTION = """
with seasons as (
    select distinct sale_date - 364 as week from raw_incoming.raw_sales where sale_date > %(newest)s
),
has_season as (
    select exists (select 1 from raw.raw_sales where sale_date in (select week from seasons)) as is_known
),
amounts as (
    select 'new weeks' as part_name, 'baseline' as side, store_id, weekly_sales
    from raw.raw_sales cross join has_season
    where
        (store_id::bigint * 31 + dept_id) %% %(step)s = 0
        and exists (select 1 from seasons)
        and case
            when has_season.is_known then sale_date in (select week from seasons) else sale_date > %(year)s
        end
    union all
    select 'new weeks', 'incoming', store_id, weekly_sales
    from raw_incoming.raw_sales
    where (store_id::bigint * 31 + dept_id) %% %(step)s = 0 and sale_date > %(newest)s
    union all
    select 'weeks published before', 'baseline', store_id, weekly_sales
    from raw.raw_sales
    where (store_id::bigint * 31 + dept_id) %% %(step)s = 0 and sale_date > %(year)s
    union all
    select 'weeks published before', 'incoming', store_id, weekly_sales
    from raw_incoming.raw_sales
    where (store_id::bigint * 31 + dept_id) %% %(step)s = 0 and sale_date > %(year)s and sale_date <= %(newest)s
),
typed as (
    select a.part_name, a.side, a.weekly_sales, coalesce(i.store_type, r.store_type) as store_type
    from amounts a
    left join raw_incoming.store_attributes i using (store_id)
    left join raw.store_attributes r using (store_id)
),
edges as (
    select
        part_name, store_type,
        percentile_disc(array[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
        within group (order by weekly_sales) as deciles
    from typed
    where side = 'baseline'
    group by part_name, store_type
),
counted as (
    select
        part_name, store_type, width_bucket(typed.weekly_sales, edges.deciles) as bin,
        count(*) filter (where side = 'baseline')::double precision as base_rows,
        count(*) filter (where side = 'incoming')::double precision as found_rows
    from typed inner join edges using (part_name, store_type)
    group by part_name, store_type, bin
),
shares as (
    select
        part_name, store_type,
        greatest(base_rows, 0.5) / sum(base_rows) over kind as base_share,
        greatest(found_rows, 0.5) / nullif(sum(found_rows) over kind, 0) as found_share,
        sum(base_rows) over kind as base_count, sum(found_rows) over kind as found_count
    from counted
    window kind as (partition by part_name, store_type)
),
medians as (
    select
        part_name, store_type,
        percentile_disc(0.5) within group (order by weekly_sales) filter (where side = 'baseline') as baseline_value,
        percentile_disc(0.5) within group (order by weekly_sales) filter (where side = 'incoming') as incoming_value
    from typed
    group by part_name, store_type
)
select
    'sales_distribution' as measure_name, part_name, 'type ' || store_type as subject,
    max(baseline_value) as baseline_value, max(incoming_value) as incoming_value,
    sum((found_share - base_share) * ln(found_share / base_share)) as shift_value,
    1 / max(base_count) + 1 / max(found_count) as noise, '' as detail
from shares inner join medians using (part_name, store_type)
where found_count > 0
group by part_name, store_type
"""

LEVEL = """
with amounts as (
    select store_id, dept_id, sale_date, weekly_sales, false as is_new
    from raw.raw_sales
    where (store_id::bigint * 31 + dept_id) %% %(step)s = 0 and sale_date > %(newest)s::date - 56
    union all
    select store_id, dept_id, sale_date, weekly_sales, true
    from raw_incoming.raw_sales
    where (store_id::bigint * 31 + dept_id) %% %(step)s = 0 and sale_date > %(newest)s
),
growths as (
    select
        coalesce(i.store_type, r.store_type) as store_type, a.is_new,
        ln(a.weekly_sales::double precision / p.weekly_sales::double precision) as growth
    from amounts a
    inner join raw.raw_sales p
        on p.store_id = a.store_id and p.dept_id = a.dept_id and p.sale_date = a.sale_date - 364
    left join raw_incoming.store_attributes i on i.store_id = a.store_id
    left join raw.store_attributes r on r.store_id = a.store_id
    where a.weekly_sales > 0 and p.weekly_sales > 0
),
levels as (
    select
        store_type,
        percentile_cont(0.5) within group (order by growth) filter (where not is_new) as published_growth,
        percentile_cont(0.5) within group (order by growth) filter (where is_new) as incoming_growth,
        1.2533 * stddev_pop(growth) filter (where is_new) / sqrt(count(*) filter (where is_new)) as median_error
    from growths
    group by store_type
    having bool_or(is_new) and bool_or(not is_new)
)
select
    'sales_level' as measure_name, 'new weeks' as part_name, 'type ' || store_type as subject,
    exp(published_growth) as baseline_value, exp(incoming_growth) as incoming_value,
    exp(abs(incoming_growth - published_growth)) - 1 as shift_value, median_error as noise, '' as detail
from levels
"""

_COVARIATES = """
with published_weeks as (
    select distinct store_id, sale_date from raw.raw_sales where sale_date > %(newest)s::date - 91
),
incoming_weeks as (
    select distinct store_id, sale_date from raw_incoming.raw_sales where sale_date > %(newest)s
),
sides as (
    select 'new weeks' as part_name, 'baseline' as side, c.store_id, {columns}
    from published_weeks w
    left join raw.external_features c on c.store_id = w.store_id and c.feature_date = w.sale_date
    union all
    select 'new weeks', 'incoming', c.store_id, {columns}
    from incoming_weeks w
    left join raw_incoming.external_features c on c.store_id = w.store_id and c.feature_date = w.sale_date
    union all
    select 'weeks published before', 'baseline', c.store_id, {columns}
    from raw.external_features c
    union all
    select 'weeks published before', 'incoming', c.store_id, {columns}
    from raw.external_features r
    left join raw_incoming.external_features c on c.store_id = r.store_id and c.feature_date = r.feature_date
),
shares as (
    select
        part_name, kind.subject,
        avg(kind.is_missing::int) filter (where side = 'baseline')::double precision as baseline_value,
        avg(kind.is_missing::int) filter (where side = 'incoming')::double precision as incoming_value,
        count(*) filter (where side = 'incoming')::double precision as row_count
    from sides c
    cross join lateral (values {kinds}) as kind (only_part, subject, is_missing)
    where kind.only_part in ('every part', part_name)
    group by part_name, kind.subject
)
select
    'missing_covariates' as measure_name, part_name, subject, baseline_value, incoming_value,
    greatest(incoming_value - baseline_value, 0) as shift_value, 1 / row_count as noise, '' as detail
from shares
where row_count > 0 and baseline_value is not null
"""
_MEASURED = ("temperature", "fuel_price", "cpi", "unemployment")
_MARKDOWNS = tuple(f"markdown_{number}" for number in range(1, 6))


def _covariates() -> str:
    columns = ", ".join(f"c.{name}" for name in (*_MEASURED, *_MARKDOWNS))
    kinds = ["('every part', 'whole row', c.store_id is null)"]
    kinds += [f"('every part', '{name}', c.{name} is null)" for name in _MEASURED]
    # One kind of markdown comes and goes within weeks in every store; that all of them end at once does not happen.
    kinds += [f"('every part', 'all markdowns', coalesce({', '.join(f'c.{name}' for name in _MARKDOWNS)}) is null)"]
    kinds += [f"('weeks published before', '{name}', c.{name} is null)" for name in _MARKDOWNS]
    return _COVARIATES.format(columns=columns, kinds=", ".join(kinds))


QUERIES = (PAIRS, DISTRIBUTION, LEVEL, _covariates())
