{# Done tasks and events of Salesforce. Planned ones are no facts yet. #}
with people as (
    select identifier, contact_id, known_on from {{ ref('int_identifiers') }} where kind = 'salesforce'
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }}
),

opportunities as (
    select opportunity_id, account_id from {{ ref('opportunities') }}
),

tasks as (
    select
        'task' as object,
        task_id as source_id,
        who_id,
        what_id,
        salesforce_account_id,
        subject,
        occurred_at,
        loaded_on,
        case
            when
                (task_type = 'email' or task_subtype = 'email')
                and (lower(subject) like 're:%' or status = 'replied' or call_disposition = 'replied')
                then 'reply'
            when task_type = 'email' or task_subtype = 'email' then 'seller_email'
            when task_type = 'call' or task_subtype = 'call' then 'call'
        end as interaction
    from {{ ref('stg_salesforce__tasks') }}
    where is_done
),

events as (
    select
        'event' as object,
        event_id as source_id,
        who_id,
        what_id,
        salesforce_account_id,
        subject,
        occurred_at,
        loaded_on,
        'meeting' as interaction
    from {{ ref('stg_salesforce__events') }}
    where
        occurred_at < cast({{ run_date() }} as {{ dbt.type_timestamp() }})
        and not coalesce({{ regexp_matches('lower(subject)', '^(cancel|declined|no[ -]show)') }}, false)
),

unioned as (
    select * from tasks where interaction is not null
    union all
    select * from events
),

final as (
    select
        {{ dbt.concat(["'salesforce|'", "unioned.object", "'|'", "unioned.source_id"]) }} as interaction_id,
        people.contact_id,
        coalesce(contact_accounts.account_id, accounts.account_id, opportunities.account_id) as account_id,
        unioned.occurred_at,
        unioned.interaction,
        unioned.subject,
        unioned.loaded_on,
        people.known_on as attributed_on
    from unioned
    left join people on unioned.who_id = people.identifier
    left join {{ ref('contacts') }} as contact_accounts on people.contact_id = contact_accounts.contact_id
    left join accounts
        on {{ dbt.concat(["'salesforce_account|'", "coalesce(unioned.salesforce_account_id, unioned.what_id)"]) }} = accounts.record_key
    left join opportunities on unioned.what_id = opportunities.opportunity_id
    where unioned.occurred_at is not null
)

select * from final
