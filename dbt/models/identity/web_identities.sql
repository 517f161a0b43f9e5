{# Who was seen on a device: by login, by address, by a form, by a click in a mail of ours. Several people: a shared device. #}
with records as (
    select source, object, source_id, contact_id from {{ ref('int_contact_records') }}
),

emails as (
    select * from {{ ref('emails') }}
),

identifies as (
    select * from {{ ref('stg_segment__identifies') }} where anonymous_id is not null
),

forms as (
    select * from {{ ref('stg_hubspot__form_submissions') }} where anonymous_id is not null
),

decisions as (
    select decision_id, contact_id from {{ source('raw', 'ledger_decisions') }}
),

logins as (
    select distinct anonymous_id, user_id from identifies where user_id is not null
    union
    select distinct anonymous_id, user_id from {{ ref('stg_segment__pages') }} where anonymous_id is not null and user_id is not null
    union
    select distinct anonymous_id, user_id from {{ ref('stg_segment__tracks') }} where anonymous_id is not null and user_id is not null
),

addresses as (
    select anonymous_id, email from identifies where email is not null
    union
    select anonymous_id, email from forms where email is not null
),

mail_clicks as (
    select anonymous_id, {{ dbt.split_part(dbt.split_part('url', "'decision_id='", 2), "'&'", 1) }} as decision_id
    from {{ ref('stg_segment__pages') }}
    where anonymous_id is not null and url like '%decision_id=%'
),

seen as (
    select logins.anonymous_id, records.contact_id
    from logins
    inner join records on records.source = 'segment' and records.object = 'user' and logins.user_id = records.source_id
    union
    select addresses.anonymous_id, emails.contact_id
    from addresses
    inner join emails on addresses.email = emails.email_normalised
    union
    select forms.anonymous_id, records.contact_id
    from forms
    inner join records on records.source = 'hubspot' and forms.hubspot_contact_id = records.source_id
    union
    select mail_clicks.anonymous_id, decisions.contact_id
    from mail_clicks
    inner join decisions on mail_clicks.decision_id = decisions.decision_id
),

current_contacts as (
    select distinct seen.anonymous_id, coalesce(merges.contact_id, seen.contact_id) as contact_id
    from seen
    left join {{ ref('contact_merges') }} as merges on seen.contact_id = merges.old_contact_id
),

final as (
    select
        current_contacts.anonymous_id,
        case when count(*) = 1 then max(current_contacts.contact_id) end as contact_id,
        count(*) > 1 as is_shared
    from current_contacts
    inner join (select distinct contact_id from records) as live on current_contacts.contact_id = live.contact_id
    group by current_contacts.anonymous_id
)

select * from final
