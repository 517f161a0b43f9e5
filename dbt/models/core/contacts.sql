{# The golden record. Which value survives is said in seed survivorship_rules, which record gave it in contact_field_sources. #}
with golden as (
    select * from {{ ref('int_contact_choices') }}
),

emails as (
    select contact_id, address as email, is_role_mailbox
    from {{ ref('int_contact_addresses') }}
    where address_type = 'email' and is_primary
),

phones as (
    select contact_id, address as phone_e164 from {{ ref('int_contact_addresses') }} where address_type = 'phone' and is_primary
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
        coalesce(golden.owner_id, accounts.owner_id) as owner_id,
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
