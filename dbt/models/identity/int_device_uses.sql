{# Who was seen on a device: by login, by address, by a form, by a click in a mail of ours. The big event tables are read once. #}
with records as (
    select source, object, source_id, contact_id from {{ ref('int_contact_records') }}
),

emails as (
    select * from {{ ref('emails') }}
),

identifies as (
    select anonymous_id, user_id, email, occurred_at
    from {{ ref('stg_segment__identifies') }}
    where anonymous_id is not null
),

forms as (
    select anonymous_id, email, hubspot_contact_id, occurred_at
    from {{ ref('stg_hubspot__form_submissions') }}
    where anonymous_id is not null
),

decisions as (
    select decision_id, contact_id from {{ source('raw', 'ledger_decisions') }}
),

pages as (
    select
        anonymous_id,
        user_id,
        case
            when url like '%decision_id=%'
                then {{ dbt.split_part(dbt.split_part('url', "'decision_id='", 2), "'&'", 1) }}
        end as decision_id,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from {{ ref('stg_segment__pages') }}
    where anonymous_id is not null and (user_id is not null or url like '%decision_id=%')
    group by 1, 2, 3
),

logins as (
    select anonymous_id, user_id, occurred_at as first_at, occurred_at as last_at from identifies where user_id is not null
    union all
    select anonymous_id, user_id, first_at, last_at from pages where user_id is not null
    union all
    select anonymous_id, user_id, min(occurred_at), max(occurred_at)
    from {{ ref('stg_segment__tracks') }}
    where anonymous_id is not null and user_id is not null
    group by anonymous_id, user_id
),

addresses as (
    select anonymous_id, email, occurred_at from identifies where email is not null
    union all
    select anonymous_id, email, occurred_at from forms where email is not null
),

seen as (
    select logins.anonymous_id, records.contact_id, logins.first_at, logins.last_at
    from logins
    inner join records on records.source = 'segment' and records.object = 'user' and logins.user_id = records.source_id
    union all
    select addresses.anonymous_id, emails.contact_id, addresses.occurred_at, addresses.occurred_at
    from addresses
    inner join emails on addresses.email = emails.email_normalised
    union all
    select forms.anonymous_id, records.contact_id, forms.occurred_at, forms.occurred_at
    from forms
    inner join records on records.source = 'hubspot' and forms.hubspot_contact_id = records.source_id
    union all
    select pages.anonymous_id, decisions.contact_id, pages.first_at, pages.last_at
    from pages
    inner join decisions on pages.decision_id = decisions.decision_id
),

current_contacts as (
    select
        seen.anonymous_id,
        coalesce(merges.contact_id, seen.contact_id) as contact_id,
        seen.first_at,
        seen.last_at
    from seen
    left join {{ ref('contact_merges') }} as merges on seen.contact_id = merges.old_contact_id
),

final as (
    select
        current_contacts.anonymous_id,
        current_contacts.contact_id,
        min(current_contacts.first_at) as first_seen_at,
        max(current_contacts.last_at) as last_seen_at
    from current_contacts
    inner join (select distinct contact_id from records) as live on current_contacts.contact_id = live.contact_id
    group by current_contacts.anonymous_id, current_contacts.contact_id
)

select * from final
