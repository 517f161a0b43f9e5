{{ config(meta={'dagster': {'ref': {'name': 'buying_group_members'}}}) }}
-- Every row of the seeds about roles names a level, a function and a role that there is, and none says two things.
with

roles as (
    select 'job_buying_roles' as seed, job_level || ' ' || job_function as word, role from {{ ref('job_buying_roles') }}
    union all
    select 'crm_buying_roles' as seed, word, role from {{ ref('crm_buying_roles') }}
),

wrong as (
    select seed, word, role, 'no such role' as reason
    from roles
    where coalesce(role, '') not in ('economic_buyer', 'champion', 'technical_evaluator', 'user', 'procurement', 'executive_sponsor')
    union all
    select seed, word, max(role), 'named twice' as reason
    from roles
    group by seed, word
    having count(*) > 1
    union all
    select 'job_title_words', {{ normalised_words('word') }}, match_type, 'named twice' as reason
    from {{ ref('job_title_words') }}
    group by 1, 2, 3
    having count(*) > 1
    union all
    select 'job_title_words', word, match_type, 'no such match_type, job_level or job_function' as reason
    from {{ ref('job_title_words') }}
    where
        match_type not in ('word', 'part', 'phrase')
        or coalesce(job_level, 'unknown') not in ('c_level', 'vp', 'director', 'manager', 'individual', 'unknown')
        or coalesce(job_function, 'unknown') not in ('executive', 'finance', 'hr', 'it', 'marketing', 'operations', 'procurement', 'sales', 'unknown')
)

select * from wrong
