{# Owners that records name but the export of users doesn't have count as active. #}
with users as (
    select * from {{ ref('stg_salesforce__users') }}
),

named as (
    select owner_id from {{ ref('contacts') }} where owner_id is not null
    union
    select owner_id from {{ ref('accounts') }} where owner_id is not null
    union
    select owner_id from {{ ref('stg_salesforce__opportunities') }} where owner_id is not null
),

final as (
    select owner_id, name, email, is_active, time_zone from users
    union all
    select named.owner_id, null, null, true, null
    from named
    left join users on named.owner_id = users.owner_id
    where users.owner_id is null
)

select * from final
