with

-- who objected to profiling has no score
contacts as (
    select
        *,
        coalesce(account_id, contact_id) as unit_id
    from {{ ref('contacts') }}
    where not has_objected
),

-- JSON, goals in the order of their names; four digits, so that it changes only when something changed
scores as (
    select
        contact_id,
        {{ dbt.listagg(
            dbt.concat(["'\"'", "goal_id", "'\": '", "cast(round(propensity, 4) as " ~ dbt.type_string() ~ ")"]), "', '", "order by goal_id"
        ) }} as goal_scores
    from {{ source('decisioning', 'contact_scores') }}
    group by 1
),

stages as (
    select contact_id, stage from {{ ref('contact_stages') }} where left_at is null
),

arms as (
    select * from {{ source('decisioning', 'arms') }}
),

decisions as (
    select contact_id, action_id from {{ source('decisioning', 'next_best_action') }}
),

fits as (
    select account_id, account_fit from {{ ref('account_fit') }}
),

source_ids as (
    select
        contact_id,
        min(case when source = 'salesforce' and object = 'contact' then source_id end) as salesforce_contact_id,
        min(case when source = 'hubspot' and object = 'contact' then source_id end) as hubspot_contact_id
    from {{ ref('contact_id_map') }}
    group by 1
),

final as (
    select
        contacts.contact_id,
        contacts.email,
        source_ids.salesforce_contact_id,
        source_ids.hubspot_contact_id,
        coalesce(stages.stage, 'lead') as contact_stage,
        arms.arm,
        -- the audience that keeps the team's older rules off: they run for business_as_usual only
        coalesce(arms.arm <> 'business_as_usual', false) as is_managed_by_nightjar,
        {{ dbt.concat(["'{'", "coalesce(scores.goal_scores, '')", "'}'"]) }} as propensities,
        decisions.action_id as next_action_id,
        fits.account_fit
    from contacts
    left join source_ids on contacts.contact_id = source_ids.contact_id
    left join stages on contacts.contact_id = stages.contact_id
    left join arms on contacts.unit_id = arms.unit_id
    left join scores on contacts.contact_id = scores.contact_id
    left join decisions on contacts.contact_id = decisions.contact_id
    left join fits on contacts.account_id = fits.account_id
)

select * from final
