{# Most people have one company ever; who changed it has a period for each stay. #}
with contact_accounts as (
    select * from {{ ref('int_contact_accounts') }} where account_id is not null
),

job_changes as (
    select * from {{ ref('int_job_changes') }}
),

matches as (
    select contact_id, account_id, match_score from {{ ref('account_matches') }}
),

movers as (
    select distinct contact_id from job_changes
),

final as (
    select
        job_changes.contact_id,
        job_changes.account_id,
        job_changes.valid_from,
        job_changes.valid_until,
        job_changes.valid_until is null as is_current,
        job_changes.evidence,
        job_changes.evidence_at,
        matches.match_score
    from job_changes
    left join matches on job_changes.contact_id = matches.contact_id and job_changes.account_id = matches.account_id
    union all
    select
        contact_accounts.contact_id,
        contact_accounts.account_id,
        cast(null as {{ dbt.type_timestamp() }}),
        cast(null as {{ dbt.type_timestamp() }}),
        true,
        contact_accounts.match_rule,
        cast(null as {{ dbt.type_timestamp() }}),
        contact_accounts.match_score
    from contact_accounts
    left join movers on contact_accounts.contact_id = movers.contact_id
    where movers.contact_id is null
)

select * from final
