{# A sweep over dated changes of counters: how a stage's history follows from facts that begin and end. Which facts make
   which stage is policy (policy_stages, policy_stage_conditions), written into the SQL as the night begins. #}

{% macro engagement_measures() %}{{ return(['points', 'reaches_mql_points', 'replies', 'meetings', 'calls']) }}{% endmacro %}

{# what a condition of the policy asks, as an expression over the counters #}
{% macro stage_condition(measure, value, mql_points) %}
    {%- if measure == 'points' %}{{ return('round(points, 6) >= ' ~ value) }}
    {%- elif measure == 'reaches_mql_points' %}{{ return('round(points, 6) ' ~ ('>= ' if value == 'true' else '< ') ~ mql_points) }}
    {%- elif measure == 'account_stages' or measure == 'buying_group_stages' %}
        {%- set stages = [] %}
        {%- for stage in value.split(',') %}{% do stages.append(measure[:-1] ~ '_' ~ stage) %}{% endfor %}
        {{- return(stages | join(' + ') ~ ' > 0') }}
    {%- elif value in ('true', 'false') %}{{ return(measure ~ (' > 0' if value == 'true' else ' = 0')) }}
    {%- else %}{{ return(measure ~ ' >= ' ~ value) }}
    {%- endif %}
{% endmacro %}

{# The policy of an entity's stages: `place` (an expression over the counters: the place of the stage in its list), `counters`
   (those it needs, in a fixed order), `engagement` (its conditions on engagement, as expressions) and
   `engagement_window_days`, `at_risk_after_days`, `lapsed_after_days`. While dbt only parses the project, there is none yet. #}
{% macro stage_policy(entity) %}
    {%- set stages, conditions, settings = source('raw', 'policy_stages'), source('raw', 'policy_stage_conditions'), source('raw', 'policy_lifecycle') %}
    {%- if not execute %}{{ return({'place': '1', 'counters': [], 'engagement': [], 'engagement_window_days': 1, 'at_risk_after_days': 1, 'lapsed_after_days': 1}) }}{% endif %}
    {%- set setting = run_query('select mql_points, engagement_window_days, at_risk_after_days, lapsed_after_days from ' ~ settings).rows[0] %}
    {%- set rows = run_query(
        'select stages.place, conditions.alternative, conditions.measure, conditions.value from ' ~ stages ~ ' as stages'
        ~ ' left join ' ~ conditions ~ ' as conditions on stages.entity = conditions.entity and stages.stage = conditions.stage'
        ~ " where stages.entity = '" ~ entity ~ "' order by 1, 2, 3").rows %}
    {%- set counters, cases, engagement = [], [], [] %}
    {%- for place, of_place in rows | groupby(0) %}
        {%- set alternatives = [] %}
        {%- for alternative, parts in of_place | groupby(1) if alternative is not none %}
            {%- set expressions = [] %}
            {%- for part in parts %}
                {%- do expressions.append(stage_condition(part[2], part[3], setting[0])) %}
                {%- if part[2] in engagement_measures() %}{% do engagement.append(expressions[-1]) %}{% endif %}
                {%- if part[2].endswith('_stages') %}
                    {%- for stage in part[3].split(',') %}{% do counters.append(part[2][:-1] ~ '_' ~ stage) %}{% endfor %}
                {%- else %}{% do counters.append('points' if part[2] == 'reaches_mql_points' else part[2]) %}
                {%- endif %}
            {%- endfor %}
            {%- do alternatives.append(expressions | join(' and ')) %}
        {%- endfor %}
        {%- do cases.append('when ' ~ (alternatives | join(' or ') or 'true') ~ ' then ' ~ place) %}
    {%- endfor %}
    {{- return({
        'place': 'case ' ~ cases | join(' ') ~ ' end', 'counters': counters | unique | sort | list,
        'engagement': engagement, 'engagement_window_days': setting[1], 'at_risk_after_days': setting[2], 'lapsed_after_days': setting[3]}) }}
{% endmacro %}

{# The counters of a policy as further columns of one row of `changes`: what the row changes, and 0 for the others. Doubles,
   because sums of integers are wider than the engine is fast with. #}
{% macro counter_changes(policy, changed) -%}
    {%- for counter in policy.counters %},
        cast({{ changed.get(counter, '0') }} as double) as {{ counter }}
    {%- endfor %}
{%- endmacro %}

{# counters that are each changed by a column of their own name, after a sign #}
{% macro by_column(counters, sign) -%}
    {%- set changed = {} -%}
    {%- for counter in counters %}{% do changed.update({counter: sign ~ counter}) %}{% endfor -%}
    {{ return(changed) }}
{%- endmacro %}

{# those of the policy's counters that engagement changes #}
{% macro engagement_counters(policy) -%}
    {{ return(['points', 'replies', 'meetings', 'calls'] | select('in', policy.counters) | list) }}
{%- endmacro %}

{# Rows of `changes` for stays in stages (<stage columns of a history>, <key>): of each stage that a counter of the policy
   names, one row as it begins and one as it ends. #}
{% macro stage_stays(policy, measure, relation, key) -%}
    {%- for counter in policy.counters if counter.startswith(measure ~ '_') %}
    union all
    select {{ key }}, entered_at{{ counter_changes(policy, {counter: '1'}) }}
    from {{ relation }}
    where stage = '{{ counter[(measure | length + 1):] }}'
    union all
    select {{ key }}, left_at{{ counter_changes(policy, {counter: '-1'}) }}
    from {{ relation }}
    where stage = '{{ counter[(measure | length + 1):] }}' and left_at is not null
    {%- endfor %}
{%- endmacro %}

{# The steps after `changes` (<entity columns>, occurred_at, <counters>): `totals` adds the counters up, `states` names the
   stage at each moment, `entries` keeps the moments at which it changed, `final` dates the end of each. All changes of one
   moment are in its totals (the frame ends with the last of them), so it takes no grouping before. #}
{% macro stage_history(policy, entity, key) %}
totals as (
    select
        {{ key }},
        occurred_at as entered_at
        {%- for counter in policy.counters %},
        sum({{ counter }}) over (
            partition by {{ key }} order by occurred_at range between unbounded preceding and current row
        ) as {{ counter }}
        {%- endfor %}
    from changes
),

states as (
    select {{ key }}, entered_at, {{ policy.place }} as place
    from totals
),

states_and_previous as (
    select
        {{ key }},
        entered_at,
        place,
        lag(place) over (partition by {{ key }} order by entered_at) as previous_place
    from states
),

entries as (
    select
        {{ key }},
        entered_at,
        lead(entered_at) over (partition by {{ key }} order by entered_at) as left_at,
        place,
        previous_place,
        lead(place) over (partition by {{ key }} order by entered_at) as next_place
    from states_and_previous
    where previous_place is null or previous_place <> place
),

stages as (
    select place, stage, rank from {{ source('raw', 'policy_stages') }} where entity = '{{ entity }}'
),

named_entries as (
    select
        entries.{{ key }},
        stages.stage,
        entries.entered_at,
        entries.left_at,
        previous_stages.stage as previous_stage,
        coalesce(stages.rank < previous_stages.rank, false) as is_backward,
        next_stages.stage as next_stage,
        {{ days_in_stage() }} as days_in_stage
    from entries
    inner join stages on entries.place = stages.place
    left join stages as previous_stages on entries.previous_place = previous_stages.place
    left join stages as next_stages on entries.next_place = next_stages.place
)
{% endmacro %}

{# days (24 hours) from entry to leaving, or to midnight of the night; null: it is not known when the stage began #}
{% macro days_in_stage() -%}
case when entered_at > {{ since_ever() }} then
    round({{ dbt.datediff('entered_at', 'coalesce(left_at, greatest(entered_at, ' ~ run_midnight() ~ '))', 'second') }} / 86400.0, 2)
end
{%- endmacro %}

{# the moment from which something of unknown date is taken to have existed #}
{% macro since_ever() %}cast('1970-01-01 00:00:00' as {{ dbt.type_timestamp() }}){% endmacro %}

{# midnight at which the night's day begins: what happened before is the past #}
{% macro run_midnight() %}cast({{ run_date() }} as {{ dbt.type_timestamp() }}){% endmacro %}
