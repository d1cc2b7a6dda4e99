with

source as (

    select * from {{ source('raw', 'external_features') }}

),

renamed as (

    select
        store_id,
        feature_date as week_date,
        temperature as temperature_fahrenheit,
        fuel_price as fuel_price_amount,
        markdown_1 as markdown_1_amount,
        markdown_2 as markdown_2_amount,
        markdown_3 as markdown_3_amount,
        markdown_4 as markdown_4_amount,
        markdown_5 as markdown_5_amount,
        cpi as consumer_price_index,
        is_holiday,
        other_covariates,
        load_id,
        created_at,
        cast(unemployment / 100.0 as double precision) as unemployment_rate

    from source

)

select * from renamed
