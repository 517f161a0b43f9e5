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

profiles as (
    select * from {{ ref('int_company_profiles') }} where kind = 'company_name'
),

edges as (
    select left_node as node from {{ ref('int_account_edges') }} where left_node like 'company_name|%'
    union
    select right_node from {{ ref('int_account_edges') }} where right_node like 'company_name|%'
),

-- a name that companies bear, but none for sure, is no company
names as (
    select profiles.company_key
    from profiles
    left join (select distinct spelling_key from companies where spelling_key is not null) as borne
        on profiles.spelling_key = borne.spelling_key
    left join edges on profiles.node = edges.node
    where borne.spelling_key is null or edges.node is not null
),

-- also the one that somebody wrote from before: it is where they worked
mail_domains as (
    select found.domain
    from (select distinct {{ email_domain('email') }} as domain from {{ ref('int_contact_emails') }}) as found
    left join {{ ref('int_mail_providers') }} as mail_providers on found.domain = mail_providers.domain
    where mail_providers.domain is null
),

unioned as (
    select kind, identifier from companies
    union
    select 'domain', domain from companies where domain is not null
    union
    select 'domain', domain from contacts where domain is not null
    union
    select 'domain', domain from mail_domains
    union
    select 'billing_customer', customer_id from customers
    union
    select 'company_name', company_key from names
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
