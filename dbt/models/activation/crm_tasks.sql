with

decisions as (
    select * from {{ ref('int_sendable_decisions') }}
),

contacts as (
    select * from {{ ref('contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- a task belongs to a contact; a lead only where there is no contact yet
salesforce_people as (
    select
        contact_id,
        coalesce(min(case when object = 'contact' then source_id end), min(case when object = 'lead' then source_id end)) as salesforce_who_id
    from {{ ref('contact_id_map') }}
    where source = 'salesforce' and object in ('contact', 'lead')
    group by 1
),

-- of several the one that is due first
hot_contacts as (
    select contact_id, min(due_at) as due_at from {{ ref('hot_events') }} where is_urgent group by 1
),

action_owners as (
    select contact_id, action_id, owner_id, reason from {{ ref('action_owners') }}
),

tasks as (
    select
        decisions.*,
        action_owners.reason as owner_reason,
        hot_contacts.contact_id is not null as is_hot,
        case when hot_contacts.due_at > decisions.send_at then hot_contacts.due_at else decisions.send_at end as answer_due_at,
        accounts.name as account_name,
        accounts.salesforce_account_id,
        salesforce_people.salesforce_who_id,
        coalesce(
            nullif(trim({{ dbt.concat(["coalesce(contacts.first_name, '')", "' '", "coalesce(contacts.last_name, '')"]) }}), ''),
            contacts.email,
            contacts.phone_e164
        ) as person,
        {{ list_to_text('decisions.reason_codes', '; ') }} as reasons
    from decisions
    inner join contacts on decisions.contact_id = contacts.contact_id
    left join accounts on contacts.account_id = accounts.account_id
    left join salesforce_people on decisions.contact_id = salesforce_people.contact_id
    left join hot_contacts on decisions.contact_id = hot_contacts.contact_id
    left join action_owners
        on decisions.contact_id = action_owners.contact_id
        and decisions.action_id = action_owners.action_id
        and decisions.owner_id = action_owners.owner_id
    where decisions.is_seller_action or decisions.consent_channel = 'phone'
),

final as (
    select
        decision_id,
        contact_id,
        account_id,
        salesforce_who_id,
        salesforce_account_id,
        owner_id,
        {{ dbt.concat([
            "action_name", "': '", "person",
            "case when account_name is not null then " ~ dbt.concat(["' ('", "account_name", "')'"]) ~ " else '' end",
        ]) }} as subject,
        cast(send_at as date) as due_on,
        case when is_hot then answer_due_at end as due_at,
        case when is_hot then 'high' else 'normal' end as priority,
        owner_reason,
        case when reasons <> '' then replace(reasons, '_', ' ') end as why,
        action_id,
        content,
        approval_status
    from tasks
)

select * from final
