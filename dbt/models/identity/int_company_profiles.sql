{# Companies of the CRMs, domains that are no company's website, and names that are all we know of somebody's company. #}
with companies as (
    select * from {{ ref('int_crm_companies') }}
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

customers as (
    select * from {{ ref('int_customer_companies') }}
),

names as (
    select
        company_key,
        min(spelling_key) as spelling_key,
        min(words_key) as words_key,
        min(core_key) as core_key,
        case when min(legal_region) = max(legal_region) then min(legal_region) end as legal_region
    from {{ ref('company_names') }}
    where company_key is not null
    group by company_key
),

websites as (
    select distinct domain from companies where domain is not null
),

-- the domain that most people of a company write from, if most of its people are this company's
mail_domains as (
    select {{ dbt.concat(["'salesforce_account|'", "salesforce_account_id"]) }} as node, domain, count(*) as count_contacts
    from contacts
    where salesforce_account_id is not null and domain is not null
    group by salesforce_account_id, domain
    union all
    select {{ dbt.concat(["'hubspot_company|'", "hubspot_company_id"]) }}, domain, count(*)
    from contacts
    where hubspot_company_id is not null and domain is not null
    group by hubspot_company_id, domain
),

mail_domain_shares as (
    select
        node,
        domain,
        count_contacts,
        2 * count_contacts > sum(count_contacts) over (partition by node) as is_most_of_company,
        2 * count_contacts
        > sum(count_contacts) over (partition by {{ dbt.split_part('node', "'|'", 1) }}, domain) as is_most_of_domain
    from mail_domains
),

main_mail_domains as (
    select node, domain, count_contacts from mail_domain_shares where is_most_of_company and is_most_of_domain
),

crm_profiles as (
    select
        companies.node,
        companies.kind,
        companies.company_key,
        companies.spelling_key,
        companies.words_key,
        companies.core_key,
        companies.legal_region,
        companies.domain as website_domain,
        main_mail_domains.domain as mail_domain,
        main_mail_domains.count_contacts as count_mail_contacts,
        companies.country_code,
        companies.city_key,
        companies.phone_tail
    from companies
    left join main_mail_domains on companies.node = main_mail_domains.node
),

-- what most of the people say who write from a domain
domain_names as (
    select domain, company_key, count(*) as count_contacts, sum(count(*)) over (partition by domain) as count_all
    from contacts
    where domain is not null and company_key is not null
    group by domain, company_key
),

domain_countries as (
    select domain, country_code, count(*) as count_contacts, sum(count(*)) over (partition by domain) as count_all
    from contacts
    where domain is not null and country_code is not null
    group by domain, country_code
),

domain_profiles as (
    select
        {{ dbt.concat(["'domain|'", "found.domain"]) }} as node,
        found.domain,
        domain_names.company_key,
        domain_countries.country_code
    from (select distinct domain from contacts where domain is not null) as found
    left join websites on found.domain = websites.domain
    left join domain_names on found.domain = domain_names.domain and 2 * domain_names.count_contacts > domain_names.count_all
    left join domain_countries
        on found.domain = domain_countries.domain and 2 * domain_countries.count_contacts > domain_countries.count_all
    where websites.domain is null
),

needed_names as (
    select company_key, country_code
    from contacts
    where salesforce_account_id is null and hubspot_company_id is null and domain is null and company_key is not null
    union all
    select {{ dbt.split_part('company_node', "'|'", 2) }}, null
    from customers
    where company_node like 'company_name|%'
),

name_profiles as (
    select company_key, case when min(country_code) = max(country_code) then min(country_code) end as country_code
    from needed_names
    group by company_key
),

unioned as (
    select * from crm_profiles
    union all
    select
        domain_profiles.node, 'domain', names.company_key, names.spelling_key, names.words_key, names.core_key, names.legal_region,
        domain_profiles.domain, null, null, domain_profiles.country_code, null, null
    from domain_profiles
    left join names on domain_profiles.company_key = names.company_key
    union all
    select
        {{ dbt.concat(["'company_name|'", "names.company_key"]) }}, 'company_name', names.company_key, names.spelling_key,
        names.words_key, names.core_key, null, null, null, null, name_profiles.country_code, null, null
    from name_profiles
    inner join names on name_profiles.company_key = names.company_key
),

final as (
    select
        *,
        coalesce(website_domain, mail_domain) as domain,
        {{ domain_stem('coalesce(website_domain, mail_domain)') }} as domain_stem
    from unioned
)

select * from final
