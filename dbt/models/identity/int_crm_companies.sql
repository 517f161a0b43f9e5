{# Accounts of Salesforce and companies of HubSpot, also those that only a contact, a lead or an opportunity names. #}
with accounts as (
    select * from {{ ref('stg_salesforce__accounts') }}
),

companies as (
    select * from {{ ref('stg_hubspot__companies') }}
),

ceased as (
    select * from {{ ref('stg_salesforce__ceased_records') }} where object = 'account'
),

mail_providers as (
    select * from {{ ref('int_mail_providers') }}
),

broken as (
    select value as salesforce_account_id
    from {{ ref('broken_references') }}
    where object = 'opportunity' and column_name = 'account_id'
),

named_accounts as (
    select salesforce_account_id as identifier from {{ ref('int_source_records') }} where salesforce_account_id is not null
    union
    select opportunities.salesforce_account_id
    from {{ ref('stg_salesforce__opportunities') }} as opportunities
    left join broken on opportunities.salesforce_account_id = broken.salesforce_account_id
    where opportunities.salesforce_account_id is not null and broken.salesforce_account_id is null
),

named_companies as (
    select hubspot_company_id as identifier from {{ ref('int_source_records') }} where hubspot_company_id is not null
),

unioned as (
    select
        'salesforce_account' as kind, record_id as identifier, name, domain, industry, count_employees, annual_revenue_cents,
        country_code as given_country_code, country, city, phone, parent_record_id as parent_identifier, owner_id, created_at,
        updated_at
    from accounts
    union all
    select
        'hubspot_company', record_id, name, domain, industry, count_employees, annual_revenue_cents,
        null, country, city, phone, parent_record_id, null, created_at, updated_at
    from companies
    union all
    select 'salesforce_account', named_accounts.identifier, null, null, null, null, null, null, null, null, null, null, null, null, null
    from named_accounts
    left join accounts on named_accounts.identifier = accounts.record_id
    left join ceased on named_accounts.identifier = ceased.record_id
    where accounts.record_id is null and ceased.record_id is null
    union all
    select 'hubspot_company', named_companies.identifier, null, null, null, null, null, null, null, null, null, null, null, null, null
    from named_companies
    left join companies on named_companies.identifier = companies.record_id
    where companies.record_id is null
),

countries as (
    select found.country, country_names.country_code
    from (select distinct country from unioned where country is not null) as found
    inner join {{ ref('country_names') }} as country_names on {{ normalised_words('found.country') }} = country_names.name
),

described as (
    select
        unioned.*,
        company_names.company_key,
        company_names.spelling_key,
        company_names.words_key,
        company_names.core_key,
        company_names.legal_region,
        case when mail_providers.domain is null then {{ without_site_prefix('unioned.domain') }} end as own_domain,
        coalesce(
            case when length(unioned.given_country_code) = 2 then upper(unioned.given_country_code) end,
            countries.country_code,
            case when length(unioned.country) = 2 then upper(unioned.country) end
        ) as country_code,
        coalesce(city_names.city, {{ normalised_words('unioned.city') }}) as city_key,
        {{ phone_tail('unioned.phone') }} as phone_tail
    from unioned
    left join mail_providers on unioned.domain = mail_providers.domain
    left join countries on unioned.country = countries.country
    left join {{ ref('company_names') }} as company_names on unioned.name = company_names.name
    left join {{ ref('city_names') }} as city_names on {{ normalised_words('unioned.city') }} = city_names.name
),

busy_websites as (
    select own_domain as domain
    from described
    where own_domain is not null
    group by own_domain
    having count(distinct core_key) > {{ names_per_website() }}
),

placed as (
    select
        {{ dbt.concat(["described.kind", "'|'", "described.identifier"]) }} as node,
        described.kind,
        described.identifier,
        described.name,
        described.company_key,
        described.spelling_key,
        described.words_key,
        described.core_key,
        described.legal_region,
        described.domain as website_domain,
        case
            when
                busy_websites.domain is null
                or described.company_key is null
                or {{ domain_spelling('described.company_key') }} = {{ domain_spelling(domain_stem('described.own_domain')) }}
                or {{ domain_spelling(dbt.split_part('described.company_key', "' '", 1)) }} = {{ domain_spelling(domain_stem('described.own_domain')) }}
                then described.own_domain
        end as domain,
        described.industry,
        described.count_employees,
        described.annual_revenue_cents,
        described.country_code,
        nullif(described.city_key, '') as city_key,
        described.phone_tail,
        case
            when described.parent_identifier <> described.identifier
                then {{ dbt.concat(["described.kind", "'|'", "described.parent_identifier"]) }}
        end as parent_node,
        described.owner_id,
        described.created_at,
        described.updated_at
    from described
    left join busy_websites on described.own_domain = busy_websites.domain
),

final as (
    select *, {{ domain_stem('domain') }} as domain_stem from placed
)

select * from final
