{%- set transitions = [('account', 'account_stages'), ('buying_group', 'buying_group_stages'), ('contact', 'contact_stages')] %}
with

stays as (
    {% for entity, model in transitions -%}
    select
        '{{ entity }}' as entity,
        {{ entity }}_id as entity_id,
        stage,
        previous_stage,
        entered_at,
        is_backward,
        lag(days_in_stage) over (partition by {{ entity }}_id order by entered_at) as days_before
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        entity,
        previous_stage as from_stage,
        stage as to_stage,
        is_backward,
        count(*) as count_transitions,
        count(distinct entity_id) as count_entities,
        count(days_before) as count_dated,
        {{ median('days_before') }} as median_days,
        {{ exact_sum('days_before') }} / nullif(count(days_before), 0) as mean_days,
        cast(sum(case when entered_at >= {{ dbt.dateadd('day', -90, run_midnight()) }} then 1 else 0 end) as bigint) as count_transitions_90d
    from stays
    where previous_stage is not null
    group by 1, 2, 3, 4
)

select * from final
