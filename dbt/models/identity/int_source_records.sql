{# The last identify call of a web user says who they are; a customer is who their last subscription names. #}
with salesforce_contacts as (
    select * from {{ ref('stg_salesforce__contacts') }}
),

hubspot_contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

leads as (
    select * from {{ ref('stg_salesforce__leads') }}
),

customers as (
    select * from {{ ref('int_billing_customers') }} where email is not null
),

web_users as (
    select * from {{ ref('int_web_users') }}
),

unioned as (
    select
        'salesforce' as source, 'contact' as object, record_id as source_id, 1 as anchor_rank,
        email, first_name, last_name, birth_date, phone, mobile_phone, country_code as given_country_code, country, state, city, postal_code,
        cast(null as varchar) as given_time_zone, title, cast(null as varchar) as company, salesforce_account_id,
        cast(null as varchar) as hubspot_company_id, cast(null as varchar) as website_domain, owner_id, lead_source,
        has_opted_out_of_email, is_do_not_call, created_at, updated_at
    from salesforce_contacts
    union all
    select
        'hubspot', 'contact', record_id, 2,
        email, first_name, last_name, birth_date, phone, mobile_phone, null, country, state, city, postal_code,
        time_zone, title, company, null, hubspot_company_id, null, null, null,
        has_opted_out_of_email, false, created_at, updated_at
    from hubspot_contacts
    union all
    select
        'salesforce', 'lead', record_id, 3,
        email, first_name, last_name, null, phone, mobile_phone, country_code, country, state, city, postal_code,
        null, title, company, converted_account_id, null, domain, owner_id, lead_source,
        has_opted_out_of_email, false, created_at, updated_at
    from leads
    union all
    select
        'billing', 'customer', customer_id, 4,
        email, null, null, null, null, null, null, null, null, null, null,
        null, null, company, null, null, null, null, null,
        false, false, created_at, updated_at
    from customers
    union all
    select
        'segment', object, source_id, case object when 'user' then 5 else 6 end,
        email, first_name, last_name, null, phone, null, null, null, null, null, null,
        time_zone, title, company, null, null, null, null, null,
        false, false, created_at, updated_at
    from web_users
),

-- the same few thousand countries and companies again and again: each is normalised once
countries as (
    select found.country, country_names.country_code
    from (select distinct country from unioned where country is not null) as found
    inner join {{ ref('country_names') }} as country_names on {{ normalised_words('found.country') }} = country_names.name
),

companies as (
    select name as company, company_key from {{ ref('company_names') }}
),

final as (
    select
        {{ dbt.concat(["unioned.source", "'|'", "unioned.object", "'|'", "unioned.source_id"]) }} as record_key,
        unioned.source,
        unioned.object,
        unioned.source_id,
        unioned.anchor_rank,
        unioned.email,
        unioned.first_name,
        unioned.last_name,
        {{ normalised_name('unioned.first_name') }} as first_name_key,
        {{ normalised_name('unioned.last_name') }} as last_name_key,
        unioned.birth_date,
        unioned.phone,
        unioned.mobile_phone,
        coalesce(
            case when length(unioned.given_country_code) = 2 then upper(unioned.given_country_code) end,
            countries.country_code,
            case when length(unioned.country) = 2 then upper(unioned.country) end
        ) as country_code,
        unioned.state,
        unioned.city,
        unioned.postal_code,
        unioned.given_time_zone,
        unioned.title,
        unioned.company,
        companies.company_key,
        unioned.salesforce_account_id,
        unioned.hubspot_company_id,
        unioned.website_domain,
        unioned.owner_id,
        unioned.lead_source,
        unioned.has_opted_out_of_email,
        unioned.is_do_not_call,
        unioned.created_at,
        unioned.updated_at
    from unioned
    left join countries on unioned.country = countries.country
    left join companies on unioned.company = companies.company
)

select * from final
