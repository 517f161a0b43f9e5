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
        -- the address in the order makes it one of several that aren't the first
        {{ latest_by(email_domain('emails.email'), "case when emails.is_primary then '2' else '1' end || emails.email") }} as email_domain
    from emails
    left join mail_providers on {{ email_domain('emails.email') }} = mail_providers.domain
    where mail_providers.domain is null
    group by emails.contact_id
),

golden as (
    select
        records.contact_id,
        {% for column in ['salesforce_account_id', 'hubspot_company_id', 'website_domain', 'company_key', 'country_code'] -%}
        {{ latest_by(column, 'case when ' ~ column ~ ' is not null then precedence end') }} as {{ column }},
        {% endfor -%}
        {{ latest_by('object', "case when salesforce_account_id is not null then precedence end") }} as object_with_account
    from records
    group by records.contact_id
),

final as (
    select
        golden.contact_id,
        case when ceased.record_id is null then golden.salesforce_account_id end as salesforce_account_id,
        golden.object_with_account = 'lead' as is_converted_account,
        golden.hubspot_company_id,
        domains.email_domain,
        case when mail_providers.domain is null then {{ without_site_prefix('golden.website_domain') }} end as website_domain,
        coalesce(
            domains.email_domain,
            case when mail_providers.domain is null then {{ without_site_prefix('golden.website_domain') }} end
        ) as domain,
        golden.company_key,
        golden.country_code
    from golden
    left join domains on golden.contact_id = domains.contact_id
    left join mail_providers on golden.website_domain = mail_providers.domain
    left join ceased on golden.salesforce_account_id = ceased.record_id
)

select * from final
