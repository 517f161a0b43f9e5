with records as (
    select * from {{ ref('int_source_records') }}
),

hubspot_contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

identifies as (
    select distinct user_id, email from {{ ref('stg_segment__identifies') }} where user_id is not null and email is not null
),

role_mailboxes as (
    select * from {{ ref('role_mailboxes') }}
),

additional as (
    select record_id, {{ split_rows('additional_emails', ';') }} as address
    from hubspot_contacts
    where additional_emails is not null
),

user_ids as (
    select source_id, {{ normalised_email('source_id') }} as email
    from records
    where source = 'segment' and object = 'user' and source_id like '%@%'
),

unioned as (
    select record_key, email, 1 as is_primary from records where email is not null
    union all
    select {{ dbt.concat(["'hubspot|contact|'", "record_id"]) }}, second_email, 0
    from hubspot_contacts
    where second_email is not null
    union all
    select {{ dbt.concat(["'hubspot|contact|'", "record_id"]) }}, {{ normalised_email('address') }}, 0 from additional
    union all
    select {{ dbt.concat(["'segment|user|'", "user_id"]) }}, email, 0 from identifies
    union all
    select {{ dbt.concat(["'segment|user|'", "source_id"]) }}, email, 0 from user_ids
),

distinct_emails as (
    select record_key, email, max(is_primary) as is_primary
    from unioned
    where email is not null
    group by record_key, email
),

counted as (
    select *, count(*) over (partition by record_key) as count_emails from distinct_emails
),

final as (
    select
        counted.record_key,
        counted.email,
        counted.is_primary = 1 as is_primary,
        role_mailboxes.mailbox is not null as is_role_mailbox,
        counted.count_emails > {{ match_setting('addresses_per_login') }} and counted.record_key like 'segment|user|%' as is_shared_login
    from counted
    left join role_mailboxes on {{ email_mailbox('counted.email') }} = role_mailboxes.mailbox
)

select * from final
