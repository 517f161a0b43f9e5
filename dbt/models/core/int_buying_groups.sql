{{ config(materialized='ephemeral') }}
-- ephemeral: the members need to know which groups there are, the groups need their members
with accounts as (
    select account_id from {{ ref('accounts') }}
),

-- a mailbox without a name is nobody who takes part in a purchase
people_by_account as (
    select account_id, count(*) as count_people
    from {{ ref('contacts') }}
    where account_id is not null and not {{ is_nobody() }}
    group by account_id
),

offered_to_everybody as (
    select people_by_account.account_id, offerings.offering_id
    from people_by_account
    cross join {{ source('raw', 'policy_offerings') }} as offerings
    cross join {{ source('raw', 'policy_buying_groups') }} as limits
    where offerings.is_default and people_by_account.count_people >= limits.minimum_contacts
),

pairs as (
    select account_id, offering_id from offered_to_everybody
    union
    select account_id, offering_id from {{ ref('opportunities') }} where account_id is not null
),

final as (
    select
        {{ dbt.concat(["'b_'", "substring(pairs.account_id, 3)", "'_'", "pairs.offering_id"]) }} as buying_group_id,
        pairs.account_id,
        pairs.offering_id
    from pairs
    inner join accounts on pairs.account_id = accounts.account_id
)

select * from final
