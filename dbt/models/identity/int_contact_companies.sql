{# What says where a contact works: the CRM's account, else the domain of the address, else a company's name. #}
with records as (
    select * from {{ ref('int_contact_records') }}
),

emails as (
    select * from {{ ref('int_contact_emails') }}
),

mail_providers as (
    select * from {{ ref('int_mail_providers') }}
),

ceased as (
    select * from {{ ref('stg_salesforce__ceased_records') }} where object = 'account' and master_record_id is null
),

domains as (
    select
        emails.contact_id,
        {{ latest_by(email_domain('emails.email'), 'case when emails.is_primary then 2 else 1 end') }} as email_domain
    from emails
    left join mail_providers on {{ email_domain('emails.email') }} = mail_providers.domain
    where mail_providers.domain is null and not {{ is_education_domain(email_domain('emails.email')) }}
    group by emails.contact_id
),

golden as (
    select
        records.contact_id,
        {% for column in ['salesforce_account_id', 'hubspot_company_id', 'website_domain', 'company_key'] -%}
        {{ latest_by(column, 'case when ' ~ column ~ ' is not null then precedence end') }} as {{ column }}{{ ',' if not loop.last }}
        {% endfor -%}
    from records
    group by records.contact_id
),

websites as (
    select distinct golden.website_domain as domain
    from golden
    left join mail_providers on golden.website_domain = mail_providers.domain
    where mail_providers.domain is null and not {{ is_education_domain('golden.website_domain') }}
),

final as (
    select
        golden.contact_id,
        case when ceased.record_id is null then golden.salesforce_account_id end as salesforce_account_id,
        golden.hubspot_company_id,
        coalesce(domains.email_domain, websites.domain) as domain,
        golden.company_key
    from golden
    left join domains on golden.contact_id = domains.contact_id
    left join websites on golden.website_domain = websites.domain
    left join ceased on golden.salesforce_account_id = ceased.record_id
)

select * from final
