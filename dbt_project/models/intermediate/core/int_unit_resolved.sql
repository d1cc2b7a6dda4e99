with

retailer as (

    select * from {{ ref('stg_raw__retailer') }}

),

final as (

    select coalesce(max(forecast_unit), 'amount') as unit_name

    from retailer

)

select * from final
