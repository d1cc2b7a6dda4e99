with

external_features as (

    select * from {{ ref('stg_raw__external_features') }}

),

-- Before the first week with a markdown the files do not say whether there were any.
recorded as (

    select min(week_date) as first_markdown_date
    from external_features
    where
        num_nonnulls(
            markdown_1_amount,
            markdown_2_amount,
            markdown_3_amount,
            markdown_4_amount,
            markdown_5_amount
        ) > 0

),

final as (

    select
        external_features.store_id,
        external_features.week_date,
        external_features.temperature_fahrenheit,
        external_features.other_covariates,
        case
            when external_features.week_date >= recorded.first_markdown_date
                then
                    coalesce(external_features.markdown_1_amount, 0)
                    + coalesce(external_features.markdown_2_amount, 0)
                    + coalesce(external_features.markdown_3_amount, 0)
                    + coalesce(external_features.markdown_4_amount, 0)
                    + coalesce(external_features.markdown_5_amount, 0)
        end as markdown_amount

    from external_features
    cross join recorded

)

select * from final
