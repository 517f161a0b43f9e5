{# Known ones with all below them, and domains that people of many companies write from though it is nobody's website. #}
with records as (
    select email, coalesce(salesforce_account_id, hubspot_company_id, company_key) as company
    from {{ ref('int_source_records') }}
    where email is not null
),

listed as (
    select domain, 'free_mail' as kind from {{ ref('free_mail_domains') }}
    union all
    select domain, 'shared_website' from {{ ref('shared_website_domains') }}
    union all
    select domain, 'education' from {{ ref('education_domains') }}
),

websites as (
    select domain from {{ ref('stg_salesforce__accounts') }} where domain is not null
    union
    select domain from {{ ref('stg_hubspot__companies') }} where domain is not null
    union
    select domain from {{ ref('stg_salesforce__leads') }} where domain is not null
),

mail_domains as (
    select {{ email_domain('email') }} as domain, count(distinct company) as count_companies
    from records
    group by {{ email_domain('email') }}
),

seen as (
    select
        coalesce(websites.domain, mail_domains.domain) as domain,
        websites.domain is null and mail_domains.count_companies > {{ companies_per_domain() }} as is_busy
    from websites
    full outer join mail_domains on websites.domain = mail_domains.domain
),

-- a university's institutes and a provider's customers have names below theirs; a page of a hosting site is its own company's
judged as (
    select
        seen.domain,
        coalesce(
            listed.kind,
            parents.kind,
            case
                when {{ is_education_domain('seen.domain') }} then 'education'
                when seen.is_busy then 'many_companies'
            end
        ) as kind
    from seen
    left join listed on seen.domain = listed.domain
    left join listed as parents
        on {{ regexp_replace_all('seen.domain', '^[^.]+[.]', '') }} = parents.domain and parents.kind <> 'shared_website'
),

final as (
    select domain, min(kind) as kind from judged where kind is not null group by domain
)

select * from final
