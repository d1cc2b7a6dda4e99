with

source as (

    select * from {{ source('ops', 'published_artifacts') }}

),

renamed as (

    select
        artifact_name,
        uri,
        run_id,
        fingerprint,
        published_at

    from source

)

select * from renamed
