{# Stages are made anew only for contacts of whom something is new or due, and for customers: their account's silence is theirs. #}

{# What the stages were built from last; none: build everything, as when the policy is another. It is a later model: no ref. #}
{% macro stages_built() %}
    {%- if not execute or not is_incremental() %}{{ return(none) }}{% endif %}
    {%- set built = load_relation(api.Relation.create(database=this.database, schema=this.schema, identifier='int_stages_built')) %}
    {%- if built is none %}{{ return(none) }}{% endif %}
    {%- set same_policy = run_query(
        'select count(*) from ' ~ source('raw', 'night') ~ ' as night inner join (select distinct policy_version from ' ~ built ~ ') as built'
        ~ " on coalesce(night.policy_version, '') = coalesce(built.policy_version, '')").rows[0][0] %}
    {{- return(built if same_policy else none) }}
{% endmacro %}

{# a condition that leaves only contacts whose days changed; true when everything is built #}
{% macro is_changed_input(column) -%}
    {%- if stages_built() is none -%}true
    {%- else -%}{{ column }} in (select contact_id from {{ ref('int_stage_inputs') }} where is_changed)
    {%- endif -%}
{%- endmacro %}

{# The same for contacts whose stages may be others than last night. Where the policy lets stages follow from those of accounts or
   buying groups, any may be. #}
{% macro is_changed_stage(column) -%}
    {%- set built = stages_built() -%}
    {%- if built is none or follows_other_stages() -%}true
    {%- else -%}
        {{ column }} in (
            select contact_id from {{ ref('int_stage_inputs') }} where is_changed or is_due or is_customer
            union all
            select contact_id from {{ built }} where is_customer
        )
    {%- endif -%}
{%- endmacro %}

{% macro follows_other_stages() %}
    {%- set counters = stage_policy('contact').counters | join(',') %}
    {{- return('account_stage_' in counters or 'buying_group_stage_' in counters) }}
{% endmacro %}

{# incremental_strategy='by_input' and 'by_stage': the rows of those contacts leave, and come back unless they are gone #}
{% macro get_incremental_by_input_sql(arguments) %}
{{ replace_contacts(arguments, is_changed_input('contact_id')) }}
{% endmacro %}

{% macro get_incremental_by_stage_sql(arguments) %}
{{ replace_contacts(arguments, is_changed_stage('contact_id')) }};
update {{ arguments['target_relation'] }} set days_in_stage = {{ days_in_stage() }} where left_at is null
{% endmacro %}

{% macro replace_contacts(arguments, condition) %}
{%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
delete from {{ arguments['target_relation'] }} where {{ condition }};
insert into {{ arguments['target_relation'] }} ({{ columns }}) select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}
