{# Facts are what a CRM says. A website below another's, or a name that goes on where another ends, only suggests it. #}
with companies as (
    select * from {{ ref('int_crm_companies') }}
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }}
),

placed as (
    select companies.*, accounts.account_id
    from companies
    inner join accounts on companies.node = accounts.record_key
),

by_crm as (
    select
        children.account_id,
        parents.account_id as parent_account_id,
        case children.kind when 'salesforce_account' then 'salesforce_parent' else 'hubspot_parent' end as parent_rule,
        cast(1 as double) as parent_score,
        children.node
    from placed as children
    inner join accounts as parents on children.parent_node = parents.record_key
),

subdomains as (
    select account_id, node, {{ regexp_replace_all('domain', '^[^.]+[.]', '') }} as parent_domain from placed where domain like '%.%.%'
    union all
    select account_id, node, {{ regexp_replace_all('domain', '^[^.]+[.][^.]+[.]', '') }} from placed where domain like '%.%.%.%'
),

by_subdomain as (
    select subdomains.account_id, accounts.account_id as parent_account_id, 'subdomain' as parent_rule, 0.7 as parent_score, subdomains.node
    from subdomains
    inner join accounts on {{ dbt.concat(["'domain|'", "subdomains.parent_domain"]) }} = accounts.record_key
),

names as (
    select company_key, min(account_id) as account_id, min(domain_stem) as domain_stem
    from placed
    where company_key is not null and core_key is not null
    group by company_key
    having count(distinct account_id) = 1
),

shorter_names as (
    {% for words in [1, 2, 3] -%}
    select
        account_id,
        node,
        domain_stem,
        {{ words }} as count_words,
        trim({% for part in range(1, words + 1) %}{{ dbt.split_part('company_key', "' '", part) }}{{ " || ' ' || " if not loop.last }}{% endfor %}) as company_key
    from placed
    where {{ dbt.split_part('company_key', "' '", words + 1) }} <> ''
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

by_name as (
    select
        shorter_names.account_id,
        names.account_id as parent_account_id,
        'name' as parent_rule,
        case when shorter_names.domain_stem = names.domain_stem then 0.6 else 0.3 end + 0.01 * shorter_names.count_words as parent_score,
        shorter_names.node
    from shorter_names
    inner join names on shorter_names.company_key = names.company_key
),

unioned as (
    select * from by_crm
    union all
    select * from by_subdomain
    union all
    select * from by_name
),

final as (
    select
        account_id,
        parent_account_id,
        parent_rule,
        cast(max(parent_score) as double) as parent_score,
        min(node) as node
    from unioned
    where account_id <> parent_account_id
    group by account_id, parent_account_id, parent_rule
)

select * from final
