{# What stands for a company tonight, and what the ledger knows but is gone. A name or a domain counts only if somebody needs it. #}
with companies as (
    select * from {{ ref('int_crm_companies') }}
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

customers as (
    select * from {{ ref('int_customer_companies') }}
),

company_names as (
    select * from {{ ref('int_company_names') }}
),

needed_names as (
    select company_key from contacts
    where salesforce_account_id is null and hubspot_company_id is null and domain is null and company_key is not null
    union
    select company_key from customers where company_node like 'company_name|%'
),

unioned as (
    select kind, identifier from companies
    union
    select 'domain', domain from companies where domain is not null
    union
    select 'domain', domain from contacts where domain is not null
    union
    select 'billing_customer', customer_id from customers
    union
    select 'company_name', needed_names.company_key
    from needed_names
    left join company_names on needed_names.company_key = company_names.company_key
    where not coalesce(company_names.is_ambiguous, false)
),

live as (
    select {{ dbt.concat(["kind", "'|'", "identifier"]) }} as record_key, kind, identifier
    from unioned
),

ledger as (
    select
        {{ dbt.concat(["kind", "'|'", "identifier"]) }} as record_key,
        kind,
        account_id,
        is_anchor,
        assigned_on,
        min(assigned_on) over (partition by account_id) as known_since,
        row_number() over (partition by kind, identifier order by assigned_on desc, account_id) as age
    from {{ source('raw', 'ledger_account_keys') }}
),

final as (
    select
        coalesce(live.record_key, ledger.record_key) as record_key,
        case coalesce(live.kind, ledger.kind)
            when 'salesforce_account' then 1 when 'hubspot_company' then 2 when 'domain' then 3 when 'billing_customer' then 4 else 5
        end as anchor_rank,
        live.record_key is not null as is_live,
        ledger.account_id as known_key,
        ledger.is_anchor as is_known_anchor,
        ledger.assigned_on as known_on,
        ledger.known_since
    from live
    full outer join (select * from ledger where age = 1) as ledger on live.record_key = ledger.record_key
)

select * from final
