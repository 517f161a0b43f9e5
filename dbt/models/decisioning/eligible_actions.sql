{# Every contact and active action through the gates, in the funnel's order. What concerns a contact's channel, or contact
   policy, is judged before, in reachable_channels, held_contacts and held_actions; words are put together only where a gate fails. #}
{%- set contact_first -%}
    pairs.contact_place is not null and not pairs.is_priority and pairs.contact_place < coalesce(held.place, 10000)
{%- endset %}

with

contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

current_stages as (
    select contact_id, stage from {{ ref('contact_stages') }} where left_at is null
),

conditions as (
    select name as action_id, field, condition_id, expression
    from {{ source('raw', 'policy_conditions') }}
    where section = 'actions'
),

matches as (
    select contact_id, {{ list_of('condition_id') }} as condition_ids
    from {{ ref('condition_matches') }}
    where condition_id in (select condition_id from conditions)
    group by 1
),

stage_rules as (
    select distinct action_id, stage from {{ source('raw', 'policy_action_stages') }}
),

openings as (
    select * from {{ source('raw', 'policy_action_openings') }}
),

actions as (
    select
        actions.action_id,
        actions.channel,
        actions.needs_owner,
        coalesce(actions.is_priority, false) as is_priority,
        who.condition_id as who_id,
        who.expression as who,
        suits.condition_id as suits_id,
        suits.expression as suits,
        actions.action_id in (select action_id from stage_rules) as has_stages,
        sequences.opened_by
    from {{ source('raw', 'policy_actions') }} as actions
    left join conditions as who on actions.action_id = who.action_id and who.field = 'who'
    left join conditions as suits on actions.action_id = suits.action_id and suits.field = 'suits'
    left join (
        select action_id, {{ dbt.listagg('event', "' or '", 'order by place') }} as opened_by from openings group by 1
    ) as sequences on actions.action_id = sequences.action_id
    where actions.is_active
),

pairs as (
    select
        contacts.contact_id,
        contacts.account_id,
        coalesce(current_stages.stage, 'lead') as stage,
        matches.condition_ids,
        channels.address_detail,
        channels.suitability_detail,
        channels.consent_detail,
        channels.suppression_detail,
        channels.quiet_hours_detail,
        held_contacts.place as contact_place,
        held_contacts.gate as contact_gate,
        held_contacts.detail as contact_detail,
        held_contacts.possible_from as contact_held_until,
        actions.*
    from {{ ref('reachable_channels') }} as channels
    inner join contacts on channels.contact_id = contacts.contact_id
    left join current_stages on contacts.contact_id = current_stages.contact_id
    left join matches on contacts.contact_id = matches.contact_id
    left join {{ ref('held_contacts') }} as held_contacts on contacts.contact_id = held_contacts.contact_id
    inner join actions on channels.channel = actions.channel
),

-- what came before: an action that the contact got, whoever did it, or an outcome
earlier as (
    select contact_id, 'action' as opened_by, action_id as event, cast(occurred_at as date) as happened_on
    from {{ ref('touches') }}
    where direction = 'outbound' and action_id in (select event from openings where opened_by = 'action')
    union all
    select contact_id, 'outcome', outcome, cast(occurred_at as date)
    from {{ ref('outcomes') }}
    where outcome in (select event from openings where opened_by = 'outcome')
),

opening_days as (
    select
        earlier.contact_id,
        openings.action_id,
        cast({{ dbt.dateadd('day', 'openings.after_days', 'earlier.happened_on') }} as date) as opens_on
    from earlier
    inner join openings on earlier.opened_by = openings.opened_by and earlier.event = openings.event
    where earlier.contact_id is not null and earlier.happened_on >= {{ dbt.dateadd('day', '-1 * openings.within_days', run_date()) }}
),

opened as (
    select contact_id, action_id, min(opens_on) as opens_on
    from opening_days
    group by 1, 2
),

judged as (
    select
        pairs.contact_id,
        pairs.account_id,
        pairs.action_id,
        case
            when pairs.has_stages and stage_rules.action_id is null
                then {{ dbt.concat(["'the contact is in stage '", "pairs.stage", "'; the action is not for it'"]) }}
            when pairs.who_id is not null and not coalesce({{ list_has('pairs.condition_ids', 'pairs.who_id') }}, false)
                then {{ dbt.concat(["'who: '", "pairs.who", "' does not hold'"]) }}
        end as eligibility_detail,
        case
            when pairs.address_detail is not null then pairs.address_detail
            when pairs.needs_owner and action_owners.owner_id is null
                then coalesce(action_owners.detail, 'nobody acts for the contact')
        end as applicability_detail,
        case
            when pairs.suitability_detail is not null then pairs.suitability_detail
            when pairs.suits_id is not null and not coalesce({{ list_has('pairs.condition_ids', 'pairs.suits_id') }}, false)
                then {{ dbt.concat(["'suits: '", "pairs.suits", "' does not hold'"]) }}
        end as suitability_detail,
        pairs.consent_detail,
        pairs.suppression_detail,
        case when {{ contact_first }} then pairs.contact_gate else held.gate end as held_gate,
        case when {{ contact_first }} then pairs.contact_detail else held.detail end as held_detail,
        case
            when pairs.contact_place is null or pairs.is_priority then held.possible_from
            else greatest(pairs.contact_held_until, coalesce(held.possible_from, pairs.contact_held_until))
        end as held_until,
        case
            when pairs.opened_by is null or opened.opens_on <= {{ run_date() }} then null
            when opened.opens_on is null then {{ dbt.concat(["'opens after '", "pairs.opened_by", "', which was not lately'"]) }}
            else {{ dbt.concat(["'opens on '", "cast(opened.opens_on as " ~ dbt.type_string() ~ ")", "', after '", "pairs.opened_by"]) }}
        end as sequence_detail,
        opened.opens_on,
        pairs.quiet_hours_detail
    from pairs
    left join stage_rules on pairs.action_id = stage_rules.action_id and pairs.stage = stage_rules.stage
    left join {{ ref('action_owners') }} as action_owners
        on pairs.contact_id = action_owners.contact_id and pairs.action_id = action_owners.action_id and pairs.needs_owner
    left join {{ ref('held_actions') }} as held on pairs.contact_id = held.contact_id and pairs.action_id = held.action_id
    left join opened on pairs.contact_id = opened.contact_id and pairs.action_id = opened.action_id
),

final as (
    select
        contact_id,
        account_id,
        action_id,
        coalesce(
            eligibility_detail, applicability_detail, suitability_detail, consent_detail, suppression_detail, held_detail,
            sequence_detail, quiet_hours_detail
        ) is null as is_eligible,
        case
            when eligibility_detail is not null then 'eligibility'
            when applicability_detail is not null then 'applicability'
            when suitability_detail is not null then 'suitability'
            when consent_detail is not null then 'consent'
            when suppression_detail is not null then 'suppression'
            when held_gate is not null then held_gate
            when sequence_detail is not null then 'sequence'
            when quiet_hours_detail is not null then 'quiet_hours'
        end as gate,
        coalesce(
            eligibility_detail, applicability_detail, suitability_detail, consent_detail, suppression_detail, held_detail,
            sequence_detail, quiet_hours_detail
        ) as detail,
        case
            when coalesce(eligibility_detail, applicability_detail, suitability_detail, consent_detail, suppression_detail) is not null
                then null
            when sequence_detail is not null and opens_on is null then null
            when sequence_detail is not null and held_until is not null then greatest(held_until, opens_on)
            when sequence_detail is not null then opens_on
            else held_until
        end as possible_from
    from judged
)

select * from final
