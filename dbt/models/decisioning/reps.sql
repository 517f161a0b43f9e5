{# An owner about whom the policy says nothing works every day and everywhere, and belongs to no team. #}
with

owners as (
    select * from {{ ref('owners') }}
),

listed_reps as (
    select * from {{ source('raw', 'policy_reps') }}
),

-- two users may share an e-mail, one of them no longer active
found_reps as (
    select
        listed_reps.rep,
        listed_reps.daily_capacity,
        owners.owner_id,
        row_number() over (
            partition by listed_reps.rep order by case when owners.is_active then 0 else 1 end, owners.owner_id
        ) as number_of_rep,
        row_number() over (partition by owners.owner_id order by listed_reps.place) as number_of_owner
    from listed_reps
    inner join owners on listed_reps.rep = owners.owner_id or (listed_reps.rep like '%@%' and listed_reps.rep = owners.email)
),

matched_reps as (
    select * from found_reps where number_of_rep = 1 and number_of_owner = 1
),

people as (
    select
        owners.owner_id,
        coalesce(owners.name, owners.email, owners.owner_id) as name,
        owners.email,
        matched_reps.rep,
        matched_reps.daily_capacity,
        case when not owners.is_active then 'is no longer active' end as standing
    from owners
    left join matched_reps on owners.owner_id = matched_reps.owner_id
    union all
    -- kept, so that a mistake in the policy is seen
    select
        listed_reps.rep,
        listed_reps.rep,
        case when listed_reps.rep like '%@%' then listed_reps.rep end,
        listed_reps.rep,
        listed_reps.daily_capacity,
        case when found_reps.rep is null then 'is not among the users of the CRM' else 'is listed twice in the policy' end
    from listed_reps
    left join matched_reps on listed_reps.rep = matched_reps.rep
    left join found_reps on listed_reps.rep = found_reps.rep and found_reps.number_of_rep = 1
    where matched_reps.rep is null
),

absences as (
    select
        rep,
        case when count(away_until) = count(*) then max(away_until) end as away_until
    from {{ source('raw', 'policy_rep_absences') }}
    where away_from <= {{ run_date() }} and coalesce(away_until, {{ run_date() }}) >= {{ run_date() }}
    group by 1
),

working_days as (
    select
        rep,
        max(case when weekday = {{ weekday_name(run_date()) }} then 1 else 0 end) as works_today
    from {{ source('raw', 'policy_rep_working_days') }}
    group by 1
),

-- those of the day were asked for by this very night, should it run again
open_tasks as (
    select tasks.owner_id, count(*) as count_open_tasks
    from {{ ref('stg_salesforce__tasks') }} as tasks
    inner join {{ source('raw', 'policy_routing') }} as routing on routing.counts_open_tasks
    where
        not tasks.is_done
        and tasks.due_on = {{ run_date() }}
        and coalesce(tasks.created_at < {{ run_midnight() }}, true)
    group by 1
),

{% for table, column in [('policy_rep_territories', 'territory'), ('policy_rep_skills', 'skill')] %}
{{ column }}_lists as (
    select rep, {{ dbt.listagg(column, "','", 'order by ' ~ column) }} as listed from {{ source('raw', table) }} group by 1
),
{% endfor %}
team_lists as (
    select rep, {{ dbt.listagg('team', "','", 'order by team') }} as listed from {{ source('raw', 'policy_team_reps') }} group by 1
),

described as (
    select
        people.owner_id,
        people.name,
        people.email,
        people.rep is not null as is_listed,
        case
            when people.standing is not null then people.standing
            when absences.rep is not null
                then {{ dbt.concat(["'is away until '", "coalesce(cast(absences.away_until as " ~ dbt.type_string() ~ "), 'further notice')"]) }}
            when working_days.works_today = 0
                then {{ dbt.concat(["'does not work on a '", weekday_name(run_date())]) }}
        end as absence,
        coalesce(people.daily_capacity, limits.rep_daily_capacity) as daily_capacity,
        coalesce(open_tasks.count_open_tasks, 0) as count_open_tasks,
        coalesce(territory_lists.listed, '') as territories,
        coalesce(skill_lists.listed, '') as skills,
        coalesce(team_lists.listed, '') as teams
    from people
    cross join {{ source('raw', 'policy_limits') }} as limits
    left join absences on people.rep = absences.rep
    left join working_days on people.rep = working_days.rep
    left join open_tasks on people.owner_id = open_tasks.owner_id
    left join territory_lists on people.rep = territory_lists.rep
    left join skill_lists on people.rep = skill_lists.rep
    left join team_lists on people.rep = team_lists.rep
),

final as (
    select
        *,
        case when absence is not null then 0 else greatest(daily_capacity - count_open_tasks, 0) end as capacity
    from described
)

select * from final
