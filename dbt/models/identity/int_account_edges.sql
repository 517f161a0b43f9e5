{# Nodes are `kind|identifier`. An edge says that both are one company; int_account_joins says which count. #}
with companies as (
    select * from {{ ref('int_crm_companies') }}
),

contacts as (
    select * from {{ ref('int_contact_companies') }}
),

profiles as (
    select * from {{ ref('int_company_profiles') }}
),

pairs as (
    select * from {{ ref('int_company_pairs') }}
),

settings as (
    select
        max(case when setting = 'join_score' then value end) as join_score,
        max(case when setting = 'ambiguity_points' then value end) as ambiguity_points
    from {{ ref('account_match_settings') }}
),

ledger as (
    select
        {{ dbt.concat(["kind", "'|'", "identifier"]) }} as node,
        {{ latest_by('account_id', "cast(assigned_on as " ~ dbt.type_string() ~ ") || account_id") }} as account_id
    from {{ source('raw', 'ledger_account_keys') }}
    group by kind, identifier
),

websites as (
    select domain, count(*) as count_companies from companies where domain is not null group by domain
),

-- whose website is also its parent's has no claim to the domain, nor has what is called as such a one
subsidiaries as (
    select children.node, children.domain, children.company_key
    from companies as children
    inner join companies as parents on children.parent_node = parents.node and children.domain = parents.domain
    left join companies as same_name on children.parent_node = same_name.node and children.company_key = same_name.company_key
    where same_name.node is null
),

subsidiary_names as (
    select distinct domain, company_key from subsidiaries where company_key is not null
),

by_website as (
    select
        companies.node as left_node,
        {{ dbt.concat(["'domain|'", "companies.domain"]) }} as right_node,
        case
            when subsidiaries.node is null and subsidiary_names.domain is null then 'website_domain' else 'hierarchy_website'
        end as match_rule
    from companies
    left join subsidiaries on companies.node = subsidiaries.node
    left join subsidiary_names on companies.domain = subsidiary_names.domain and companies.company_key = subsidiary_names.company_key
    where companies.domain is not null
),

-- another system has the subsidiary too, under the parent's website
by_subsidiary_name as (
    select subsidiaries.node as left_node, companies.node as right_node, 'company_name' as match_rule, 0.98 as match_score
    from subsidiaries
    inner join companies
        on subsidiaries.domain = companies.domain
        and subsidiaries.company_key = companies.company_key
        and subsidiaries.node <> companies.node
),

domains as (
    select domain from contacts where domain is not null
    union
    select domain from websites
),

subdomains as (
    select domain, {{ regexp_replace_all('domain', '^[^.]+[.]', '') }} as parent_domain from domains where domain like '%.%.%'
    union all
    select domain, {{ regexp_replace_all('domain', '^[^.]+[.][^.]+[.]', '') }} from domains where domain like '%.%.%.%'
),

-- a company that has a website of its own below another's may be its subsidiary
by_parent_domain as (
    select
        {{ dbt.concat(["'domain|'", "subdomains.domain"]) }} as left_node,
        {{ dbt.concat(["'domain|'", "domains.domain"]) }} as right_node,
        'parent_domain' as match_rule
    from subdomains
    inner join domains on subdomains.parent_domain = domains.domain
    left join websites on subdomains.domain = websites.domain
    where websites.domain is null
),

by_mail_domain as (
    select
        profiles.node as left_node,
        {{ dbt.concat(["'domain|'", "profiles.mail_domain"]) }} as right_node,
        'email_domain' as match_rule
    from profiles
    left join websites on profiles.mail_domain = websites.domain
    where
        profiles.website_domain is null
        and profiles.mail_domain is not null
        and (websites.domain is null or profiles.company_key is null)
),

by_alias as (
    select
        {{ dbt.concat(["'domain|'", "domain"]) }} as left_node,
        {{ dbt.concat(["'domain|'", "other_domain"]) }} as right_node,
        match_rule
    from {{ ref('int_domain_aliases') }}
),

by_merge as (
    select
        {{ dbt.concat(["'salesforce_account|'", "record_id"]) }} as left_node,
        {{ dbt.concat(["'salesforce_account|'", "master_record_id"]) }} as right_node,
        'crm_merge' as match_rule
    from {{ ref('stg_salesforce__ceased_records') }}
    where object = 'account' and master_record_id is not null
),

pair_ends as (
    select left_node as node, right_node as other_node, points, score from pairs
    union all
    select right_node, left_node, points, score from pairs
),

-- where a company without domain could be any of several with different ones, only the best counts, if it is clearly ahead
domain_claims as (
    select pair_ends.node, others.domain_stem, max(pair_ends.points) as points
    from pair_ends
    inner join profiles on pair_ends.node = profiles.node
    inner join profiles as others on pair_ends.other_node = others.node
    where profiles.domain is null and others.domain is not null
    group by pair_ends.node, others.domain_stem
),

ranked_claims as (
    select
        node,
        domain_stem,
        points,
        row_number() over (partition by node order by points desc, domain_stem) as place,
        lead(points) over (partition by node order by points desc, domain_stem) as next_points
    from domain_claims
),

best_claims as (
    select
        ranked_claims.node,
        case
            when coalesce(ranked_claims.points - ranked_claims.next_points >= settings.ambiguity_points, true)
                then ranked_claims.domain_stem
        end as domain_stem
    from ranked_claims
    cross join settings
    where ranked_claims.place = 1
),

judged_pairs as (
    select
        pairs.*,
        coalesce(left_ledger.account_id = right_ledger.account_id, false) as is_known,
        coalesce(left_claims.node is not null and right_profiles.domain is not null
            and coalesce(left_claims.domain_stem <> right_profiles.domain_stem, true), false)
        or coalesce(right_claims.node is not null and left_profiles.domain is not null
            and coalesce(right_claims.domain_stem <> left_profiles.domain_stem, true), false) as is_ambiguous
    from pairs
    inner join profiles as left_profiles on pairs.left_node = left_profiles.node
    inner join profiles as right_profiles on pairs.right_node = right_profiles.node
    left join best_claims as left_claims on pairs.left_node = left_claims.node
    left join best_claims as right_claims on pairs.right_node = right_claims.node
    left join ledger as left_ledger on pairs.left_node = left_ledger.node
    left join ledger as right_ledger on pairs.right_node = right_ledger.node
),

-- what was one account the night before stays one though another of the name has come
by_profile as (
    select
        judged_pairs.left_node,
        judged_pairs.right_node,
        case
            when judged_pairs.domain_level = 'same_stem' then 'domain_alias'
            when judged_pairs.name_level in ('exact', 'exact_short', 'exact_generic', 'spelling') then 'company_name'
            when judged_pairs.domain_level = 'agree' then 'email_domain'
            else 'near_company_name'
        end as match_rule,
        least(judged_pairs.score, 0.98) as match_score
    from judged_pairs
    cross join settings
    where judged_pairs.is_known or (judged_pairs.score >= settings.join_score and not judged_pairs.is_ambiguous)
),

named as (
    select right_node as node from by_profile where right_node like 'company_name|%'
    union
    select left_node from by_profile where left_node like 'company_name|%'
),

-- a name that companies bear, but none for sure, is nobody's
ambiguous_names as (
    select profiles.node
    from profiles
    inner join (select distinct spelling_key from companies where spelling_key is not null) as borne
        on profiles.spelling_key = borne.spelling_key
    left join named on profiles.node = named.node
    where profiles.kind = 'company_name' and named.node is null
),

by_billing as (
    select
        {{ dbt.concat(["'billing_customer|'", "customers.customer_id"]) }} as left_node,
        customers.company_node as right_node,
        'billing_customer' as match_rule
    from {{ ref('int_customer_companies') }} as customers
    left join ambiguous_names on customers.company_node = ambiguous_names.node
    where customers.company_node is not null and ambiguous_names.node is null
),

unioned as (
    {% for step in ['website', 'parent_domain', 'mail_domain', 'alias', 'merge', 'billing'] -%}
    select left_node, right_node, match_rule, cast(null as double) as match_score from by_{{ step }}
    union
    {% endfor -%}
    select left_node, right_node, match_rule, match_score from by_subsidiary_name
    union
    select left_node, right_node, match_rule, match_score from by_profile
),

final as (
    select
        unioned.left_node,
        unioned.right_node,
        unioned.match_rule,
        cast(coalesce(unioned.match_score, rules.match_score) as double) as match_score,
        unioned.match_rule in ('crm_merge', 'listed_alias') as is_fact
    from unioned
    inner join {{ ref('account_match_rules') }} as rules on unioned.match_rule = rules.match_rule and rules.is_active
)

select * from final
