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

tasks as (
    select
        decisions.*,
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
        case when reasons <> '' then replace(reasons, '_', ' ') end as why,
        action_id,
        content,
        approval_status
    from tasks
)

select * from final
