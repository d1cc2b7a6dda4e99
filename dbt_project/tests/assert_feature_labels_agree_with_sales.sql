-- The label that the models learn from is the sale that was recorded. Weeks that only one side
-- has are not compared: the completed calendar has more, and features may lag behind a fresh
-- load.

select
    features.store_id,
    features.dept_id,
    features.week_date,
    features.sales_quantity as label_quantity,
    sales.sales_quantity

from {{ ref('stg_features__engineered_features') }} as features
inner join {{ ref('stg_raw__sales') }} as sales
    on
        features.store_id = sales.store_id
        and features.dept_id = sales.dept_id
        and features.week_date = sales.week_date
where abs(features.sales_quantity - sales.sales_quantity) > 0.005
