{{ config(materialized='view') }}
-- a view: read once, by action_owners

with

contacts as (
    select * from {{ ref('contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- who did something for the account last, so that what has no owner stays with one rep
previous_owners as (
    select
        decisions.account_id,
        {{ latest_by('decisions.owner_id', dbt.concat(["cast(decisions.run_date as " ~ dbt.type_string() ~ ")", 'decisions.owner_id'])) }} as owner_id
    from {{ source('raw', 'ledger_decisions') }} as decisions
    inner join {{ source('raw', 'policy_actions') }} as actions
        on decisions.action_id = actions.action_id and actions.needs_owner
    where
        decisions.approval_status in ('not_needed', 'approved')
        and decisions.autonomy_mode <> 'shadow'
        and decisions.account_id is not null
        and decisions.owner_id is not null
        and decisions.run_date < {{ run_date() }}
    group by 1
),

places as (
    select
        contacts.contact_id,
        coalesce(accounts.country_code, contacts.country_code) as country_code,
        contacts.state,
        accounts.industry
    from contacts
    left join accounts on contacts.account_id = accounts.account_id
),

known_parts as (
    select contact_id, 'country' as part, lower(country_code) as value from places where country_code is not null
    union all
    select contact_id, 'state', lower(trim(state)) from places where state is not null
    union all
    select contact_id, 'industry', lower(trim(industry)) from places where industry is not null
    union all
    select contact_id, 'condition', condition_id from {{ ref('condition_matches') }}
),

territories as (
    select territories.territory, count(distinct parts.part) as count_parts
    from {{ source('raw', 'policy_territories') }} as territories
    left join {{ source('raw', 'policy_territory_parts') }} as parts on territories.territory = parts.territory
    group by 1
),

matched_parts as (
    select known_parts.contact_id, parts.territory, count(distinct parts.part) as count_parts
    from known_parts
    inner join {{ source('raw', 'policy_territory_parts') }} as parts
        on known_parts.part = parts.part and known_parts.value = parts.value
    group by 1, 2
),

matched_territories as (
    select matched_parts.contact_id, matched_parts.territory
    from matched_parts
    inner join territories
        on matched_parts.territory = territories.territory and matched_parts.count_parts = territories.count_parts
    union all
    select contacts.contact_id, territories.territory
    from contacts
    inner join territories on territories.count_parts = 0
),

territory_lists as (
    select contact_id, {{ dbt.listagg('territory', "','", 'order by territory') }} as territories
    from matched_territories
    group by 1
),

final as (
    select
        contacts.contact_id,
        contacts.account_id,
        accounts.owner_id as account_owner_id,
        contacts.owner_id as contact_owner_id,
        previous_owners.owner_id as previous_owner_id,
        places.country_code,
        coalesce(territory_lists.territories, '') as territories
    from contacts
    inner join places on contacts.contact_id = places.contact_id
    left join accounts on contacts.account_id = accounts.account_id
    left join previous_owners on contacts.account_id = previous_owners.account_id
    left join territory_lists on contacts.contact_id = territory_lists.contact_id
)

select * from final
