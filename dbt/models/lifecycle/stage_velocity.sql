{%- set histories = [('account', 'account_stages'), ('buying_group', 'buying_group_stages'), ('contact', 'contact_stages')] %}
with

ranks as (
    select entity, stage, rank from {{ source('raw', 'policy_stages') }}
),

stays as (
    {% for entity, model in histories -%}
    select '{{ entity }}' as entity, {{ entity }}_id as entity_id, stage, next_stage, left_at, days_in_stage
    from {{ ref(model) }}
    where next_stage is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

transitions as (
    select
        entity,
        stage as from_stage,
        next_stage as to_stage,
        count(*) as count_transitions,
        count(distinct entity_id) as count_entities,
        count(days_in_stage) as count_dated,
        {{ median('days_in_stage') }} as median_days,
        {{ exact_sum('days_in_stage') }} / nullif(count(days_in_stage), 0) as mean_days,
        cast(sum(case when left_at >= {{ dbt.dateadd('day', -90, run_midnight()) }} then 1 else 0 end) as bigint) as count_transitions_90d
    from stays
    group by 1, 2, 3
),

final as (
    select
        transitions.entity,
        transitions.from_stage,
        transitions.to_stage,
        to_ranks.rank < from_ranks.rank as is_backward,
        transitions.count_transitions,
        transitions.count_entities,
        transitions.count_dated,
        transitions.median_days,
        transitions.mean_days,
        transitions.count_transitions_90d
    from transitions
    inner join ranks as from_ranks on transitions.entity = from_ranks.entity and transitions.from_stage = from_ranks.stage
    inner join ranks as to_ranks on transitions.entity = to_ranks.entity and transitions.to_stage = to_ranks.stage
)

select * from final
