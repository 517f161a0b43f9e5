with

night as (
    select
        night.run_date,
        cast({{ dbt.dateadd('day', '-limits.training_window_days', 'night.run_date') }} as date) as window_start
    from {{ source('raw', 'night') }} as night
    cross join {{ source('raw', 'policy_limits') }} as limits
),

delivered as (
    select distinct decision_id from {{ ref('touches') }} where decision_id is not null
),

-- none needs no delivery; an action that didn't reach the contact says nothing about its effect
decisions as (
    select
        coalesce(merges.contact_id, decisions.contact_id) as contact_id,
        cast(decisions.run_date as date) as decided_on,
        coalesce(decisions.action_id, 'none') as action_id,
        decisions.action_probability,
        decisions.eligible_action_ids,
        decisions.arm,
        'ledger' as source,
        decisions.decision_id as choice_id
    from {{ source('raw', 'ledger_decisions') }} as decisions
    left join {{ ref('contact_merges') }} as merges on decisions.contact_id = merges.old_contact_id
    left join delivered on decisions.decision_id = delivered.decision_id
    where
        decisions.arm in ('model', 'random_control', 'holdout')
        and (decisions.action_id is null or delivered.decision_id is not null)
),

assigned as (
    select
        assignment_id,
        coalesce(experiment_id, '') as experiment_id,
        email,
        action,
        probability,
        assigned_at
    from {{ ref('stg_experiment__assignments') }}
),

-- whoever takes part in an experiment could get each of its actions
experiments as (
    select experiment_id, array_sort(array_agg(distinct action)) as eligible_action_ids
    from assigned
    where action <> 'none'
    group by experiment_id
),

assignments as (
    select
        emails.contact_id,
        cast(assigned.assigned_at as date) as decided_on,
        assigned.action as action_id,
        assigned.probability as action_probability,
        experiments.eligible_action_ids,
        'experiment' as arm,
        'experiment' as source,
        assigned.assignment_id as choice_id
    from assigned
    inner join {{ ref('emails') }} as emails on assigned.email = emails.email_normalised
    left join experiments on assigned.experiment_id = experiments.experiment_id
),

choices as (
    select * from decisions
    union all
    select * from assignments
),

-- people who turned out to be one had a choice each: one of them counts
numbered as (
    select
        choices.*,
        contacts.account_id,
        row_number() over (partition by choices.contact_id, choices.decided_on order by choices.source, choices.choice_id) as choice_number
    from choices
    inner join {{ ref('contacts') }} as contacts on choices.contact_id = contacts.contact_id
    cross join night
    where
        not contacts.has_objected
        and choices.action_probability > 0
        and choices.decided_on < night.run_date
        and choices.decided_on >= night.window_start
),

final as (
    select
        contact_id,
        account_id,
        decided_on,
        action_id,
        cast(action_probability as double) as action_probability,
        eligible_action_ids,
        arm,
        source
    from numbered
    where choice_number = 1
)

select * from final
