with records as (
    select * from {{ ref('int_source_records') }}
),

consent as (
    select * from {{ ref('stg_consent__subscription_statuses') }}
),

suppressions as (
    select * from {{ ref('stg_consent__suppressions') }}
),

final as (
    select phone, country_code from records where phone is not null
    union
    select mobile_phone, country_code from records where mobile_phone is not null
    union
    select phone, null from consent where phone is not null
    union
    select phone, null from suppressions where phone is not null
)

select * from final
