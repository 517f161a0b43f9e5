{# The rules of contact policy, each over its own moving window. A touch or outcome is counted for the contact, for all people
   of its account, or for all members of its buying groups; whoever is counted together, waits together. #}
with

rules as (
    select
        rules.*,
        exists (
            select 1 from {{ source('raw', 'policy_contact_rule_channels') }} as channels where channels.name = rules.name
        ) as has_channels,
        {{ dbt.dateadd('day', '-1 * (rules.within_days + coalesce(rules.pause_days, 0))', run_midnight()) }} as counted_from
    from {{ source('raw', 'policy_contact_rules') }} as rules
),

contacts as (
    select contact_id, account_id from {{ ref('contacts') }}
),

members as (
    select contact_id, buying_group_id from {{ ref('buying_group_members') }}
),

-- as far back as any rule of touches looks
touches as (
    select touches.touch_id, touches.contact_id, touches.channel, touches.occurred_at
    from {{ ref('touches') }} as touches
    where
        touches.direction = 'outbound'
        and touches.contact_id is not null
        and touches.occurred_at >= (select min(counted_from) from rules where counts in ('touches', 'ignored'))
),

outcomes as (
    select outcome_id, contact_id, account_id, outcome, occurred_at
    from {{ ref('outcomes') }}
    where occurred_at >= (select min(counted_from) from rules)
),

responses as (
    select outcomes.contact_id, outcomes.occurred_at
    from outcomes
    inner join {{ source('raw', 'policy_message_responses') }} as kinds on outcomes.outcome = kinds.outcome
    where exists (select 1 from rules where counts = 'ignored')
),

-- a touch that still may be answered isn't ignored yet
ignored_touches as (
    select touches.*
    from touches
    cross join {{ source('raw', 'policy_messages') }} as messages
    where
        exists (select 1 from rules where counts = 'ignored')
        and {{ dbt.dateadd('day', 'messages.response_days', 'touches.occurred_at') }} < {{ run_midnight() }}
        and not exists (
            select 1
            from responses
            where
                responses.contact_id = touches.contact_id
                and responses.occurred_at >= touches.occurred_at
                and responses.occurred_at <= {{ dbt.dateadd('day', 'messages.response_days', 'touches.occurred_at') }}
        )
),

events as (
    select touch_id as event_id, contact_id, cast(null as {{ dbt.type_string() }}) as account_id, 'touches' as kind, channel, occurred_at
    from touches
    where exists (select 1 from rules where counts = 'touches')
    union all
    select touch_id, contact_id, null, 'ignored', channel, occurred_at from ignored_touches
    union all
    select outcome_id, contact_id, account_id, outcome, null, occurred_at from outcomes
),

counted as (
    select
        rules.name,
        rules.at_least,
        rules.within_days,
        rules.pause_days,
        case rules.per
            when 'contact' then events.contact_id
            when 'account' then coalesce(contacts.account_id, events.account_id)
            else members.buying_group_id
        end as entity_id,
        events.event_id,
        events.occurred_at
    from events
    inner join rules on events.kind = rules.counts and events.occurred_at >= rules.counted_from
    left join {{ source('raw', 'policy_contact_rule_channels') }} as channels
        on rules.name = channels.name and events.channel = channels.channel
    left join contacts on events.contact_id = contacts.contact_id
    left join members on events.contact_id = members.contact_id and rules.per = 'buying_group'
    where not rules.has_channels or channels.name is not null
),

numbered as (
    select
        *,
        row_number() over (partition by name, entity_id order by occurred_at, event_id) as number,
        count(*) over (partition by name, entity_id) as count_events
    from counted
    where entity_id is not null
),

enough as (
    select * from numbered where count_events >= at_least
),

-- each time that it became so many within the window; without a pause what counts is tonight's window
reached as (
    select
        latest.name,
        latest.entity_id,
        latest.pause_days,
        latest.within_days,
        cast(first_of.occurred_at as date) as first_on,
        cast(latest.occurred_at as date) as last_on
    from enough as latest
    inner join enough as first_of
        on
            latest.name = first_of.name
            and latest.entity_id = first_of.entity_id
            and latest.number = first_of.number + latest.at_least - 1
    where
        (latest.pause_days is null and latest.number = latest.count_events)
        or (latest.pause_days is not null and first_of.occurred_at >= {{ dbt.dateadd('day', '-1 * latest.within_days', 'latest.occurred_at') }})
),

waits as (
    select
        name,
        entity_id,
        max(last_on) as last_on,
        max(cast(case
            when pause_days is null then {{ dbt.dateadd('day', 'within_days + 1', 'first_on') }}
            else {{ dbt.dateadd('day', 'pause_days + 1', 'last_on') }}
        end as date)) as possible_from
    from reached
    group by 1, 2
),

entities as (
    select contact_id as entity_id, contact_id, 'contact' as per from contacts
    union all
    select account_id, contact_id, 'account' from contacts where account_id is not null
    union all
    select buying_group_id, contact_id, 'buying_group' from members
),

pauses as (
    select
        entities.contact_id,
        rules.name,
        rules.place,
        rules.pause_days is null as is_cap,
        waits.possible_from,
        {{ dbt.concat([
            "rules.name", "': '",
            "case when rules.at_least > 1 then " ~ dbt.concat(["cast(rules.at_least as " ~ dbt.type_string() ~ ")", "' × '"]) ~ " else '' end",
            "case rules.counts when 'touches' then 'touched' when 'ignored' then 'no answer' else rules.counts end",
            "case rules.per when 'contact' then '' when 'account' then ' at the account' else ' in the buying group' end",
            "case when rules.at_least > 1 then " ~ dbt.concat(["' within '", counted_days('rules.within_days')]) ~ " else '' end",
            "', last on '", "cast(waits.last_on as " ~ dbt.type_string() ~ ")",
            "'; possible from '", "cast(waits.possible_from as " ~ dbt.type_string() ~ ")",
        ]) }} as detail
    from waits
    inner join rules on waits.name = rules.name
    inner join entities on waits.entity_id = entities.entity_id and rules.per = entities.per
    where waits.possible_from > {{ run_date() }}
),

-- of several buying groups of a contact the one that makes it wait longest
longest as (
    select *, row_number() over (partition by contact_id, name order by possible_from desc, detail) as number from pauses
),

final as (
    select contact_id, name, place, is_cap, possible_from, detail from longest where number = 1
)

select * from final
