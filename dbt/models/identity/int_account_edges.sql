{# Nodes are `kind|identifier`. An edge says that both are one company. #}
with companies as (
    select * from {{ ref('int_crm_companies') }}
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

company_names as (
    select * from {{ ref('int_company_names') }}
),

by_website as (
    select {{ dbt.concat(["kind", "'|'", "identifier"]) }} as left_node, {{ dbt.concat(["'domain|'", "domain"]) }} as right_node
    from companies
    where domain is not null
),

websites as (
    select distinct domain from companies where domain is not null
),

subdomains as (
    select distinct
        domain,
        {{ regexp_replace_all('domain', '^[^.]+[.]', '') }} as parent_domain
    from contacts
    where domain like '%.%.%'
),

by_parent_domain as (
    select
        {{ dbt.concat(["'domain|'", "subdomains.domain"]) }} as left_node,
        {{ dbt.concat(["'domain|'", "websites.domain"]) }} as right_node
    from subdomains
    inner join websites on subdomains.parent_domain = websites.domain
),

-- a company without website has the domain that most of its people write from, unless that is another's
mail_domains as (
    select 'salesforce_account' as kind, salesforce_account_id as identifier, domain, count(*) as count_contacts
    from contacts
    where salesforce_account_id is not null and domain is not null
    group by salesforce_account_id, domain
    union all
    select 'hubspot_company', hubspot_company_id, domain, count(*)
    from contacts
    where hubspot_company_id is not null and domain is not null
    group by hubspot_company_id, domain
),

mail_domain_shares as (
    select
        kind,
        identifier,
        domain,
        2 * count_contacts > sum(count_contacts) over (partition by kind, identifier) as is_most_of_company,
        2 * count_contacts > sum(count_contacts) over (partition by kind, domain) as is_most_of_domain
    from mail_domains
),

by_mail_domain as (
    select
        {{ dbt.concat(["companies.kind", "'|'", "companies.identifier"]) }} as left_node,
        {{ dbt.concat(["'domain|'", "mail_domain_shares.domain"]) }} as right_node
    from companies
    inner join mail_domain_shares
        on companies.kind = mail_domain_shares.kind and companies.identifier = mail_domain_shares.identifier
    left join websites on mail_domain_shares.domain = websites.domain
    where
        companies.website_domain is null
        and mail_domain_shares.is_most_of_company
        and mail_domain_shares.is_most_of_domain
        and (websites.domain is null or companies.company_key is null)
),

by_name as (
    select
        {{ dbt.concat(["companies.kind", "'|'", "companies.identifier"]) }} as left_node,
        {{ dbt.concat(["'company_name|'", "companies.company_key"]) }} as right_node
    from companies
    inner join company_names on companies.company_key = company_names.company_key
    where not company_names.is_ambiguous
),

by_merge as (
    select
        {{ dbt.concat(["'salesforce_account|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce_account|'", "master_record_id"]) }} as right_node
    from {{ ref('stg_salesforce__ceased_records') }}
    where object = 'account' and master_record_id is not null
),

by_billing as (
    select {{ dbt.concat(["'billing_customer|'", "customer_id"]) }} as left_node, company_node as right_node
    from {{ ref('int_customer_companies') }}
    where company_node is not null
),

final as (
    select * from by_website
    union
    select * from by_parent_domain
    union
    select * from by_mail_domain
    union
    select * from by_name
    union
    select * from by_merge
    union
    select * from by_billing
)

select * from final
