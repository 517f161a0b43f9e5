with keys as (
    select
        key as account_id,
        {{ dbt.split_part('record_key', "'|'", 1) }} as kind,
        substring(record_key, length({{ dbt.split_part('record_key', "'|'", 1) }}) + 2) as identifier
    from {{ ref('int_account_keys') }}
    where is_live
),

companies as (
    select * from {{ ref('int_crm_companies') }}
),

users as (
    select * from {{ ref('stg_salesforce__users') }}
),

customers as (
    select * from {{ ref('int_billing_customers') }}
),

contact_accounts as (
    select * from {{ ref('int_contact_accounts') }} where account_id is not null
),

records as (
    select * from {{ ref('int_contact_records') }}
),

-- Salesforce before HubSpot before billing, then the one changed last
described as (
    select
        keys.account_id,
        keys.kind,
        keys.identifier,
        coalesce(companies.name, customers.company) as name,
        companies.website_domain,
        companies.industry,
        companies.count_employees,
        companies.annual_revenue_cents,
        companies.country_code,
        case when coalesce(users.is_active, true) and companies.owner_id not like '00G%' then companies.owner_id end as owner_id,
        coalesce(companies.created_at, customers.created_at) as created_at,
        row_number() over (
            partition by keys.account_id
            order by
                case keys.kind when 'salesforce_account' then 3 when 'hubspot_company' then 2 when 'billing_customer' then 1 else 0 end,
                coalesce(companies.updated_at, customers.updated_at, cast('1970-01-01' as {{ dbt.type_timestamp() }})),
                keys.identifier
        ) as precedence
    from keys
    left join companies on keys.kind = companies.kind and keys.identifier = companies.identifier
    left join customers on keys.kind = 'billing_customer' and keys.identifier = customers.customer_id
    left join users on companies.owner_id = users.owner_id
),

golden as (
    select
        account_id,
        {% for column in ['name', 'website_domain', 'industry', 'count_employees', 'annual_revenue_cents', 'country_code', 'owner_id'] -%}
        {{ latest_by(column, 'case when ' ~ column ~ ' is not null then precedence end') }} as {{ column }},
        {% endfor -%}
        {{ latest_by('identifier', "case when kind = 'salesforce_account' then precedence end") }} as salesforce_account_id,
        {{ latest_by('identifier', "case when kind = 'hubspot_company' then precedence end") }} as hubspot_company_id,
        min(case when kind = 'domain' then identifier end) as first_domain,
        min(created_at) as created_at
    from described
    group by account_id
),

parents as (
    select * from {{ ref('int_account_parents') }}
),

from_contacts as (
    select
        contact_accounts.account_id,
        {{ latest_by('records.company', "case when records.company is not null then coalesce(cast(records.updated_at as varchar), '') || records.record_key end") }} as company,
        min(coalesce(records.created_at, records.updated_at)) as created_at
    from contact_accounts
    inner join records on contact_accounts.contact_id = records.contact_id
    group by contact_accounts.account_id
),

final as (
    select
        golden.account_id,
        coalesce(golden.name, from_contacts.company, golden.website_domain, golden.first_domain) as name,
        coalesce(golden.website_domain, golden.first_domain) as domain,
        golden.industry,
        golden.count_employees,
        golden.annual_revenue_cents,
        golden.country_code,
        golden.owner_id,
        coalesce(golden.created_at, from_contacts.created_at) as created_at,
        golden.salesforce_account_id,
        golden.hubspot_company_id,
        parents.parent_account_id,
        coalesce(parents.ultimate_parent_account_id, golden.account_id) as ultimate_parent_account_id,
        parents.suggested_parent_account_id,
        parents.suggested_parent_rule,
        parents.suggested_parent_score
    from golden
    left join parents on golden.account_id = parents.account_id
    left join from_contacts on golden.account_id = from_contacts.account_id
)

select * from final
