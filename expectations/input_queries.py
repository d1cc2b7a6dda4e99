"""What the suites of the incoming tables look at, and what their rules look for: `{batch}` is the audited rows."""

_PAIR_CODES = """
    coalesce(stores.code, i.store_id::text) as store_code,
    coalesce(products.code, i.dept_id::text) as product_code
"""
_PAIR_KEYS = """
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = i.store_id
left join raw.keys products on products.key_kind = 'product' and products.key_id = i.dept_id
"""
_SALES = """
select
    i.store_id, i.dept_id, i.sale_date, i.weekly_sales, i.is_holiday,
    {pair_codes},
    to_char(i.sale_date, 'FMDay') as weekday,
    case
        when i.is_holiday = (i.sale_date in ({holidays})) then 'agrees'
        when i.is_holiday then 'flagged, yet no holiday'
        else 'holiday, yet not flagged'
    end as holiday_flag,
    abs(i.weekly_sales - p.weekly_sales) / greatest(abs(p.weekly_sales), 1) as restated_rate,
    case when abs(p.weekly_sales) >= 1 then abs(i.weekly_sales / p.weekly_sales) end as restated_factor
from raw_incoming.raw_sales i
left join raw.raw_sales p on p.store_id = i.store_id and p.dept_id = i.dept_id and p.sale_date = i.sale_date
{pair_keys}
"""
SALES = _SALES.replace("{pair_codes}", _PAIR_CODES).replace("{pair_keys}", _PAIR_KEYS)
"""Of the sales, with `{holidays}` for the flagged weeks as dates."""
LOST_WEEKS = """
select w.week::date as lost_week
from generate_series(
    (select min(sale_date) from {batch} a), (select max(sale_date) from {batch} b), interval '7 days'
) as w (week)
where not exists (select 1 from {batch} c where c.sale_date = w.week::date)
"""
NOTHING_SOLD = "select max(weekly_sales) as most from {batch} a having max(weekly_sales) <= 0"
STRAY_WEEKS = """
select weeks.sale_date, weeks.week_before
from (
    select sale_date, lag(sale_date) over (order by sale_date) as week_before
    from (select distinct sale_date from {batch} a where a.sale_date <= current_date) as days
) as weeks
where weeks.sale_date > weeks.week_before + interval '2 years'
"""
THIN_NEWEST_WEEK = """
select weeks.sale_date, weeks.series_count, weeks.usual_count
from (
    select
        sale_date, count(*) as series_count,
        avg(count(*)) over (order by sale_date rows between 8 preceding and 1 preceding) as usual_count,
        max(sale_date) over () as newest_week
    from {batch} a
    group by sale_date
) weeks
where weeks.sale_date = weeks.newest_week and weeks.series_count < 0.7 * weeks.usual_count
"""
BROKEN_SCALES = """
select pairs.store_code, pairs.product_code, pairs.recent_mean, pairs.usual_mean
from (
    select
        a.store_code, a.product_code,
        avg(abs(a.weekly_sales)) filter (where a.sale_date > newest.week - 56) as recent_mean,
        avg(abs(a.weekly_sales)) filter (where a.sale_date <= newest.week - 56) as usual_mean,
        count(*) filter (where a.sale_date <= newest.week - 56 and a.weekly_sales <> 0) as usual_count
    from {batch} a
    cross join (select max(b.sale_date) as week from {batch} b) newest
    where a.sale_date > newest.week - 420
    group by a.store_code, a.product_code
) pairs
where pairs.usual_count >= 13 and pairs.recent_mean > 25 * pairs.usual_mean
"""
COVARIATES = """
select
    i.*,
    coalesce(stores.code, i.store_id::text) as store_code,
    to_char(i.feature_date, 'FMDay') as weekday,
    case
        when i.is_holiday = (i.feature_date in ({holidays})) then 'agrees'
        when i.is_holiday then 'flagged, yet no holiday'
        else 'holiday, yet not flagged'
    end as holiday_flag
from raw_incoming.external_features i
left join raw.keys stores on stores.key_kind = 'store' and stores.key_id = i.store_id
"""
STORES = """
select
    i.*, abs(i.size_sqft - p.size_sqft)::double precision / p.size_sqft as restated_rate
from raw_incoming.store_attributes i
left join raw.store_attributes p on p.store_id = i.store_id
"""
MISSING_SIZES = """
select i.*
from {batch} i
where i.size_sqft is null and exists (select 1 from raw_incoming.store_attributes p where p.size_sqft is not null)
"""
STOCK = "\n".join(("select i.*,", _PAIR_CODES, "from raw_incoming.stock_positions i", _PAIR_KEYS))
UNKNOWN_PAIRS = """
select i.*
from {batch} i
where not exists (
    select 1 from raw_incoming.raw_sales s where s.store_id = i.store_id and s.dept_id = i.dept_id
)
"""
LATE_COUNTS = """
select i.* from {batch} i where i.stock_date > (select max(s.sale_date) + 6 from raw_incoming.raw_sales s)
"""
PROMOTIONS = "\n".join(
    ("select i.*, to_char(i.week_date, 'FMDay') as weekday,", _PAIR_CODES, "from raw_incoming.promotions i", _PAIR_KEYS)
)
ODD_PLANS = """
with known as (
    select
        store_id, dept_id, coalesce(weekly_amount, weekly_sales) as amount,
        coalesce(weekly_units, weekly_sales) as units
    from raw_incoming.raw_sales
    where coalesce(weekly_amount, weekly_units) > 0 and weekly_sales > 0
),
usual as (
    select store_id, dept_id, percentile_cont(0.5) within group (order by amount / units) as price
    from known
    group by store_id, dept_id
)
select i.*
from {batch} i
inner join usual on usual.store_id = i.store_id and usual.dept_id = i.dept_id
where i.planned_price not between 0.1 * usual.price and 10 * usual.price
"""
MISSING_PRICES = """
select i.*
from {batch} i
where i.unit_price is null and exists (select 1 from raw_incoming.stock_positions p where p.unit_price is not null)
"""
