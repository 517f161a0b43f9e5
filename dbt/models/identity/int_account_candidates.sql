{# Every account that something says a contact works at: a CRM, a domain, or where neither says a CRM's company, a name. #}
with contacts as (
    select * from {{ ref('int_contact_companies') }}
),

records as (
    select * from {{ ref('int_contact_records') }}
),

companies as (
    select * from {{ ref('int_crm_companies') }}
),

accounts as (
    select record_key, key as account_id, is_live from {{ ref('int_account_keys') }}
),

joins as (
    select * from {{ ref('int_account_joins') }} where not is_cut
),

-- of people whose records name several companies: where they are now, whatever an older record says
present as (
    select contact_id, account_id from {{ ref('int_job_changes') }} where valid_until is null
),

rules as (
    select * from {{ ref('account_match_rules') }} where is_active
),

ceased as (
    select * from {{ ref('stg_salesforce__ceased_records') }} where object = 'account' and master_record_id is null
),

-- a domain is a company's website, or hangs on one by another rule
domain_rules as (
    select domain_node, min(preference) as preference
    from (
        select right_record as domain_node, 1 as preference
        from joins
        where match_rule in ('website_domain', 'hierarchy_website', 'email_domain')
        union all
        select left_record, 2 from joins where match_rule in ('listed_alias', 'domain_alias') and left_record like 'domain|%'
        union all
        select right_record, 2 from joins where match_rule in ('listed_alias', 'domain_alias') and right_record like 'domain|%'
        union all
        select left_record, 3 from joins where match_rule = 'parent_domain'
    ) as ends
    group by domain_node
),

near_names as (
    select distinct case when left_record like 'company_name|%' then left_record else right_record end as node
    from joins
    where match_rule = 'near_company_name' and (left_record like 'company_name|%' or right_record like 'company_name|%')
),

evidence as (
    select
        contact_id,
        case when is_converted_account then 'converted_account' else 'crm_account' end as match_rule,
        {{ dbt.concat(["'salesforce_account|'", "salesforce_account_id"]) }} as node,
        0 as penalty
    from contacts
    where salesforce_account_id is not null
    union all
    select contact_id, 'hubspot_company', {{ dbt.concat(["'hubspot_company|'", "hubspot_company_id"]) }}, 0
    from contacts
    where hubspot_company_id is not null
    union all
    select contact_id, 'website_domain', {{ dbt.concat(["'domain|'", "website_domain"]) }}, 0
    from contacts
    where website_domain is not null
    union all
    select
        contacts.contact_id,
        case
            when domain_rules.preference = 3 then 'parent_domain'
            when domain_rules.preference = 2 then 'domain_alias'
            else 'email_domain'
        end,
        {{ dbt.concat(["'domain|'", "contacts.email_domain"]) }},
        0
    from contacts
    left join domain_rules on {{ dbt.concat(["'domain|'", "contacts.email_domain"]) }} = domain_rules.domain_node
    where contacts.email_domain is not null
    union all
    -- what an older record of the same person says
    select distinct
        records.contact_id,
        case when records.object = 'lead' then 'converted_account' else 'crm_account' end,
        {{ dbt.concat(["'salesforce_account|'", "records.salesforce_account_id"]) }},
        1
    from records
    inner join contacts on records.contact_id = contacts.contact_id
    left join ceased on records.salesforce_account_id = ceased.record_id
    where records.salesforce_account_id <> contacts.salesforce_account_id and ceased.record_id is null
    union all
    select distinct
        records.contact_id, 'hubspot_company', {{ dbt.concat(["'hubspot_company|'", "records.hubspot_company_id"]) }}, 1
    from records
    inner join contacts on records.contact_id = contacts.contact_id
    where records.hubspot_company_id <> contacts.hubspot_company_id
),

by_node as (
    select evidence.contact_id, accounts.account_id, evidence.match_rule, rules.match_score - 0.1 * evidence.penalty as match_score
    from evidence
    inner join accounts
        on evidence.node = accounts.record_key and (accounts.is_live or evidence.match_rule in ('crm_account', 'converted_account'))
    inner join rules on evidence.match_rule = rules.match_rule
),

borne_names as (
    select companies.spelling_key, accounts.account_id, min(companies.country_code) as country_code
    from companies
    inner join accounts on companies.node = accounts.record_key
    where companies.spelling_key is not null
    group by companies.spelling_key, accounts.account_id
),

-- the name counts where no system and no domain of a company in a CRM says more
named as (
    select contacts.contact_id, contacts.company_key, contacts.country_code
    from contacts
    left join (
        select distinct by_node.contact_id
        from by_node
        inner join (
            select distinct accounts.account_id
            from accounts
            where accounts.record_key like 'salesforce_account|%' or accounts.record_key like 'hubspot_company|%'
        ) as crm_accounts on by_node.account_id = crm_accounts.account_id
    ) as settled on contacts.contact_id = settled.contact_id
    where settled.contact_id is null and contacts.company_key is not null
),

name_spellings as (
    select distinct company_key, spelling_key from {{ ref('company_names') }} where company_key is not null
),

by_name as (
    select
        named.contact_id,
        borne_names.account_id,
        'company_name' as match_rule,
        rules.match_score + case
            when named.country_code = borne_names.country_code then 0.05
            when named.country_code <> borne_names.country_code then -0.4
            else 0
        end as match_score
    from named
    inner join name_spellings on named.company_key = name_spellings.company_key
    inner join borne_names on name_spellings.spelling_key = borne_names.spelling_key
    inner join rules on rules.match_rule = 'company_name'
),

by_name_node as (
    select
        named.contact_id,
        accounts.account_id,
        rules.match_rule,
        rules.match_score
    from named
    inner join accounts on {{ dbt.concat(["'company_name|'", "named.company_key"]) }} = accounts.record_key and accounts.is_live
    left join near_names on accounts.record_key = near_names.node
    inner join rules on rules.match_rule = case when near_names.node is null then 'company_name' else 'near_company_name' end
),

unioned as (
    select * from by_node
    union all
    select * from by_name
    union all
    select * from by_name_node
    union all
    select present.contact_id, present.account_id, rules.match_rule, rules.match_score
    from present
    inner join rules on rules.match_rule = 'job_change'
),

best_rules as (
    select
        *,
        row_number() over (partition by contact_id, account_id order by match_score desc, match_rule) as place
    from unioned
),

final as (
    select contact_id, account_id, match_rule, match_score from best_rules where place = 1
)

select * from final
