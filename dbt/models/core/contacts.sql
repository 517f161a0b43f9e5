{# The golden record: for each attribute the best source that knows it, then the latest. #}
{% set attributes = ['first_name', 'last_name', 'title', 'country_code', 'state', 'city', 'postal_code', 'lead_source'] %}
with records as (
    select * from {{ ref('int_contact_records') }}
),

users as (
    select * from {{ ref('stg_salesforce__users') }}
),

time_zones as (
    select * from {{ ref('int_time_zones') }}
),

emails as (
    select * from {{ ref('int_contact_emails') }} where is_primary
),

phones as (
    select * from {{ ref('int_contact_phones') }} where is_primary
),

contact_accounts as (
    select * from {{ ref('int_contact_accounts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

job_titles as (
    select * from {{ ref('int_job_titles') }}
),

traits as (
    select * from {{ ref('int_contact_traits') }}
),

objections as (
    select distinct contact_id from {{ ref('suppressions') }} where reason = 'objection'
),

-- people who left can't act for a contact, and a queue (00G) is nobody
records_with_owner as (
    select
        records.*,
        time_zones.time_zone,
        case when coalesce(users.is_active, true) and records.owner_id not like '00G%' then records.owner_id end as active_owner_id
    from records
    left join users on records.owner_id = users.owner_id
    left join time_zones on records.given_time_zone = time_zones.given_time_zone
),

golden as (
    select
        contact_id,
        {% for attribute in attributes + ['time_zone', 'active_owner_id'] -%}
        {{ latest_by(attribute, 'case when ' ~ attribute ~ ' is not null then precedence end') }} as {{ attribute }},
        {% endfor -%}
        min(coalesce(created_at, updated_at)) as created_at
    from records_with_owner
    group by contact_id
),

final as (
    select
        golden.contact_id,
        contact_accounts.account_id,
        emails.email,
        {{ email_domain('emails.email') }} as email_domain,
        phones.phone_e164,
        golden.first_name,
        golden.last_name,
        golden.title,
        coalesce(job_titles.job_level, 'unknown') as job_level,
        coalesce(job_titles.job_function, case when golden.title is null then 'unknown' else 'other' end) as job_function,
        golden.country_code,
        golden.state,
        golden.city,
        golden.postal_code,
        golden.time_zone,
        coalesce(golden.active_owner_id, accounts.owner_id) as owner_id,
        golden.lead_source,
        golden.created_at,
        coalesce(emails.is_role_mailbox, false) as is_role_mailbox,
        objections.contact_id is not null as has_objected,
        coalesce(traits.traits, '{}') as traits
    from golden
    left join emails on golden.contact_id = emails.contact_id
    left join phones on golden.contact_id = phones.contact_id
    left join contact_accounts on golden.contact_id = contact_accounts.contact_id
    left join accounts on contact_accounts.account_id = accounts.account_id
    left join job_titles on golden.title = job_titles.title
    left join traits on golden.contact_id = traits.contact_id
    left join objections on golden.contact_id = objections.contact_id
)

select * from final
