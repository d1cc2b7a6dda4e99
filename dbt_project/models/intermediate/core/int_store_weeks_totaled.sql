with

external_features as (

    select * from {{ ref('stg_raw__external_features') }}

),

final as (

    select
        store_id,
        week_date,
        temperature_fahrenheit,
        case
            when week_date >= cast('{{ var("markdowns_known_from") }}' as date)
                then
                    coalesce(markdown_1_amount, 0)
                    + coalesce(markdown_2_amount, 0)
                    + coalesce(markdown_3_amount, 0)
                    + coalesce(markdown_4_amount, 0)
                    + coalesce(markdown_5_amount, 0)
        end as markdown_amount

    from external_features

)

select * from final
