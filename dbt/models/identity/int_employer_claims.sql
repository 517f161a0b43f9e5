{# Only of contacts whose records name several companies. A record's company speaks before the domain of its address, until one of the
   two changes. A company's name alone says nothing: it is typed in, and spelt in many ways. #}
with claims as (
    select * from {{ source('raw', 'ledger_company_claims') }}
    union all
    select * from {{ ref('company_claims_new') }}
),

keys as (
    select record_key, key as contact_id, is_live from {{ ref('int_contact_keys') }}
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }}
),

mail_providers as (
    select * from {{ ref('int_mail_providers') }}
),

records as (
    select contact_id, salesforce_account_id, hubspot_company_id, website_domain from {{ ref('int_contact_records') }}
),

emails as (
    select contact_id, email from {{ ref('int_contact_emails') }}
),

company_domains as (
    select accounts.record_key, substring(accounts.record_key, 8) as domain, accounts.account_id
    from accounts
    left join mail_providers on substring(accounts.record_key, 8) = mail_providers.domain
    where accounts.record_key like 'domain|%' and mail_providers.domain is null
),

-- claims that no record of tonight makes
former_claims as (
    select keys.contact_id, claims.company, claims.email_domain
    from claims
    inner join keys on {{ dbt.concat(["claims.source", "'|'", "claims.object", "'|'", "claims.source_id"]) }} = keys.record_key
    where claims.is_change or not keys.is_live
),

named as (
    select records.contact_id, accounts.account_id
    from records
    inner join accounts
        on coalesce(
            {{ dbt.concat(["'salesforce_account|'", "records.salesforce_account_id"]) }},
            {{ dbt.concat(["'hubspot_company|'", "records.hubspot_company_id"]) }},
            {{ dbt.concat(["'domain|'", without_site_prefix("records.website_domain")]) }}
        ) = accounts.record_key
    union all
    select emails.contact_id, company_domains.account_id
    from emails
    inner join company_domains on {{ email_domain('emails.email') }} = company_domains.domain
    union all
    select former_claims.contact_id, accounts.account_id
    from former_claims
    inner join accounts on former_claims.company = accounts.record_key
    union all
    select former_claims.contact_id, company_domains.account_id
    from former_claims
    inner join company_domains on former_claims.email_domain = company_domains.domain
),

people as (
    select contact_id from named group by contact_id having min(account_id) <> max(account_id)
),

their_keys as (
    select keys.record_key, keys.contact_id
    from keys
    inner join people on keys.contact_id = people.contact_id
),

resolved as (
    select
        their_keys.contact_id,
        their_keys.record_key,
        claims.company,
        claims.email_domain,
        claims.claimed_at,
        claims.known_on,
        companies.account_id as company_account_id,
        company_domains.account_id as domain_account_id
    from claims
    inner join their_keys on {{ dbt.concat(["claims.source", "'|'", "claims.object", "'|'", "claims.source_id"]) }} = their_keys.record_key
    left join accounts as companies
        on case
            when claims.company like 'domain|%' then 'domain|' || {{ without_site_prefix('substring(claims.company, 8)') }}
            else claims.company
        end = companies.record_key
    left join company_domains on claims.email_domain = company_domains.domain
),

versions as (
    select
        *,
        lag(company) over (partition by record_key order by known_on) as previous_company,
        lag(email_domain) over (partition by record_key order by known_on) as previous_domain,
        row_number() over (partition by record_key order by known_on) as version
    from resolved
),

said as (
    select
        *,
        case
            when company_account_id is not null and (version = 1 or company <> coalesce(previous_company, '')) then company_account_id
            when domain_account_id is not null and (version = 1 or email_domain <> nullif(previous_domain, '')) then domain_account_id
        end as account_id,
        case
            when company_account_id is not null and (version = 1 or company <> coalesce(previous_company, ''))
                then case when company like 'domain|%' then 'website_domain' else {{ dbt.split_part('company', "'|'", 1) }} end
            else 'email_domain'
        end as evidence
    from versions
),

final as (
    select
        contact_id,
        record_key,
        account_id,
        evidence,
        claimed_at,
        row_number() over (partition by record_key order by version desc) = 1 as is_last
    from said
    where account_id is not null
)

select * from final
