{{ config(meta={'dagster': {'ref': {'name': 'eligible_actions'}}}) }}
-- Every contact and active action, once; a gate and its reason exactly where the action isn't allowed.
with

pairs as (
    select contact_id, action_id, count(*) as count_rows, max(case when is_eligible = (gate is null) and (gate is null) = (detail is null) then 0 else 1 end) as is_unexplained
    from {{ ref('eligible_actions') }}
    group by 1, 2
),

expected as (
    select contacts.contact_id, actions.action_id
    from {{ ref('contacts') }} as contacts
    cross join {{ source('raw', 'policy_actions') }} as actions
    where actions.is_active
)

select coalesce(pairs.contact_id, expected.contact_id) as contact_id, coalesce(pairs.action_id, expected.action_id) as action_id
from pairs
full outer join expected on pairs.contact_id = expected.contact_id and pairs.action_id = expected.action_id
where pairs.contact_id is null or expected.contact_id is null or pairs.count_rows > 1 or pairs.is_unexplained = 1
