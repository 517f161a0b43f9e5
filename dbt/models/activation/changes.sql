with

tonight as (
    select * from {{ ref('row_fingerprints') }}
),

published as (
    select * from {{ source('raw', 'published_rows') }}
),

compared as (
    select
        coalesce(tonight.table_name, published.table_name) as table_name,
        coalesce(tonight.row_key, published.row_key) as row_key,
        case
            when published.row_key is null then 'added'
            when tonight.row_key is null then 'removed'
            when tonight.row_fingerprint <> published.row_fingerprint then 'changed'
        end as op
    from tonight
    full outer join published
        on tonight.table_name = published.table_name and tonight.row_key = published.row_key
),

final as (
    select * from compared where op is not null
)

select * from final
