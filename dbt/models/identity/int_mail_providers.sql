{# Known ones, and domains that people of many companies write from though it is nobody's website. #}
with free_mail_domains as (
    select * from {{ ref('free_mail_domains') }}
),

records as (
    select email, coalesce(salesforce_account_id, hubspot_company_id, company_key) as company
    from {{ ref('int_source_records') }}
    where email is not null
),

websites as (
    select domain from {{ ref('stg_salesforce__accounts') }} where domain is not null
    union
    select domain from {{ ref('stg_hubspot__companies') }} where domain is not null
),

busy_domains as (
    select {{ email_domain('email') }} as domain
    from records
    group by {{ email_domain('email') }}
    having count(distinct company) > {{ companies_per_domain() }}
),

final as (
    select domain from free_mail_domains
    union
    select busy_domains.domain
    from busy_domains
    left join websites on busy_domains.domain = websites.domain
    where websites.domain is null
)

select * from final
