with

retailer as (

    select * from {{ ref('stg_raw__retailer') }}

),

final as (

    select
        retailer_id,
        settings,
        retailer_name,
        currency_code,
        number_format,
        forecast_unit,
        week_ends_on,
        week_label,
        missing_week,
        horizon_weeks,
        holiday_weight,
        store_word,
        stores_word,
        product_word,
        products_word

    from retailer

)

select * from final
