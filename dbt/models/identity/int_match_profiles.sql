{# Records with one address and name are one profile: together they say more, and needn't be compared with each other. #}
with records as (
    select * from {{ ref('int_source_records') }} where coalesce(first_name_key, last_name_key) is not null
),

emails as (
    select
        emails.record_key,
        emails.email,
        emails.is_role_mailbox or emails.is_shared_login or shared_mailboxes.email is not null as is_impersonal_email
    from {{ ref('int_source_emails') }} as emails
    left join {{ ref('int_shared_mailboxes') }} as shared_mailboxes on emails.email = shared_mailboxes.email
    where emails.is_primary
),

numbers as (
    select phone_e164
    from {{ ref('int_source_phones') }}
    where not is_company_phone
    group by phone_e164
    having count(distinct coalesce(first_name_key, '') || ' ' || coalesce(last_name_key, '')) <= {{ match_setting('names_per_phone') }}
),

phones as (
    select phones.record_key, min(phones.phone_e164) as phone, max(phones.phone_e164) as mobile_phone
    from {{ ref('int_source_phones') }} as phones
    inner join numbers on phones.phone_e164 = numbers.phone_e164
    group by phones.record_key
),

accounts as (
    select accounts.record_id, company_names.company_key
    from {{ ref('stg_salesforce__accounts') }} as accounts
    inner join {{ ref('company_names') }} as company_names on accounts.name = company_names.name
),

companies as (
    select companies.record_id, company_names.company_key
    from {{ ref('stg_hubspot__companies') }} as companies
    inner join {{ ref('company_names') }} as company_names on companies.name = company_names.name
),

described as (
    select
        records.*,
        emails.email as primary_email,
        coalesce(emails.is_impersonal_email, false) as is_impersonal_email,
        phones.phone as phone_e164,
        phones.mobile_phone as mobile_phone_e164,
        coalesce(records.company_key, accounts.company_key, companies.company_key) as any_company_key,
        case
            when emails.email is null or emails.is_impersonal_email then records.record_key
            else {{ dbt.concat(["emails.email", "'|'", "coalesce(records.first_name_key, '')", "'|'", "coalesce(records.last_name_key, '')"]) }}
        end as profile
    from records
    left join emails on records.record_key = emails.record_key
    left join phones on records.record_key = phones.record_key
    left join accounts on records.salesforce_account_id = accounts.record_id
    left join companies on records.hubspot_company_id = companies.record_id
),

profiles as (
    select
        min(record_key) as record_key,
        min(first_name) as first_name,
        min(last_name) as last_name,
        min(birth_date) as birth_date,
        min(primary_email) as email,
        max(case when is_impersonal_email then 1 else 0 end) = 1 as is_impersonal_email,
        min(phone_e164) as phone,
        max(mobile_phone_e164) as mobile_phone,
        min(any_company_key) as company,
        min(city) as city,
        min(postal_code) as postal_code,
        min(title) as title,
        min(country_code) as country
    from described
    group by profile
),

final as (
    select
        *,
        cast({{ fingerprint([
            'first_name', 'last_name', 'birth_date', 'email', 'is_impersonal_email', 'phone', 'mobile_phone', 'company', 'city',
            'postal_code', 'title', 'country']) }} as varchar) as fingerprint
    from profiles
)

select * from final
