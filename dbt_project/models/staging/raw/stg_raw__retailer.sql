with

source as (

    select * from {{ source('raw', 'retailer') }}

),

renamed as (

    select
        retailer_id,
        settings,
        cast(cast(settings as jsonb) ->> 'horizon_weeks' as integer) as horizon_weeks,
        cast(cast(settings as jsonb) ->> 'holiday_weight' as double precision) as holiday_weight,
        load_id,
        created_at,
        cast(settings as jsonb) ->> 'name' as retailer_name,
        cast(settings as jsonb) ->> 'currency' as currency_code,
        cast(settings as jsonb) ->> 'number_format' as number_format,
        cast(settings as jsonb) ->> 'forecast_unit' as forecast_unit,
        cast(settings as jsonb) ->> 'week_ends_on' as week_ends_on,
        cast(settings as jsonb) ->> 'week_label' as week_label,
        cast(settings as jsonb) ->> 'missing_week' as missing_week,
        cast(settings as jsonb) -> 'words' ->> 'store' as store_word,
        cast(settings as jsonb) -> 'words' ->> 'stores' as stores_word,
        cast(settings as jsonb) -> 'words' ->> 'product' as product_word,
        cast(settings as jsonb) -> 'words' ->> 'products' as products_word

    from source

)

select * from renamed
