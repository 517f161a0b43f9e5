{# Where somebody is now comes before what an older record says. Else the best candidate counts; of several as good, the account that is known best: most contacts, then leads, then open
   opportunities, then the oldest. #}
{% set criteria = ['count_contacts', 'count_leads', 'count_open_opportunities', 'oldest'] -%}
with found as (
    select * from {{ ref('int_account_candidates') }}
),

records as (
    select * from {{ ref('int_contact_records') }}
),

companies as (
    select * from {{ ref('int_crm_companies') }}
),

accounts as (
    select record_key, key as account_id from {{ ref('int_account_keys') }}
),

-- of people whose records name several companies: where they are now, whatever an older record says
present as (
    select contact_id, account_id from {{ ref('int_job_changes') }} where valid_until is null
),

choice as (
    select value as choice_score from {{ ref('account_match_settings') }} where setting = 'choice_score'
),

scored as (
    select *, max(match_score) over (partition by contact_id) as best_score from found
),

candidates as (
    select
        contact_id,
        account_id,
        match_rule,
        match_score,
        sum(case when match_score = best_score then 1 else 0 end) over (partition by contact_id) as count_best
    from scored
),

-- only accounts between which a choice is open need counting
open_accounts as (
    select distinct account_id from candidates where count_best > 1
),

contact_counts as (
    select candidates.account_id, count(*) as count_contacts
    from candidates
    inner join open_accounts on candidates.account_id = open_accounts.account_id
    where candidates.match_rule in ('crm_account', 'hubspot_company')
    group by candidates.account_id
),

lead_counts as (
    select candidates.account_id, count(distinct records.record_key) as count_leads
    from candidates
    inner join open_accounts on candidates.account_id = open_accounts.account_id
    inner join records on candidates.contact_id = records.contact_id and records.object = 'lead'
    where candidates.match_rule not in ('company_name', 'near_company_name')
    group by candidates.account_id
),

opportunity_counts as (
    select accounts.account_id, count(*) as count_open_opportunities
    from {{ ref('stg_salesforce__opportunities') }} as opportunities
    inner join accounts
        on {{ dbt.concat(["'salesforce_account|'", "opportunities.salesforce_account_id"]) }} = accounts.record_key
    inner join open_accounts on accounts.account_id = open_accounts.account_id
    where not opportunities.is_closed
    group by accounts.account_id
),

ages as (
    select accounts.account_id, min(companies.created_at) as created_at
    from companies
    inner join accounts on companies.node = accounts.record_key
    inner join open_accounts on accounts.account_id = open_accounts.account_id
    group by accounts.account_id
),

weighed as (
    select
        candidates.*,
        case when present.account_id is null then 0 else 1 end as is_present,
        coalesce(contact_counts.count_contacts, 0) as count_contacts,
        coalesce(lead_counts.count_leads, 0) as count_leads,
        coalesce(opportunity_counts.count_open_opportunities, 0) as count_open_opportunities,
        -- the longest known counts most
        -{{ dbt.datediff("cast('1970-01-01' as " ~ dbt.type_timestamp() ~ ")", "coalesce(ages.created_at, cast('2999-01-01' as " ~ dbt.type_timestamp() ~ "))", 'second') }} as oldest
    from candidates
    left join present on candidates.contact_id = present.contact_id and candidates.account_id = present.account_id
    left join contact_counts on candidates.account_id = contact_counts.account_id
    left join lead_counts on candidates.account_id = lead_counts.account_id
    left join opportunity_counts on candidates.account_id = opportunity_counts.account_id
    left join ages on candidates.account_id = ages.account_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by contact_id order by is_present desc, match_score desc, {{ criteria | join(' desc, ') }} desc, account_id
        ) as place,
        {% for column in ['is_present', 'match_score'] + criteria -%}
        lead({{ column }}) over (
            partition by contact_id order by is_present desc, match_score desc, {{ criteria | join(' desc, ') }} desc, account_id
        ) as next_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from weighed
),

final as (
    select
        ranked.contact_id,
        ranked.account_id,
        ranked.match_rule,
        cast(round(ranked.match_score, 4) as double) as match_score,
        cast(ranked.place as integer) as rank,
        ranked.place = 1 and (ranked.is_present = 1 or ranked.match_score >= choice.choice_score) as is_chosen,
        case
            when ranked.next_match_score is null or ranked.match_score > ranked.next_match_score then null
            when ranked.is_present > ranked.next_is_present then 'present_company'
            {% for criterion in criteria -%}
            when ranked.{{ criterion }} > ranked.next_{{ criterion }} then '{{ criterion }}'
            {% endfor -%}
            else 'account_id'
        end as tie_break
    from ranked
    cross join choice
)

select * from final
