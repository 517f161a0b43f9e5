with records as (
    select * from {{ ref('int_contact_records') }}
),

accounts as (
    select * from {{ ref('int_contact_accounts') }}
),

rules as (
    select record_key, match_rule, match_score from {{ ref('int_contact_keys') }} where match_rule is not null
),

devices as (
    select * from {{ ref('web_identities') }} where contact_id is not null
),

unioned as (
    select
        records.source,
        records.object,
        records.source_id,
        records.contact_id,
        coalesce(rules.match_rule, 'single_record') as match_rule,
        coalesce(rules.match_score, 1) as match_score
    from records
    left join rules on records.record_key = rules.record_key
    union all
    select 'segment', 'anonymous', devices.anonymous_id, devices.contact_id, 'web_identity', 1
    from devices
    left join records
        on records.source = 'segment' and records.object = 'anonymous' and devices.anonymous_id = records.source_id
    where records.source_id is null
),

final as (
    select
        unioned.source,
        unioned.object,
        unioned.source_id,
        unioned.contact_id,
        accounts.account_id,
        unioned.match_rule,
        cast(unioned.match_score as double) as match_score
    from unioned
    left join accounts on unioned.contact_id = accounts.contact_id
)

select * from final
